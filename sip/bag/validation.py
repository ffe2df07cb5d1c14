"""Is it a bag, complete and valid (RFC 8493 §3)? All that is wrong, not only the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from oais.errors import NotFoundError
from oais.information.findings import Finding, refuses
from oais.information.fixity import FileFixity
from sip.bag.completeness import check_completeness
from sip.bag.digests import verify_digests
from sip.bag.findings import FindingLog, Profile
from sip.bag.reading import Bag, BagReading, is_payload, read_tag_files
from sip.bag.survey import Survey, check_names, check_twins, survey_bag
from sip.bag.taginfo import check_oxum


@dataclass(frozen=True, slots=True)
class BagResult:
    """The bag as read and everything found wrong with it."""

    bag: Bag
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """Whether no finding is an error."""
        return not refuses(self.findings)


def validate_bag(
    root: Path,
    *,
    profile: Profile = "standard",
    files: Mapping[str, FileFixity] | None = None,
    progress: Callable[[int], None] | None = None,
) -> BagResult:
    """Check the bag at ``root``; with ``files`` (digests computed at receipt) nothing is read twice.

    ``standard`` judges by RFC 8493 alone, ``intake`` by the archive's stricter rules. ``progress`` is
    told the bytes read since the last call. Raises NotFoundError when ``root`` is no directory.
    """
    if not root.is_dir():
        raise NotFoundError(f"{root.name}: not a directory", remedy="name the directory that holds bagit.txt")
    log = FindingLog(profile)
    survey = survey_bag(root, log)
    _check_position(survey, log)
    check_twins(survey, log)  # before the manifests are read: what it holds for a moment is large
    reading = read_tag_files(root, survey, log)
    check_completeness(reading, survey, log)
    _check_names(reading, survey, log)
    _check_oxum(reading, survey, log)
    for manifests in (reading.manifests, reading.tag_manifests):
        verify_digests(root, manifests, survey, files or {}, log, progress)
    return BagResult(reading.as_bag(root), log.listed())


def _check_position(survey: Survey, log: FindingLog) -> None:
    """Tell the most common mistake by its name: the bag stands one directory further down."""
    if "bagit.txt" in survey.sizes:
        return
    inner = sorted(path for path in survey.sizes if path.endswith("/bagit.txt"))
    for path in (path for path in inner if path.count("/") == 1):
        log.add("BAG-067", path, f"{path}: the bag stands one directory further down")


def _check_names(reading: BagReading, survey: Survey, log: FindingLog) -> None:
    manifests = (*reading.manifests, *reading.tag_manifests)
    odd = set(survey.odd).union(*(manifest.odd for manifest in manifests))
    check_names(odd, log)


def _check_oxum(reading: BagReading, survey: Survey, log: FindingLog) -> None:
    values = next((v for k, v in reading.tags.items() if k.casefold() == "payload-oxum"), ())
    sizes = [size for path, size in survey.sizes.items() if is_payload(path)]
    missing_tags = not reading.tags and log.count("BAG-070")
    if not missing_tags:
        check_oxum(values, (sum(sizes), len(sizes)), log)
