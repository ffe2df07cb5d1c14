"""The validator of OCFL objects: one case a code, and ocfl-py as second opinion on each."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from ocfl.object import Object
from ocfl.validator import Validator
from ocfl.version_metadata import VersionMetadata

from aip.validation.ocfl import check_ocfl_object, recognise
from oais.information.findings import Finding, Severity
from tests.aip.ocfl_builder import Recipe, build_object
from tests.aip.ocfl_faults import Fault
from tests.aip.ocfl_inventory_faults import FAULTS

ALL_FIXITY = (
    *("md5", "sha1", "sha256", "sha512", "sha512/256", "size"),
    *("blake2b-160", "blake2b-256", "blake2b-384", "blake2b-512"),
)
UNKNOWN_TO_OCFL_PY = {"sha512/256", "size"}

GOOD = {
    "1.1": Recipe(),
    "1.0": Recipe(specifications=("1.0",)),
    "1.0 then 1.1": Recipe(specifications=("1.0", "1.1")),
    "padded": Recipe(width=5),
    "sha256": Recipe(algorithms=("sha256",)),
    "sha256 then sha512": Recipe(algorithms=("sha256", "sha512")),
    "other content directory": Recipe(content_directory="data"),
    "fixity of every algorithm": Recipe(fixity=ALL_FIXITY),
    "version without new content": Recipe(versions=({"a": b"1"}, {"b": b"1"})),
    "empty file": Recipe(versions=({"a": b""},)),
    "no file at all": Recipe(versions=({},)),
    "twelve versions": Recipe(versions=[{"a": b"%d" % n} for n in range(12)]),
    "names of the world": Recipe(versions=({"Ä ö\n/日本.txt": b"1", "a b": b"2"},)),
}


def oracle_accepts(root: Path) -> bool | None:
    """Return the verdict of ocfl-py, or None where it ends in a traceback."""
    logging.disable(logging.CRITICAL)
    try:
        return bool(Validator(log_errors=False).validate_object(str(root)))
    except Exception:  # noqa: BLE001  # a crash of the other program is an answer too
        return None
    finally:
        logging.disable(logging.NOTSET)


def errors(found: list[Finding]) -> list[Finding]:
    """Return the findings that make an object invalid."""
    return [each for each in found if each.severity is Severity.ERROR]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_gives_exactly_its_codes(
    fault: Fault, tmp_path: Path, record_count: Callable[[str, int], None]
) -> None:
    """Each fault is reported by the standard's code for it, and no other code appears."""
    built = build_object(tmp_path / "object", fault.recipe)
    fault.break_object(built)
    found = list(check_ocfl_object(built.root))
    assert {each.code for each in found} == fault.codes, [each.message for each in found]
    assert all(each.clause and each.remedy and each.message for each in found)
    record_count("matrix cells", 1)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_ocfl_py_gives_the_same_verdict(fault: Fault, tmp_path: Path) -> None:
    """An independent validator agrees on valid or not, but for differences that are explained."""
    built = build_object(tmp_path / "object", fault.recipe)
    fault.break_object(built)
    accepted = not errors(list(check_ocfl_object(built.root)))
    assert (oracle_accepts(built.root) == accepted) == (not fault.differs), fault.differs


@pytest.mark.parametrize("name", GOOD)
def test_a_sound_object_has_no_error(
    name: str, tmp_path: Path, record_count: Callable[[str, int], None]
) -> None:
    """Every form of object that the standard allows is accepted, by ocfl-py as well."""
    built = build_object(tmp_path / "object", GOOD[name])
    assert errors(list(check_ocfl_object(built.root))) == []
    if not UNKNOWN_TO_OCFL_PY & set(GOOD[name].fixity):
        assert oracle_accepts(built.root) is True
    assert recognise(built.root) == "object"
    record_count("matrix cells", 1)


@pytest.mark.parametrize("algorithm", ["sha512", "sha256"])
def test_an_object_made_by_ocfl_py_is_sound(algorithm: str, tmp_path: Path) -> None:
    """What another program writes by the standard has no error here, over three versions.

    Only of 1.1: ocfl-py builds objects that declare 1.0 and have inventories of 1.1 (E038).
    """
    for number, text in enumerate(("one", "two", "three"), start=1):
        folder = tmp_path / "source" / f"v{number}"
        folder.mkdir(parents=True)
        (folder / "always.txt").write_text("the same")
        (folder / "sometimes & é.txt").write_text(text)
    made = Object(
        identifier="urn:example:made",
        digest_algorithm=algorithm,
        fixity=["md5", "blake2b-512"],
    )
    about = {
        number: VersionMetadata(
            created="2026-01-01T00:00:00Z", message="made", name="Ada", address="mailto:a@b.org"
        )
        for number in (1, 2, 3)
    }
    made.build(str(tmp_path / "source"), about, str(tmp_path / "object"))
    found = list(check_ocfl_object(tmp_path / "object"))
    assert {each.code for each in found} == ({"W004"} if algorithm == "sha256" else set())
