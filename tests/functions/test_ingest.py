"""A delivery becomes an AIP, or is refused with every reason and nothing lost."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from pathlib import Path

import pytest

from aip.reading import read_description, read_events
from oais.archive import Archive
from oais.errors import DamageError, NotFoundError, WrongUsageError
from oais.functions.receipts import open_receipt, receipt_path
from oais.functions.storage import aip_store, find_aip
from tests.functions.conftest import Ingest, tree_digest
from tests.functions.deliveries import TAGS, demo_bag, demo_payload, plain_bag, write_bag


def codes(findings: object) -> set[str]:
    return {found.code for found in findings}  # type: ignore[attr-defined]


def test_a_sound_delivery_is_stored_byte_for_byte(archive: Archive, take_in: Ingest, tmp_path: Path) -> None:
    """Every payload file and every tag file of the bag is in the AIP, unchanged."""
    bag = demo_bag(tmp_path / "n1.bag", "n1")
    ingested = take_in(bag)
    assert ingested.receipt.status == "accepted"
    stored = find_aip(archive, "tess.tic55525572.s0005.n1")
    on_disk = {
        hashlib.sha512(path.read_bytes()).hexdigest() for path in stored.path.rglob("*") if path.is_file()
    }
    sent = {hashlib.sha512(path.read_bytes()).hexdigest() for path in bag.rglob("*") if path.is_file()}
    assert sent <= on_disk
    files = stored.open().files()
    assert "metadata/other/sip/bag-info.txt" in files
    assert "representations/software/data/aperture-photometry/aperture_photometry.py" in files
    assert "documentation/product-description.md" in files


def test_nothing_stays_in_custody_or_staging(archive: Archive, take_in: Ingest, tmp_path: Path) -> None:
    """After an ingest the rooms on the way are empty again."""
    take_in(demo_bag(tmp_path / "hk.bag"))
    assert list(archive.custody.iterdir()) == []
    assert [path.name for path in archive.staging.iterdir() if path.is_dir()] == ["locks"]


def test_the_delivery_itself_is_untouched(take_in: Ingest, tmp_path: Path) -> None:
    """The provider's bag is read, never changed or moved."""
    bag = demo_bag(tmp_path / "hk.bag")
    before = tree_digest(bag)
    take_in(bag)
    assert tree_digest(bag) == before


def test_the_same_delivery_twice_gets_the_same_receipt(
    archive: Archive, take_in: Ingest, tmp_path: Path
) -> None:
    """A delivery that is in already is recognised: one AIP, one version, one receipt."""
    bag = demo_bag(tmp_path / "hk.bag")
    first = take_in(bag).receipt
    again = shutil.copytree(bag, tmp_path / "renamed.bag")
    second = take_in(again)
    assert second.held
    assert second.receipt == first
    assert find_aip(archive, first.aip_id).versions == (1,)


def test_a_lost_receipt_is_issued_again_from_the_aip(
    archive: Archive, take_in: Ingest, tmp_path: Path
) -> None:
    """The AIP seals its own receipt, so a crash between storing and signing it loses nothing."""
    bag = demo_bag(tmp_path / "hk.bag")
    first = take_in(bag).receipt
    path = receipt_path(archive, first.receipt_id)
    written = path.read_bytes()
    path.unlink()
    take_in(bag)
    assert path.read_bytes() == written


def test_other_content_makes_version_two_with_only_what_changed(
    archive: Archive, take_in: Ingest, tmp_path: Path
) -> None:
    """A resubmission with one more file stores that file, and keeps version one as it was."""
    payload = {"a.csv": b"time,flux\n1,2\n", "b.csv": b"time,flux\n3,4\n"}
    take_in(plain_bag(tmp_path / "one.bag", "test.versions", payload))
    take_in(plain_bag(tmp_path / "two.bag", "test.versions", {**payload, "c.csv": b"time,flux\n5,6\n"}))
    stored = find_aip(archive, "test.versions")
    assert stored.versions == (1, 2)
    second = {path.name for path in (stored.path / "v2").rglob("*") if path.is_file()}
    assert "c.csv" in second
    assert not {"a.csv", "b.csv"} & second
    assert "representations/original/data/c.csv" not in stored.open(1).files()
    assert {"a.csv", "b.csv", "c.csv"} <= {Path(path).name for path in stored.open(2).files()}


def test_the_first_content_again_after_version_two_gets_its_old_receipt(
    archive: Archive, take_in: Ingest, tmp_path: Path
) -> None:
    """Old content does not come back as version three."""
    one = plain_bag(tmp_path / "one.bag", "test.versions", {"a.csv": b"1,2\n"})
    first = take_in(one).receipt
    take_in(plain_bag(tmp_path / "two.bag", "test.versions", {"a.csv": b"1,3\n"}))
    assert take_in(one).receipt == first
    assert find_aip(archive, "test.versions").versions == (1, 2)


def test_a_like_name_makes_no_new_version(archive: Archive, take_in: Ingest, tmp_path: Path) -> None:
    """Two strangers whose names make one identifier stay apart; who means a new version says so."""

    def named(name: str, data: bytes, identifier: str = "") -> Path:
        tags = {**TAGS, "Submission-Agreement": "generic"}
        stated = {"External-Identifier": identifier} if identifier else {}
        return write_bag(tmp_path / name, {"a.csv": data}, tags | stated)

    first = take_in(named("My Data.bag", b"1,2\n")).receipt
    assert (first.status, first.aip_id) == ("accepted", "generic.my-data")
    before = tree_digest(archive.aip_root)
    other = take_in(named("my-data.bag", b"9,9\n")).receipt
    (found,) = [found for found in other.findings if found.severity == "error"]
    assert (other.status, found.code) == ("refused", "ING-007")
    assert "generic.my-data" in found.message
    assert "External-Identifier" in found.remedy
    assert tree_digest(archive.aip_root) == before
    assert take_in(named("MY DATA", b"1,2\n")).receipt == first
    take_in(named("meant.bag", b"9,9\n", "generic.my-data"))
    assert find_aip(archive, "generic.my-data").versions == (1, 2)


def test_an_identifier_of_another_agreement_is_refused(
    archive: Archive, take_in: Ingest, tmp_path: Path
) -> None:
    """Who delivers under another agreement cannot add a version to what is not theirs."""
    take_in(demo_bag(tmp_path / "hk.bag"))
    stolen = plain_bag(tmp_path / "stolen.bag", "tess.tic55525572.s0005.hk", {"evil.txt": b"mine now"})
    before = tree_digest(archive.aip_root)
    refused = take_in(stolen).receipt
    assert refused.status == "refused"
    assert "ING-002" in codes(refused.findings)
    assert tree_digest(archive.aip_root) == before


def test_a_refused_delivery_is_kept_as_it_came(archive: Archive, take_in: Ingest, tmp_path: Path) -> None:
    """A provider's mistake loses nothing: the bytes rest in sip/refused, digest for digest."""
    bag = demo_bag(tmp_path / "hk.bag")
    (bag / "data" / "tic55525572_s0005_first1000_hk.fits").write_bytes(b"not what the manifest says")
    receipt = take_in(bag).receipt
    assert receipt.status == "refused"
    kept = tree_digest(archive.refused / receipt.receipt_id)
    assert {Path(path).name: data for path, data in kept.items()}.items() >= {
        Path(path).name: data for path, data in tree_digest(bag).items()
    }.items()
    assert list(aip_store(archive).object_roots()) == []


def test_a_provider_sees_all_faults_at_once(take_in: Ingest, tmp_path: Path) -> None:
    """A bag with five different faults gets five different findings in one receipt."""
    bag = write_bag(tmp_path / "bad.bag", demo_payload("hk"), {**TAGS, "External-Identifier": "../x"})
    (bag / "data" / "extra.bin").write_bytes(b"nobody listed me")
    (bag / "data" / "link").symlink_to("/etc/passwd")
    path = bag / "data" / "tic55525572_s0005_first1000_hk.fits"
    path.write_bytes(path.read_bytes()[:-2880])
    (bag / "manifest-sha256.txt").write_text("zz\n")
    found = take_in(bag).receipt.findings
    families = {f.code.partition("-")[0] for f in found}
    assert {"BAG", "AGR", "FIT"} <= families
    assert len(codes(found)) >= 5
    assert all(f.message and f.remedy for f in found if f.severity == "error")


def test_the_next_good_delivery_works_after_a_refusal(take_in: Ingest, tmp_path: Path) -> None:
    """A refusal leaves nothing behind that stands in the way of the mended bag."""
    bag = demo_bag(tmp_path / "hk.bag")
    good = shutil.copytree(bag, tmp_path / "good.bag")
    (bag / "bagit.txt").unlink()
    assert take_in(bag).receipt.status == "refused"
    assert take_in(good).receipt.status == "accepted"


def test_no_agreement_and_an_unknown_one_are_refused_by_name(take_in: Ingest, tmp_path: Path) -> None:
    """The finding names what was found and which agreements there are."""
    tags = {**TAGS, "External-Identifier": "some.thing", "Submission-Agreement": "apollo"}
    receipt = take_in(write_bag(tmp_path / "x.bag", {"a.txt": b"a"}, tags)).receipt
    (found,) = [f for f in receipt.findings if f.code == "ING-003"]
    assert "'apollo'" in found.message
    assert "generic" in found.message


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_container_becomes_the_same_aip(
    archive: Archive, take_in: Ingest, tmp_path: Path, mode: str
) -> None:
    """A bag in a tar or tar.gz is unpacked; its payload is the same bytes and the unpacking is recorded."""
    bag = demo_bag(tmp_path / "hk.bag")
    packed = tmp_path / ("hk.tar" if mode == "w" else "hk.tar.gz")
    with tarfile.open(packed, mode) as tar:  # type: ignore[call-overload]
        tar.add(bag, "hk.bag")
    receipt = take_in(packed).receipt
    assert receipt.status == "accepted"
    assert receipt.delivery_digest == hashlib.sha512(packed.read_bytes()).hexdigest()
    stored = find_aip(archive, receipt.aip_id)
    name = "tic55525572_s0005_first1000_hk.fits"
    held = stored.open().file(f"representations/original/data/{name}")
    assert held.path.read_bytes() == (bag / "data" / name).read_bytes()
    assert "unpacking" in {event.kind for event in read_events(stored)}


def test_the_description_says_what_the_headers_say(archive: Archive, take_in: Ingest, tmp_path: Path) -> None:
    """Target, position, level and time come from the headers of the real product."""
    take_in(demo_bag(tmp_path / "n0.bag", "n0"))
    description = read_description(find_aip(archive, "tess.tic55525572.s0005.n0"))
    (product,) = description.products
    assert description.node == "tess/n0/target-pixel-files/sector-5"
    assert (product.level, product.obscore.calib_level) == ("N0", 1)
    assert product.obscore.target_name == "TIC 55525572"
    assert product.obscore.s_ra == pytest.approx(72.694091)
    assert product.obscore.t_min == pytest.approx(58437.47615, abs=1e-4)


def test_software_has_the_swhid_of_its_source(
    archive: Archive, take_in: Ingest, tmp_path: Path, program: object
) -> None:
    """The preserved pipeline is named by the hash that git itself computes."""
    import subprocess

    take_in(demo_bag(tmp_path / "n1.bag", "n1"))
    (software,) = read_description(find_aip(archive, "tess.tic55525572.s0005.n1")).software
    source = shutil.copytree(tmp_path / "n1.bag/data/software/aperture-photometry", tmp_path / "git")
    git = program("git")  # type: ignore[operator]
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run([git, "-C", source, *command], check=True)
    done = subprocess.run([git, "-C", source, "write-tree"], check=True, capture_output=True, text=True)
    assert software["swhid"] == f"swh:1:dir:{done.stdout.strip()}"


def test_a_receipt_that_was_touched_is_not_believed(
    archive: Archive, take_in: Ingest, tmp_path: Path
) -> None:
    """A receipt is signed: one changed byte is damage, not another disposition."""
    receipt = take_in(demo_bag(tmp_path / "hk.bag")).receipt
    path = receipt_path(archive, receipt.receipt_id)
    assert json.loads(path.read_bytes())["status"] == "accepted"
    assert open_receipt(archive, receipt.receipt_id) == receipt
    path.write_bytes(path.read_bytes().replace(b"accepted", b"refused "))
    with pytest.raises(DamageError, match="not what the archive signed"):
        open_receipt(archive, receipt.receipt_id)


def test_what_is_not_there_is_asked_wrongly(take_in: Ingest, tmp_path: Path) -> None:
    """A path that does not exist, or a link, is no delivery."""
    with pytest.raises(NotFoundError):
        take_in(tmp_path / "nothing.bag")
    (tmp_path / "link.bag").symlink_to(demo_bag(tmp_path / "hk.bag"))
    with pytest.raises(WrongUsageError):
        take_in(tmp_path / "link.bag")


def test_a_file_whose_outcome_differs_has_its_own_event(
    archive: Archive, take_in: Ingest, shared: Path, tmp_path: Path
) -> None:
    """A real file with stale checksums, accepted by its agreement, is warned of in its own PREMIS event."""
    path = shared / "data/proba2/swap/resampled0_swap.fits"
    tags = {**TAGS, "Submission-Agreement": "proba2", "External-Identifier": "proba2.swap.l1.test"}
    receipt = take_in(write_bag(tmp_path / "swap.bag", {path.name: path.read_bytes()}, tags)).receipt
    assert receipt.status == "accepted", receipt.findings
    stored = find_aip(archive, "proba2.swap.l1.test")
    logical = f"representations/original/data/{path.name}"
    (event,) = [event for event in read_events(stored) if event.objects == (logical,)]
    assert (event.kind, event.outcome) == ("validation", "warning")
    assert "FIT-008" in event.outcome_note


@pytest.mark.parametrize("space", ["\u00a0", "\u3000"])
def test_a_space_that_only_looks_like_one_is_told_by_a_finding(
    take_in: Ingest, tmp_path: Path, space: str
) -> None:
    """A name with a strange space is refused with its code, not stopped later in the package."""
    bag = plain_bag(tmp_path / "odd.bag", "odd.spaces", {f"a{space}b.csv": b"1,2\n"})
    receipt = take_in(bag).receipt
    assert receipt.status == "refused"
    assert "BAG-044" in codes(receipt.findings)
