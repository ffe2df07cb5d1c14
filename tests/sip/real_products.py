"""Which agreement each real product of ../shared belongs to, for tests."""

from __future__ import annotations

from pathlib import Path

AGREEMENTS = {
    "ace": "heliophysics",
    "psp": "heliophysics",
    "solar_orbiter": "heliophysics",
    "ulysses": "heliophysics",
    "pds4": "ladee",
}
"""Top folders of the real data that do not bear their agreement's name."""

NOT_PRODUCTS = {"bags", "damaged", "LICENSES"}

REFUSED = {"kepler/cut/test-tpf-kplr-tabby-100-cadences.fits"}
"""Its CHECKSUM does not agree with its data, and its agreement does not accept that."""


def sound_products(shared: Path) -> list[tuple[str, Path, str]]:
    """Return path in the data folder, path on disk and agreement of every sound product."""
    data = shared / "data"
    found = []
    for line in (data / "MANIFEST.tsv").read_text("utf-8").splitlines()[1:]:
        name = line.split("\t")[0]
        top = name.partition("/")[0]
        if top not in NOT_PRODUCTS and name not in REFUSED:
            found.append((name, data / name, AGREEMENTS.get(top, top)))
    return found
