"""``oais check``: everything that submission would say, with nothing kept."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oais.archive import Archive
from oais.disk_faults import storage_errors
from oais.functions.ingest import limits_of
from oais.functions.quality import assure_quality
from oais.functions.reporting import SILENT, Reporter
from oais.functions.storage import ingesting
from oais.information.findings import Finding, refuses
from oais.information.many_files import hash_files
from oais.information.packages import Handover, Submission
from oais.information.representation.inspection import Inspector
from oais.information.text import printable
from sip.admission import TOO_LARGE, survey_delivery
from sip.receive import receive


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on a delivery that was not taken in."""

    path: str
    agreement: str
    aip_id: str
    files: int
    size: int
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether submission would accept it."""
        return not refuses(self.findings)

    def as_plain(self) -> dict[str, Any]:
        """Return the one object that ``--json`` prints."""
        return {
            "path": self.path,
            "kind": "submission",
            "valid": self.passed,
            "agreement": self.agreement,
            "aip_id": self.aip_id,
            "files": self.files,
            "bytes": self.size,
            "findings": [found.as_dict() for found in self.findings],
        }


def check_delivery(
    archive: Archive, delivery: Path, agreement: str = "", *, reporter: Reporter = SILENT
) -> Checked:
    """Check a delivery in a room of its own that is removed afterwards.

    Raises ArchiveError when we are stopped; a fault of the delivery is a finding.
    """
    stopped = storage_errors(f"the check of {printable(delivery.name)}")
    with stopped, ingesting(archive), _looked_at(archive, delivery, reporter) as submission:
        reporter.step("check", f"{len(submission.files)} files")
        with Inspector(workers=archive.settings.workers or None) as inspector:
            assured = assure_quality(archive, submission, inspector, Handover(agreement))
    return Checked(
        path=printable(str(delivery)),
        agreement=assured.agreement.name if assured.has_agreement else "",
        aip_id=assured.aip_id,
        files=len(submission.files),
        size=submission.size,
        findings=assured.report.findings,
    )


@contextmanager
def _looked_at(archive: Archive, delivery: Path, reporter: Reporter) -> Iterator[Submission]:
    """Give a submission to check: a directory where it stands, a container unpacked for the moment."""
    reporter.step("receive", printable(delivery.name))
    if delivery.is_dir() and not delivery.is_symlink():
        yield _in_place(archive, delivery, reporter)
        return
    with (
        storage_errors(f"checking {delivery.name}"),
        tempfile.TemporaryDirectory(prefix="check-", dir=archive.custody) as room,
    ):
        yield receive(
            delivery,
            Path(room),
            receipt_id="check",
            now=archive.clock(),
            limits=limits_of(archive),
            workers=archive.settings.workers or None,
            progress=reporter.advance,
        )


def _in_place(archive: Archive, delivery: Path, reporter: Reporter) -> Submission:
    """Hash a bag's directory where it stands, unless it is so large that it would be refused unread."""
    survey, found = survey_delivery(delivery, archive.custody, limits_of(archive))
    unread = any(item.code == TOO_LARGE for item in found)
    paths = [] if unread else sorted(survey.sizes)
    hashed = hash_files(
        (os.path.join(delivery, path) for path in paths),
        workers=archive.settings.workers or None,
        progress=reporter.advance,
    )
    files = {path: fixity for path, (_, fixity) in zip(paths, hashed, strict=True)}
    now = archive.now()
    return Submission("check", printable(delivery.name), now, delivery, delivery, "", "", files, found)
