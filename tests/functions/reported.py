"""A real visit of CHEOPS with a report made for it, laid out as that of its reduction pipeline of 2017."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from oais.archive import Archive
from oais.functions.administration import initialise
from oais.functions.packing import pack_folder
from oais.functions.submission import submit
from oais.information.packages import Receipt
from tests.information.pdfs import Rows, pdf

VISIT = "PR110047_TG000401"
CURVE = f"CH_{VISIT}_TU2021-07-11T04-05-52_SCI_COR_Lightcurve-DEFAULT_V0300.fits"
REPORT = f"CH_{VISIT}_TU2021-07-11T04-05-52_RPT_COR_DataReduction_V0300.pdf"
INSIDE = f"representations/original/data/{REPORT}"

RUN = {
    "Data start": "2021-07-11T04:05:52.140994",
    "Data stop": "2021-07-11T15:06:01.670544",
    "Visit id": "1532996",
    "Target Name": "KELT-20",
    "Mag V": "7.6",
    "Spectral Type": "A2V",
    "Exposure nb": "300",
    "Intergration time (s)": "60.0 (3 x 20.0 s)",
    "PI Name": "Alexis Smith",
}
_TODO = ("Cosmic rays detections", "Hot pixels", "Dead pixels", "Crazy pixels")
METRICS = {
    "Flux level median (ph/exp):": "1.73e+07",
    "rob. mean (ph/exp)": "1.73e+07",
    "contamination (ph/exp)": "N/A",
    "Flux scatter rob std (ppm)": "12327",
    "MAD (ppm)": "15259",
    "p2p (ppm)": "3684",
    "cdpp 2.5h (ppm)": "42",
    "cdpp 6.5h (ppm)": "30",
    "Contamination (ratio)": "0.47",
    "Lost SAA (ratio)": "TODO",
    "Lost Straylight (ratio)": "TODO",
    **{f"{name} in/out target (ppm/pixel/s)": "TODO" for name in _TODO},
}
STATUS = {
    "Bias correction": "completed",
    "Adu -> photon": "completed",
    "Dark": "completed",
    "Flat Field": "skipped",
    "Smearing correction": "skipped",
    "Bad pixels correction": "completed",
    "Jitter estimates": "completed",
    "Background correction": "completed",
    "Photometric method": "Circular aperture non weighed",
    "Contamination estimate": "completed",
    "Event flagging": "skipped",
    "Quality analysis": "completed",
}


def report(changed: Mapping[str, str] | None = None, *, without: str = "") -> bytes:
    """Return a report of three pages, some of its rows changed, one left out."""
    told = {**RUN, **METRICS, **STATUS, **(changed or {})}
    tables = [
        [(label, told[label]) for label in table if label != without] for table in (RUN, METRICS, STATUS)
    ]
    contents = [("Contents",), ("2 Run", "2"), ("4 Metrics", "3"), ("5 Status", "7"), ("1 Introduction",)]
    pages = [
        [("Data Reduction Pipeline Report",), *contents, ("Dark and Flat Field are steps of it.",)],
        [("2 Run",), ("Table 1: Run informations",), *tables[0], ("3 Light curve",)],
        [("4 Metrics",), ("Table 2: Metrics",), *tables[1]],
        [("5 Status",), ("Table 3: Data Reduction Steps",), *tables[2], ("6 Correlation plots",)],
    ]
    return pdf([Rows(rows).cells() for rows in pages])


def visit_archive(place: Path, shared: Path, made: bytes, agreement: str = "") -> tuple[Archive, Receipt]:
    """Make an archive with the visit's light curve and this report; return it with the receipt.

    ``agreement`` is the text that the shipped one is exchanged for.
    """
    archive = initialise(place / "home", name="Reports")
    if agreement:
        (archive.home / "policies" / "agreements" / "cheops.yaml").write_text(agreement, encoding="utf-8")
    curve = (shared / "data" / "cheops" / VISIT / CURVE).read_bytes()
    return archive, delivered(archive, place / "visit", {CURVE: curve, REPORT: made})


def delivered(archive: Archive, folder: Path, files: Mapping[str, bytes], identifier: str = "") -> Receipt:
    """Deliver files as one package; return the receipt."""
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    bag = pack_folder(archive.home, folder, "cheops", folder.with_suffix(".bag"), identifier=identifier)
    (told,) = submit(archive, [bag])
    assert told.receipt is not None
    return told.receipt
