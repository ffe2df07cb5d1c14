"""The facts an auditor is shown: each computed now from what is kept, in words, and whether it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from aip.root import ROOT_DECLARATION
from oais.archive import Archive
from oais.errors import ArchiveError
from oais.functions.audit.depths import Depth
from oais.functions.audit.forecasting import forecast
from oais.functions.copies.locations import locations
from oais.functions.copies.replication import owed_to
from oais.functions.ledger.verifying import tell_ledger, verify_ledger
from oais.functions.preservation.coverage import UNKNOWN
from oais.functions.preservation.dossier.evidence import Evidence
from oais.functions.receipts import each_receipt
from oais.functions.security_log import path_of, verify
from oais.information.findings import Severity
from oais.information.packages import Receipt
from oais.information.reader.composed import VERIFY
from oais.information.software import software_version
from search_index.index import open_index

AUDIT_DAYS = 31
"""A cadence of fast audits that is longer than this does not speak for the archive."""

GOOD_COVERAGE = 0.8


@dataclass(frozen=True, slots=True)
class Fact:
    """What was found just now; ``holds`` says whether it fulfils what rows ask of it."""

    name: str
    found: str
    holds: bool


def gather(archive: Archive) -> Mapping[str, Fact]:
    """Compute every fact by its name; what cannot be computed does not hold, and says why."""
    seen = Evidence(archive)
    return {name: _asked(name, rule, seen) for name, rule in _RULES.items()}


def _asked(name: str, rule: Callable[[Evidence], tuple[str, bool]], seen: Evidence) -> Fact:
    try:
        return Fact(name, *rule(seen))
    except ArchiveError as error:
        return Fact(name, f"not known: {error.message}", holds=False)


def _named(seen: Evidence) -> tuple[str, bool]:
    agreements = seen.archive.policies.agreements.values()
    missions = ", ".join(sorted({agreement.mission for agreement in agreements}))
    settings = seen.archive.settings
    found = f"{settings.name}; contact {settings.contact or 'not named'}; missions {missions}"
    return found, bool(settings.contact)


def _licensed(seen: Evidence) -> tuple[str, bool]:
    without = sorted(name for name, one in seen.archive.policies.agreements.items() if not one.licence)
    count = len(seen.archive.policies.agreements)
    return f"{count - len(without)} of {count} agreements name a licence", not without


def _policies(seen: Evidence) -> tuple[str, bool]:
    trouble = seen.archive.in_force.trouble()
    found = f"{seen.archive.policies.digest[:16]}… in force, without a fault"
    return (trouble or found), not trouble and not seen.archive.policies.nothing_allowed


def _agreements(seen: Evidence) -> tuple[str, bool]:
    names = sorted(seen.archive.policies.agreements)
    return f"{len(names)}: {', '.join(names)}", bool(names)


def _receipts(seen: Evidence) -> tuple[str, bool]:
    counts: Counter[str] = Counter()
    for _, receipt in each_receipt(seen.archive):
        counts[receipt.status if isinstance(receipt, Receipt) else "damaged"] += 1
    found = f"{counts['accepted']} accepted, {counts['refused']} refused, {counts['damaged']} damaged"
    return f"{found}; each signed", bool(counts["accepted"]) and not counts["damaged"]


def _ledger(seen: Evidence) -> tuple[str, bool]:
    state = tell_ledger(seen.archive)
    faults = [found for found in verify_ledger(seen.archive) if found.severity is Severity.ERROR]
    found = f"{state.size} entries, root {state.root[:16]}…, verified just now: {len(faults)} faults"
    return found, not faults


def _signed(seen: Evidence) -> tuple[str, bool]:
    tally, keys = seen.tally, len(seen.archive.trusted_keys())
    signed = tally.versions - tally.unsigned
    found = f"{signed} of {tally.versions} versions carry a signature; trusted keys: {keys}"
    return found, tally.versions > 0 == tally.unsigned


def _reader(seen: Evidence) -> tuple[str, bool]:
    root = seen.archive.aip_root
    there = (root / VERIFY).is_file() and (root / ROOT_DECLARATION).is_file()
    found = f"{VERIFY} in the storage root reads and proves all of it with Python alone"
    return (found if there else f"there is no {VERIFY} in aip/"), there


def _formats_known(seen: Evidence) -> tuple[str, bool]:
    census = seen.census
    files = sum(row.files for row in census.rows)
    unknown = sum(row.files for row in census.rows if row.format_id in UNKNOWN)
    return f"{len(census.rows)} formats in {files} files, {unknown} files of none", files > 0 == unknown


def _formats_judged(seen: Evidence) -> tuple[str, bool]:
    census = seen.census
    left = ", ".join(row.format_id for row in census.unsettled)
    found = (
        f"{len(census.rows) - len(census.unsettled)} of {len(census.rows)} formats judged, none too long ago"
    )
    return (f"to be judged: {left}" if left else found), bool(census.rows) and not left


def _open_formats(seen: Evidence) -> tuple[str, bool]:
    census = seen.census
    high = [row.format_id for row in census.rows if row.risk == "high"]
    return (f"at high risk: {', '.join(high)}" if high else "no format at high risk"), not high


def _nothing_to_migrate(seen: Evidence) -> tuple[str, bool]:
    waiting = [f"{row.format_id} in {row.aips} AIPs" for row in seen.census.rows if row.to]
    told = f"{seen.tally.migrated} versions made by migration; waiting: {', '.join(waiting) or 'none'}"
    return told, not waiting


def _coverage(seen: Evidence) -> tuple[str, bool]:
    aips, unread = seen.tally.judged, seen.tally.unread
    mean = seen.tally.scores / aips if aips else 0.0
    told = f"{mean:.0%} of what a stranger needs is inside, over {aips} AIPs (asked: {GOOD_COVERAGE:.0%})"
    return told, aips > 0 == unread and mean >= GOOD_COVERAGE


def _findable(seen: Evidence) -> tuple[str, bool]:
    stored = seen.roots
    with closing(open_index(seen.archive.index_root)) as index:
        indexed = sum(holding.total.aips for holding in index.holdings())
    return f"{indexed} of {stored} AIPs in the catalogue", stored == indexed > 0


def _identifiers(seen: Evidence) -> tuple[str, bool]:
    count, tally = len(seen.tally.identifiers), seen.tally
    return f"{count} identifiers, {tally.versions} versions, none given twice", count > 0 == tally.twice


def _audited(seen: Evidence) -> tuple[str, bool]:
    """Every AIP was read whole within the cadence of some depth, and none of them is in trouble."""
    told, count = forecast(seen.archive), seen.roots
    read = [one for one in told.coverage if one.depth != Depth.LIGHT]
    proven = max((AUDIT_DAYS >= one.days > 0 or one.depth == Depth.FULL) * one.current for one in read)
    depths = "; ".join(f"{one.depth} (every {one.days} days): {one.current}, {one.due} due" for one in read)
    found = f"of {count} AIPs were read within their cadence - {depths}; in trouble: {told.troubled}"
    return found, proven == count > 0 == told.troubled


def _copies(seen: Evidence, wanted: int = 2) -> tuple[str, bool]:
    whole, told = 1, []
    for location in locations(seen.archive):
        away = location.away
        owed = 0 if away else owed_to(seen.archive, location)
        whole += not away and not owed
        state = f"owed {owed} AIPs" if owed else "whole"
        told.append(f"{location.name} {'away' if away else state}")
    found = f"whole copies, the archive's own counted: {whole} (asked: {wanted})"
    return f"{found}; locations: {', '.join(told) or 'none'}", whole >= wanted


def _three_copies(seen: Evidence) -> tuple[str, bool]:
    return _copies(seen, 3)


def _security_log(seen: Evidence) -> tuple[str, bool]:
    path = path_of(seen.archive.home)
    if not path.exists():
        return "nothing was logged yet", False
    broken = verify(path)
    with path.open("rb") as lines:
        count = sum(1 for _ in lines)
    found = f"{count} events in a chain of digests"
    return (f"line {broken} was changed" if broken else f"{found}, whole"), broken is None


def _software(seen: Evidence) -> tuple[str, bool]:
    return f"oais {software_version()}, format {seen.archive.settings.format} of the archive on disk", True


_RULES: Mapping[str, Callable[[Evidence], tuple[str, bool]]] = {
    "named": _named,
    "licensed": _licensed,
    "policies": _policies,
    "agreements": _agreements,
    "receipts": _receipts,
    "ledger": _ledger,
    "signed": _signed,
    "reader": _reader,
    "formats known": _formats_known,
    "formats judged": _formats_judged,
    "open formats": _open_formats,
    "nothing to migrate": _nothing_to_migrate,
    "coverage": _coverage,
    "findable": _findable,
    "identifiers": _identifiers,
    "audited": _audited,
    "copies": _copies,
    "three copies": _three_copies,
    "security log": _security_log,
    "software": _software,
}
