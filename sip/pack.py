"""Making a bag of a folder of products, its tags filled from headers and agreement.

Nothing is made that the archive would refuse: all checks run first, and all faults are told at once. The
source is only read; the bag appears by one rename or not at all. But for Bagging-Date the same folder
gives the same bytes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from oais.disk_faults import storage_errors
from oais.errors import NotFoundError, RefusedError
from oais.files import rename_into_place, sync_tree
from oais.information.description import KINDS
from oais.information.findings import Finding, Severity, refuses
from oais.information.fixity import FileFixity
from oais.information.packages import Inspection
from policies.access_rules import AccessPolicy
from policies.mapping import describe_product
from policies.submission import SUBMISSION_FILE, SubmissionYaml
from policies.terms import Agreement
from policies.tree import Tree
from sip.bag.findings import FindingLog
from sip.bag.opening import read_at_most
from sip.bag.survey import Survey, check_names, check_twins, survey_bag
from sip.bag.writing import MANIFEST_ALGORITHMS, payload_oxum, write_tag_files
from sip.checks.agreement import REMOVE, check_agreement, is_litter
from sip.checks.coherence import Placed, check_one_home, homes
from sip.checks.consistency import check_consistency
from sip.checks.delivery import Delivery, read_notes
from sip.checks.fits import check_fits
from sip.checks.formats import check_formats
from sip.copying import FileToCopy, copy_files

Inspect = Callable[[Iterable[tuple[str, Path]]], Iterable[Inspection]]
"""Reads the headers of files given by name and place (``Inspector.inspect``)."""

NOTES = "submission.yaml"
"""The file at the top of a folder that becomes ``metadata/submission.yaml`` of the bag."""

_HARMLESS = frozenset({"BAG-061", "BAG-062", "BAG-063"})
"""Hard links, mode bits and holes of the source: a copy has none of them."""


class PackRefusedError(RefusedError):
    """The folder cannot become a bag that the archive would take; ``findings`` says all of why."""

    def __init__(self, folder: str, findings: tuple[Finding, ...]) -> None:
        errors = [found for found in findings if found.severity is Severity.ERROR]
        lines = "\n".join(_told(found) for found in errors)
        super().__init__(
            f"{folder} was not packed, for {len(errors)} reason{'s'[: len(errors) != 1]}:\n{lines}",
            remedy="correct what is named and pack again; nothing was written",
        )
        self.findings = findings


def _told(found: Finding) -> str:
    remedy = f"\n    → {found.remedy}" if found.remedy else ""
    return f"  {found.code} {found.path}: {found.message}{remedy}"


@dataclass(frozen=True, slots=True)
class Label:
    """What the caller wants in bag-info.txt; an empty text means: from headers and agreement."""

    identifier: str = ""
    group: str = ""
    organization: str = ""
    email: str = ""


def pack(
    folder: Path,
    agreement: Agreement,
    target: Path,
    *,
    label: Label = Label(),
    now: datetime,
    inspect: Inspect,
) -> Path:
    """Make the bag ``target`` of what lies in ``folder``; return its path.

    Files below ``documents/`` and ``software/`` are documents and software; ``submission.yaml`` at the top
    becomes a tag file. Raises NotFoundError without a folder, PackRefusedError with all findings when
    the archive would refuse the bag, RefusedError when ``target`` exists, StorageError when the disk fails.
    """
    if not folder.is_dir():
        raise NotFoundError(f"{folder}: not a directory", remedy="name the folder that holds the products")
    if target.exists() or target.is_symlink():
        raise RefusedError(f"{target} exists already", remedy="choose another name for the bag")
    log = FindingLog("intake")
    survey = survey_bag(folder, log, stamps=True)
    check_names(set(survey.odd), log)
    check_twins(survey, log)
    faults = [_remedied(found) for found in log.listed() if found.code not in _HARMLESS]
    if refuses(faults) or not survey.sizes.keys() - {NOTES}:
        raise PackRefusedError(folder.name, tuple(faults) or _nothing(folder))
    tags, notes = _judged(folder, survey, agreement, label, inspect)
    with _scratch(target) as scratch:
        _build(folder, survey, scratch, [*tags, ("Bagging-Date", f"{now:%Y-%m-%d}")], notes)
        with storage_errors(target.name):
            sync_tree(scratch)
            rename_into_place(scratch, target)
    return target


def _remedied(found: Finding) -> Finding:
    return replace(found, remedy=REMOVE) if is_litter(found.path) else found


def _nothing(folder: Path) -> tuple[Finding, ...]:
    log = FindingLog("intake")
    log.add("BAG-065", folder.name, "the folder holds no file; expected at least one product")
    return log.listed()


def _judged(
    folder: Path, survey: Survey, agreement: Agreement, label: Label, inspect: Inspect
) -> tuple[list[tuple[str, str]], bytes | None]:
    """Inspect the folder and return tags and notes of the bag; raises PackRefusedError."""
    notes = read_at_most(folder / NOTES, 1 << 20) if NOTES in survey.sizes else None
    submission, note_findings = read_notes(notes)
    files = [(f"data/{path}", folder / path) for path in sorted(survey.sizes) if path != NOTES]
    inspections = {inspection.path: inspection for inspection in inspect(files)}
    described = list(_described(agreement, inspections, submission))
    tags = _tags(agreement, described, label, submission)
    delivery = Delivery("1.0", {name: (value,) for name, value in tags}, inspections, submission)
    findings = (
        *note_findings,
        *check_agreement(delivery, agreement),
        *check_formats(delivery, agreement),
        *check_fits(delivery, agreement),
        *check_consistency(delivery, agreement, {item.path: item.product for item in described}),
        *_check_one_home(agreement, described, label, submission),
    )
    if refuses(findings):
        raise PackRefusedError(folder.name, findings)
    return tags, notes


def _check_one_home(
    agreement: Agreement, described: list[Placed], label: Label, submission: SubmissionYaml | None
) -> Iterator[Finding]:
    tree = Tree([agreement], AccessPolicy({}, ()))
    stated = bool(label.group or (submission and submission.node))
    yield from check_one_home(homes(agreement, tree, described), named=bool(label.identifier), placed=stated)


def _described(
    agreement: Agreement, inspections: Mapping[str, Inspection], submission: SubmissionYaml | None
) -> Iterator[Placed]:
    """Describe every file, science products first, then by path."""
    made = []
    for path, inspection in inspections.items():
        rule, names = agreement.rule_for(path) or (None, {})
        product = describe_product(agreement, rule, inspection, names, submission)
        made.append(Placed(path, rule, product))
    yield from sorted(made, key=lambda item: (KINDS.index(item.product.kind), item.path))


def _tags(
    agreement: Agreement, described: list[Placed], label: Label, submission: SubmissionYaml | None
) -> list[tuple[str, str]]:
    main = described[0]
    node = Tree([agreement], AccessPolicy({}, ())).place(agreement, main.rule, main.product.fields)
    subject = main.product.obscore.obs_title or main.product.obscore.target_name or main.path
    tags = [
        ("Source-Organization", label.organization or agreement.provider.organization),
        ("Contact-Email", label.email or agreement.provider.contact),
        ("External-Identifier", label.identifier or derived_identifier(agreement, described)),
        ("External-Description", f"{agreement.mission}: {main.product.product_type}, {subject}"),
        ("Bag-Group-Identifier", label.group or (submission.node if submission else "") or node.path),
        ("Submission-Agreement", agreement.name),
        ("Bag-Software-Agent", "oais pack"),
    ]
    return [(name, value) for name, value in tags if value]


def derived_identifier(agreement: Agreement, described: Iterable[Placed]) -> str:
    """Return the identifier that the agreement's templates make of the first product that can fill one."""
    for item in described:
        template = item.rule.identifier if item.rule is not None else None
        try:
            return (template or agreement.identifier_template).fill(item.product.fields)
        except KeyError:
            continue
    return ""


def _build(
    folder: Path, survey: Survey, scratch: Path, tags: list[tuple[str, str]], notes: bytes | None
) -> None:
    payload = _copied(folder, survey, scratch / "data")
    tags = [*tags, ("Payload-Oxum", payload_oxum(payload))]
    others = {SUBMISSION_FILE: notes} if notes is not None else {}
    with storage_errors(scratch.name):
        write_tag_files(scratch, tags, payload, others)


def _copied(folder: Path, survey: Survey, data: Path) -> dict[str, FileFixity]:
    """Copy the folder's files below ``data`` and hash them in the same reading."""
    with storage_errors("the copy of the products"):
        data.mkdir()
        for path in sorted({os.path.dirname(path) for path in survey.sizes}):
            (data / path).mkdir(parents=True, exist_ok=True)
    names = sorted(path for path in survey.sizes if path != NOTES)
    files = [FileToCopy(path, survey.sizes[path], survey.stamps[path]) for path in names]
    payload = {}
    log = FindingLog("intake")
    with _directory(folder) as source, _directory(data) as below:
        for path, fixity in copy_files(source, below, files, MANIFEST_ALGORITHMS):
            payload[f"data/{path}"] = fixity
            if fixity.problem:
                log.add("BAG-064", path, f"{path}: {fixity.problem}; expected a file that stays as it is")
    if log.listed():
        raise PackRefusedError(folder.name, log.listed())
    return payload


@contextmanager
def _directory(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """Give a new folder beside the target; whatever is left of it afterwards is removed."""
    scratch = target.with_name(f".{target.name}.{os.getpid()}.part")
    with storage_errors(target.name):
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch.mkdir()
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
