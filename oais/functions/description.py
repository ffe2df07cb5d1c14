"""Generates the Package Description: what each product is, where it rests in the tree, what it came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from oais.archive import Archive
from oais.information.description import PackageDescription, ProductDescription, ProvenanceLink
from oais.information.packages import Inspection, SoftwarePackage, Submission
from policies.mapping import MappedProduct, describe_product
from policies.submission import SubmissionYaml
from policies.terms import Agreement, ProductRule
from policies.tree import Node

Resolver = Callable[[str], str]
"""Finds the AIP that holds a file of a given name; an empty text when the archive holds none."""

_ORDER = ("science", "calibration", "engineering", "auxiliary", "planning", "report", "document", "software")


@dataclass(frozen=True, slots=True)
class Identity:
    """Which version of which AIP is being made, of which delivery."""

    aip_id: str
    version: int
    submission_key: str


@dataclass(frozen=True, slots=True)
class DescribedFile:
    """One payload file with the rule it falls under and what the mapping made of it."""

    path: str
    rule: ProductRule | None
    names: Mapping[str, str]
    inspection: Inspection
    mapped: MappedProduct


def describe_files(
    agreement: Agreement,
    inspections: Mapping[str, Inspection],
    notes: SubmissionYaml | None,
    tags: Mapping[str, tuple[str, ...]],
) -> tuple[DescribedFile, ...]:
    """Describe every payload file, science products first, then by path."""
    described = []
    for path, inspection in inspections.items():
        found = agreement.rule_for(path)
        rule, names = found if found is not None else (None, {})
        mapped = describe_product(agreement, rule, inspection, names, notes, tags)
        described.append(DescribedFile(path, rule, names, inspection, mapped))
    return tuple(sorted(described, key=lambda item: (_ORDER.index(item.mapped.kind), item.path)))


def node_of(
    archive: Archive,
    agreement: Agreement,
    described: Sequence[DescribedFile],
    group: str,
    notes: SubmissionYaml | None,
) -> Node:
    """Return where the AIP rests: the node the provider names, else the one its main product's rule makes."""
    tree = archive.policies.tree
    for named in (notes.node if notes else "", group):
        for path in (named, f"{agreement.slug}/{named}"):
            node = tree.node(path) if named else None
            if node is not None and node.agreement == agreement.name:
                return node
    main = described[0]
    return tree.place(agreement, main.rule, {**main.mapped.fields, "level": main.mapped.level})


def describe_product_file(
    item: DescribedFile, path: str, size: int, sha256: str, resolve: Resolver
) -> ProductDescription:
    """Return the sealed description of one file at its path in the AIP, provenance links resolved."""
    mapped, fmt = item.mapped, item.inspection.format
    return ProductDescription(
        path=path,
        sip_path=item.path,
        size=size,
        sha256=sha256,
        kind=mapped.kind,
        level=mapped.level,
        product_type=mapped.product_type,
        format_id=fmt.format_id,
        format_name=fmt.name,
        media_type=fmt.media_type,
        obscore=mapped.obscore,
        valid_from=mapped.valid_from,
        valid_to=mapped.valid_to,
        values=mapped.values,
        provenance=tuple(_resolved(link, resolve) for link in mapped.provenance),
        reported=mapped.reported,
    )


def _resolved(link: ProvenanceLink, resolve: Resolver) -> ProvenanceLink:
    if link.target or link.role not in {"reference file", "input"}:
        return link
    return replace(link, target=resolve(link.value or link.name))


def describe_package(
    agreement: Agreement,
    submission: Submission,
    *,
    identity: Identity,
    node: Node,
    notes: SubmissionYaml | None,
    described: Sequence[DescribedFile],
    products: tuple[ProductDescription, ...],
    software: tuple[SoftwarePackage, ...],
) -> PackageDescription:
    """Return the description of the whole package, seen as its first product when it speaks of one."""
    main = described[0].mapped
    return PackageDescription(
        aip_id=identity.aip_id,
        version=identity.version,
        title=(notes.title if notes else "") or _title(agreement, main, identity.aip_id),
        summary=(notes.summary if notes else "") or node.description or agreement.description,
        mission=agreement.mission,
        collection=main.obscore.obs_collection or agreement.mission,
        node=node.path,
        kind=main.kind,
        level=main.level,
        agreement=agreement.name,
        provider=agreement.provider.organization,
        creators=(notes.creators if notes and notes.creators else agreement.creators),
        publisher=agreement.publisher,
        year=int(submission.received_at[:4]),
        licence=agreement.licence,
        credit=agreement.credit,
        access_policy=agreement.access_policy,
        submission_key=identity.submission_key,
        receipt=submission.receipt_id,
        ingested_at=submission.received_at,
        products=products,
        software=tuple(asdict(item) for item in software),
        documents=tuple(item.path for item in products if item.kind == "document"),
        values=_package_values(notes),
    )


def _title(agreement: Agreement, main: MappedProduct, aip_id: str) -> str:
    what = main.product_type.replace("_", " ").replace("-", " ").strip() or main.kind
    subject = main.obscore.target_name or main.obscore.obs_id or aip_id
    return f"{agreement.mission_title}: {what} of {subject}"


def _package_values(notes: SubmissionYaml | None) -> dict[str, Any]:
    if notes is None:
        return {}
    named = {"observation_request": notes.observation_request, "visit": notes.visit, "pi": notes.pi}
    values: dict[str, Any] = {name: value for name, value in named.items() if value}
    if notes.embargo is not None:
        values["embargo"] = {
            "visits": [{"visit": item.visit, "completed": item.completed} for item in notes.embargo.visits],
            "waived_by": notes.embargo.waived_by,
            "waived_at": notes.embargo.waived_at,
        }
    return {**values, **notes.values}
