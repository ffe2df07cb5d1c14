"""Root keys say which signing keys count and until when; every verifier walks their lists and obeys them."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import pytest

from oais.archive import Archive, open_archive, open_home
from oais.errors import ArchiveError, ConfigurationError, DamageError, RefusedError, StorageError
from oais.files import read_regular, write_durably
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.keys.ceremony import Change, create_root_key, prepare, sign
from oais.functions.keys.finishing import Finished, finish
from oais.functions.ledger.proving import check_proof_file, prove
from oais.functions.ledger.recording import ledger_of, record
from oais.functions.ledger.renewing import renew
from oais.functions.ledger.verifying import tell_ledger, verify_ledger
from oais.functions.receipts import open_receipt, receipt_path
from oais.functions.recovery import sweep
from oais.functions.storage import find_aip
from oais.functions.submission import submit
from oais.information.identifiers import object_path
from oais.information.ledger.notes import open_checkpoint
from oais.information.ledger.proofs import check_proof
from oais.information.ledger.statements import Statement
from oais.information.packages import Receipt
from oais.information.reader.ed25519 import can_check
from oais.information.signature import algorithms, create_signer, open_signer
from oais.information.trust import SigningKey, parse_root, walk_roots
from oais.information.trust_folder import read_root, trust_in
from oais.ledger.log import kept_checkpoints
from oais.ledger.opened import Opened, find_line
from oais.ledger.verifying import verify_log
from tests.functions.copied import flip
from tests.functions.deliveries import plain_bag
from tests.functions.faults import KILLED, at_step, killing
from tests.functions.test_reader import reader

PASSPHRASE = "some words that nobody guesses"


@dataclass
class Holders:
    """Three people with a root key each, and the folder that goes from one to the next."""

    place: Path

    def __post_init__(self) -> None:
        for name in ("anna", "ben", "cleo"):
            create_root_key(self.place / f"{name}.key", PASSPHRASE)

    @property
    def folder(self) -> Path:
        return self.place / "ceremony"

    @property
    def public(self) -> dict[str, Path]:
        return {name: self.place / f"{name}.key.pub" for name in ("anna", "ben", "cleo")}

    def prepare(self, archive: Archive, change: Change) -> int:
        shutil.rmtree(self.folder, ignore_errors=True)
        return prepare(archive, change, self.folder).version

    def sign(self, version: int, *names: str) -> list[Path]:
        proposal = self.folder / f"root.{version}.json"
        return [sign(proposal, self.place / f"{name}.key", PASSPHRASE)[2] for name in names]

    def hold(self, archive: Archive, change: Change, *names: str) -> Finished:
        """A whole ceremony."""
        self.sign(self.prepare(archive, change), *(names or ("anna", "cleo")))
        return finish(archive, self.folder)


@pytest.fixture
def holders(tmp_path: Path) -> Holders:
    """Three people."""
    return Holders(tmp_path / "people")


@pytest.fixture
def rooted(archive: Archive, holders: Holders) -> Archive:
    """An archive with root keys."""
    holders.hold(archive, Change(holders.public))
    return archive


def again(archive: Archive) -> Archive:
    """The archive as the next process opens it."""
    return open_archive(archive.home, clock=archive.clock)


def stored(archive: Archive, place: Path, name: str) -> Receipt:
    """Submit a bag; its receipt."""
    (told,) = submit(archive, [plain_bag(place / f"{name}.bag", name, {"a.csv": name.encode()})])
    assert told.outcome == "stored", told
    assert told.receipt is not None
    return told.receipt


def codes(archive: Archive) -> list[tuple[str, str]]:
    """What verifying finds."""
    return [(found.code, found.path) for found in verify_ledger(archive)]


def test_two_of_three_holders_say_which_keys_count(
    archive: Archive, holders: Holders, tmp_path: Path
) -> None:
    """Before, an archive works as it did; one signature is too few; two bring the list into force."""
    assert trust_in(archive.home) is None
    before = stored(archive, tmp_path, "one.aip")
    assert holders.prepare(archive, Change(holders.public)) == 1
    holders.sign(1, "ben")
    with pytest.raises(RefusedError, match="2 signatures of its own root keys are needed, ben signed"):
        finish(archive, holders.folder)
    assert trust_in(archive.home) is None
    holders.sign(1, "anna")
    assert finish(archive, holders.folder).key_id == archive.signer.key_id
    root = trust_in(archive.home)
    assert root is not None
    assert (root.version, root.threshold, [key.holder for key in root.root_keys]) == (
        1,
        2,
        ["anna", "ben", "cleo"],
    )
    assert archive.trusted_keys() == {archive.signer.key_id: archive.signer.public_pem}
    stored(again(archive), tmp_path, "two.aip")
    assert open_receipt(archive, before.receipt_id) == open_receipt(again(archive), before.receipt_id)
    assert tell_ledger(archive).entries == {"aip-version": 2, "key": 1, "receipt": 2, "trust": 1}
    assert codes(archive) == []
    told = reader(archive.aip_root / "verify.py", "--root", holders.folder / "root.1.json")
    assert told.returncode == 0, told.stdout
    assert "trust    root.1: 2 of anna, ben, cleo" in told.stdout


def test_no_private_root_key_comes_into_the_archive(rooted: Archive, holders: Holders) -> None:
    """It is encrypted where its holder keeps it, and a place inside a home is refused."""
    assert b"ENCRYPTED PRIVATE KEY" in (holders.place / "anna.key").read_bytes()
    assert (holders.place / "anna.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(RefusedError, match="inside the archive"):
        create_root_key(rooted.home / "keys" / "root.key", PASSPHRASE)
    private = [
        path.name for path in rooted.home.rglob("*") if path.is_file() and b"PRIVATE" in path.read_bytes()
    ]
    assert private == ["archive.key"]


WRONG_STEPS: dict[str, tuple[Callable[[Archive, Holders], object], str]] = {
    "rotation without root keys": (
        lambda archive, people: people.prepare(archive, Change({}, new_key="ed25519")),
        "has no root keys yet",
    ),
    "one group could sign against the other": (
        lambda archive, people: people.prepare(archive, Change(people.public, threshold=1)),
        "two groups could each sign",
    ),
    "more signatures than holders": (
        lambda archive, people: people.prepare(archive, Change(people.public, threshold=4)),
        "4 of 3 root keys",
    ),
    "one person twice": (
        lambda archive, people: people.prepare(
            archive, Change({**people.public, "dora": people.public["anna"]})
        ),
        "no threshold over different keys",
    ),
    "no such public key": (
        lambda archive, people: people.prepare(archive, Change({"anna": people.place / "none.pub"})),
        "No such file",
    ),
    "the private key in place of the public": (
        lambda archive, people: people.prepare(archive, Change({"anna": people.place / "anna.key"})),
        "no public key in PEM",
    ),
    "the wrong passphrase": (
        lambda archive, people: (
            people.prepare(archive, Change(people.public)),
            sign(people.folder / "root.1.json", people.place / "ben.key", "another one"),
        ),
        "cannot be opened",
    ),
    "a stranger signs": (
        lambda archive, people: (
            people.prepare(archive, Change(people.public)),
            create_root_key(people.place / "dora.key", PASSPHRASE),
            sign(people.folder / "root.1.json", people.place / "dora.key", PASSPHRASE),
        ),
        "none of those that may sign root.1.json: anna, ben, cleo",
    ),
    "the list was changed on its way": (
        lambda archive, people: (
            people.hold(archive, Change({"anna": people.public["anna"]}), "anna"),
            people.prepare(archive, Change({}, new_key="ed25519")),
            people.sign(2, "anna"),
            _replace(people.folder / "root.2.json", b"rotated", b"stolen"),
            finish(archive, people.folder),
        ),
        "nobody signed",
    ),
    "a weak passphrase": (
        lambda archive, people: create_root_key(people.place / "dora.key", "short"),
        "5 characters is too short",
    ),
    "the folder of nothing": (lambda archive, people: finish(archive, people.place), "holds no root.1.json"),
    "nothing changes": (
        lambda archive, people: (
            people.hold(archive, Change(people.public)),
            people.prepare(archive, Change({})),
        ),
        "nothing would change",
    ),
    "stolen since when": (
        lambda archive, people: (
            people.hold(archive, Change(people.public)),
            people.prepare(archive, Change({}, new_key="ed25519", reason="stolen")),
        ),
        "up to which entry",
    ),
    "an end without a new key": (
        lambda archive, people: (
            people.hold(archive, Change(people.public)),
            people.prepare(archive, Change({}, reason="lost")),
        ),
        "only when another takes its place",
    ),
    "the new private key is gone": (
        lambda archive, people: (
            people.hold(archive, Change(people.public)),
            people.prepare(archive, Change({}, new_key="ed25519")),
            shutil.move(archive.home / "keys" / "archive.next.key", people.place / "away"),
            people.sign(2, "anna", "ben"),
            finish(archive, people.folder),
        ),
        "is not in keys/",
    ),
}


def _replace(path: Path, old: bytes, new: bytes) -> int:
    return path.write_bytes(path.read_bytes().replace(old, new))


@pytest.mark.parametrize("step", WRONG_STEPS)
def test_a_wrong_step_is_told_and_changes_nothing(step: str, archive: Archive, holders: Holders) -> None:
    """What was wrong and what to do; the archive signs and verifies as before."""
    walk, told = WRONG_STEPS[step]
    with pytest.raises(ArchiveError, match=told) as stopped:
        walk(archive, holders)
    assert stopped.value.remedy or "No such file" in told or "needed" in told
    assert again(archive).signer.key_id == archive.signer.key_id
    assert codes(archive) == []


def test_a_disk_that_does_not_give_the_signed_list_is_told_with_what_to_do(
    rooted: Archive, holders: Holders
) -> None:
    """Nobody is told that there is no list: it may lie on a medium that fails. Nothing is changed."""
    holders.sign(holders.prepare(rooted, Change({}, new_key="ed25519")), "anna", "ben")

    def refused(path: Path) -> bytes:
        if path.parent == holders.folder:
            raise OSError(errno.EIO, os.strerror(errno.EIO), os.fspath(path))
        return read_regular(path)

    with (
        mock.patch("oais.functions.keys.finishing.read_regular", refused),
        pytest.raises(StorageError, match=r"reading .*root\.2\.json: Input/output error") as stopped,
    ):
        finish(rooted, holders.folder)
    assert stopped.value.remedy
    assert again(rooted).signer.key_id == rooted.signer.key_id


@pytest.mark.parametrize("algorithm", list(algorithms()))
def test_a_new_key_takes_over_whatever_its_algorithm(
    algorithm: str, rooted: Archive, holders: Holders, tmp_path: Path
) -> None:
    """What the old key signed before counts; what it signs beyond its end counts nowhere."""
    before = stored(rooted, tmp_path, "one.aip")
    done = holders.hold(rooted, Change({}, new_key=algorithm))
    renewed = again(rooted)
    assert renewed.signer.key_id == done.key_id != rooted.signer.key_id
    assert renewed.signer.algorithm == algorithm
    after = stored(renewed, tmp_path, "two.aip")
    assert open_receipt(renewed, before.receipt_id).aip_id == "one.aip"
    assert open_receipt(renewed, after.receipt_id).aip_id == "two.aip"
    assert codes(renewed) == []
    assert run_audit(renewed, select_for_audit(renewed, None, None, 0)).intact
    with pytest.raises(ConfigurationError, match="has ended"):
        record(renewed, rooted.signer, [Statement(renewed.now(), "audit", "x", "0" * 128)])
    for aip in ("one.aip", "two.aip"):
        (tmp_path / "proof.json").write_bytes(prove(renewed, aip).as_bytes())
        assert check_proof_file(renewed, tmp_path / "proof.json")[0].statement.subject == f"{aip}@v1"
    told = reader(renewed.aip_root / "verify.py")
    assert f"key      {done.key_id}  {algorithm}" in told.stdout
    if can_check(renewed.signer.public_pem):
        assert told.returncode == 0, told.stdout
        return
    # It does not say that all is well when it could not look, nor that something is wrong.
    assert told.returncode == 5, told.stdout
    assert "DAMAGED" not in told.stdout
    assert "whole    one.aip" in told.stdout
    assert "UNSURE   two.aip" in told.stdout
    assert "UNSURE   ledger" in told.stdout
    assert f"NOT CHECKED: signatures by {algorithm}, which openssl here does not know" in told.stdout
    assert "2 AIPs, 1 whole, 0 damaged, 1 not checked" in told.stdout
    refused = reader(renewed.aip_root / "verify.py", "extract", "two.aip", tmp_path / "out")
    assert (refused.returncode, "NOT CHECKED: nothing was extracted" in refused.stderr) == (5, True)
    # What can be told without openssl is: a signature of another length is none, whoever looks.
    seal = renewed.aip_root / object_path("two.aip") / "logs/signatures/v1.inventory.json.sig"
    seal.write_bytes(b"0" * 64)
    told = reader(renewed.aip_root / "verify.py")
    assert (told.returncode, "DAMAGED  two.aip" in told.stdout) == (3, True)


def test_a_checkpoint_beyond_the_end_of_its_key_is_refused_everywhere(
    rooted: Archive, holders: Holders, tmp_path: Path
) -> None:
    """The archive's own verifier, a proof, and verify.py."""
    size = ledger_of(rooted).head().size
    holders.hold(rooted, Change({}, new_key="ed25519", ends_at=size))
    renewed = again(rooted)
    ledger = ledger_of(renewed)
    forger = replace(ledger, ends={})
    forger.append([Statement(renewed.now(), "audit", "x", "0" * 128)], rooted.signer)
    with pytest.raises(DamageError, match=f"ended at {size} entries"):
        ledger.head()
    with pytest.raises(DamageError, match=f"ended at {size} entries"):
        list(submit(renewed, [plain_bag(tmp_path / "a.bag", "one.aip", {"a.csv": b"1"})]))
    assert codes(renewed) == [("LED-001", "ledger/checkpoint")]
    told = reader(renewed.aip_root / "verify.py")
    assert told.returncode == 3
    assert f"checkpoint: its key ended at {size} entries" in told.stdout


def test_what_a_stolen_key_signed_after_the_theft_is_not_believed(
    rooted: Archive, holders: Holders, tmp_path: Path
) -> None:
    """Versions and receipts after the size are named by every verifier, those before are whole."""
    stored(rooted, tmp_path, "one.aip")
    size = ledger_of(rooted).head().size
    late = stored(rooted, tmp_path, "two.aip")
    done = holders.hold(rooted, Change({}, new_key="ed25519", reason="stolen", ends_at=size))
    assert done.signed_again == 2  # the head, and the copy of it that is kept
    renewed = again(rooted)
    stored(renewed, tmp_path, "three.aip")
    place = next(renewed.aip_root.glob("*/*/*/two%2eaip/v1/inventory.json")).relative_to(renewed.home)
    receipt = receipt_path(renewed, late.receipt_id).relative_to(renewed.home)
    assert sorted(codes(renewed)) == sorted([("LED-007", str(place)), ("LED-007", str(receipt))])
    assert not run_audit(renewed, select_for_audit(renewed, "two.aip", None, 0)).intact
    assert run_audit(renewed, select_for_audit(renewed, "one.aip", None, 0)).intact
    told = reader(renewed.aip_root / "verify.py")
    assert told.returncode == 3
    assert told.stdout.count("is signed by a key that had ended before") == 2
    assert "aip-version two.aip@v1" in told.stdout


def test_root_keys_change_by_the_old_and_by_the_new(rooted: Archive, holders: Holders) -> None:
    """Neither threshold alone brings other root keys into force."""
    for name in ("dora", "emil"):
        create_root_key(holders.place / f"{name}.key", PASSPHRASE)
    others = {name: holders.place / f"{name}.key.pub" for name in ("dora", "emil")}
    version = holders.prepare(rooted, Change(others))
    holders.sign(version, "dora", "emil")
    with pytest.raises(RefusedError, match="2 signatures of the earlier root keys are needed, nobody signed"):
        finish(rooted, holders.folder)
    for path in holders.folder.glob("*.sig"):
        path.unlink()
    holders.sign(version, "anna", "ben")
    with pytest.raises(RefusedError, match="2 signatures of its own root keys are needed, nobody signed"):
        finish(rooted, holders.folder)
    holders.sign(version, "dora", "emil")
    assert finish(rooted, holders.folder).root.version == 2
    assert codes(again(rooted)) == []
    holders.hold(again(rooted), Change({}, new_key="ed25519"), "dora", "emil")
    assert (
        reader(rooted.aip_root / "verify.py", "--root", rooted.home / "trust" / "root.1.json").returncode == 0
    )


def _signed_again(archive: Archive, holders: Holders, version: int, old: bytes, new: bytes) -> list[Path]:
    """Write a list anew that says something else, signed by two root keys as it must be."""
    path = archive.home / "trust" / f"root.{version}.json"
    write_durably(path, path.read_bytes().replace(old, new))
    return [sign(path, holders.place / f"{name}.key", PASSPHRASE)[2] for name in ("anna", "cleo")]


FORGED: dict[str, Callable[[Archive, Holders], object]] = {
    "a byte of a list": lambda archive, _: _replace(archive.home / "trust" / "root.1.json", b"anna", b"inna"),
    "a signature too few": lambda archive, _: next((archive.home / "trust").glob("root.2.*.sig")).unlink(),
    "the first list is gone": lambda archive, _: (archive.home / "trust" / "root.1.json").unlink(),
    "the end of a key is taken back": lambda archive, people: (
        people.hold(archive, Change({}, new_key="ed25519")),
        _signed_again(archive, people, 3, b'"reason": "lost"', b'"reason": "rotated"'),
        _signed_again(archive, people, 3, b'"ends_at": 3', b'"ends_at": 4'),
    ),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_broken_line_of_lists_is_refused(forged: str, rooted: Archive, holders: Holders) -> None:
    """By the archive before it does anything, and by verify.py."""
    holders.hold(rooted, Change({}, new_key="ed25519", reason="lost", ends_at=3))
    FORGED[forged](again(rooted), holders)
    with pytest.raises(DamageError, match=r"trust/root\.\d\.json"):
        again(rooted)
    told = reader(rooted.aip_root / "verify.py")
    assert (told.returncode, "trust/root." in told.stderr) == (3, True), told


def test_a_changed_signature_is_named_with_its_file(rooted: Archive) -> None:
    """One bit of one of two signatures: who signed all the same is told, and which file is no signature."""
    wrong = min((rooted.home / "trust").glob("root.1.*.sig"))
    flip(wrong)
    with pytest.raises(DamageError, match=rf"no signature of these keys: {wrong.name}"):
        again(rooted)


DAMAGED_LISTS: dict[str, Callable[[Path], object]] = {
    "root.1.json": flip,
    "root.2.json": lambda path: path.write_bytes(b"\xff" + path.read_bytes()[1:]),
    "root.2.*.sig": flip,
    "root.1.*.sig": lambda path: path.write_bytes(b"no signature"),
}


@pytest.mark.parametrize("name", DAMAGED_LISTS)
def test_a_bad_byte_in_a_list_of_keys_is_told_and_ends_no_audit(
    rooted: Archive, holders: Holders, tmp_path: Path, name: str
) -> None:
    """N1: by its path; AIPs are proven by the keys that are left, and damage in one is told as ever."""
    stored(rooted, tmp_path, "one.aip")
    holders.hold(rooted, Change({}, new_key="ed25519"))
    stored(again(rooted), tmp_path, "two.aip")
    assert _audited(rooted) == []
    path = min((rooted.home / "trust").glob(name))
    sound = path.read_bytes()
    DAMAGED_LISTS[name](path)
    place = f"trust/{path.name}"
    assert _audited(rooted) == [("AUD-019", place)]
    content = next(find_aip(rooted, "two.aip").path.glob("v1/content/**/a.csv"))
    flip(content)
    found = dict(_audited(rooted))
    assert found.pop("AUD-019") == place
    (told,) = found.values()
    assert told.endswith("a.csv")
    flip(content)
    path.write_bytes(sound)
    assert _audited(rooted) == []


def test_a_signature_that_nobody_needed_is_told_too(rooted: Archive, holders: Holders) -> None:
    """Three signed where two are enough: the third one is what was signed as well."""
    version = holders.prepare(rooted, Change({}, new_key="ed25519"))
    holders.sign(version, "anna", "ben", "cleo")
    finish(rooted, holders.folder)
    path = max((rooted.home / "trust").glob("root.2.*.sig"))
    flip(path)
    assert again(rooted).trusted_keys()
    assert _audited(rooted) == [("AUD-019", f"trust/{path.name}")]


def _audited(archive: Archive) -> list[tuple[str, str]]:
    opened = open_home(archive.home)
    told = run_audit(opened, select_for_audit(opened), from_disk=False)
    return [(found.code, found.path) for result in told.damaged for found in result.findings]


def test_an_archive_whose_lists_are_gone_altogether_is_told_by_its_ledger(
    rooted: Archive, holders: Holders
) -> None:
    """Who takes trust/ away to bring keys of his own leaves the ledger that speaks of it."""
    kept = (rooted.home / "trust" / "root.1.json").rename(holders.place / "root.1.json")
    shutil.rmtree(rooted.home / "trust")
    assert codes(rooted) == [("LED-004", "trust/root.1.json")]
    assert reader(rooted.aip_root / "verify.py", "--root", kept).returncode == 2


def test_lists_of_somebody_else_are_not_those_that_were_kept(
    rooted: Archive, holders: Holders, tmp_path: Path
) -> None:
    """verify.py --root with a list from elsewhere refuses a line that does not hold it."""
    kept = shutil.copy(rooted.home / "trust" / "root.1.json", tmp_path / "kept.json")
    shutil.rmtree(rooted.home / "trust")
    holders.hold(replace(rooted), Change(dict(list(holders.public.items())[:1])), "anna")
    told = reader(rooted.aip_root / "verify.py", "--root", kept)
    assert (told.returncode, "none of the lists in trust/" in told.stderr) == (3, True)


_EVERY = 7
"""Of so many calls of the disk the change of keys is killed at one."""


def test_a_change_of_keys_that_is_killed_leaves_the_old_or_the_new(
    rooted: Archive, holders: Holders, tmp_path: Path, record_count: Callable[[str, int], None]
) -> None:
    """At every call of the disk: the archive opens and signs, verifies, and finishing again completes it."""
    stored(rooted, tmp_path, "one.aip")
    holders.sign(holders.prepare(rooted, Change({}, new_key="ed25519")), "anna", "ben")
    coming = open_signer(rooted.home / "keys" / "archive.next.key").key_id
    template = rooted.home.rename(tmp_path / "template")

    def fresh() -> Archive:
        shutil.rmtree(rooted.home, ignore_errors=True)
        shutil.copytree(template, rooted.home)
        return again(rooted)

    whole = fresh()
    with at_step(0, killing) as counted:
        finish(whole, holders.folder)
    signers = []
    for point in range(1, counted.count, _EVERY):
        archive = fresh()
        child = os.fork()
        if not child:
            try:
                with at_step(point, killing):
                    finish(archive, holders.folder)
            finally:
                os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert ended == KILLED, point
        survived = again(archive)
        sweep(survived)
        signers.append(survived.signer.key_id)
        assert codes(survived) == [], point
        assert finish(survived, holders.folder).key_id == coming, point
        assert again(archive).signer.key_id == coming, point
        assert codes(survived) == [], point
        assert not (archive.home / "keys" / "archive.next.key").exists(), point
    assert signers == sorted(signers, key=lambda key_id: key_id == coming)
    assert set(signers) == {rooted.signer.key_id, coming}
    record_count("sweep points", len(signers))


def test_a_receipt_issued_again_under_a_new_key_is_believed(
    rooted: Archive, holders: Holders, tmp_path: Path
) -> None:
    """Its bytes are others, since they name the key: the ledger says so, and all verifiers are content."""
    receipt = stored(rooted, tmp_path, "one.aip")
    holders.hold(rooted, Change({}, new_key="ed25519"))
    renewed = again(rooted)
    path = receipt_path(renewed, receipt.receipt_id)
    before = path.read_bytes()
    path.unlink()
    (told,) = submit(renewed, [tmp_path / "one.aip.bag"])
    assert told.outcome == "held already"
    assert path.read_bytes() != before
    assert codes(renewed) == []
    assert reader(renewed.aip_root / "verify.py").returncode == 0
    assert (
        prove(renewed, receipt.receipt_id).statement.sha512 == hashlib.sha512(path.read_bytes()).hexdigest()
    )
    path.write_bytes(before)
    assert [code for code, _ in codes(renewed)] == ["LED-004"]
    assert reader(renewed.aip_root / "verify.py").returncode == 3


def test_two_signatures_of_one_holder_are_one(rooted: Archive) -> None:
    """A list that names the same key under two ids, or a threshold of none, is no list."""
    data, signatures = read_root(rooted.home, 1)
    root = parse_root(data)
    assert walk_roots([(data, signatures)]) == root
    for bad in (
        replace(root, threshold=0),
        replace(root, root_keys=(root.root_keys[0], *root.root_keys)),
        replace(root, signing_keys=()),
        replace(root, signing_keys=(SigningKey(root.root_keys[0].public_pem, root.made_at),)),
    ):
        with pytest.raises(ValueError, match=r"threshold|signing key"):
            parse_root(bad.as_bytes())


def test_heads_of_an_ended_key_count_up_to_its_end(rooted: Archive) -> None:
    """The boundary itself: at the size counts, one more does not."""
    ledger = ledger_of(rooted)
    head, note = ledger.head(), (rooted.home / "ledger" / "checkpoint").read_bytes()
    key = rooted.signer.key_id
    assert open_checkpoint(note, head.origin, ledger.keys, {key: head.size})[1] == key
    with pytest.raises(ValueError, match=f"key {key} ended at {head.size - 1} entries"):
        open_checkpoint(note, head.origin, ledger.keys, {key: head.size - 1})


def test_a_key_of_an_algorithm_that_does_not_work_here_is_not_made() -> None:
    """It is tried, not looked up."""
    assert "ed25519" in algorithms()
    with pytest.raises(ConfigurationError, match="rot13"):
        create_signer(algorithm="rot13")


def test_evidence_is_renewed_before_an_algorithm_falls(
    rooted: Archive, holders: Holders, tmp_path: Path
) -> None:
    """Afterwards the whole past is proven by the new key alone, and by a hash that is not the tree's."""
    stored(rooted, tmp_path, "one.aip")
    holders.hold(rooted, Change({}, new_key="ed448"))
    renewed = again(rooted)
    size = ledger_of(renewed).head().size
    done = renew(renewed)
    assert (done.size, done.key_id) == (size, renewed.signer.key_id)
    assert done.signed_again == len(kept_checkpoints(renewed.home / "ledger")) - 2
    only_new = replace(ledger_of(renewed), keys={renewed.signer.key_id: renewed.signer.public_pem}, ends={})
    assert list(verify_log(only_new)) == []
    proof = only_new.prove(_opened(renewed, "aip-version", "one.aip@v1"))
    assert check_proof(proof, only_new.keys).size <= size
    assert codes(renewed) == []
    told = reader(renewed.aip_root / "verify.py")
    assert told.returncode == 0, told.stdout
    lines = (renewed.home / "ledger" / "statements.jsonl").read_bytes().splitlines(keepends=True)
    statement = _opened(renewed, "renewal", f"statements@{size}").statement
    assert statement.sha512 == hashlib.sha512(b"".join(lines[:size])).hexdigest()
    assert renew(renewed).signed_again == 0


def _opened(archive: Archive, kind: str, subject: str) -> Opened:
    found = find_line(archive.home / "ledger", kind, subject)
    assert found is not None
    return found


def test_nothing_is_renewed_over_damage(rooted: Archive, tmp_path: Path) -> None:
    """A renewal would vouch for what it covers: first it is verified."""
    stored(rooted, tmp_path, "one.aip")
    path = rooted.home / "ledger" / "statements.jsonl"
    path.write_bytes(path.read_bytes().replace(b"one.aip", b"two.aip"))
    with pytest.raises(DamageError, match=r"statements\.jsonl") as stopped:
        renew(rooted)
    assert "nothing was renewed" in stopped.value.remedy
    assert "renewal" not in tell_ledger(rooted).entries


@pytest.mark.parametrize("what", ["pipe", "directory", "link"])
def test_what_lies_in_the_place_of_a_signature_is_named(rooted: Archive, what: str) -> None:
    """It is never waited for, and who is told knows which file to restore."""
    place = next((rooted.home / "trust").glob("*.sig"))
    place.unlink()
    {"pipe": os.mkfifo, "directory": os.mkdir, "link": lambda path: os.symlink(path.name, path)}[what](place)
    with pytest.raises(StorageError) as told:
        again(rooted)
    assert told.value.message.startswith(f"reading trust/{place.name}: ")
    assert what == "link" or told.value.message.endswith(f"{place.name} is no regular file")
    assert "restore the file from a backup" in told.value.remedy
