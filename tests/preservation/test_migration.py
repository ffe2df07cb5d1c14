"""Migration of a format: real products, a new version, nothing lost, the old one still there."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from astropy.io import ascii as astropy_ascii
from astropy.io import fits

from aip.reading import read_description, read_events, read_objects, read_report
from aip.storage import AipStore
from aip.validation.package import check_aip
from oais.archive import Archive
from oais.cli import main
from oais.errors import StorageError
from oais.functions.access.facade import open_access
from oais.functions.administration import initialise
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.data_management import check_index, rebuild_index
from oais.functions.dissemination import deliver
from oais.functions.ledger.verifying import verify_ledger
from oais.functions.preservation.migration import Migrated, candidates, migrate, way_between
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from oais.information.findings import Severity
from oais.information.identifiers import AipReference
from oais.information.premis import EventType
from oais.information.reader.composed import VERIFY
from oais.information.representation import migration as in_the_child
from oais.information.representation.pathways import PATHWAYS, pathway
from tests.functions.conftest import SteadyClock
from tests.functions.deliveries import plain_bag

EFW = "cluster/efw/C1_CP_EFW_L3_P__20010201_120000_20010201_120100_V110503.cef.gz"
ASP = "cluster/asp/C2_CP_ASP_ACTIVE__20010101_000000_20100101_000000_V081030.cef"
HESS = "hess/hess_dl3_dr1/data/hess_dl3_dr1_obs_id_047803.fits.gz"
EarkValidator = Callable[[Path], dict[str, list[dict[str, str | None]]]]
TO_FITS = ("oais/fits-gzip", "x-fmt/383")
"""The way that tests go."""


@cache
def packed_fits() -> bytes:
    """A gzipped FITS file of a small table with a NaN and a null, made by astropy."""
    flux = fits.Column("FLUX", "E", array=np.array([1.5, np.nan, -0.0], "f4"), unit="e-/s")
    bad = fits.Column("BAD", "J", array=np.array([1, -99, 3]), null=-99)
    out = io.BytesIO()
    table = fits.BinTableHDU.from_columns([flux, bad], name="CURVE")
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(out, checksum=True)
    return gzip.compress(out.getvalue(), mtime=0)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive with one AIP of two gzipped FITS files, a text and a document."""
    made = replace(initialise(tmp_path / "home", name="Migrating"), clock=SteadyClock())
    payload = {
        "a.fits.gz": packed_fits(),
        "deep/b.fits.gz": packed_fits()[:9] + b"\xff" + packed_fits()[10:],
        "notes.txt": b"words\n",
    }
    take_in(made, plain_bag(tmp_path / "one.bag", "one.aip", payload))
    return made


def take_in(archive: Archive, *bags: Path) -> None:
    """Submit deliveries that must be accepted."""
    for told in submit(archive, bags):
        assert told.receipt is not None, told.error
        assert told.receipt.status == "accepted", told.receipt.findings


def run(archive: Archive, way: tuple[str, str] = TO_FITS, dry_run: bool = False) -> list[Migrated]:
    """Migrate all that there is to migrate."""
    found = way_between(*way)
    return list(migrate(archive, found, candidates(archive, found), dry_run=dry_run))


def sound(archive: Archive) -> None:
    """Every layer of every AIP agrees; audit, ledger, index and verify.py find nothing."""
    for stored in AipStore(archive.aip_root).objects():
        assert [found for found in check_aip(stored, archive.trusted_keys())
                if found.severity is Severity.ERROR] == []  # fmt: skip
    told = run_audit(archive, select_for_audit(archive, None, None, 0), full=True)
    assert told.intact, told.damaged
    assert check_index(archive) == []
    assert verify_ledger(archive) == []
    line = [sys.executable, "-I", "-S", str(archive.aip_root / VERIFY)]
    assert subprocess.run(line, capture_output=True, check=False).returncode == 0


def test_gzipped_fits_becomes_fits_in_a_new_version(archive: Archive, tmp_path: Path) -> None:
    """All bytes of the FITS are the same, the rest of the package is kept, the old version still delivers."""
    (told,) = run(archive)
    assert (told.outcome, told.version, len(told.files)) == ("migrated", 2, 2)
    stored = find_aip(archive, "one.aip")
    new = stored.open(2).file("representations/migrated/data/deep/b.fits").path.read_bytes()
    assert new == gzip.decompress(packed_fits())
    with fits.open(io.BytesIO(new), checksum=True) as read:
        assert read["CURVE"].data["FLUX"].tobytes() == np.array([1.5, np.nan, -0.0], ">f4").tobytes()
    assert "representations/original/data/notes.txt" in stored.open(2).files()
    assert "representations/original/data/a.fits.gz" not in stored.open(2).files()
    assert stored.inventory.versions[2].message == "version 2, migration of oais/fits-gzip to x-fmt/383"
    assert stored.inventory.versions[2].user_name == "Migrating"
    for version, names in ((1, {"a.fits.gz", "deep/b.fits.gz"}), (2, {"a.fits", "deep/b.fits"})):
        target = tmp_path / f"dip{version}"
        deliver(archive, AipReference("one.aip", version), ["*.fits*"], target, open_access(archive).asker())
        found = {str(path.relative_to(target / "data")) for path in target.rglob("data/**/*.fits*")}
        assert found == names
    sound(archive)
    rebuild_index(archive)
    assert check_index(archive) == []


def test_premis_tells_what_was_made_of_what_by_whom(archive: Archive) -> None:
    """Event, agents, source and outcome are linked, and the derived object names source and event."""
    run(archive)
    stored = find_aip(archive, "one.aip")
    events = read_events(stored)
    migrations = [event for event in events if event.kind is EventType.MIGRATION]
    assert [(event.sources, event.objects) for event in migrations] == [
        (("one.aip@v1/representations/original/data/a.fits.gz",), ("representations/migrated/data/a.fits",)),
        (
            ("one.aip@v1/representations/original/data/deep/b.fits.gz",),
            ("representations/migrated/data/deep/b.fits",),
        ),
    ]
    made = {item.identifier: item for item in read_objects(stored)}
    for event in migrations:
        derivation = made[event.objects[0]].derivation
        assert derivation is not None
        assert (derivation.source, derivation.event) == (event.sources[0], event.identifier)
        assert derivation.source.split("/", 1)[1] in stored.open(1).files()
    premis = stored.open().file("representations/migrated/metadata/preservation/premis.xml").path.read_text()
    for word in ("linkingObjectRole>source<", "linkingObjectRole>outcome<", "has source", "astropy "):
        assert word in premis
    assert "agentVersion>" in premis
    assert len({event.identifier for event in events}) == len(events)
    assert {event.kind for event in read_events(stored, 1)} <= {event.kind for event in events}
    kept = next(item for item in read_objects(stored) if item.identifier.endswith("notes.txt"))
    before = next(item for item in read_objects(stored, 1) if item.identifier.endswith("notes.txt"))
    assert kept == before
    proof = read_report(stored)["migration"]
    assert proof["files"][0]["sha512_after"] == hashlib.sha512(gzip.decompress(packed_fits())).hexdigest()


def test_who_may_have_it_does_not_change(archive: Archive) -> None:
    """Place, kind, values and policy are those of the version before, and so is the decision."""
    before = read_description(find_aip(archive, "one.aip"))
    run(archive)
    after = read_description(find_aip(archive, "one.aip"))
    for name in ("node", "kind", "level", "access_policy", "values", "ingested_at", "receipt", "licence"):
        assert getattr(after, name) == getattr(before, name), name
    assert [item.values for item in after.products] == [item.values for item in before.products]
    access = open_access(archive)
    old, new = (access.show(f"one.aip@v{number}").access for number in (1, 2))
    assert (old.open, old.word) == (new.open, new.word)


def test_it_is_repeated_without_doing_anything_twice(archive: Archive, tmp_path: Path) -> None:
    """A second run has nothing to do; the same delivery again is still held; a further one is version 3."""
    assert [told.outcome for told in run(archive)] == ["migrated"]
    assert run(archive) == []
    way = way_between(*TO_FITS)
    (told,) = migrate(archive, way, candidates(archive, way, ["one.aip"]))
    assert told.outcome == "nothing to do"
    (again,) = submit(archive, [tmp_path / "one.bag"])
    assert again.outcome == "held already"
    take_in(archive, plain_bag(tmp_path / "three.bag", "one.aip", {"c.fits.gz": packed_fits()}))
    (third,) = run(archive)
    assert third.version == 4
    sound(archive)


def test_a_dry_run_proves_and_stores_nothing(archive: Archive) -> None:
    """It tells the same files and digests as the run after it; not a byte of the home is other."""
    before = {path: path.stat().st_mtime_ns for path in archive.aip_root.rglob("*")}
    (foretold,) = run(archive, dry_run=True)
    assert foretold.outcome == "would be migrated"
    assert {path: path.stat().st_mtime_ns for path in archive.aip_root.rglob("*")} == before
    assert [path.name for path in archive.staging.iterdir() if path.name.startswith("migration")] == []
    (done,) = run(archive)
    assert done.files == foretold.files


def test_damage_is_found_before_anything_is_made(archive: Archive) -> None:
    """Neither a damaged original nor a damaged file beside it gets into a new version."""
    stored = find_aip(archive, "one.aip")
    for name in ("a.fits.gz", "notes.txt"):
        path = stored.open().file(f"representations/original/data/{name}").path
        sealed = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
        (told,) = run(archive)
        assert (told.outcome, told.exit_code) == ("refused", 3)
        assert name in told.reason
        path.write_bytes(sealed)
    assert find_aip(archive, "one.aip").head == 1
    assert run(archive)[0].outcome == "migrated"


def test_a_file_that_has_no_lossless_way_is_refused(tmp_path: Path) -> None:
    """One AIP that cannot be migrated does not stop the next, and is as it was."""
    archive = initialise(tmp_path / "home")
    tiles = io.BytesIO()
    compressed = fits.CompImageHDU(np.arange(100, dtype="i2").reshape(10, 10))
    fits.HDUList([fits.PrimaryHDU(), compressed]).writeto(tiles)
    take_in(
        archive,
        plain_bag(tmp_path / "1.bag", "a.tiles", {"t.fits.gz": gzip.compress(tiles.getvalue())}),
        plain_bag(
            tmp_path / "2.bag",
            "b.both",
            {"x.fits.gz": packed_fits(), "X.fits": gzip.decompress(packed_fits())},
        ),
        plain_bag(tmp_path / "3.bag", "c.good", {"x.fits.gz": packed_fits()}),
    )
    told = {one.aip_id: one for one in run(archive)}
    assert [told[name].outcome for name in ("a.tiles", "b.both", "c.good")] == [
        "refused", "refused", "migrated",
    ]  # fmt: skip
    assert "oais/fits-tile-compressed" in told["a.tiles"].reason
    assert "beside" in told["b.both"].reason
    assert find_aip(archive, "a.tiles").head == find_aip(archive, "b.both").head == 1
    sound(archive)


def cef(records: str = "2001-01-01T00:00:00Z, 1.50, -7, A b $\n", **changes: str) -> bytes:
    """A small CEF file; each change replaces a piece of its text."""
    text = (
        'FILE_NAME = "x.cef"\nFILE_FORMAT_VERSION = "CEF-2.0"\nEND_OF_RECORD_MARKER = "$"\n'
        'START_META = MISSION\n  ENTRY = "caf\u00e9 \U0001f6f0"\nEND_META = MISSION\n'
        'START_VARIABLE = t\n  VALUE_TYPE = ISO_TIME\n  UNITS = "s"\nEND_VARIABLE = t\n'
        'START_VARIABLE = B\n  SIZES = 1\n  VALUE_TYPE = FLOAT\n  UNITS = "nT"\n  FILLVAL = -1e9\n'
        'END_VARIABLE = B\nSTART_VARIABLE = n\n  VALUE_TYPE = INT\n  UNITS = "unitless"\nEND_VARIABLE = n\n'
        "START_VARIABLE = w\n  VALUE_TYPE = CHAR\nEND_VARIABLE = w\n"
        f'DATA_UNTIL = "END_OF_DATA"\n{records}END_OF_DATA\n'
    )
    for old, new in changes.items():
        text = text.replace({"include": "START_META = MISSION", "size": "SIZES = 1"}[old], new)
    return text.encode()


UNFIT = {
    "a number that is none": (cef("2001-01-01T00:00:00Z, one, -7, A $\n"), "is no FLOAT"),
    "a fraction where there are none": (cef("2001-01-01T00:00:00Z, 1, 0.5, A $\n"), "is no INT"),
    "a missing value": (cef("2001-01-01T00:00:00Z, 1, -7 $\n"), "has 3 values"),
    "a header in another file": (cef(include='INCLUDE = "m.ceh"\nSTART_META = MISSION'), "includes"),
    "a size that is none": (cef(size="SIZES = many"), "sizes"),
    "a count that is wrong": (cef("!RECORDS = 2\n2001-01-01T00:00:00Z, 1, -7, A $\n"), "states 2 records"),
    "a cut file": (cef().replace(b"END_OF_DATA\n", b"", 2), "cut"),
    "another encoding": (cef().replace("\u00e9".encode(), b"\xe9"), "not UTF-8"),
}


def both_halves(source: Path, target: Path) -> None:
    """Write and compare."""
    in_the_child.migrate(source, target, "oais/cef")
    in_the_child.compare(source, target, "oais/cef")


@pytest.mark.parametrize("name", UNFIT)
def test_cef_that_cannot_be_kept_whole_is_refused(name: str, tmp_path: Path) -> None:
    """Whatever would be guessed or lost is told with its place, by writing or by comparing."""
    data, reason = UNFIT[name]
    source, target = tmp_path / "x.cef", tmp_path / "x.ecsv"
    source.write_bytes(data)
    with pytest.raises(ValueError, match=reason):
        both_halves(source, target)


@pytest.mark.parametrize("what", [b"1.50", b"-7", b"2001-01", b'"nT"', b"-1e9", b"A b", b"caf"])
def test_the_comparison_finds_what_a_faulty_writer_would_do(what: bytes, tmp_path: Path) -> None:
    """A changed digit, unit, fill value, text or header line of the result is found."""
    source, target = tmp_path / "x.cef", tmp_path / "x.ecsv"
    source.write_bytes(cef())
    in_the_child.migrate(source, target, "oais/cef")
    facts = in_the_child.compare(source, target, "oais/cef")["facts"]
    assert (facts["records"], facts["values"], facts["fill values"]) == (1, 4, 1)
    written = target.read_bytes()
    assert what in written
    last = written.rindex(what)
    changed = what[:-1] + (b"8" if what[-1:].isdigit() else b"x") if what != b'"nT"' else b'"mT"'
    target.write_bytes(written[:last] + changed + written[last + len(what) :])
    with pytest.raises(ValueError, match=r"was|header|differ"):
        in_the_child.compare(source, target, "oais/cef")


@pytest.mark.parametrize("at", [0, 3000, 5800, -2880])
def test_the_comparison_finds_a_changed_bit_of_a_fits_file(at: int, tmp_path: Path) -> None:
    """One bit of the result, in header, data or fill, is one too many."""
    source, target = tmp_path / "x.fits.gz", tmp_path / "x.fits"
    source.write_bytes(packed_fits())
    in_the_child.migrate(source, target, "oais/fits-gzip")
    assert in_the_child.compare(source, target, "oais/fits-gzip")["facts"]["HDUs"] == 2
    data = bytearray(target.read_bytes())
    data[at] ^= 1
    target.write_bytes(data)
    with pytest.raises(ValueError, match="other bytes"):
        in_the_child.compare(source, target, "oais/fits-gzip")


def test_real_products_migrate(shared: Path, tmp_path: Path, eark: EarkValidator) -> None:
    """H.E.S.S. event lists become plain FITS, CEF of two instruments ECSV that astropy reads; all valid."""
    archive = initialise(tmp_path / "home")
    for number, name in enumerate((HESS, EFW, ASP)):
        data = (shared / "data" / name).read_bytes()
        take_in(archive, plain_bag(tmp_path / f"{number}.bag", f"real.{number}", {Path(name).name: data}))
    for way in PATHWAYS:
        assert [told.outcome for told in run(archive, (way.source, way.target))] == ["migrated"], way
    curve = find_aip(archive, "real.1").open(2)
    (path,) = (path for path in curve.files() if path.endswith(".ecsv"))
    table = astropy_ascii.read(curve.file(path).path.read_text().split("\n"), format="ecsv")
    assert len(table) == 15
    potential = table["Spacecraft_potential__C1_CP_EFW_L3_P"]
    assert (float(potential[-1]), str(potential.unit)) == (-6.391, "V")
    assert float(potential.meta["FILLVAL"]) == -1e9
    assert 'FILE_NAME="C1_CP_EFW' in "".join(table.meta["cef_header"]).replace(" ", "")
    sound(archive)
    for stored in AipStore(archive.aip_root).objects():
        target = tmp_path / "package"
        for logical, file in stored.open().files().items():
            place = target / stored.aip_id / logical
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.path.read_bytes())
        assert eark(target / stored.aip_id) == {"errors": [], "warnings": []}


def test_a_crash_between_store_and_index_is_mended(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was stored and not told of is told of by the next run."""
    from oais.functions.preservation import migration

    def full(*_: object) -> None:
        raise StorageError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(migration, "index_records", full)
        (told,) = run(archive)
        assert told.outcome == "stopped"
    assert find_aip(archive, "one.aip").head == 2
    (told,) = run(archive)
    assert told.outcome == "nothing to do"
    sound(archive)


def test_the_command_answers_in_words_and_json(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    """It names the ways there are, foretells, migrates, and has nothing more to do."""
    home = ["--home", str(archive.home)]
    way = ["--from", "oais/fits-gzip", "--to", "x-fmt/383"]
    assert main(["migrate", *home]) == 2
    assert "oais/cef to oais/ecsv" in capsys.readouterr().err
    assert main(["migrate", *way, "--only", "nobody", *home]) == 2
    capsys.readouterr()
    assert main(["migrate", *way, "--dry-run", "--json", *home]) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == {"would be migrated": 1}
    assert main(["migrate", *way, *home]) == 0
    told = capsys.readouterr().out
    assert "migrated  one.aip@v2" in told
    assert "2 HDUs" in told
    assert main(["migrate", *way, *home]) == 0
    assert "no AIP holds" in capsys.readouterr().out


def test_each_way_leads_to_a_format_that_is_known() -> None:
    """Names of files lose the old ending and get the new one."""
    way = pathway("oais/cef-gzip", "oais/ecsv")
    assert way is not None
    assert [way.renamed(name) for name in ("a.cef.gz", "a.CEF.GZ", "a.gz", "a")] == [
        "a.ecsv", "a.ecsv", "a.ecsv", "a.ecsv",
    ]  # fmt: skip
