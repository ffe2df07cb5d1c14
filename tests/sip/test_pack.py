"""Bags of real products: made, sound, repeatable, or refused with every reason."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import bagit
import pytest

from oais.errors import NotFoundError, RefusedError, StorageError
from oais.information.packages import Inspection
from oais.information.representation.inspection import Inspector
from policies.loading import PolicySet, load_policies
from sip.bag.validation import validate_bag
from sip.pack import Label, PackRefusedError, pack
from tests.sip.real_products import sound_products

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SHIPPED = Path(__file__).resolve().parents[2] / "policies" / "shipped"


@pytest.fixture(scope="module")
def policies() -> PolicySet:
    """The policies that come with the software."""
    return load_policies(SHIPPED)


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    """One pool of limited processes for all tests."""
    with Inspector(workers=2) as opened:
        yield opened


def tree_bytes(root: Path) -> dict[str, bytes]:
    """Return every file below a folder with its bytes."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def light_curve(shared: Path, tmp_path: Path) -> Path:
    """A folder with one real light curve."""
    folder = tmp_path / "products"
    folder.mkdir()
    shutil.copy(shared / "data/tess/lc/test-lc-tess-pimen-100-cadences.fits", folder)
    return folder


def test_every_sound_product_becomes_a_sound_bag(
    shared: Path, tmp_path: Path, policies: PolicySet, inspector: Inspector
) -> None:
    """Each real product, packed alone under its agreement, passes our intake and bagit-python."""
    products = sound_products(shared)
    assert len(products) > 130
    for number, (name, path, agreement) in enumerate(products):
        folder = tmp_path / f"in{number}"
        folder.mkdir()
        shutil.copy(path, folder)
        bag = pack(
            folder,
            policies.agreement(agreement),
            tmp_path / f"bag{number}",
            now=NOW,
            inspect=inspector.inspect,
        )
        result = validate_bag(bag, profile="intake")
        assert result.valid, (name, result.findings)
        assert policies.agreement(agreement).identifier.fullmatch(
            result.bag.tags["External-Identifier"][0]
        ), name
        node = result.bag.tags["Bag-Group-Identifier"][0]
        assert policies.tree.node(node) is not None, (name, node)
        if number % 20 == 0:
            assert bagit.Bag(str(bag)).is_valid(), name
        assert (bag / "data" / path.name).read_bytes() == path.read_bytes()
        shutil.rmtree(bag)
        shutil.rmtree(folder)


def test_a_visit_with_documents_and_software_is_one_bag(
    shared: Path, tmp_path: Path, policies: PolicySet, inspector: Inspector
) -> None:
    """A visit of four products, a manual and a script becomes one bag named after the visit."""
    folder = tmp_path / "visit"
    shutil.copytree(shared / "data/cheops/PR110047_TG000401", folder)
    (folder / "documents").mkdir()
    shutil.copy(shared / "data/cheops/documents/PIPE_manual.pdf", folder / "documents")
    (folder / "software/photometry").mkdir(parents=True)
    (folder / "software/photometry/run.py").write_text("print('hello')\n")
    bag = pack(folder, policies.agreement("cheops"), tmp_path / "bag", now=NOW, inspect=inspector.inspect)
    tags = validate_bag(bag, profile="intake").bag.tags
    assert tags["External-Identifier"] == ("cheops.pr110047_tg000401",)
    assert tags["Submission-Agreement"] == ("cheops",)
    assert tags["Bagging-Date"] == ("2026-01-02",)
    assert bagit.Bag(str(bag)).is_valid()


def test_the_same_folder_gives_the_same_bytes(
    light_curve: Path, tmp_path: Path, policies: PolicySet, inspector: Inspector
) -> None:
    """Two bags of one folder differ in nothing, and the folder itself stays as it was."""
    before = tree_bytes(light_curve)
    agreement = policies.agreement("tess")
    first = pack(light_curve, agreement, tmp_path / "a", now=NOW, inspect=inspector.inspect)
    second = pack(light_curve, agreement, tmp_path / "b", now=NOW, inspect=inspector.inspect)
    assert tree_bytes(first) == tree_bytes(second)
    assert tree_bytes(light_curve) == before


def test_labels_of_the_caller_win(
    light_curve: Path, tmp_path: Path, policies: PolicySet, inspector: Inspector
) -> None:
    """Identifier, group, organization and address given by the caller stand in bag-info.txt."""
    label = Label("tess.my-star.1", "n1/light-curves/sector-1", "An Institute", "someone@example.org")
    bag = pack(
        light_curve,
        policies.agreement("tess"),
        tmp_path / "bag",
        label=label,
        now=NOW,
        inspect=inspector.inspect,
    )
    tags = validate_bag(bag).bag.tags
    found = [tags[name][0] for name in ("External-Identifier", "Bag-Group-Identifier", "Source-Organization")]
    assert found == ["tess.my-star.1", "n1/light-curves/sector-1", "An Institute"]
    assert tags["Contact-Email"] == ("someone@example.org",)


def test_notes_become_a_tag_file(
    light_curve: Path, tmp_path: Path, policies: PolicySet, inspector: Inspector
) -> None:
    """submission.yaml at the top of the folder is no product but metadata of the bag, byte for byte."""
    notes = b"title: A star\nvisit: '3204'\n"
    (light_curve / "submission.yaml").write_bytes(notes)
    bag = pack(light_curve, policies.agreement("tess"), tmp_path / "bag", now=NOW, inspect=inspector.inspect)
    assert (bag / "metadata/submission.yaml").read_bytes() == notes
    assert not (bag / "data/submission.yaml").exists()
    assert validate_bag(bag, profile="intake").valid


def test_all_faults_are_told_and_nothing_is_left(
    shared: Path, light_curve: Path, tmp_path: Path, policies: PolicySet, inspector: Inspector
) -> None:
    """A folder with three faults is refused naming all three, and no part of a bag remains."""
    shutil.copy(shared / "data/damaged/test-lc-tess-pimen-corrupted.fits", light_curve / "cut_lc.fits")
    (light_curve / "holiday.jpg").write_bytes(b"not a product")
    (light_curve / "submission.yaml").write_text("levle: N1\n")
    target = tmp_path / "bag"
    with pytest.raises(PackRefusedError) as caught:
        pack(light_curve, policies.agreement("tess"), target, now=NOW, inspect=inspector.inspect)
    codes = {found.code for found in caught.value.findings}
    assert {"FIT-002", "AGR-006", "AGR-013"} <= codes
    assert "holiday.jpg" in caught.value.message
    assert "did you mean 'level'" in caught.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["products"]


def test_a_stale_checksum_is_refused_where_the_agreement_says_so(
    shared: Path, tmp_path: Path, policies: PolicySet, inspector: Inspector
) -> None:
    """A file whose CHECKSUM does not agree is refused by one agreement; another accepts such files."""
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(shared / "data/kepler/cut/test-tpf-kplr-tabby-100-cadences.fits", folder)
    with pytest.raises(PackRefusedError) as caught:
        pack(folder, policies.agreement("kepler"), tmp_path / "bag", now=NOW, inspect=inspector.inspect)
    assert {found.code for found in caught.value.findings} >= {"FIT-008", "AGR-012"}


@pytest.mark.parametrize("name", ["link.fits", "bad\nname.fits", "a:b.fits"])
def test_odd_things_in_the_folder_are_refused(
    name: str, light_curve: Path, tmp_path: Path, policies: PolicySet, inspector: Inspector
) -> None:
    """A link, a line feed in a name and a name no Windows knows refuse the whole folder."""
    if name == "link.fits":
        os.symlink("/etc/passwd", light_curve / name)
    else:
        (light_curve / name).write_bytes(b"x")
    with pytest.raises(PackRefusedError):
        pack(light_curve, policies.agreement("tess"), tmp_path / "bag", now=NOW, inspect=inspector.inspect)
    assert not (tmp_path / "bag").exists()


def test_no_folder_an_empty_one_and_a_taken_target_are_refused(
    light_curve: Path, tmp_path: Path, policies: PolicySet, inspector: Inspector
) -> None:
    """Asking for the impossible is an error of its own kind, never half a bag."""
    agreement = policies.agreement("tess")
    with pytest.raises(NotFoundError):
        pack(tmp_path / "nowhere", agreement, tmp_path / "bag", now=NOW, inspect=inspector.inspect)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PackRefusedError, match=r"for 1 reason:\n.*the folder holds no file"):
        pack(tmp_path / "empty", agreement, tmp_path / "bag", now=NOW, inspect=inspector.inspect)
    with pytest.raises(RefusedError, match="exists already"):
        pack(light_curve, agreement, tmp_path / "empty", now=NOW, inspect=inspector.inspect)


@pytest.mark.parametrize("change", ["gone", "longer", "link"])
def test_a_file_that_changes_while_it_is_packed_refuses_the_bag(
    change: str, light_curve: Path, tmp_path: Path, policies: PolicySet, inspector: Inspector
) -> None:
    """What was inspected must be what is copied; if it is not, no part of a bag is left."""
    victim = light_curve / "test-lc-tess-pimen-100-cadences.fits"

    def inspect_then_change(items: Iterable[tuple[str, Path]]) -> Iterator[Inspection]:
        yield from inspector.inspect(items)
        if change == "longer":
            victim.write_bytes(victim.read_bytes() + b"\0" * 2880)
            return
        victim.unlink()
        if change == "link":
            victim.symlink_to("/etc/passwd")

    with pytest.raises(PackRefusedError) as caught:
        pack(light_curve, policies.agreement("tess"), tmp_path / "bag", now=NOW, inspect=inspect_then_change)
    assert [found.code for found in caught.value.findings] == ["BAG-064"]
    assert [path.name for path in tmp_path.iterdir()] == ["products"]


def test_a_target_that_cannot_be_written_is_a_storage_fault(
    light_curve: Path, tmp_path: Path, policies: PolicySet, inspector: Inspector
) -> None:
    """A place where nothing can be made is told as such, with what to do."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError):
        pack(
            light_curve,
            policies.agreement("tess"),
            tmp_path / "file" / "bag",
            now=NOW,
            inspect=inspector.inspect,
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "products"]


@pytest.mark.parametrize(
    ("name", "identifier", "node"),
    [
        (
            "ANO_STARWIND_RUN2_100725706.tar.gz",
            "corot.ano_starwind.2.100725706",
            "corot/n0/run-2/ano_starwind",
        ),
        ("ANO_MASK_RUN03_17.tar.gz", "corot.ano_mask.3.17", "corot/n0/complementary-data/ano_mask"),
        ("EN1_STAR_principal_RUN2_17.tar.gz", "corot.en1_star.2.17", "corot/n1/run-2/en1_star-principal"),
        ("N0HK_PARAM1_RUN2.fits", "corot.n0hk.parameter1.run2", "corot/hk-parameters/n0-hk/parametre-1"),
        (
            "N1HK_PARAM2_20090312.fits",
            "corot.n1hk.parameter2.20090312",
            "corot/hk-parameters/n1-hk/parametre-2",
        ),
    ],
)
def test_one_tar_per_identifier_and_one_fits_per_run_or_day(
    name: str,
    identifier: str,
    node: str,
    shared: Path,
    tmp_path: Path,
    policies: PolicySet,
    inspector: Inspector,
) -> None:
    """The data sets of levels N0 and N1 and of housekeeping take the files their names are agreed for."""
    folder = tmp_path / "in"
    folder.mkdir()
    if name.endswith(".tar.gz"):
        with tarfile.open(folder / name, "w:gz") as archive:
            archive.add(shared / "data/corot/resampled/100725706.csv", "100725706.csv")
    else:
        shutil.copy(shared / "data/hess/jointcrab_pair/spectra/arf_obs23523.fits", folder / name)
    bag = pack(folder, policies.agreement("corot"), tmp_path / "bag", now=NOW, inspect=inspector.inspect)
    tags = validate_bag(bag, profile="intake").bag.tags
    assert (tags["External-Identifier"], tags["Bag-Group-Identifier"]) == ((identifier,), (node,))


def copied(folder: Path, *products: Path) -> Path:
    """Return a new folder with copies of the products."""
    folder.mkdir()
    for product in products:
        shutil.copy(product, folder)
    return folder


def test_two_observations_are_not_packed_as_one(
    shared: Path, tmp_path: Path, policies: PolicySet, inspector: Inspector
) -> None:
    """Products that make two packages are refused naming both, unless both labels are stated."""
    runs = [
        shared / f"data/hess/hess_dl3_dr1/data/hess_dl3_dr1_obs_id_{run}.fits.gz"
        for run in ("023523", "023526")
    ]
    folder, agreement = copied(tmp_path / "in", *runs), policies.agreement("hess")
    for label in (Label(), Label(identifier="hess.crab"), Label(group="dl3/event-lists")):
        with pytest.raises(PackRefusedError) as caught:
            pack(folder, agreement, tmp_path / "bag", label=label, now=NOW, inspect=inspector.inspect)
        assert [found.code for found in caught.value.findings] == ["CON-007"]
        for told in ("hess.obs023523", "hess.obs023526", runs[0].name, runs[1].name, "--identifier"):
            assert told in caught.value.message
    both = Label(identifier="hess.crab", group="dl3/event-lists")
    bag = pack(folder, agreement, tmp_path / "bag", label=both, now=NOW, inspect=inspector.inspect)
    assert validate_bag(bag, profile="intake").bag.tags["External-Identifier"] == ("hess.crab",)


def test_instruments_with_branches_of_their_own_are_told_apart(
    shared: Path, tmp_path: Path, policies: PolicySet, inspector: Inspector
) -> None:
    """Three instruments of a spacecraft make three packages; the refusal names the place of each."""
    soho = shared / "data/soho"
    folder = copied(
        tmp_path / "in",
        soho / "eit/2004/03/01/efz20040301.000010_s.fits",
        soho / "lasco/lasco_c2_25299383_s.fts",
        soho / "mdi/mdi.fd_Ic.20101015_230100_TAI.data.fits",
    )
    with pytest.raises(PackRefusedError) as caught:
        pack(folder, policies.agreement("soho"), tmp_path / "bag", now=NOW, inspect=inspector.inspect)
    (found,) = [item for item in caught.value.findings if item.code == "CON-007"]
    for node in ("soho/eit/l0", "soho/lasco/c2", "soho/mdi/l1"):
        assert node in found.message


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db"])
def test_what_a_desktop_left_behind_is_to_be_removed(
    name: str, light_curve: Path, tmp_path: Path, policies: PolicySet, inspector: Inspector
) -> None:
    """Each reason is told with its remedy, that of a desktop's own file being to remove it."""
    (light_curve / name).write_bytes(b"Bud1")
    with pytest.raises(PackRefusedError) as caught:
        pack(light_curve, policies.agreement("tess"), tmp_path / "bag", now=NOW, inspect=inspector.inspect)
    assert name in caught.value.message
    assert "→ remove it" in caught.value.message
