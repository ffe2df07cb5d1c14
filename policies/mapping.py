"""From headers to a description, as an agreement maps them; pure.

Headers win over nothing, ``submission.yaml`` over headers. A value that cannot be read becomes None and a
warning: a product without a position is still a product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import Any

from oais.information.description import OBSCORE_FIELDS, ObsCore, ProvenanceLink, ReportedValue
from oais.information.findings import Finding, finding
from oais.information.packages import Inspection
from policies.conversion import FORMS, plain, to_integer, to_mjd, to_number, to_text, utc_days
from policies.header import HeaderReader
from policies.report_reading import reported_values
from policies.sources import Expression, LinkSource
from policies.submission import ProductNote, SubmissionYaml
from policies.template import Template
from policies.terms import Agreement, MappingRule, ProductRule

_COLUMN_TYPES = {item.name: str(item.type).split(" ")[0] for item in fields(ObsCore)}
_COLUMN_FORMS = {"s_ra": "degrees", "s_dec": "degrees", "t_min": "date", "t_max": "date"}
_FOLDER_KINDS = (("documents/", "document"), ("software/", "software"))


@dataclass(frozen=True, slots=True)
class MappedProduct:
    """What one product is, by its agreement, its headers and ``submission.yaml``."""

    kind: str
    level: str
    product_type: str
    obscore: ObsCore
    values: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[ProvenanceLink, ...] = ()
    valid_from: float | None = None
    valid_to: float | None = None
    findings: tuple[Finding, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    reported: tuple[ReportedValue, ...] = ()

    @property
    def fields(self) -> dict[str, Any]:
        """All values that templates of nodes, titles and identifiers may use, by name."""
        columns = {name: getattr(self.obscore, name) for name in OBSCORE_FIELDS}
        known = {name: value for name, value in columns.items() if value is not None}
        return {**known, **self.names, **self.values}


def describe_product(
    agreement: Agreement,
    rule: ProductRule | None,
    inspection: Inspection,
    names: Mapping[str, str],
    submission: SubmissionYaml | None = None,
    tags: Mapping[str, tuple[str, ...]] | None = None,
) -> MappedProduct:
    """Describe one product; a value that cannot be read becomes None and a warning.

    ``names`` are the groups of the file name that the rule matched; without a rule only the folder
    (``documents/``, ``software/``) and the notes of ``submission.yaml`` tell what the file is.
    """
    maker = _Maker(HeaderReader(inspection, names, submission, tags or {}), inspection.path)
    product = _by_headers(rule, inspection.path, names, maker)
    if rule is not None and rule.report is not None:
        product = replace(product, reported=reported_values(rule.report, inspection, maker.told))
    product = _with_notes(product, inspection.path, submission, maker)
    info = agreement.levels.get(product.level)
    obscore = replace(
        product.obscore,
        calib_level=info.calib_level if info is not None else None,
        dataproduct_type=rule.dataproduct_type if rule is not None else None,
        obs_collection=product.obscore.obs_collection or agreement.mission,
    )
    return replace(product, obscore=obscore, findings=tuple(maker.findings))


def _by_headers(
    rule: ProductRule | None, path: str, names: Mapping[str, str], maker: _Maker
) -> MappedProduct:
    """Return what the rule, the file's name and its headers make of a product."""
    mapping = rule.mapping if rule is not None else MappingRule()
    values = maker.values(mapping.values)
    columns = {name: maker.column(name, item) for name, item in mapping.obscore.items()}
    valid = [maker.column("t_min", item) if item else None for item in (mapping.valid_from, mapping.valid_to)]
    return MappedProduct(
        kind=rule.kind if rule is not None else folder_kind(path),
        level=rule.level if rule is not None else "",
        product_type=_product_type(rule, path, {**names, **values}),
        obscore=ObsCore(**columns),
        values=values,
        provenance=tuple(link for source in mapping.provenance for link in maker.links(source)),
        valid_from=valid[0],
        valid_to=valid[1],
        names=dict(names),
    )


def folder_kind(path: str) -> str:
    """Return the kind that the folder of a payload file says by convention, else ``auxiliary``."""
    inside = path.removeprefix("data/")
    return next((kind for folder, kind in _FOLDER_KINDS if inside.startswith(folder)), "auxiliary")


def _product_type(rule: ProductRule | None, path: str, known: Mapping[str, Any]) -> str:
    if rule is None:
        return folder_kind(path)
    try:
        return rule.product_type.fill(known)
    except KeyError:
        return rule.name


class _Maker:
    """Makes the values of one product and gathers what could not be read."""

    def __init__(self, reader: HeaderReader, path: str) -> None:
        self._reader = reader
        self._path = path
        self.findings: list[Finding] = []

    def column(self, name: str, expression: Expression) -> Any:
        """Return an ObsCore column in its own type and unit."""
        kind = _COLUMN_TYPES[name]
        default = _COLUMN_FORMS.get(name) or {"float": "number", "int": "integer"}.get(kind, "text")
        made = self._made(name, expression, expression.form or default)
        if made is None or kind == "str":
            return None if made is None else to_text(made)
        return self._checked(name, made, to_integer if kind == "int" else to_number)

    def values(self, expressions: Mapping[str, Expression]) -> dict[str, Any]:
        """Return the mission values that have one: a number stays one; a text may use those before it."""
        for name, expression in expressions.items():
            made = self._made(name, expression, expression.form)
            if made is not None:
                self._reader.known[name] = made
        return {name: self._reader.known[name] for name in expressions if name in self._reader.known}

    def told(self, name: str, expression: Expression) -> Any:
        """Return a value by its expression, in the form that this names; None where it cannot be made."""
        return self._made(name, expression, expression.form)

    def links(self, source: LinkSource) -> Iterator[ProvenanceLink]:
        """Yield what the headers name in one role."""
        for one in source.sources:
            for raw in self._reader.all(one):
                text = to_text(raw)
                for part in text.split(source.split) if source.split else (text,):
                    yield from _links(source, one, part.strip())

    def stated(self, name: str, text: str) -> Any:
        """Read a value that ``submission.yaml`` states for an ObsCore column."""
        return self.column(name, Expression(text=text.replace("{", "(").replace("}", ")")))

    def _made(self, name: str, expression: Expression, form: str) -> Any:
        raw = self._raw(expression)
        if raw is None:
            return None
        if expression.pattern is not None:
            match = expression.pattern.search(to_text(raw))
            if match is None:
                return self._unreadable(name, raw, f"a text matching {expression.pattern.pattern!r}")
            raw = match[1] if match.re.groups else match[0]
        raw = dict(expression.words).get(to_text(raw), raw)
        made = self._checked(name, raw, FORMS[form]) if form else raw
        if isinstance(made, bool) or not isinstance(made, int | float):
            return to_text(made) if isinstance(made, str) else made
        return self._scaled(name, expression, made)

    def _raw(self, expression: Expression) -> Any:
        if not expression.sources:
            return self._reader.fill(Template(expression.text))
        if expression.joined_by is not None:
            parts = [plain(self._reader.first(source)) for source in expression.sources]
            return None if None in parts else expression.joined_by.join(to_text(part) for part in parts)
        found = (plain(self._reader.first(source)) for source in expression.sources)
        return next((value for value in found if value is not None), None)

    def _scaled(self, name: str, expression: Expression, made: float) -> float | int | None:
        added = [plain(self._reader.first(source)) for source in expression.plus]
        if None in added:
            return None
        numbers = [self._checked(name, item, _number_or_date) for item in added]
        if None in numbers:
            return None
        total: float | None = made
        if expression.factor != 1.0 or expression.offset or numbers:
            sum_of_all = made * expression.factor + expression.offset + sum(numbers)
            total = self._checked(name, sum_of_all, to_number)
        return total if total is None or expression.scale == "UTC" else utc_days(total, expression.scale)

    def _checked(self, name: str, raw: Any, read: Any) -> Any:
        try:
            return read(raw)
        except ValueError as error:
            return self._unreadable(name, raw, str(error))

    def _unreadable(self, name: str, raw: Any, expected: str) -> None:
        message = f"{name} of {self._path}: found {to_text(raw)[:80]!r}, but {expected}"
        self.findings.append(finding("CON-001", self._path, message))


def _number_or_date(value: Any) -> float:
    try:
        return to_number(value)
    except ValueError:
        return to_mjd(value)


def _links(source: LinkSource, keyword: str, text: str) -> Iterator[ProvenanceLink]:
    match = source.pattern.search(text) if source.pattern is not None else None
    if plain(text) is None or (source.pattern is not None and match is None):
        return
    found = text if match is None else (match[1] if match.re.groups else match[0])
    word = keyword.partition("/")[2]
    if source.role == "step":
        yield ProvenanceLink("step", source.name or word, found, word)
    elif source.role == "software":
        yield ProvenanceLink("software", source.name or found, found, word)
    else:
        yield ProvenanceLink(source.role, found, text, word)


def _with_notes(
    product: MappedProduct, path: str, submission: SubmissionYaml | None, maker: _Maker
) -> MappedProduct:
    """Lay over what ``submission.yaml`` says of the whole delivery and of this product."""
    if submission is None:
        return product
    notes = [note for note in submission.products if fnmatchcase(path, note.path)]
    science = product.kind not in ("document", "software")
    whole = ProductNote("*", submission.kind, submission.level, "", submission.values)
    for note in [whole, *notes] if science else notes:
        product = _with_note(product, note, maker)
    stated = {
        "visit": submission.visit,
        "observation_request": submission.observation_request,
        "pi": submission.pi,
    }
    values = {**product.values, **{name: text for name, text in stated.items() if text}}
    return replace(product, values=values)


def _with_note(product: MappedProduct, note: ProductNote, maker: _Maker) -> MappedProduct:
    columns = {name: maker.stated(name, text) for name, text in note.values.items() if name in OBSCORE_FIELDS}
    others = {name: text for name, text in note.values.items() if name not in OBSCORE_FIELDS}
    return replace(
        product,
        kind=note.kind or product.kind,
        level=note.level or product.level,
        product_type=note.product_type or product.product_type,
        obscore=replace(product.obscore, **columns),
        values={**product.values, **others},
    )
