"""Taking deliveries into custody: what arrives is what was sent, read once, and nothing else comes along."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from oais.errors import NotFoundError, StorageError, WrongUsageError
from oais.information.fixity import ARCHIVE_ALGORITHMS, FileFixity, hash_bytes
from oais.information.packages import Submission
from sip import copying
from sip.admission import ReceiveLimits
from sip.bag.validation import validate_bag
from sip.checks.bag_structure import check_bag_structure
from sip.copying import FileToCopy, copy_file
from sip.receive import content_digest, receive
from tests.sip.bags import NOW, PAYLOAD, codes, make_bag, seal_tags, submit, write
from tests.sip.spoiled import CASES
from tests.tars import unpack


def tree(root: Path) -> dict[str, bytes]:
    """Every file below a directory with its bytes; links by where they point."""
    return {
        path.relative_to(root).as_posix(): os.readlink(path).encode()
        if path.is_symlink()
        else path.read_bytes()
        for path in root.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def packed(root: Path, kind: str, prefix: str = "bag") -> bytes:
    """A bag in a container."""
    target = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(target, "w") as archive:
            for path, data in sorted(tree(root).items()):
                archive.writestr(f"{prefix}/{path}".lstrip("/"), data)
    else:
        with tarfile.open(fileobj=target, mode="w:gz" if kind == "tar.gz" else "w") as box:
            box.add(root, prefix or ".")
    return target.getvalue()


def test_a_directory_arrives_bit_for_bit(tmp_path: Path) -> None:
    """Custody holds the same files; every one has the archive's three digests and its size."""
    root = make_bag(tmp_path / "bag")
    submission = submit(root, tmp_path / "custody")
    assert submission.findings == ()
    assert tree(submission.bag) == tree(root)
    assert submission.files == {path: hash_bytes(data) for path, data in tree(root).items()}
    assert (submission.source_name, submission.container) == ("bag", "")
    assert submission.received_at == "2026-11-21T03:52:00Z"
    assert sorted(os.listdir(tmp_path / "custody")) == ["r1"]


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])
@pytest.mark.parametrize("prefix", ["bag", ""], ids=["in a directory", "at the top"])
def test_a_container_arrives_and_is_unpacked(kind: str, prefix: str, tmp_path: Path) -> None:
    """The container is kept byte for byte with its digest, and its bag is sound."""
    root = make_bag(tmp_path / "bag")
    delivery = tmp_path / f"delivery.{kind}"
    delivery.write_bytes(packed(root, kind, prefix))
    submission = submit(delivery, tmp_path / "custody")
    assert submission.findings == ()
    assert submission.files == {path: hash_bytes(data) for path, data in tree(root).items()}
    kept = submission.custody / "container" / submission.container
    assert kept.read_bytes() == delivery.read_bytes()
    assert submission.delivery_digest == hashlib.sha512(delivery.read_bytes()).hexdigest()
    assert check_bag_structure(submission)[1] == ()


def test_the_delivery_digest_of_a_directory(tmp_path: Path) -> None:
    """It is the sha512 of the listing that sha512sum prints, sorted by path."""
    root = make_bag(tmp_path / "bag")
    lines = (f"{hashlib.sha512(data).hexdigest()}  {path}\n" for path, data in sorted(tree(root).items()))
    expected = hashlib.sha512("".join(lines).encode()).hexdigest()
    assert submit(root, tmp_path / "custody").delivery_digest == expected


def test_custody_keeps_what_is_refused(tmp_path: Path, record_count: Callable[[str, int], None]) -> None:
    """Each spoiled bag of table A is received without an exception; files arrive as they were sent."""
    for number, (spoil, _, _, _) in enumerate(CASES.values()):
        root = make_bag(tmp_path / str(number) / "bag")
        spoil(root)
        submission = submit(root, tmp_path / "custody", f"r{number}")
        for path, fixity in submission.files.items():
            assert (submission.bag / path).read_bytes() == (root / path).read_bytes()
            assert fixity.size == (root / path).stat().st_size
        check_bag_structure(submission)
    record_count("matrix cells", len(CASES))


@pytest.mark.parametrize("case", [case for case, row in CASES.items() if row[2] == "error"])
def test_refusal_through_the_whole_door(case: str, tmp_path: Path) -> None:
    """Receiving and the structure check together refuse every row of table A that must be refused."""
    spoil, code, _, _ = CASES[case]
    root = make_bag(tmp_path / "bag")
    spoil(root)
    submission = submit(root, tmp_path / "custody")
    _, findings = check_bag_structure(submission)
    assert code in codes((*submission.findings, *findings), "error")


@pytest.mark.parametrize("make", [lambda p: p.symlink_to("/etc/passwd"), os.mkfifo], ids=["link", "FIFO"])
def test_special_entries_never_come_along(make: Callable[[Path], object], tmp_path: Path) -> None:
    """A link or a pipe is reported and neither copied nor opened."""
    root = make_bag(tmp_path / "bag")
    make(root / "data" / "special")
    submission = submit(root, tmp_path / "custody")
    assert codes(submission.findings) == {"BAG-060"}
    assert not os.path.lexists(submission.bag / "data" / "special")


def test_nothing_is_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The structure check of a submission opens no payload file: md5 too was computed at receipt."""
    root = make_bag(tmp_path / "bag", algorithms=("sha512", "sha256", "md5"))
    submission = submit(root, tmp_path / "custody")
    opened: list[str] = []
    real = os.open

    def watched(path: str, *arguments: int, **named: int) -> int:
        opened.append(os.fspath(path))
        return real(path, *arguments, **named)

    monkeypatch.setattr(os, "open", watched)
    _, findings = check_bag_structure(submission)
    assert findings == ()
    assert opened
    assert not [path for path in opened if "/data/" in path]


def test_many_files_on_all_cores(tmp_path: Path) -> None:
    """Enough small files to start processes: the same digests as by hand."""
    payload = {f"data/{n % 7}/{n}": str(n).encode() * n for n in range(400)}
    root = make_bag(tmp_path / "bag", payload)
    seen: list[int] = []
    submission = receive(
        root, tmp_path / "custody", receipt_id="r1", now=NOW, workers=2, progress=seen.append
    )
    assert submission.files == {path: hash_bytes(data) for path, data in tree(root).items()}
    assert tree(submission.bag) == tree(root)
    assert sum(seen) == submission.size


def test_a_large_file(tmp_path: Path) -> None:
    """A file that is copied by threads arrives with the right digests."""
    data = os.urandom(copying.LARGE + 12345)
    root = make_bag(tmp_path / "bag", {"data/large": data})
    submission = submit(root, tmp_path / "custody")
    assert submission.files["data/large"] == hash_bytes(data, (*ARCHIVE_ALGORITHMS,))
    assert (submission.bag / "data/large").read_bytes() == data


def over(submission: Submission) -> bool:
    """Whether a delivery was refused before its first byte was copied."""
    return codes(submission.findings, "error") >= {"BAG-068"} and submission.files == {}


def test_quota_is_judged_before_the_first_byte(tmp_path: Path) -> None:
    """Bytes and files allowed are allowed, one more is refused with nothing copied."""
    root = make_bag(tmp_path / "bag")
    size, members = sum(map(len, tree(root).values())), len(list(root.rglob("*")))
    limits = (ReceiveLimits(size, members), ReceiveLimits(size - 1), ReceiveLimits(size, members - 1))
    outcomes = [
        over(submit(root, tmp_path / "custody", f"r{number}", limit)) for number, limit in enumerate(limits)
    ]
    assert outcomes == [False, True, True]
    assert tree(tmp_path / "custody" / "r1" / "bag") == {}


def test_a_sparse_terabyte(tmp_path: Path) -> None:
    """A file that claims 1 TiB is refused at once: it is more than the quota, the disk, or the Oxum."""
    root = make_bag(tmp_path / "bag")
    with (root / "data/img.fits").open("r+b") as stream:
        stream.truncate(1 << 40)
    assert over(submit(root, tmp_path / "custody"))


def test_sparse_beyond_the_declared_size(tmp_path: Path) -> None:
    """A sparse file within quota, but larger than Payload-Oxum declares, is not copied either."""
    root = make_bag(tmp_path / "bag")
    with (root / "data/img.fits").open("r+b") as stream:
        stream.truncate(64 << 20)
    assert over(submit(root, tmp_path / "custody"))


def test_no_room(tmp_path: Path) -> None:
    """A delivery that would not leave the reserve free stops us before it is copied; it is not judged."""
    root = make_bag(tmp_path / "bag")
    with pytest.raises(StorageError, match="room"):
        submit(root, tmp_path / "custody", limits=ReceiveLimits(reserve=1 << 60))
    assert list((tmp_path / "custody").iterdir()) == []


def test_a_refused_container_leaves_only_itself(tmp_path: Path) -> None:
    """Of a container with an unsafe member the container is kept, and nothing unpacked."""
    root = make_bag(tmp_path / "bag")
    (root / "data/link").symlink_to("/etc/passwd")
    delivery = tmp_path / "delivery.tar"
    delivery.write_bytes(packed(root, "tar"))
    submission = submit(delivery, tmp_path / "custody")
    assert codes(submission.findings) == {"BOX-006"}
    assert tree(submission.custody) == {"container/delivery.tar": delivery.read_bytes()}
    bag, findings = check_bag_structure(submission)
    assert (findings, bag.manifests) == ((), {})


@pytest.mark.parametrize("kind", ["directory", "tar", "zip"])
@pytest.mark.parametrize("tops", [1, 2])
def test_a_bag_that_is_not_at_the_top(kind: str, tops: int, tmp_path: Path) -> None:
    """One directory too many, or two bags at the top, are told as such (A21)."""
    outer = tmp_path / "outer"
    for number in range(tops):
        make_bag(outer / f"bag{number}")
    delivery = outer
    if kind != "directory":
        delivery = tmp_path / f"delivery.{kind}"
        delivery.write_bytes(packed(outer, kind, "one" if tops == 1 else ""))
    submission = submit(delivery, tmp_path / "custody")
    _, findings = check_bag_structure(submission)
    assert "BAG-067" in codes((*submission.findings, *findings), "error")


def test_wrong_questions(tmp_path: Path) -> None:
    """A missing delivery, a link and a pipe are wrong questions; nothing is left in custody."""
    root = make_bag(tmp_path / "bag")
    (tmp_path / "link").symlink_to(root)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotFoundError):
        submit(tmp_path / "nowhere", tmp_path / "custody")
    for name in ("link", "pipe"):
        with pytest.raises(WrongUsageError):
            submit(tmp_path / name, tmp_path / "custody")
    assert not (tmp_path / "custody").exists()


def test_a_receipt_is_never_overwritten(tmp_path: Path) -> None:
    """A second delivery under the same receipt is refused and leaves the first as it was."""
    root = make_bag(tmp_path / "bag")
    first = submit(root, tmp_path / "custody")
    before = tree(first.bag)
    with pytest.raises(StorageError):
        submit(root, tmp_path / "custody")
    assert tree(first.bag) == before
    assert sorted(os.listdir(tmp_path / "custody")) == ["r1"]


@pytest.mark.parametrize("files", [3, 300], ids=["here", "in processes"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_disk_that_refuses(code: int, files: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When custody cannot be written the fault is the archive's, nothing stays, and later it works."""
    root = make_bag(tmp_path / "bag", {f"data/{n}": b"x" for n in range(files)})

    def refuse(descriptor: int, data: bytes) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(copying, "write_all", refuse)
        with pytest.raises(StorageError, match=os.strerror(code)):
            submit(root, tmp_path / "custody")
    assert os.listdir(tmp_path / "custody") == []
    assert submit(root, tmp_path / "custody").findings == ()


def test_a_delivery_named_by_a_way_through_a_link(tmp_path: Path) -> None:
    """The way to a delivery may go through links; only the delivery itself may not be one."""
    root = make_bag(tmp_path / "real" / "bag")
    (tmp_path / "way").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "bag.zip").write_bytes(packed(root, "zip"))
    for number, name in enumerate(("bag", "bag.zip")):
        submission = submit(tmp_path / "way" / name, tmp_path / "custody", f"r{number}")
        assert check_bag_structure(submission)[1] == ()


def copied(root: Path, target: Path, file: FileToCopy) -> FileFixity:
    """Copy one file between two directories."""
    source, place = (os.open(path, os.O_RDONLY | os.O_DIRECTORY) for path in (root, target))
    try:
        return copy_file(source, place, file, ("sha256",))
    finally:
        os.close(source)
        os.close(place)


@pytest.mark.parametrize("what", ["size", "time", "inode"])
def test_change_while_reading(what: str, tmp_path: Path) -> None:
    """A file that is no longer the one that was listed is told, though it could be read."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    file = tmp_path / "in" / "file"
    file.write_bytes(b"before")
    status = file.stat()
    seen = FileToCopy("file", status.st_size, (status.st_ino, status.st_mtime_ns))
    if what == "size":
        file.write_bytes(b"longer than before")
    elif what == "time":
        os.utime(file, ns=(0, 0))
    else:
        (tmp_path / "other").write_bytes(b"before")
        (tmp_path / "other").rename(file)
    assert copied(tmp_path / "in", tmp_path / "out", seen).problem == "changed while it was read"


def test_a_directory_swapped_for_a_link(tmp_path: Path) -> None:
    """Between listing and opening, a directory becomes a link to a secret: nothing is read through it."""
    for name in ("in", "out/sub", "secret"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "secret" / "file").write_bytes(b"secret")
    (tmp_path / "in" / "sub").symlink_to(tmp_path / "secret")
    fixity = copied(tmp_path / "in", tmp_path / "out", FileToCopy("sub/file", 6, (0, 0)))
    assert fixity.problem.startswith("unreadable")
    assert tree(tmp_path / "out") == {}


def test_content_digest(tmp_path: Path) -> None:
    """A bag made anew of the same files is the same content; another file or identifier is not."""
    first = submit(make_bag(tmp_path / "1"), tmp_path / "custody", "r1")
    remade = make_bag(tmp_path / "2", algorithms=("sha256",), version="0.97")
    second = submit(remade, tmp_path / "custody", "r2")
    other = submit(make_bag(tmp_path / "3", PAYLOAD | {"data/img.fits": b"x"}), tmp_path / "custody", "r3")
    tagged = make_bag(tmp_path / "4", extra={"metadata/submission.yaml": b"level: N0\n"})
    fourth = submit(tagged, tmp_path / "custody", "r4")
    key = content_digest(first.files, "a.1")
    assert content_digest(second.files, "a.1") == key
    assert (
        len(
            {
                key,
                content_digest(first.files, "a.2"),
                content_digest(other.files, "a.1"),
                content_digest(fourth.files, "a.1"),
            }
        )
        == 4
    )


def test_the_next_good_delivery_works(tmp_path: Path) -> None:
    """After refusals of every kind a sound bag is received and judged sound."""
    bad = make_bag(tmp_path / "bad")
    os.mkfifo(bad / "data" / "pipe")
    submit(bad, tmp_path / "custody", "r1")
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04nonsense")
    submit(tmp_path / "bad.zip", tmp_path / "custody", "r2")
    good = submit(make_bag(tmp_path / "good"), tmp_path / "custody", "r3")
    assert (good.findings, check_bag_structure(good)[1]) == ((), ())


def test_real_bags_in_their_tars(shared: Path, tmp_path: Path) -> None:
    """The tars of real deposits unpack as tar itself unpacks them."""
    for number, delivery in enumerate(sorted((shared / "data" / "bags").glob("*.tar"))):
        submission = submit(delivery, tmp_path / "custody", f"r{number}")
        with tarfile.open(delivery) as archive:
            unpack(archive, tmp_path / str(number))
        (root,) = (tmp_path / str(number)).iterdir()
        assert submission.files == {path: hash_bytes(data) for path, data in tree(root).items()}
        assert validate_bag(submission.bag).valid is validate_bag(root).valid


def test_a_tag_file_that_is_replaced_is_found(tmp_path: Path) -> None:
    """Custody is judged by the digests of receipt, so tampering with the copy later shows as a change."""
    root = make_bag(tmp_path / "bag")
    submission = submit(root, tmp_path / "custody")
    write(submission.bag, "bag-info.txt", b"Payload-Oxum: 2886.3\n")
    assert codes(check_bag_structure(submission)[1], "error") == {"BAG-064"}
    seal_tags(root)
    assert check_bag_structure(submit(root, tmp_path / "custody", "r2"))[1] == ()
