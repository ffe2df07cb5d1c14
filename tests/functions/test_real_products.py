"""Every real product of ../shared/data makes the whole journey, or is refused for the reason it deserves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from aip.reading import read_description
from aip.validation.package import check_aip
from oais.archive import Archive
from oais.functions.access.facade import open_access
from oais.functions.access.question import Question
from oais.functions.administration import initialise
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.checking import check_delivery
from oais.functions.coordination import Disposition
from oais.functions.data_management import check_index
from oais.functions.dissemination import deliver
from oais.functions.storage import aip_store, find_aip
from oais.functions.submission import submit
from oais.functions.validation import validate
from oais.information.findings import Severity
from oais.information.identifiers import AipReference
from oais.information.reader.composed import VERIFY
from oais.information.representation.inspection import Inspector
from sip.pack import Label, pack
from tests.functions.deliveries import TAGS, plain_bag, write_bag
from tests.sip.real_products import REFUSED, sound_products

EarkAnswer = Mapping[str, list[Mapping[str, object]]]


class Journey:
    """An archive into which every sound product was packed and submitted."""

    def __init__(self, root: Path, shared: Path) -> None:
        self.archive = initialise(root / "home", name="All real products")
        self.products = sound_products(shared)
        self.bags = list(self._bags(root))
        dispositions = submit(self.archive, [bag for bag, _, _ in self.bags])
        self.outcome: dict[Path, Disposition] = {item.delivery: item for item in dispositions}

    def _bags(self, root: Path) -> Iterator[tuple[Path, str, Path]]:
        with Inspector(workers=2) as inspector:
            for number, (name, path, agreement) in enumerate(self.products):
                folder = root / "in"
                folder.mkdir()
                shutil.copy(path, folder)
                bag = pack(
                    folder,
                    self.archive.policies.agreement(agreement),
                    root / f"p{number:03}.bag",
                    label=Label(),
                    now=self.archive.clock(),
                    inspect=inspector.inspect,
                )
                shutil.rmtree(folder)
                yield bag, name, path

    def reference(self, bag: Path) -> AipReference:
        receipt = self.outcome[bag].receipt
        assert receipt is not None
        return AipReference(receipt.aip_id, receipt.version)


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Journey]:
    """Pack and submit everything once; the bytes are removed afterwards."""
    root = tmp_path_factory.mktemp("journey")
    yield Journey(root, shared)
    shutil.rmtree(root, ignore_errors=True)


def test_observations_are_listed_by_instrument_and_detector(journey: Journey) -> None:
    """Images of the Sun stand with both, their type and their time, as their headers have them (EH-14)."""
    access = open_access(journey.archive)
    with closing(access.index):
        rows = access.find(Question(words="lasco", show="visits")).visits
    (row,) = [row for row in rows if row.mission == "SOHO"]
    assert (row.instrument, row.detector, row.start[:16]) == ("LASCO", "C2", "2009-02-28T00:05")
    assert "LASCO image" in row.title


def test_every_sound_product_is_accepted(journey: Journey, record_count: Callable[[str, int], None]) -> None:
    """Each of the real products becomes an AIP, or a new version of one."""
    for bag, name, _ in journey.bags:
        disposition = journey.outcome[bag]
        assert disposition.receipt is not None, (name, disposition.error)
        assert disposition.receipt.status == "accepted", (name, disposition.receipt.findings)
    assert len(journey.outcome) == len(journey.bags)
    record_count("real products ingested", len(journey.bags))


def test_every_product_is_found_by_its_file_name(journey: Journey) -> None:
    """The newest version of each AIP answers to the name of its product."""
    access = open_access(journey.archive)
    for bag, _, path in journey.bags:
        reference = journey.reference(bag)
        if find_aip(journey.archive, reference.aip_id).head == reference.version:
            found = access.find(Question(words=path.name.split(".")[0], per_page=100))
            assert reference.aip_id in {card.aip_id for card in found.hits}, path.name


def test_index_and_store_agree(journey: Journey) -> None:
    """Nothing is stored that is not findable, and nothing findable that is not stored."""
    assert check_index(journey.archive) == []


def test_every_aip_is_intact(journey: Journey) -> None:
    """A full audit of every byte finds nothing."""
    roots = select_for_audit(journey.archive, None, None, 0)
    told = run_audit(journey.archive, roots, full=True)
    assert told.intact, told.damaged
    assert told.aips == len({journey.reference(bag).aip_id for bag, _, _ in journey.bags})


def test_the_reader_in_the_storage_root_says_the_same(journey: Journey) -> None:
    """``verify.py``, which needs none of our code, finds every AIP of the real products whole."""
    line = [sys.executable, "-I", "-S", str(journey.archive.aip_root / VERIFY)]
    told = subprocess.run(line, capture_output=True, text=True, check=False)
    count = len({journey.reference(bag).aip_id for bag, _, _ in journey.bags})
    assert told.returncode == 0, told.stdout
    assert f"{count} AIPs, {count} whole, 0 damaged" in told.stdout


def test_all_layers_of_every_aip_agree(journey: Journey, shared: Path) -> None:
    """OCFL, METS, PREMIS, disk, provider's manifest and FITS tell the same of every AIP."""
    xsd = shared / "schemas" / "premis-v3-0.xsd"
    for stored in aip_store(journey.archive).objects():
        errors = [
            found
            for found in check_aip(stored, journey.archive.trusted_keys(), premis_xsd=xsd)
            if found.severity is Severity.ERROR
        ]
        assert errors == [], stored.aip_id


def test_every_product_comes_out_bit_for_bit(journey: Journey, tmp_path: Path) -> None:
    """The DIP of the version that was made of it holds the product's own bytes."""
    for number, (bag, name, path) in enumerate(journey.bags):
        target = tmp_path / f"dip{number}"
        deliver(
            journey.archive, journey.reference(bag), [path.name], target, open_access(journey.archive).asker()
        )
        (delivered,) = [item for item in (target / "data").rglob("*") if item.is_file()]
        assert delivered.read_bytes() == path.read_bytes(), name
        shutil.rmtree(target)


@pytest.mark.parametrize(
    "mission", ["tess", "kepler", "k2", "cheops", "corot", "hess", "soho", "cluster", "pds4"]
)
def test_an_independent_validator_finds_nothing(
    journey: Journey, eark: Callable[[Path], EarkAnswer], mission: str
) -> None:
    """The E-ARK validator has no error and no warning for an AIP of each mission."""
    bag = next(bag for bag, name, _ in journey.bags if name.startswith(f"{mission}/"))
    stored = find_aip(journey.archive, journey.reference(bag).aip_id)
    answer = eark(stored.path / "v1" / "content")
    assert answer["errors"] == []
    assert answer["warnings"] == []


def test_reference_files_are_linked_where_the_archive_holds_them(journey: Journey) -> None:
    """A header that names a reference file leads to its AIP; one that is not here stays a name."""
    links = [
        link
        for stored in aip_store(journey.archive).objects()
        for product in read_description(stored).products
        for link in product.provenance
        if link.role == "reference file"
    ]
    assert links
    assert any(not link.target for link in links)


@pytest.fixture
def small_archive(tmp_path: Path) -> Archive:
    """An archive that is only asked for verdicts."""
    return initialise(tmp_path / "home")


def _verdict(archive: Archive, bag: Path) -> set[str]:
    checked = check_delivery(archive, bag)
    return {found.code for found in checked.findings if found.severity is Severity.ERROR}


def test_damaged_files_are_refused(small_archive: Archive, shared: Path, tmp_path: Path) -> None:
    """Each file that the manifest calls damaged is refused, although its bag is sound."""
    damaged = sorted((shared / "data" / "damaged").iterdir())
    assert len(damaged) == 5
    for number, path in enumerate(damaged):
        bag = plain_bag(tmp_path / f"{number}.bag", f"damaged.{number}", {path.name: path.read_bytes()})
        assert any(code.startswith(("FIT", "FMT")) for code in _verdict(small_archive, bag)), path.name


def test_a_stale_checksum_is_refused_where_it_is_not_accepted(
    small_archive: Archive, shared: Path, tmp_path: Path
) -> None:
    """A file whose CHECKSUM is truly wrong does not pass under an agreement that asks for right ones."""
    (name,) = REFUSED
    path = shared / "data" / name
    tags = {**TAGS, "Submission-Agreement": "kepler", "External-Identifier": "kepler.kic8462852.q8"}
    bag = write_bag(tmp_path / "stale.bag", {path.name: path.read_bytes()}, tags)
    assert "AGR-012" in _verdict(small_archive, bag)


BAGS = {
    "example.edu.sample_missing_data_file.tar": (False, False),
    "example.edu.tagsample_good.tar": (True, False),
    "test.edu.btr-wasabi-or.tar": (True, True),
    "test.edu.btr_bad_checksums.tar": (False, False),
    "virginia.edu.uva-lib_2278801.tar": (True, False),
}
"""Verdicts by the standard (as the manifest has them) and at intake, which also refuses tag files that no
tag manifest lists (the second bag) and bags that have md5 alone (the last)."""


@pytest.mark.parametrize(("name", "verdicts"), BAGS.items())
def test_bags_of_others_get_the_verdict_they_deserve(
    small_archive: Archive, shared: Path, name: str, verdicts: tuple[bool, bool]
) -> None:
    """Real bags made by other software pass or fail as their manifest row says, and as our profile asks."""
    path = shared / "data" / "bags" / name
    told = validate(path)
    assert told.valid is verdicts[0], [found.message for found in told.findings]
    checked = check_delivery(small_archive, path, "generic")
    assert checked.passed is verdicts[1], [found.message for found in checked.findings]
