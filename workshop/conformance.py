"""The page of conformance, asked from the tables that the tests run: each rule, the fault, the verdict."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from oais.information.findings import finding_codes


def conformance_page() -> str:
    """Return counts and tables of OCFL, BagIt, E-ARK and PREMIS."""
    parts = (_counts(), _bags(), _eark(), _ocfl())
    return "\n".join("\n".join(part) for part in parts)


def _counts() -> Iterator[str]:
    from tests.aip import eark_faults, ocfl_inventory_faults, test_ocfl_storage_root
    from tests.sip.rfc8493 import RULES

    ocfl = [code for code in finding_codes() if re.fullmatch(r"[EW][0-9]{3}", code)]
    faults = len(ocfl_inventory_faults.FAULTS) + len(test_ocfl_storage_root.CASES)
    differing = [fault.differs for fault in ocfl_inventory_faults.FAULTS if fault.differs]
    differing += [case.differs for case in test_ocfl_storage_root.CASES if case.differs]
    eark = [fault for fault in eark_faults.FAULTS if fault.code.startswith("CSIP")]
    rows = (
        (
            "OCFL 1.1",
            f"{len(ocfl)} codes, {len(test_ocfl_storage_root.NEVER_TOLD)} of which nothing can be given",
            faults,
            "ocfl-py 2.1.0",
            len(differing),
        ),
        (
            "BagIt 1.0 (RFC 8493)",
            f"{len({rule.clause for rule in RULES})} clauses",
            len(RULES),
            "bagit-python 1.9.0",
            sum(bool(rule.bagit) for rule in RULES),
        ),
        (
            "E-ARK CSIP 2.2.0",
            f"{len({fault.code for fault in eark if fault.code != 'CSIPSTR4'})} MUSTs of the METS profile",
            len(eark),
            "eark-validator 1.1.3 (V2.1.0)",
            sum(bool(fault.differs) for fault in eark),
        ),
        (
            "E-ARK AIP 2.2.0, PREMIS 3",
            "links and the AIP profile",
            len(eark_faults.FAULTS) - len(eark),
            "none",
            0,
        ),
    )
    yield from _table(
        ("standard", "what it has", "faults tried", "second opinion", "differs, explained"), rows
    )
    yield ""


def _bags() -> Iterator[str]:
    from tests.sip.rfc8493 import RULES

    yield "## BagIt\n"
    rows = (
        (
            rule.clause,
            rule.done,
            "valid" if rule.valid else "invalid",
            f"`{rule.code}`" if rule.code else "",
            rule.bagit,
        )
        for rule in RULES
    )
    yield from _table(
        ("clause", "what is done to a sound bag", "verdict", "code", "why bagit-python says otherwise"), rows
    )
    yield ""


def _eark() -> Iterator[str]:
    from aip.validation.eark.rules import RULES
    from tests.aip.eark_faults import FAULTS

    tried = Counter(fault.code for fault in FAULTS)
    differs = {fault.code: fault.differs for fault in FAULTS if fault.differs}
    scopes = {rule.code: rule.scope for rule in RULES}
    codes = [code for code in finding_codes() if re.match(r"CSIP|AIPM?[0-9]|EAR-|PRM-", code)]
    yield "## E-ARK and PREMIS\n"
    rows = (
        (
            f"`{code}`",
            finding_codes()[code].title,
            scopes.get(code, "PREMIS" if code.startswith(("PRM", "AIP")) else "the package"),
            tried[code] or "with containers",
            differs.get(code, ""),
        )
        for code in sorted(codes, key=_natural)
    )
    yield from _table(
        ("requirement", "what breaks it", "asked of", "faults tried", "why eark-validator may not tell it"),
        rows,
    )
    yield ""


def _natural(code: str) -> tuple[str, int]:
    match = re.fullmatch(r"(.*?)([0-9]+)", code)
    return (match[1], int(match[2])) if match else (code, 0)


def _ocfl() -> Iterator[str]:
    from tests.aip.ocfl_inventory_faults import FAULTS
    from tests.aip.test_ocfl_storage_root import CASES, NEVER_TOLD

    made = [(code, fault.name) for fault in FAULTS for code in fault.codes]
    made += [(code, case.name) for case in CASES for code in case.codes]
    tried = Counter(code for code, _ in made)
    first = dict(reversed(made))
    yield "## OCFL\n"
    rows = (
        (
            f"`{code}`",
            finding_codes()[code].title,
            first[code].replace("_", " ") if code in first else "never told",
            tried[code] or "",
            NEVER_TOLD.get(code, ""),
        )
        for code in sorted(finding_codes())
        if re.fullmatch(r"[EW][0-9]{3}", code)
    )
    yield from _table(
        ("code", "what it says", "a fault that makes it", "faults tried", "why it is never told"), rows
    )


def _table(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(_cell(str(value)) for value in row)} |"


def _cell(value: str) -> str:
    escaped = value.replace("|", "\\|")
    return escaped if "`" in value else escaped.replace("<", "&lt;").replace("*", "\\*")
