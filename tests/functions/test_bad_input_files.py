"""Tables D and E of the bad inputs, from delivery to receipt: files that harm who reads them."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from oais.functions.storage import find_aip
from oais.information.findings import Severity, finding_codes
from tests.functions.attacking import Arena, Attack, Make
from tests.functions.deliveries import plain_bag
from tests.information.fits_making import curve, primary
from tests.information.test_fits_blocks import CASES as FITS
from tests.information.test_inspection import SEEDS, Trap
from tests.information.test_xml import REFUSED as XML
from tests.policies.test_strict_yaml import REFUSED as YAML

NOTES = "metadata/submission.yaml"
STALE = {"FIT-008", "FIT-009"}
PDS4 = b'<Product_Observational xmlns="http://pds.nasa.gov/pds4/pds/v1">'


def holding(name: str, data: bytes) -> Make:
    """Deliver one file in a sound bag."""
    return lambda place: plain_bag(place / "files.bag", "attack.files", {name: data})


def described(notes: bytes) -> Make:
    """Deliver a sound file with notes of the provider's."""

    def make(place: Path) -> Path:
        from tests.functions.deliveries import TAGS, write_bag

        tags = {**TAGS, "Submission-Agreement": "generic", "External-Identifier": "attack.files"}
        return write_bag(place / "notes.bag", {"a.csv": b"time,flux\n1,2\n"}, tags, extra_tags={NOTES: notes})

    return make


def observed(**cards: str | float) -> Make:
    """Deliver a FITS file whose header claims something."""
    names = {key.replace("_", "-"): value for key, value in cards.items()}
    return holding("x.fits", primary(names))


def fits_row(data: bytes, codes: list[str]) -> Attack:
    """What a FITS file must get: refused when a code is an error, or when sums are stale."""
    errors = [code for code in codes if finding_codes()[code].severity is Severity.ERROR]
    if errors:
        return Attack(holding("x.fits", data), errors[0])
    if STALE & set(codes):
        return Attack(holding("x.fits", data), "AGR-012")
    return Attack(holding("x.fits", data), codes[0] if codes else "", refused=False)


ROWS = {
    **{name: fits_row(data, codes) for name, (data, codes) in FITS.items()},
    **{
        f"XML {name}": Attack(holding("label.xml", data), code)
        for name, (data, code) in XML.items()
        if data
    },
    **{f"notes: {name}": Attack(described(data), "AGR-013") for name, (data, _, _) in YAML.items()},
    "D4 right ascension 400": Attack(observed(RA=400.0, DEC=1.0), "CON-002"),
    "D4 declination -91": Attack(observed(RA=4.0, DEC=-91.0), "CON-002"),
    "D4 year 9999": Attack(observed(DATE_OBS="9999-01-01"), "CON-002"),
    "D4 ends before it begins": Attack(observed(DATE_OBS="2020-02-02", DATE_END="2020-01-01"), "CON-002"),
    "D4 negative exposure": Attack(observed(EXPTIME=-1.0), "CON-002"),
    "D4 right ascension as words": Attack(observed(RA="hello", DEC=1.0), "CON-001", refused=False),
    "D4 exposure that is no number": Attack(observed(EXPTIME="NaN"), "", refused=False),
    "D4 infinite right ascension": Attack(observed(RA="inf", DEC="-inf"), "", refused=False),
    "D5 script in the title": Attack(
        described(b"title: '<script>alert(1)</script>'\nsummary: 'a ]]> b </script> javascript:x'\n"),
        "",
        refused=False,
    ),
    "D5 markup in a header": Attack(observed(OBJECT="<script>]]>&"), "", refused=False),
    "D5 a picture that runs scripts": Attack(
        holding("x.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), "", refused=False
    ),
    "notes of an unknown kind": Attack(described(b"kind: secret\n"), "AGR-013"),
    "notes on a file that is not there": Attack(described(b"documents: [{path: data/x.pdf}]\n"), "AGR-015"),
    "notes that climb": Attack(described(b"documents: [{path: data/../../x.pdf}]\n"), "AGR-015"),
    "notes of control values": Attack(described(b'title: "a\\u0001\\u202eb"\n'), "AGR-013"),
    "notes with a surrogate": Attack(described(b'title: "a\\ud800b"\n'), "AGR-013"),
    "notes of an unknown level": Attack(described(b"level: '../..'\n"), "AGR-014"),
    "notes of an infinite value": Attack(
        described(b"products: [{path: data/a.csv, values: {s_ra: 1e999, t_min: nan, s_dec: -inf}}]\n"),
        "CON-001",
        refused=False,
    ),
    "E5 pickle": Attack(holding("x.pkl", pickle.dumps(Trap(Path("/nowhere/sprung")))), "", refused=False),
    "E5 array of objects": Attack(holding("x.npy", b"\x93NUMPY\x01\x00" + bytes(200)), "", refused=False),
    "E5 HDF5": Attack(holding("x.h5", b"\x89HDF\r\n\x1a\n" + bytes(500)), "", refused=False),
    "E5 NetCDF": Attack(holding("x.nc", b"CDF\x01" + bytes(200)), "", refused=False),
    "E5 parquet": Attack(holding("x.parquet", b"PAR1" + bytes(100) + b"PAR1"), "", refused=False),
    "E5 formula cells": Attack(holding("x.csv", b"=cmd|' /C calc'!A0,1\n"), "", refused=False),
    **{
        f"E2 {name}": Attack(holding(name, curve([(0.0, 1.0, 0)])), "", refused=False)
        for name in ("x.fits[1].fits", "-.fits", "!out.fits", "a.fits(out).fits", "a$(id)`id`;id.fits")
    },
    "E2 |cmd": Attack(holding("|cmd.fits", curve([(0.0, 1.0, 0)])), "BAG-048", refused=False),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_file(name: str, arena: Arena, record_count: Callable[[str, int], None]) -> None:
    """Each row is refused by its code or kept bit for bit, whatever its bytes do to a reader."""
    arena.strike(ROWS[name])
    record_count("bad deliveries through ingest", 1)


def test_markup_is_kept_as_it_was_written(arena: Arena) -> None:
    """D5: what a provider writes is stored exactly; making it harmless is the task of each page."""
    from aip.reading import read_description

    arena.strike(ROWS["D5 script in the title"])
    description = read_description(find_aip(arena.archive, "attack.files"))
    assert description.title == "<script>alert(1)</script>"
    assert description.summary == "a ]]> b </script> javascript:x"


@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_product(
    seed: str, shared: Path, arena: Arena, seeded: random.Random, record_count: Callable[[str, int], None]
) -> None:
    """E1: real products with bytes flipped are refused or kept, and the next delivery is taken."""
    data = (shared / "data" / seed).read_bytes()
    payload = {}
    for number in range(12):
        copy = bytearray(data)
        for _ in range(seeded.randint(1, 4)):
            copy[seeded.randrange(len(copy) if number % 2 else min(len(copy), 6000))] = seeded.randrange(256)
        payload[f"{number}-{Path(seed).name}"] = bytes(copy)
    accepted = arena.tolerate(lambda place: plain_bag(place / "damaged.bag", "attack.files", payload))
    record_count("damaged products through ingest", len(payload))
    record_count("deliveries of damaged products kept", int(accepted))
