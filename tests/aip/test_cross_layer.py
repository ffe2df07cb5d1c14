"""Layers that disagree, each sealed and signed: found by the cross-layer check and by nobody else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from ocfl.validator import Validator

from aip.audit import audit_aip
from aip.storage import AipStore
from aip.stored import INVENTORY
from aip.validation.package import check_aip
from tests.aip.building import MANY, ONE, RICH, TRUSTED, fits_bytes, store_package
from tests.aip.tampering import DATA, REP, Tamper, edit, store_tampered

PAYLOAD = {
    "data/a.fits": fits_bytes(1),
    "data/b.fits": fits_bytes(2),
    "data/table.asdf": b"#ASDF 1.0.0\n",
    "data/software/pipe/run.py": b"print('hello')\n",
}
REP_METS = f"{REP}/METS.xml"
REP_PREMIS = f"{REP}/metadata/preservation/premis.xml"
GHOST = (
    '<mets:file ID="ghost" MIMETYPE="text/plain" SIZE="1" CREATED="2026-11-21T04:00:00Z" CHECKSUM="00" '
    'CHECKSUMTYPE="SHA-512"><mets:FLocat LOCTYPE="URL" xlink:type="simple" '
    'xlink:href="data/ghost.fits"/></mets:file></mets:fileGrp>'
)


def _in_mets(pattern: str, new: str) -> Tamper:
    """Change the first match in the entry of ``a.fits`` of the representation's METS."""

    def tamper(content: Path) -> None:
        path = content / REP_METS
        head, entry, tail = re.split(
            r"(<mets:file ID=[^>]*>\s*<[^>]*data/a\.fits)", path.read_text(), maxsplit=1
        )
        changed = re.sub(pattern, new, entry, count=1)
        assert changed != entry
        path.write_text(head + changed + tail)

    return tamper


def _in_premis(pattern: str, new: str) -> Tamper:
    """Change the first match in the object of ``a.fits`` of the representation's PREMIS."""

    def tamper(content: Path) -> None:
        path = content / REP_PREMIS
        head, tail = path.read_text().split("data/a.fits</premis:objectIdentifierValue>", 1)
        changed = re.sub(pattern, new, tail, count=1, flags=re.DOTALL)
        assert changed != tail
        path.write_text(f"{head}data/a.fits</premis:objectIdentifierValue>{changed}")

    return tamper


def _cut_fits(content: Path) -> None:
    path = content / DATA / "a.fits"
    path.write_bytes(path.read_bytes()[:-2880])


def _change_product(content: Path) -> None:
    (content / DATA / "table.asdf").write_bytes(b"#ASDF 1.0.0 changed\n")


def _add_file(content: Path) -> None:
    (content / "documentation" / "extra.txt").write_text("nobody told METS of this\n")


def _drop_agent(content: Path) -> None:
    path = content / REP_PREMIS
    path.write_text(re.sub(r"<premis:agent>.*</premis:agent>\n", "", path.read_text(), flags=re.DOTALL))


def _change_source(content: Path) -> None:
    (content / "representations/software/data/pipe/run.py").write_text("print('evil')\n")


@dataclass(frozen=True, slots=True)
class Corruption:
    """What is made wrong, which layers are left wrong, and the one code that must name it."""

    name: str
    tamper: Tamper
    wrong: str
    code: str


CORRUPTIONS = (
    Corruption(
        "stale METS digest",
        _in_mets(r'CHECKSUM="..', 'CHECKSUM="zz'),
        "representation mets+premis",
        "AIP-102",
    ),
    Corruption(
        "stale PREMIS digest", _in_premis(r"Digest>[0-9a-f]{8}", "Digest>00000000"), "premis", "AIP-112"
    ),
    Corruption(
        "wrong size in METS", _in_mets(r'SIZE="\d+"', 'SIZE="7"'), "representation mets+premis", "AIP-103"
    ),
    Corruption("wrong size in PREMIS", _in_premis(r"size>\d+", "size>7"), "premis", "AIP-113"),
    Corruption(
        "dangling href",
        lambda content: edit(content / REP_METS, "</mets:fileGrp>", GHOST),
        "representation mets+premis",
        "AIP-104",
    ),
    Corruption("file not in METS", _add_file, "", "AIP-105"),
    Corruption("event without agent", _drop_agent, "premis", "AIP-116"),
    Corruption("truncated FITS", _cut_fits, "", "AIP-131"),
    Corruption(
        "OBJID of another AIP",
        lambda content: edit(content / "METS.xml", 'OBJID="x.wrong"', 'OBJID="x.right"'),
        "",
        "AIP-106",
    ),
    Corruption("provider's manifest disagrees", _change_product, "manifests", "AIP-121"),
    Corruption(
        "stale description",
        lambda content: edit(
            content / "metadata/descriptive/description.json", '"size": 8640', '"size": 8641'
        ),
        "description",
        "AIP-141",
    ),
    Corruption("another source tree", _change_source, "manifests", "AIP-142"),
    Corruption(
        "stale BLAKE3",
        lambda content: edit(content / "metadata/other/blake3.txt", "", "0"),
        "blake3",
        "AIP-151",
    ),
    Corruption(
        "invalid METS",
        lambda content: edit(content / REP_METS, 'ROLE="CREATOR"', 'ROLE="DREAMER"'),
        "",
        "AIP-107",
    ),
)
ALSO = {
    "another source tree": {"AIP-121"},
    "stale BLAKE3": {"AIP-151"},
    "stale METS digest": {"CSIP71"},  # the digest it has instead is none at all
    "invalid METS": {"CSIP11"},
}


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda corruption: corruption.name)
def test_disagreement_of_sealed_layers_is_found(
    store: AipStore, tmp_path: Path, corruption: Corruption
) -> None:
    """The corruption is named by its code and no other; OCFL and the audit of digests see nothing."""
    wrong = frozenset(corruption.wrong.split("+"))
    stored = store_tampered(store, tmp_path / "bag", PAYLOAD, corruption.tamper, wrong)
    codes = {found.code for found in check_aip(stored, TRUSTED)}
    assert codes == {corruption.code} | ALSO.get(corruption.name, set())
    assert Validator().validate_object(str(stored.path))
    if corruption.name != "stale BLAKE3":
        assert audit_aip(stored, TRUSTED).findings == ()


def test_nothing_wrong_gives_nothing(store: AipStore, tmp_path: Path) -> None:
    """Bringing every layer up to date without changing anything leaves no finding."""
    stored = store_tampered(store, tmp_path / "bag", PAYLOAD, lambda _: None, frozenset())
    assert list(check_aip(stored, TRUSTED)) == []


@pytest.mark.parametrize("payload", [ONE, MANY, RICH], ids=["one", "many", "rich"])
def test_sound_packages_are_never_accused(store: AipStore, tmp_path: Path, payload: dict[str, bytes]) -> None:
    """Packages as they are stored, in two versions, have no finding at all."""
    store_package(store, "x.sound", payload, tmp_path)
    stored = store_package(store, "x.sound", {**payload, "data/new.fits": fits_bytes(77)}, tmp_path)
    assert list(check_aip(stored, TRUSTED)) == []


@pytest.mark.shared
def test_premis_is_held_against_its_schema_when_given(store: AipStore, tmp_path: Path, shared: Path) -> None:
    """An element PREMIS does not know is AIP-118 with the schema, and not told without."""
    xsd = shared / "schemas" / "premis-v3-0.xsd"

    def tamper(content: Path) -> None:
        edit(content / REP_PREMIS, "</premis:event>", "<premis:mood/></premis:event>")

    stored = store_tampered(store, tmp_path / "bag", PAYLOAD, tamper, frozenset({"premis"}))
    assert {found.code for found in check_aip(stored, premis_xsd=xsd)} == {"AIP-118"}
    assert list(check_aip(stored)) == []


@pytest.mark.shared
def test_real_products_pass_the_cross_layer_check(store: AipStore, tmp_path: Path, shared: Path) -> None:
    """Real mission files, stored as they are, give no finding of error."""
    names = (
        "hess/jointcrab_pair/spectra/pha_obs23523.fits",
        "hess/hess_dl3_dr1/obs-index.fits.gz",
        "kepler/011442793/kplr011442793-2010009091648_llc.fits",
        "cheops/reference/CH_TU2020-02-18T06-15-13_REF_APP_GainCorrection_V0109.fits",
        "sdo/aia_171_level1.fits",
    )
    payload = {f"data/{name}": (shared / "data" / name).read_bytes() for name in names}
    stored = store_package(store, "x.real", payload, tmp_path)
    assert [found for found in check_aip(stored, TRUSTED) if found.severity == "error"] == []


def test_broken_inventory_is_told_and_stops_the_comparison(store: AipStore, tmp_path: Path) -> None:
    """Without a readable inventory nothing can be compared, and that is said."""
    stored = store_package(store, "x.one", ONE, tmp_path)
    (stored.path / INVENTORY).write_text("{")
    assert "AIP-152" in {found.code for found in check_aip(stored.path)}


def test_unreadable_mets_and_premis_are_told(store: AipStore, tmp_path: Path) -> None:
    """METS with a DOCTYPE and PREMIS cut short are named, and the check goes on."""

    def tamper(content: Path) -> None:
        edit(content / REP_METS, "<mets:mets ", '<!DOCTYPE x SYSTEM "http://x.example/">\n<mets:mets ')
        edit(content / REP_PREMIS, "</premis:premis>", "")

    wrong = frozenset({"representation mets", "premis"})
    stored = store_tampered(store, tmp_path / "bag", PAYLOAD, tamper, wrong)
    codes = {found.code for found in check_aip(stored)}
    assert {"AIP-101", "AIP-111"} <= codes
