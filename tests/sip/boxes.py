"""Table B of the bad inputs as data: containers made to do what a container may not."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable

from tests.sip.bags import PAYLOAD

FILES = {f"bag/{path}": data for path, data in PAYLOAD.items()}
Change = Callable[[tarfile.TarInfo], None]


def tar_of(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of files."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return target.getvalue()


def tar_with(name: str, data: bytes = b"", change: Change | None = None) -> bytes:
    """A tar of one sound file and one changed member."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        sound = tarfile.TarInfo("bag/sound")
        archive.addfile(sound)
        member = tarfile.TarInfo(name)
        member.size = len(data)
        if change is not None:
            change(member)
        archive.addfile(member, io.BytesIO(data))
    return target.getvalue()


def typed(kind: bytes, link: str = "") -> Change:
    """Make a member a link, a device, or something else."""

    def change(member: tarfile.TarInfo) -> None:
        member.type = kind
        member.linkname = link

    return change


def set_user(member: tarfile.TarInfo) -> None:
    """Give a member the set-user-ID bit."""
    member.mode = 0o4755


def zip_of(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def zip_with_mode(name: str, mode: int) -> bytes:
    """A zip whose member has Unix mode bits."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        member.create_system = 3
        archive.writestr(member, "/etc/passwd")
    return target.getvalue()


def patched(data: bytes, old: bytes, new: bytes, count: int = -1) -> bytes:
    """Bytes with a part replaced, which must be there."""
    assert old in data
    return data.replace(old, new, count)


def sparse_tar() -> bytes:
    """A tar in GNU tar's own sparse format, header type S."""
    header = bytearray(tar_with("bag/sparse")[512:1024])
    header[156:157] = b"S"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + bytes(1024)


def pax_of(records: dict[str, str], kind: bytes = b"x") -> bytes:
    """A pax header with any records, before a sound member."""
    body = b""
    for key, value in records.items():
        rest = f" {key}={value}\n".encode()
        length = len(rest)
        while length != len(rest) + len(str(length)):
            length = len(rest) + len(str(length))
        body += str(length).encode() + rest
    member = tarfile.TarInfo("PaxHeader")
    member.type, member.size = kind, len(body)
    padded = body + bytes(-len(body) % 512)
    return member.tobuf(tarfile.USTAR_FORMAT) + padded + tar_of({"bag/a": b"a"})


def long_name(size: int) -> bytes:
    """A GNU long name of ``size`` bytes, of which only the first kibibyte is there."""
    member = tarfile.TarInfo("././@LongLink")
    member.type, member.size = b"L", size
    return member.tobuf(tarfile.GNU_FORMAT) + b"n" * 1024


def overlapping_zip() -> bytes:
    """Two entries of the central directory that share one member's bytes."""
    data = patched(zip_of({"a": b"x" * 9, "b": b"x" * 9}, zipfile.ZIP_STORED), b"b", b"a")
    second = data.rindex(b"PK\x01\x02")
    return data[: second + 42] + struct.pack("<L", 0) + data[second + 46 :]


def lying_sizes(size: int) -> bytes:
    """A zip that claims another unpacked size, in both headers alike."""
    data = bytearray(zip_of({"a": b"x" * 100}))
    central = data.index(b"PK\x01\x02")
    for at in (22, central + 24):
        data[at : at + 4] = struct.pack("<L", size)
    return bytes(data)


def zip_of_claimed_members() -> bytes:
    """An end record that claims 0xffff members without a zip64 record."""
    data = bytearray(zip_of({"a": b"x"}))
    end = data.rindex(b"PK\x05\x06")
    data[end + 8 : end + 12] = b"\xff\xff\xff\xff"
    return bytes(data)


def zip64_of(files: dict[str, bytes]) -> bytes:
    """A zip with 64-bit sizes in its local headers."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(data)
    return target.getvalue()


def lying_zip64() -> bytes:
    """A zip64 end record that claims another number of members than the plain one."""
    data = zip_of({"a": b"x"})
    end = data.rindex(b"PK\x05\x06")
    start = data.index(b"PK\x01\x02")
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2, 2, end - start, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    plain = bytearray(data[end:])
    plain[12:20] = b"\xff" * 8
    return data[:end] + record + locator + bytes(plain)


def commented(data: bytes) -> bytes:
    """A zip with the longest comment there can be."""
    return data[:-2] + b"\xff\xff" + b"c" * 0xFFFF


ZEROS = bytes(8 << 20)
PATHS = ("../x", "/etc/x", "bag/../../x", "..\\..\\x", "C:\\x", "\\\\server\\x", "~/x")

CASES: dict[str, tuple[bytes, str]] = {
    **{f"B1 tar {path}": (tar_with(path), "BOX-005") for path in PATHS},
    **{f"B1 zip {path}": (zip_of({path: b"x"}), "BOX-005") for path in PATHS},
    "B1 tar symlink": (tar_with("bag/l", change=typed(b"2", "/etc/passwd")), "BOX-006"),
    "B1 tar hard link": (tar_with("bag/l", change=typed(b"1", "bag/sound")), "BOX-006"),
    "B1 tar character device": (tar_with("bag/d", change=typed(b"3")), "BOX-006"),
    "B1 tar block device": (tar_with("bag/d", change=typed(b"4")), "BOX-006"),
    "B1 tar FIFO": (tar_with("bag/f", change=typed(b"6")), "BOX-006"),
    "B1 tar setuid": (tar_with("bag/s", b"x", set_user), "BOX-008"),
    "B1 tar long path": (tar_with("bag/" + "/".join(["d" * 200] * 20)), "BOX-007"),
    "B1 tar of unknown type": (tar_with("bag/u", change=typed(b"Z")), "BOX-018"),
    "B1 zip symlink": (zip_with_mode("bag/l", stat.S_IFLNK | 0o777), "BOX-006"),
    "B1 zip FIFO": (zip_with_mode("bag/f", stat.S_IFIFO | 0o644), "BOX-006"),
    "B1 zip setuid": (zip_with_mode("bag/s", stat.S_IFREG | 0o4755), "BOX-008"),
    "B1 tar link, then written through": (
        tar_with("bag/l", change=typed(b"2", "/tmp"))[:1024] + tar_of({"bag/l/x": b"x"}),
        "BOX-006",
    ),
    "B2 gzip bomb": (gzip.compress(tar_of({"bag/zeros": ZEROS})), "BOX-010"),
    "B2 zip bomb": (zip_of({"bag/zeros": ZEROS}), "BOX-010"),
    "B2 zip of many small bombs": (zip_of({f"bag/{n}": ZEROS[: 1 << 20] for n in range(4)}), "BOX-010"),
    "B2 zip overlap": (overlapping_zip(), "BOX-016"),
    "B2 zip claims more": (lying_sizes(200), "BOX-003"),
    "B2 zip claims less": (lying_sizes(50), "BOX-003"),
    "B2 names differ": (patched(zip_of({"name": b"x"}), b"name", b"mane", 1), "BOX-015"),
    "B2 zip: bytes after the end": (zip_of(FILES) + b"x", "BOX-002"),
    "B2 zip: bytes before the start": (b"PK\x03\x04" + zip_of({"a": b"x"}), "BOX-020"),
    "B2 zip: second end record": (zip_of({"a": b"x"}) + b"PK\x05\x06" + bytes(18), "BOX-020"),
    "B2 tar: bytes after the end": (tar_of(FILES) + b"x" * 512, "BOX-004"),
    "B2 gzip: bytes after the end": (gzip.compress(tar_of(FILES)) + b"x", "BOX-004"),
    "B2 encrypted": (
        patched(
            patched(zip_of({"a": b"x"}), b"PK\x03\x04\x14\0\0", b"PK\x03\x04\x14\0\1"),
            b"PK\x01\x02\x14\x03\x14\0\0",
            b"PK\x01\x02\x14\x03\x14\0\1",
        ),
        "BOX-017",
    ),
    "B2 lzma": (zip_of({"a": b"x"}, zipfile.ZIP_LZMA), "BOX-018"),
    "B2 0xffff members claimed": (zip_of_claimed_members(), "BOX-020"),
    "B2 zip64 record lies": (lying_zip64(), "BOX-020"),
    "B2 wrong CRC": (patched(zip_of({"a": b"xyz"}, 0), b"xyz", b"xyy"), "BOX-003"),
    "B2 flipped gzip": (
        bytes(byte ^ (at == 60) for at, byte in enumerate(gzip.compress(tar_of(FILES)))),
        "BOX-003",
    ),
    "B3 tar duplicate": (tar_with("bag/sound"), "BOX-009"),
    "B3 tar file and directory": (tar_with("bag/sound/x", b"x"), "BOX-009"),
    "B3 zip duplicate": (patched(zip_of({"bag/a": b"1", "bag/b": b"2"}), b"bag/b", b"bag/a"), "BOX-009"),
    "B3 backslash": (zip_of({"bag\\a": b"x"}), "BOX-007"),
    "B3 tar not UTF-8": (tar_of({"bag/\udcff": b"x"}, tarfile.GNU_FORMAT), "BOX-007"),
    "B3 control character": (tar_of({"bag/a\nb": b"x"}), "BOX-007"),
    "B3 cp437 name": (patched(zip_of({"bag/aa": b"x"}), b"bag/aa", "bag/é".encode()), "BOX-019"),
    "B5 sparse": (sparse_tar(), "BOX-013"),
    "B5 pax sparse": (pax_of({"GNU.sparse.major": "1"}), "BOX-013"),
    "B5 pax bomb": (pax_of({"comment": "c" * (1 << 17)}), "BOX-014"),
    "B5 pax chain": (pax_of({"comment": "c"})[:1024] * 9 + tar_of({"bag/a": b""}), "BOX-014"),
    "B5 pax global path": (pax_of({"path": "/etc/x"}, b"g"), "BOX-018"),
    "B5 pax path": (pax_of({"path": "../../x"}), "BOX-005"),
    "B5 pax size": (pax_of({"size": "-1"}), "BOX-003"),
    "B5 pax size beyond the end": (pax_of({"size": "99999999"}), "BOX-002"),
    "B5 GNU longname of 1 GB": (long_name(1 << 30), "BOX-014"),
    "not a container": (b"SIMPLE  =                    T" * 100, "BOX-001"),
    "nothing": (b"", "BOX-001"),
    "damaged header": (patched(tar_of(FILES), b"bag/data/img", b"bag/date/img"), "BOX-003"),
}
