"""Check reports: whether they could be read, agree with the other products, and say what can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from oais.information.description import ReportedValue
from oais.information.findings import Finding, finding
from policies.conversion import to_number, to_text
from policies.mapping import MappedProduct
from policies.report_reading import MISSING
from policies.report_rule import ReportRule, ReportValue
from policies.terms import Agreement
from sip.checks.delivery import Delivery

UNREAD = "RPT-001"
"""The text of a report could not be read at all."""

_SHOWN = 5
_ROUNDING = 1e-12
"""Share of a value that the arithmetic of binary fractions may take: of an MJD, less than a microsecond."""


Fields = Mapping[str, Any]
"""Columns of ObsCore and values of one product, by name."""

Held = Callable[[str], tuple[Fields, ...]]
"""Tells of a visit what the archive held of it before this delivery, product by product."""


def check_reports(
    delivery: Delivery,
    agreement: Agreement,
    products: Mapping[str, MappedProduct],
    held: Held = lambda _visit: (),
) -> Iterator[Finding]:
    """Yield what reading reports met, and where they contradict the other products or themselves.

    What the delivery does not tell itself is compared with what is ``held`` of the visit.
    Nothing of it refuses a delivery, unless the agreement refuses reports that cannot be read.
    """
    for inspection, rule, _ in delivery.ruled(agreement):
        if rule.report is None:
            continue
        path = inspection.path
        findings = [found for found in inspection.findings if found.code.startswith("RPT-")]
        yield from findings
        unread = [found for found in findings if found.code == UNREAD]
        if unread and rule.report.unreadable == "refuse":
            yield finding("AGR-018", path, unread[0].message)
        product = products[path]
        yield from _missing(path, product)
        yield from _odd(path, product, rule.report)
        yield from _different(path, product, rule.report, products, held)


def _missing(path: str, product: MappedProduct) -> Iterator[Finding]:
    places = [item.source for item in product.reported if item.reason == MISSING]
    if places:
        more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
        message = f"{', '.join(places[:_SHOWN])}{more} cannot be found, expected each with a value"
        yield finding("RPT-003", path, message)


def _odd(path: str, product: MappedProduct, rule: ReportRule) -> Iterator[Finding]:
    known = {item.name: item for item in product.reported}
    for item in product.reported:
        value = rule.values[item.name]
        for bound, word, sign in ((value.above, "above", 1), (value.below, "below", -1)):
            other = known[bound].value if isinstance(bound, str) else bound
            if _reached(item.value, other, sign):
                beyond = (
                    f"{bound}, which is {_told(known[bound])}" if isinstance(bound, str) else f"{bound:g}"
                )
                yield finding(
                    "RPT-005", path, f"{item.name} is {_told(item)}, expected a value {word} {beyond}"
                )


def _reached(value: Any, bound: Any, sign: int) -> bool:
    """Return whether a number is not on its side of a bound; what is no number has no bound."""
    if not isinstance(value, int | float) or not isinstance(bound, int | float):
        return False
    return (value - bound) * sign <= 0


def _told(item: ReportedValue) -> str:
    """Return a value as the report has it, and as it was understood where that reads otherwise."""
    understood = f"{to_text(item.value)} {item.unit}".strip()
    return item.written if item.written in {to_text(item.value), understood} else f"{item.written!r}"


def _different(
    path: str, product: MappedProduct, rule: ReportRule, products: Mapping[str, MappedProduct], held: Held
) -> Iterator[Finding]:
    visit = product.fields.get("visit")
    delivered = [
        other.fields
        for at, other in products.items()
        if at == path or visit is None or other.fields.get("visit") in (None, visit)
    ]
    for item in product.reported:
        value = rule.values[item.name]
        if item.value is None or not value.same_as:
            continue
        where, others = "the products", _values(value.same_as, delivered)
        if not others and visit is not None:
            where, others = "what is held of the visit", _values(value.same_as, held(str(visit)))
        if others and not any(_agree(item.value, other, value.within) for other in others):
            yield _difference(path, item, value, where, others)


def _values(name: str, products: Iterable[Fields]) -> list[Any]:
    """Return the values that products have of a name, each once."""
    found = (fields.get(name) for fields in products)
    return list(dict.fromkeys(value for value in found if value is not None))


def _difference(path: str, item: ReportedValue, value: ReportValue, where: str, others: list[Any]) -> Finding:
    told = " or ".join(to_text(other) for other in others[:_SHOWN])
    within = f" within {value.within:g}" if value.within else ""
    understood = "" if to_text(item.value) == item.written else f" ({to_text(item.value)})"
    message = (
        f"{item.source} is {item.written!r}{understood}, but {value.same_as} of {where} is {told}, "
        f"expected the same{within}"
    )
    return finding("RPT-004", path, message)


def _agree(said: Any, held: Any, within: float) -> bool:
    """Return whether two values are the same: numbers within a tolerance, other texts in any case."""
    try:
        number = to_number(said)
        apart = abs(number - to_number(held))
    except ValueError:
        return to_text(said).casefold() == to_text(held).casefold()
    return apart <= within + _ROUNDING * abs(number)
