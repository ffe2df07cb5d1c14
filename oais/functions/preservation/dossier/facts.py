"""The facts an auditor is shown: each computed now from what is kept, in words, and whether it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from aip.root import ROOT_DECLARATION
from aip.sealing import signature_name
from aip.stored import SIGNATURES
from oais.archive import Archive
from oais.errors import ArchiveError, DamageError
from oais.functions.audit.depths import Depth
from oais.functions.audit.forecasting import forecast
from oais.functions.copies.locations import locations
from oais.functions.copies.replication import owed_to
from oais.functions.ledger.verifying import tell_ledger, verify_ledger
from oais.functions.preservation.census import take_census
from oais.functions.preservation.coverage import coverage_by_data_set
from oais.functions.receipts import each_receipt
from oais.functions.security_log import path_of, verify
from oais.functions.storage import aip_store
from oais.information.findings import Severity
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
    return {name: _asked(name, rule, archive) for name, rule in _RULES.items()}


def _asked(name: str, rule: Callable[[Archive], tuple[str, bool]], archive: Archive) -> Fact:
    try:
        return Fact(name, *rule(archive))
    except ArchiveError as error:
        return Fact(name, f"not known: {error.message}", holds=False)


def _named(archive: Archive) -> tuple[str, bool]:
    missions = ", ".join(sorted({agreement.mission for agreement in archive.policies.agreements.values()}))
    settings = archive.settings
    found = f"{settings.name}; contact {settings.contact or 'not named'}; missions {missions}"
    return found, bool(settings.contact)


def _licensed(archive: Archive) -> tuple[str, bool]:
    without = sorted(name for name, one in archive.policies.agreements.items() if not one.licence)
    count = len(archive.policies.agreements)
    return f"{count - len(without)} of {count} agreements name a licence", not without


def _policies(archive: Archive) -> tuple[str, bool]:
    trouble = archive.in_force.trouble()
    found = f"{archive.policies.digest[:16]}… in force, without a fault"
    return (trouble or found), not trouble and not archive.policies.nothing_allowed


def _agreements(archive: Archive) -> tuple[str, bool]:
    names = sorted(archive.policies.agreements)
    return f"{len(names)}: {', '.join(names)}", bool(names)


def _receipts(archive: Archive) -> tuple[str, bool]:
    counts: Counter[str] = Counter()
    for _, receipt in each_receipt(archive):
        counts["damaged" if isinstance(receipt, DamageError) else receipt.status] += 1
    found = f"{counts['accepted']} accepted, {counts['refused']} refused, {counts['damaged']} damaged"
    return f"{found}; each signed", bool(counts["accepted"]) and not counts["damaged"]


def _ledger(archive: Archive) -> tuple[str, bool]:
    state = tell_ledger(archive)
    faults = [found for found in verify_ledger(archive) if found.severity is Severity.ERROR]
    found = f"{state.size} entries, root {state.root[:16]}…, verified just now: {len(faults)} faults"
    return found, not faults


def _signed(archive: Archive) -> tuple[str, bool]:
    unsigned = total = 0
    for stored in aip_store(archive).objects():
        for number in stored.versions:
            total += 1
            unsigned += not (stored.path / SIGNATURES / signature_name(number)).is_file()
    keys = len(archive.trusted_keys())
    found = f"{total - unsigned} of {total} versions carry a signature; trusted keys: {keys}"
    return found, total > 0 == unsigned


def _reader(archive: Archive) -> tuple[str, bool]:
    there = (archive.aip_root / VERIFY).is_file() and (archive.aip_root / ROOT_DECLARATION).is_file()
    found = f"{VERIFY} in the storage root reads and proves all of it with Python alone"
    return (found if there else f"there is no {VERIFY} in aip/"), there


def _formats_known(archive: Archive) -> tuple[str, bool]:
    census = take_census(archive)
    files = sum(row.files for row in census.rows)
    unknown = sum(row.files for row in census.rows if row.format_id in {"oais/unknown", "UNKNOWN"})
    return f"{len(census.rows)} formats in {files} files, {unknown} files of none", files > 0 == unknown


def _formats_judged(archive: Archive) -> tuple[str, bool]:
    census = take_census(archive)
    left = ", ".join(row.format_id for row in census.unsettled)
    found = (
        f"{len(census.rows) - len(census.unsettled)} of {len(census.rows)} formats judged, none too long ago"
    )
    return (f"to be judged: {left}" if left else found), bool(census.rows) and not left


def _open_formats(archive: Archive) -> tuple[str, bool]:
    census = take_census(archive)
    high = [row.format_id for row in census.rows if row.risk == "high"]
    return (f"at high risk: {', '.join(high)}" if high else "no format at high risk"), not high


def _nothing_to_migrate(archive: Archive) -> tuple[str, bool]:
    waiting = [f"{row.format_id} in {row.aips} AIPs" for row in take_census(archive).rows if row.to]
    done = sum(
        ", migration of " in version.message
        for stored in aip_store(archive).objects()
        for version in stored.inventory.versions.values()
    )
    found = f"{done} versions made by migration; waiting: {', '.join(waiting) or 'none'}"
    return found, not waiting


def _coverage(archive: Archive) -> tuple[str, bool]:
    found = list(coverage_by_data_set(archive))
    aips = sum(one.aips for one in found)
    mean = sum(one.score * one.aips for one in found) / aips if aips else 0.0
    told = f"{mean:.0%} of what a stranger needs is inside, over {aips} AIPs (asked: {GOOD_COVERAGE:.0%})"
    return told, aips > 0 and mean >= GOOD_COVERAGE and not any(one.unread for one in found)


def _findable(archive: Archive) -> tuple[str, bool]:
    stored = sum(1 for _ in aip_store(archive).found_roots())
    with closing(open_index(archive.index_root)) as index:
        indexed = sum(holding.total.aips for holding in index.holdings())
    return f"{indexed} of {stored} AIPs in the catalogue", stored == indexed > 0


def _identifiers(archive: Archive) -> tuple[str, bool]:
    seen: set[str] = set()
    versions = twice = 0
    for stored in aip_store(archive).objects():
        twice += stored.aip_id in seen
        seen.add(stored.aip_id)
        versions += len(stored.versions)
    return f"{len(seen)} identifiers, {versions} versions, none given twice", bool(seen) and not twice


def _audited(archive: Archive) -> tuple[str, bool]:
    """Every AIP was read whole within the cadence of some depth, and none of them is in trouble."""
    told, count = forecast(archive), sum(1 for _ in aip_store(archive).found_roots())
    read = [one for one in told.coverage if one.depth != Depth.LIGHT]
    proven = max((AUDIT_DAYS >= one.days > 0 or one.depth == Depth.FULL) * one.current for one in read)
    depths = "; ".join(f"{one.depth} (every {one.days} days): {one.current}, {one.due} due" for one in read)
    found = f"of {count} AIPs were read within their cadence - {depths}; in trouble: {told.troubled}"
    return found, proven == count > 0 == told.troubled


def _copies(archive: Archive, wanted: int = 2) -> tuple[str, bool]:
    whole, told = 1, []
    for location in locations(archive):
        away = location.away
        owed = 0 if away else owed_to(archive, location)
        whole += not away and not owed
        state = f"owed {owed} AIPs" if owed else "whole"
        told.append(f"{location.name} {'away' if away else state}")
    found = f"whole copies, the archive's own counted: {whole} (asked: {wanted})"
    return f"{found}; locations: {', '.join(told) or 'none'}", whole >= wanted


def _three_copies(archive: Archive) -> tuple[str, bool]:
    return _copies(archive, 3)


def _security_log(archive: Archive) -> tuple[str, bool]:
    path = path_of(archive.home)
    if not path.exists():
        return "nothing was logged yet", False
    broken = verify(path)
    with path.open("rb") as lines:
        count = sum(1 for _ in lines)
    found = f"{count} events in a chain of digests"
    return (f"line {broken} was changed" if broken else f"{found}, whole"), broken is None


def _software(archive: Archive) -> tuple[str, bool]:
    return f"oais {software_version()}, format {archive.settings.format} of the archive on disk", True


_RULES: Mapping[str, Callable[[Archive], tuple[str, bool]]] = {
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
