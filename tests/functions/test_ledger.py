"""What the archive keeps stands in its ledger, whatever happens in between, and is proven from there."""

from __future__ import annotations

import email
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from aip.storage import AipStore
from oais.archive import Archive, create_archive
from oais.errors import ConfigurationError, DamageError, NotFoundError, StorageError, WrongUsageError
from oais.files import sync_directory
from oais.functions import coordination, recovery, submission
from oais.functions import ingest as ingest_module
from oais.functions.audit import run_audit, select_for_audit
from oais.functions.clock import forward_clock
from oais.functions.ingest import Ingested, ingest
from oais.functions.ledger import unrecorded
from oais.functions.ledger.proving import check_proof_file, prove
from oais.functions.ledger.publishing import mail_checkpoint, publish
from oais.functions.ledger.recording import known_in, ledger_of, record_audit
from oais.functions.ledger.verifying import tell_ledger, verify_ledger
from oais.functions.mailing import send_due
from oais.functions.policy.recording import record_policies
from oais.functions.receipts import receipt_path
from oais.functions.recovery import look_again, sweep
from oais.functions.service import open_service
from oais.functions.storage import find_aip, ingesting
from oais.functions.submission import submit
from oais.information.ledger.proofs import check_proof, parse_proof
from oais.information.representation.inspection import Inspector
from oais.ledger.log import checkpoint_name
from oais.ledger.opened import each_line, parse_line
from tests.functions.deliveries import plain_bag, write_bag
from tests.functions.test_reader import reader

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ledger.md"


@pytest.fixture
def bags(tmp_path: Path) -> list[Path]:
    """Two versions of one AIP, and another one."""
    return [
        plain_bag(tmp_path / "a1.bag", "one.aip", {"a.csv": b"1,2\n"}),
        plain_bag(tmp_path / "b1.bag", "two.aip", {"b.csv": b"3,4\n"}),
        plain_bag(tmp_path / "b2.bag", "two.aip", {"b.csv": b"5,6\n"}),
    ]


@pytest.fixture
def held(archive: Archive, bags: list[Path]) -> Archive:
    """An archive that took them in."""
    for bag in bags:
        assert [told.error for told in submit(archive, [bag])] == [""]
    return archive


def kinds(archive: Archive) -> list[str]:
    """What stands in the ledger, in its order."""
    return [parse_line(line).statement.kind for line in each_line(archive.home / "ledger")]


def codes(archive: Archive, *elsewhere: Path) -> list[tuple[str, str]]:
    """What verifying finds."""
    return [(found.code, found.path) for found in verify_ledger(archive, elsewhere)]


def test_a_new_archive_has_its_key_in_the_ledger(archive: Archive) -> None:
    """The ledger begins with the key that signs it."""
    told = tell_ledger(archive)
    assert (told.origin, told.size) == (f"oais-archive/{archive.signer.key_id}", 1)
    assert set(known_in(ledger_of(archive))) == {("key", archive.signer.key_id)}


def test_each_delivery_comes_in_with_its_receipt(held: Archive, tmp_path: Path) -> None:
    """Versions and receipts in the order in which they came; a refusal stands there too."""
    assert kinds(held) == ["key", *["aip-version", "receipt"] * 3]
    refused = write_bag(tmp_path / "bad.bag", {"a.csv": b"1\n"}, {})
    (told,) = submit(held, [refused])
    assert told.outcome == "refused"
    assert kinds(held)[7:] == ["receipt"]
    assert codes(held) == []
    assert run_audit(held, select_for_audit(held, None, None, 0)).intact


def test_the_same_again_adds_nothing(held: Archive, bags: list[Path]) -> None:
    """What is held already gets its old receipt, and the ledger no entry."""
    assert [told.outcome for told in submit(held, [bags[2]])] == ["held already"]
    assert tell_ledger(held).size == 7


def test_a_lost_receipt_is_issued_again_and_the_ledger_is_content(held: Archive, bags: list[Path]) -> None:
    """The same bytes come back, so that what the ledger stands for is there again."""
    (told,) = submit(held, [bags[0]])
    assert told.receipt is not None
    path = receipt_path(held, told.receipt.receipt_id)
    before = path.read_bytes()
    path.unlink()
    assert codes(held) == [("LED-004", path.relative_to(held.home).as_posix())]
    assert [told.outcome for told in submit(held, [bags[0]])] == ["held already"]
    assert path.read_bytes() == before
    assert codes(held) == []


def test_what_a_crash_kept_out_comes_in_at_the_next_start(
    archive: Archive, bags: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that died between receipt and ledger leaves nothing that is forgotten."""

    def die(*_: object) -> None:
        raise SystemExit(9)

    monkeypatch.setattr(coordination, "record", die)
    with pytest.raises(SystemExit):
        list(submit(archive, [bags[0]]))
    monkeypatch.undo()
    assert kinds(archive) == ["key"]
    assert [code for code, _ in codes(archive)] == ["LED-005", "LED-005"]
    assert "added 2 entries to the ledger, which a crash had kept out" in sweep(archive)
    assert kinds(archive) == ["key", "aip-version", "receipt"]
    assert codes(archive) == []
    assert sweep(archive) == []


def marks(archive: Archive) -> list[str]:
    """The marks that stand."""
    return [path.name for path in (archive.home / "ledger" / "unrecorded").iterdir()]


def test_without_a_mark_nothing_that_is_kept_is_read(held: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much there is, an idle look and the start of a submission ask only for marks."""
    read: list[str] = []

    def looked(name: str, found: Any) -> Any:
        read.append(name)
        return found

    monkeypatch.setattr(recovery, "record_kept", lambda *_: looked("kept", 0))
    monkeypatch.setattr(AipStore, "object_roots", lambda _: looked("roots", iter(())))
    assert marks(held) == []
    assert sweep(held) == []
    assert list(submit(held, [])) == []
    assert read == []
    (held.home / "ledger" / "unrecorded" / "1-0").touch()
    assert sweep(held) == []
    assert read == ["roots", "kept"]
    assert marks(held) == []


def test_the_mark_is_durable_before_anything_is_stored(
    archive: Archive, bags: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name of the mark is synced before the first byte comes, and gone when all stands in the ledger."""
    seen: list[object] = []

    def sync(path: Path) -> None:
        seen.append(f"synced {path.name}")
        sync_directory(path)

    monkeypatch.setattr(unrecorded, "sync_directory", sync)

    def take(*given: Any, **named: Any) -> Ingested:
        seen.append(len(marks(archive)))
        return ingest(*given, **named)

    monkeypatch.setattr(submission, "ingest", take)
    assert [told.outcome for told in submit(archive, bags[:2])] == ["stored", "stored"]
    assert seen == ["synced unrecorded", 1, 1]
    assert marks(archive) == []


def test_a_mark_stays_when_a_delivery_was_stopped(
    archive: Archive, bags: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault after the storing, of which only the mark knows: the next start puts it right."""

    def refuse(*_: object, **__: object) -> None:
        raise StorageError("keeping the receipt: no space left on device")

    monkeypatch.setattr(ingest_module, "issue_receipt", refuse)
    assert [told.outcome for told in submit(archive, [bags[0]])] == ["stopped"]
    monkeypatch.undo()
    assert len(marks(archive)) == 1
    assert "added 1 entry to the ledger, which a crash had kept out" in sweep(archive)
    assert marks(archive) == []
    assert kinds(archive) == ["key", "aip-version"]


def test_an_archive_of_an_earlier_release_is_looked_through_once(held: Archive, bags: list[Path]) -> None:
    """It has no folder of marks: what its last crash kept out is not forgotten."""
    shutil.rmtree(held.home / "ledger" / "unrecorded")
    summary = held.home / "ledger" / "audits" / "2026-11-21T12:30:00.000000Z.json"
    summary.parent.mkdir(exist_ok=True)
    summary.write_bytes(b"{}\n")
    assert sweep(held) == ["added 1 entry to the ledger, which a crash had kept out"]
    assert marks(held) == []


def test_what_came_in_by_another_way_is_added_when_somebody_asks(held: Archive) -> None:
    """A restored file that no mark speaks of: verifying names it, and ``oais ledger record`` adds it."""
    summary = held.home / "ledger" / "audits" / "2026-11-21T12:30:00.000000Z.json"
    summary.parent.mkdir(exist_ok=True)
    summary.write_bytes(b"{}\n")
    assert [code for code, _ in codes(held)] == ["LED-005"]
    assert sweep(held) == []
    with ingesting(held), pytest.raises(StorageError, match="in use by another process"):
        look_again(held)
    assert look_again(held) == ["added 1 entry to the ledger, which a crash had kept out"]
    assert codes(held) == []
    assert look_again(held) == []


def test_what_an_ingest_has_not_recorded_yet_is_no_damage(
    archive: Archive, bags: list[Path], inspector: Inspector
) -> None:
    """Deliveries are recorded some at a time; while one works, what it just kept raises no alarm."""
    done = ingest(archive, bags[0], inspector)
    with ingesting(archive):
        assert codes(archive) == []
        os.utime(receipt_path(archive, done.receipt.receipt_id), (1, 1))
        assert [code for code, _ in codes(archive)] == ["LED-005"]
    assert [code for code, _ in codes(archive)] == ["LED-005", "LED-005"]


def test_many_deliveries_are_signed_together_and_told_of_when_they_stand(
    archive: Archive, tmp_path: Path
) -> None:
    """One signature serves a batch, and whoever is told of a delivery finds it in the ledger."""
    many = [plain_bag(tmp_path / f"{n}.bag", f"aip.{n}", {"a.csv": b"%d" % n}) for n in range(10)]
    for told in submit(archive, many):
        assert told.receipt is not None
        assert ("receipt", told.receipt.receipt_id) in known_in(ledger_of(archive))
    assert sorted(kinds(archive)[1:]) == ["aip-version"] * 10 + ["receipt"] * 10
    heads = [path for path in (archive.home / "ledger" / "checkpoints").rglob("*") if path.is_file()]
    assert len(heads) < 10
    assert codes(archive) == []


def test_an_archive_from_before_the_ledger_gets_one(held: Archive, bags: list[Path]) -> None:
    """Everything that is kept comes in at the first start of a release that keeps a ledger."""
    for name in ("origin", "checkpoint", "statements.jsonl"):
        (held.home / "ledger" / name).unlink()
    for name in ("tile", "checkpoints"):
        shutil.rmtree(held.home / "ledger" / name)
    with pytest.raises(NotFoundError, match="no ledger yet"):
        tell_ledger(held)
    assert run_audit(held, select_for_audit(held, None, None, 0)).intact
    assert [told.outcome for told in submit(held, [bags[0]])] == ["held already"]
    assert sorted(kinds(held)) == sorted(["key", *["aip-version", "receipt"] * 3])
    assert codes(held) == []


def test_a_receipt_that_nobody_signed_does_not_come_in(held: Archive) -> None:
    """What lies among the receipts and is none gets no entry, and is told."""
    forged = held.receipts / "2026" / "11" / "r20261121T120000Z-00000000.json"
    forged.write_bytes(b"{}")
    assert look_again(held) == []
    assert [code for code, _ in codes(held)] == ["LED-005"]


def test_changes_of_policies_and_audits_stand_in_it(held: Archive) -> None:
    """Which policies came into force when, and what each audit found."""
    record_policies(open_service(held))
    told = run_audit(held, select_for_audit(held, None, None, 0))
    record_audit(held, told.started_at, told.as_plain())
    assert kinds(held)[7:] == ["policies", "audit"]
    assert codes(held) == []
    path = held.home / "ledger" / "audits" / f"{told.started_at}.json"
    path.write_bytes(path.read_bytes().replace(b'"intact": true', b'"intact": none'))
    assert codes(held) == [("LED-004", f"ledger/audits/{told.started_at}.json")]


def test_an_audit_without_the_signing_key_comes_in_later(held: Archive, bags: list[Path]) -> None:
    """Who audits may not be able to sign; the next submission adds what he found."""
    key = held.home / "keys" / "archive.key"
    away = key.rename(key.with_suffix(".away"))
    record_audit(held, "2026-11-21T12:30:00.000000Z", {"intact": True})
    away.rename(key)
    assert "audit" not in kinds(held)
    list(submit(held, [bags[0]]))
    assert kinds(held)[-1] == "audit"


def damage_inventory(archive: Archive) -> str:
    """Change the inventory of an old version."""
    path = find_aip(archive, "two.aip").path / "v1" / "inventory.json"
    path.write_bytes(path.read_bytes() + b"\n")
    return path.relative_to(archive.home).as_posix()


def remove_aip(archive: Archive) -> str:
    """Take a whole AIP away."""
    path = find_aip(archive, "one.aip").path
    shutil.rmtree(path)
    return f"{path.relative_to(archive.home).as_posix()}/v1/inventory.json"


def roll_back(archive: Archive) -> str:
    """Put an AIP back to its first version, as whole and signed as it was."""
    path = find_aip(archive, "two.aip").path
    for name in ("inventory.json", "inventory.json.sha512"):
        shutil.copy(path / "v1" / name, path / name)
    shutil.rmtree(path / "v2")
    for signature in (path / "logs" / "signatures").glob("v2.*"):
        signature.unlink()
    return f"{path.relative_to(archive.home).as_posix()}/v2/inventory.json"


def remove_key(archive: Archive) -> str:
    """Change a trusted key to one that is spelled otherwise."""
    path = archive.home / "keys" / "trusted" / f"{archive.signer.key_id}.pem"
    path.write_bytes(path.read_bytes() + b"\n")
    return path.relative_to(archive.home).as_posix()


@pytest.mark.parametrize("damage", [damage_inventory, remove_aip, roll_back, remove_key])
def test_what_is_not_as_the_ledger_says_is_named(held: Archive, damage: Callable[[Archive], str]) -> None:
    """Changed, removed, put back to an older state: the exact path is told."""
    place = damage(held)
    assert codes(held) == [("LED-004", place)]


def test_the_audit_of_everything_names_what_is_wrong_with_the_ledger(held: Archive) -> None:
    """A flipped bit of a tile is damage like any other; an AIP that is missed is told once."""
    tile = held.home / "ledger" / "tile" / "0" / "000.p" / "7"
    data = tile.read_bytes()
    tile.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    remove_aip(held)
    told = run_audit(held, select_for_audit(held, None, None, 0)).as_plain()["findings"]
    assert [(found["aip"], found["code"]) for found in told] == [
        ("one.aip", "AUD-001"),
        ("ledger/", "LED-002"),
    ]


def test_a_damaged_ledger_takes_in_nothing(held: Archive, tmp_path: Path) -> None:
    """Nothing is signed on top of what cannot be proven, and no delivery is touched."""
    (held.home / "ledger" / "checkpoint").write_bytes(b"nonsense")
    bag = plain_bag(tmp_path / "c.bag", "three.aip", {"c.csv": b"7\n"})
    with pytest.raises(DamageError, match="ledger/checkpoint"):
        list(submit(held, [bag]))
    with pytest.raises(NotFoundError):
        find_aip(held, "three.aip")


def test_versions_and_receipts_are_proven(held: Archive, tmp_path: Path, bags: list[Path]) -> None:
    """A version by ``ID@vN``, the newest by ``ID``, a receipt by its name; and what is not there is not."""
    assert prove(held, "two.aip").statement.subject == "two.aip@v2"
    proof = prove(held, "two.aip@v1")
    inventory = find_aip(held, "two.aip").path / "v1" / "inventory.json"
    digest = subprocess.run(
        ["sha512sum", inventory], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    assert proof.statement.sha512 == digest
    (told,) = submit(held, [bags[0]])
    assert told.receipt is not None
    assert prove(held, told.receipt.receipt_id).statement.kind == "receipt"
    file = tmp_path / "proof.json"
    file.write_bytes(proof.as_bytes())
    assert check_proof_file(held, file)[0] == proof
    file.write_bytes(proof.as_bytes().replace(b"two.aip", b"one.aip"))
    with pytest.raises(DamageError, match=r"proof\.json proves nothing"):
        check_proof_file(held, file)
    for about in ("two.aip@v3", "no.aip", "r20261121T120000Z-00000000"):
        with pytest.raises(NotFoundError):
            prove(held, about)
    with pytest.raises(WrongUsageError):
        prove(held, "../x")


def test_the_files_of_a_version_follow_from_its_proof(held: Archive) -> None:
    """The listing that the statement names is what ``sha512sum`` says of the version's files."""
    stored = find_aip(held, "two.aip")
    state = stored.inventory.versions[2].state
    lines = sorted((path.encode(), digest) for path, digest in state.items())
    text = b"".join(digest.encode() + b"  " + path + b"\n" for path, digest in lines)
    told = (
        subprocess.run(["sha512sum"], input=text, capture_output=True, check=True).stdout.split()[0].decode()
    )
    assert prove(held, "two.aip@v2").statement.files == told


def script_of_the_page(folder: Path) -> Path:
    """The shell script that docs/ledger.md shows, as a file."""
    text = re.search(r"```sh\n(# check-proof\.sh.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert text is not None
    path = folder / "check-proof.sh"
    path.write_text(text[1], encoding="utf-8")
    return path


def test_a_proof_is_checked_with_standard_tools_as_the_page_shows(
    held: Archive, tmp_path: Path, program: Callable[[str], str]
) -> None:
    """The page's script says yes to every version, and no when inventory, proof or key is another."""
    script, key = script_of_the_page(tmp_path), held.home / "keys" / "archive.pub"
    left = tmp_path / "left"
    left.mkdir()

    def checks(proof: Path, inventory: Path, public: Path = key) -> bool:
        command = [program("sh"), *map(str, (script, proof, inventory, public))]
        environment = {**os.environ, "TMPDIR": str(left)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert list(left.iterdir()) == []
        assert ("proven: " in done.stdout) == (done.returncode == 0), done
        return done.returncode == 0

    proofs = {}
    for about in ("one.aip@v1", "two.aip@v1", "two.aip@v2"):
        proofs[about] = tmp_path / f"{about}.json"
        proofs[about].write_bytes(prove(held, about).as_bytes())
        aip_id, _, version = about.partition("@")
        assert checks(proofs[about], find_aip(held, aip_id).path / version / "inventory.json")
    inventory = find_aip(held, "two.aip").path / "v1" / "inventory.json"
    assert not checks(proofs["two.aip@v2"], inventory)
    data = proofs["two.aip@v1"].read_text(encoding="utf-8")
    broken = tmp_path / "broken.json"
    for old, new in (('"index": ', '"index": 1'), ('"salt": "', '"salt": "AAAA'), ("at 2026", "at 2027")):
        broken.write_text(data.replace(old, new, 1), encoding="utf-8")
        assert not checks(broken, inventory)
    root = data.partition("\\n")[2].split("\\n")[1]
    broken.write_text(data.replace(root, "A" + root[1:]), encoding="utf-8")
    assert not checks(broken, inventory)
    other = create_archive(tmp_path / "other").home / "keys" / "archive.pub"
    assert not checks(proofs["two.aip@v1"], inventory, other)


def test_what_was_published_must_still_hold(held: Archive, tmp_path: Path, bags: list[Path]) -> None:
    """Checkpoints gather in a folder; a ledger that contradicts one of them is refused and told."""
    outside = tmp_path / "outside"
    first = publish(held, outside)
    assert first.path.read_bytes() == (held.home / "ledger" / "checkpoint").read_bytes()
    list(submit(held, [plain_bag(tmp_path / "d.bag", "four.aip", {"d.csv": b"8\n"})]))
    second = publish(held, outside)
    assert (second.checkpoint.size, len(list(outside.iterdir()))) == (9, 2)
    assert codes(held, first.path, second.path) == []
    with pytest.raises(WrongUsageError, match="inside the archive"):
        publish(held, held.home / "ledger")
    # All of the last delivery is taken away, and the ledger put back to what it was before.
    shutil.copy(held.home / "ledger" / checkpoint_name(7), held.home / "ledger" / "checkpoint")
    assert ("LED-006", str(second.path)) in codes(held, first.path, second.path)
    with pytest.raises(DamageError, match="cut off"):
        publish(held, outside)


def test_a_checkpoint_is_mailed(held: Archive) -> None:
    """The letter holds the very lines of the checkpoint."""
    service = open_service(held)
    mail_checkpoint(service, "witness@example.org")
    assert send_due(service) == 1
    (letter,) = (held.home / "mail" / "new").iterdir()
    text = email.message_from_bytes(letter.read_bytes(), policy=default).get_content()
    assert (held.home / "ledger" / "checkpoint").read_text(encoding="utf-8") in text.replace("\r\n", "\n")


def test_before_the_newest_entry_nothing_is_served(held: Archive) -> None:
    """A clock that was put back behind the ledger is wrong for certain."""
    last = [parse_line(line) for line in each_line(held.home / "ledger")][-1].statement.at
    now = held.clock()
    assert forward_clock(replace(held, clock=lambda: now))() == now
    for month in held.receipts.iterdir():
        shutil.rmtree(month)
    earlier = now - timedelta(minutes=10)
    with pytest.raises(ConfigurationError, match=re.escape(last[:16])):
        forward_clock(replace(held, clock=lambda: earlier))


def test_a_stranger_checks_a_proof_with_nothing_but_the_key(held: Archive) -> None:
    """Public key and proof are enough; the archive need not be there."""
    data = prove(held, "one.aip").as_bytes()
    checked = check_proof(parse_proof(data), {held.signer.key_id: held.signer.public_pem})
    assert checked.origin == f"oais-archive/{held.signer.key_id}"


def test_the_reader_that_outlives_us_comes_to_the_same_verdict(held: Archive, tmp_path: Path) -> None:
    """``verify.py`` shares no line with the ledger: it finds it whole, and each bundle that is not."""
    program = held.aip_root / "verify.py"
    told = reader(program)
    assert told.returncode == 0, told.stdout
    assert "7 entries" in told.stdout
    bundle = held.home / "ledger" / "tile" / "entries" / "000.p" / "7"
    data = bundle.read_bytes()
    bundle.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert reader(program).returncode == 3
    assert codes(held) == [("LED-002", "ledger/tile/entries/000.p/7")]
    bundle.write_bytes(data)
    statements = held.home / "ledger" / "statements.jsonl"
    lines = statements.read_bytes()
    statements.write_bytes(lines.replace(b"two.aip@v1", b"two.aip@v2"))
    assert reader(program).returncode == 3
    assert codes(held)[0][0] == "LED-003"
