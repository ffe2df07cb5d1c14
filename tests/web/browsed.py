"""An archive to browse: two missions, days with gaps, documents in versions, data made from other data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oais.archive import Archive
from oais.functions.administration import initialise
from oais.functions.submission import submit
from tests.functions.deliveries import write_bag
from tests.information.fits_making import Value, primary

HIDDEN_MISSION = "Umbra"
HIDDEN_TARGET = "Secret star"

DAYS = (
    ("2020-01-01T00:00:00", "2020-01-02T00:00:00"),
    ("2020-01-02T00:00:30", "2020-01-03T00:00:00"),
    ("2020-01-05T06:00:00", "2020-01-06T00:00:00"),
    ("2020-01-05T12:00:00", "2020-01-07T00:00:00"),
    ("2020-02-01T00:00:00", "2020-02-02T00:00:00"),
)
"""When the housekeeping was taken, from and to; the second follows the first within a minute."""

GAPS = (("2020-01-03T00:00:00", "2020-01-05T06:00:00"), ("2020-01-07T00:00:00", "2020-02-01T00:00:00"))
"""The times between, read off ``DAYS`` by eye."""

STARS = {
    "Alnitak": (85.19, -1.94),
    "Polaris": (37.95, 89.26),
    "Seam": (359.9, 10.0),
    "Acrux": (186.65, -63.1),
}
"""Targets and where they are (ICRS degrees)."""

AGREEMENT = """agreement: {slug}
title: Data of {mission}
mission: {mission}
mission_title: {mission}
description: {description}
slug: {slug}
theme: {theme}
discipline: {discipline}
provider: {{name: Team, organization: Institute, contact: archive@example.org}}
identifier: '{slug}\\.[a-z0-9.-]+'
identifier_template: '{slug}.{{file:slug}}'
new_versions: true
licence: CC0
credit: none
publisher: Archive
creators: [Team]
access_policy: {policy}
other_files: accept
levels:
  N0: {{title: Raw, calib_level: 0}}
  N1: {{title: Calibrated, calib_level: 2}}
  HK: {{title: Housekeeping, kind: engineering}}
  REF: {{title: Reference files, kind: calibration}}
  DOC: {{title: Documents, kind: document}}
mappings:
  m:
    obscore:
      target_name: 0/OBJECT
      s_ra: 0/RA
      s_dec: 0/DEC
      s_fov: 0/FOV
      t_min: 0/DATE-OBS
      t_max: 0/DATE-END
    values: {{produced: 0/DATE}}
    provenance:
      - {{role: input, name: raw data, from: 0/RAW}}
      - {{role: reference file, name: flat field, from: 0/FLAT}}
      - {{role: software, name: pipeline, from: 0/PROCVER}}
      - {{role: step, name: detrending, from: 0/DETREND}}
products:
  - {{name: raw, file_name: 'raw_.*\\.fits', level: N0, node: n0, mapping: m}}
  - {{name: light curve, file_name: 'lc_.*\\.fits', level: N1, node: n1/curves, mapping: m}}
  - {{name: map, file_name: 'map_.*\\.fits', level: N1, node: n1/maps, mapping: m}}
  - {{name: temperatures, file_name: 'hk_.*\\.fits', level: HK, node: hk, mapping: m}}
  - {{name: flat, file_name: 'flat_.*\\.fits', level: REF, node: ref, mapping: m}}
  - name: document
    file_name: >-
      (?P<part>UG|CR)_(?P<about>[a-z0-9]+)_v(?P<version>[0-9.]+)_(?P<from>[0-9]{{8}})(_(?P<to>[0-9]{{8}}))?\\.md
    level: DOC
    kind: document
    product_type: '{{part}}'
    node: documents
    values: {{document: name/part, about: name/about, version: name/version}}
    valid_from: {{from: name/from, as: date}}
    valid_to: {{from: name/to, as: date}}
tree:
  - {{path: n0, title: N0 Raw data, kind: data set, level: N0}}
  - {{path: n1, title: N1 Products, level: N1, description: What was made from the raw data.}}
  - {{path: n1/curves, title: Light curves, kind: data set, level: N1, description: Brightness of stars.}}
  - {{path: n1/maps, title: Maps, kind: data set, level: N1}}
  - {{path: hk, title: Housekeeping, kind: data set, level: HK}}
  - {{path: ref, title: Reference files, kind: data set, level: REF}}
  - {{path: documents, title: Documents, kind: data set, level: DOC}}
"""

ACCESS = """policies:
  open: {metadata: public, data: open, reason: free}
  hidden: {metadata: hidden, data: closed, reason: not to be known}
  later: {metadata: public, data: closed, reason: proprietary, opens: 2031-05-01}
nodes:
  - {node: lucida/n1/maps, policy: later}
"""


REFERENCES = """menu:
  - {title: Workshops, address: https://archive.example.org/workshops}
  - {title: Tutorials, address: /help/tutorial}
news:
  - {day: 2026-01-02, title: The first star, told: Alnitak came in., address: /tree/lucida}
  - {day: 2026-03-04, title: A workshop}
  - {day: 2025-12-31, title: The agreement is signed}
  - {day: 2025-01-01, title: The oldest}
publications:
  - {title: All papers, address: https://archive.example.org/papers}
  - {node: lucida/n1, title: On curves, address: https://doi.example.org/10.1/curves}
  - {node: lucida/hk, title: On warmth, address: https://doi.example.org/10.1/warmth}
references:
  - title: Far archive
    theme: Universe sciences
    discipline: stars
    description: Spectra of the same stars.
    held_by: Another institute
    address: https://archive.example.org/spectra
  - title: Lucida II
    theme: Earth sciences
    discipline: clouds
    state: planned
"""


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where things of the archive are found: packages by short names."""

    archive: Archive
    raw: str = "lucida.raw"
    flat: str = "lucida.flat"
    curve: str = "lucida.curve"
    guide: str = "lucida.guide"


def browsed_archive(folder: Path) -> Delivered:
    """Make the archive below an empty folder; everything comes in through the door of providers."""
    archive = initialise(folder / "home", name="Browsed")
    policies = archive.home / "policies"
    for slug, mission, theme, discipline, policy in (
        ("lucida", "Lucida", "Universe sciences", "stars", "open"),
        ("umbra", HIDDEN_MISSION, "Shadow sciences", "eclipses", "hidden"),
    ):
        text = AGREEMENT.format(
            slug=slug, mission=mission, theme=theme, discipline=discipline, policy=policy,
            description=f"{mission} looks at stars.",
        )  # fmt: skip
        (policies / "agreements" / f"{slug}.yaml").write_text(text, "utf-8")
    (policies / "access.yaml").write_text(ACCESS, "utf-8")
    (policies / "references.yaml").write_text(REFERENCES, "utf-8")
    bags = [_bag(folder, identifier, payload) for identifier, payload in deliveries()]
    for disposition in submit(archive, bags):
        assert disposition.receipt is not None, disposition.error
        assert disposition.receipt.status == "accepted", disposition.receipt.findings
    return Delivered(archive)


def deliveries() -> list[tuple[str, dict[str, bytes]]]:
    """Return identifier and payload of every delivery, what is made from others after these."""
    raw: dict[str, Value] = {
        "OBJECT": "Alnitak",
        "RA": 85.19,
        "DEC": -1.94,
        "DATE-OBS": "2020-03-01",
        "DATE-END": "2020-03-02",
    }
    made = raw | {"RAW": "raw_1.fits", "FLAT": "flat_1.fits", "PROCVER": "7.2", "DETREND": "COMPLETE"}
    field: dict[str, Value] = {"RAW": "lc_1.fits", "OBJECT": "Field", "FOV": 30.0, "RA": 10.0, "DEC": 60.0}
    found = [
        ("lucida.raw", {"raw_1.fits": primary(raw)}),
        ("lucida.flat", {"flat_1.fits": primary({"RAW": "raw_0.fits", "PROCVER": "7.1"})}),
        ("lucida.curve", {"lc_1.fits": primary(made | {"DATE": "2020-06-15"})}),
        ("lucida.map", {"map_1.fits": primary(field)}),
        ("lucida.guide", {"UG_n1_v1.0_20200101.md": b"# First guide\n"}),
        ("lucida.guide-2", {"UG_n1_v2.0_20200601.md": b"# Second guide\n"}),
        ("lucida.calibration", {"CR_n1_v1.1_20200101.md": b"# Calibration\n"}),
        ("lucida.hk-guide", {"UG_hk_v3.0_20200101.md": b"# Housekeeping\n"}),
        ("umbra.raw", {"raw_9.fits": primary(raw | {"OBJECT": HIDDEN_TARGET, "RA": 200.0, "DEC": 40.0})}),
        ("umbra.curve", {"lc_9.fits": primary(made | {"OBJECT": HIDDEN_TARGET, "RA": 200.0, "DEC": 40.0})}),
    ]  # fmt: skip
    for number, (start, stop) in enumerate(DAYS):
        cards = {"DATE-OBS": start, "DATE-END": stop}
        found.append((f"lucida.hk.{number}", {f"hk_{number}.fits": primary(cards)}))
    for number, (name, (ra, dec)) in enumerate(STARS.items()):
        star: dict[str, Value] = {
            "OBJECT": name,
            "RA": ra,
            "DEC": dec,
            "DATE-OBS": f"2020-04-{number + 1:02}",
        }
        found.append((f"lucida.star.{number}", {f"lc_star{number}.fits": primary(star)}))
    return found


def _bag(folder: Path, identifier: str, payload: dict[str, bytes]) -> Path:
    tags = {
        "Source-Organization": "Institute",
        "External-Identifier": identifier,
        "Submission-Agreement": identifier.partition(".")[0],
    }
    return write_bag(folder / f"{identifier}.bag", payload, tags)
