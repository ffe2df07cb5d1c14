"""Inspection in limited processes: all real files, table E, files that kill, and random damage."""

from __future__ import annotations

import csv
import os
import pickle
import random
import resource
import selectors
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oais.errors import ConfigurationError
from oais.information.findings import Severity
from oais.information.packages import Inspection
from oais.information.representation.identification import identify_file
from oais.information.representation.inspection import Inspector
from tests.information.fits_making import curve, header, primary, table
from tests.information.real_files import real_paths

SEEDS = (
    "tess/lc/test-lc-tess-pimen-100-cadences.fits",
    "soho/mdi/mdi.fd_Ic.20101015_230100_TAI.data.fits",
    "proba2/lyra/lyra_20150101-000000_lev3_std_truncated.fits.gz",
    "psp/psp_fld_l2_mag_rtn_1min_20200104_v02.cdf",
    "cluster/asp/C1_CP_ASP_ACTIVE__20010101_000000_20100101_000000_V081030.cef",
)


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    """One inspector for all tests of this module, as ingest keeps it."""
    with Inspector(2) as kept:
        yield kept


def one(inspector: Inspector, name: str, path: Path) -> Inspection:
    """Inspect one file."""
    (found,) = inspector.inspect([(name, path)])
    return found


def error_codes(found: Inspection) -> list[str]:
    """Return the codes of the errors of an inspection."""
    return [item.code for item in found.findings if item.severity is Severity.ERROR]


def test_every_real_file_is_inspected_and_only_damaged_ones_are_refused(
    shared: Path, inspector: Inspector, record_count: Callable[[str, int], None]
) -> None:
    """All 159 files, in order: errors exactly in damaged/, headers in everything that has them."""
    items = real_paths(shared)
    found = list(inspector.inspect(items))
    assert [item.path for item in found] == [name for name, _ in items]
    for item in found:
        assert bool(error_codes(item)) == item.path.startswith("damaged/"), item.path
        if item.path.endswith((".fits", ".fts", ".fits.gz", ".cdf", ".cef")):
            sound = not item.path.startswith("damaged/")
            assert bool(item.headers and item.structure) or not sound, item.path
    record_count("real files inspected", len(found))


def test_headers_are_those_listed_independently(shared: Path, inspector: Inspector) -> None:
    """Mission, instrument and origin are, in some unit, the values of HEADERS.tsv."""
    with (shared / "data" / "HEADERS.tsv").open(encoding="utf-8", newline="") as stream:
        rows = {row["path"]: row for row in csv.DictReader(stream, delimiter="\t")}
    names = [name for name in rows if name.endswith((".fits", ".fts", ".fits.gz"))]
    compared = 0
    for item in inspector.inspect((name, shared / "data" / name) for name in names):
        for keyword in ("TELESCOP", "INSTRUME", "ORIGIN"):
            listed = rows[item.path][keyword].strip()
            if listed:
                values = [str(unit.get(keyword, "")).strip() for unit in item.headers]
                assert listed in values, (item.path, keyword, values)
                compared += 1
    assert compared > 200


def test_structure_names_columns_and_shapes(shared: Path, inspector: Inspector) -> None:
    """Tables tell names, units and formats of their columns, images their shape."""
    name = "tess/lc/test-lc-tess-pimen-100-cadences.fits"
    units = one(inspector, name, shared / "data" / name).structure
    assert [unit["kind"] for unit in units] == ["image", "binary table", "image"]
    assert units[1]["rows"] == 100
    first = units[1]["columns"][0]
    assert (first["name"], first["unit"], first["format"]) == ("TIME", "BJD - 2457000, days", "D")
    name = "soho/mdi/mdi.fd_Ic.20101015_230100_TAI.data.fits"
    unit = one(inspector, name, shared / "data" / name).structure[1]
    assert (unit["kind"], unit["shape"]) == ("compressed image", [1024, 1024])


def fifo(path: Path) -> None:
    """Make a FIFO that would block who opens it."""
    os.mkfifo(path)


def far_array(path: Path) -> None:
    """Make a table whose variable-length array claims 2^31-1 elements."""
    rows = (2**31 - 1).to_bytes(4, "big") + bytes(4)
    path.write_bytes(primary() + table({"A": "1PE(9)"}, rows, 8, heap=bytes(36)))


def missing(path: Path) -> None:
    """Make nothing at all."""


def link(path: Path) -> None:
    """Make a link to a file outside."""
    path.symlink_to("/etc/passwd")


ENDED = "FMT-003"
"""The code of a file whose reader had to be ended, because it took too long or too much."""

SPECIAL = {
    "E1 FIFO": (fifo, "FMT-002"),
    "E1 far array": (far_array, "FIT-014"),
    "missing": (missing, "FMT-002"),
    "symbolic link": (link, "FMT-002"),
}


@pytest.mark.parametrize("kind", SPECIAL)
def test_strange_file_gets_its_code(kind: str, tmp_path: Path, inspector: Inspector) -> None:
    """What is no regular file, or points outside itself, is told and never waited for."""
    make, code = SPECIAL[kind]
    make(tmp_path / "x.fits")
    codes = error_codes(one(inspector, "x.fits", tmp_path / "x.fits"))
    assert code in codes
    assert ENDED not in codes


@pytest.mark.parametrize(
    "name",
    ["http://192.0.2.1/x.fits", "file:///etc/passwd", "x.fits[1]", "-", "!out.fits", "a.fits(out)"],
)
def test_name_is_never_more_than_a_name(name: str, tmp_path: Path, inspector: Inspector) -> None:
    """E1, E2: a name that means something to other tools is not acted upon; the bytes are read."""
    path = tmp_path / "real"
    path.write_bytes(curve([(0.0, 1.0, 0)]))
    found = one(inspector, name, path)
    assert found.path == name
    assert found.format.format_id == "x-fmt/383"
    assert error_codes(found) == []


class Trap:
    """An object whose unpickling would make a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.target,))


def test_formats_that_can_run_or_link_are_only_identified(tmp_path: Path, inspector: Inspector) -> None:
    """E5: pickles, object arrays, HDF5 and the like are kept and never opened by a library."""
    files = {
        "x.pkl": pickle.dumps(Trap(tmp_path / "sprung")),
        "x.npy": b"\x93NUMPY\x01\x00" + bytes(200),
        "x.h5": b"\x89HDF\r\n\x1a\n" + bytes(500),
        "x.nc": b"CDF\x01" + bytes(200),
        "x.parquet": b"PAR1" + bytes(100) + b"PAR1",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        found = one(inspector, name, tmp_path / name)
        assert found.headers == ()
        assert error_codes(found) == []
    assert not (tmp_path / "sprung").exists()


def sparse(path: Path) -> None:
    """Make a FITS file of 4 TiB that takes no space on disk."""
    head = header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 1, "NAXIS1": 1 << 42})
    path.write_bytes(head)
    os.truncate(path, len(head) + (1 << 42))


def test_file_that_hangs_its_reader_is_told_and_its_neighbours_are_inspected(
    tmp_path: Path, shared: Path
) -> None:
    """A reader that takes too long is ended: one finding for that file, none for the others."""
    good = shared / "data" / SEEDS[0]
    sparse(tmp_path / "endless.fits")
    items = [("a.fits", good), ("endless.fits", tmp_path / "endless.fits"), ("b.fits", good)]
    with Inspector(1, wall_seconds=1.0) as impatient:
        found = list(impatient.inspect(items))
        again = list(impatient.inspect([("c.fits", good)]))
    assert [error_codes(item) for item in [*found, *again]] == [[], ["FMT-003"], [], []]
    assert "longer than 1 seconds" in found[1].findings[0].message


def test_reader_that_is_killed_is_replaced(tmp_path: Path, shared: Path) -> None:
    """When the process dies while reading a file, that file has a finding and the rest goes on."""
    good = shared / "data" / SEEDS[0]
    sparse(tmp_path / "endless.fits")
    items = [("a.fits", good), ("endless.fits", tmp_path / "endless.fits"), ("b.fits", good)]
    with Inspector(1) as inspector:
        assert error_codes(one(inspector, "warm.fits", good)) == []
        process = inspector._pool._children[0]._process
        assert process is not None
        stop = threading.Timer(0.5, os.kill, (process.pid, 9))
        stop.start()
        found = list(inspector.inspect(items))
    assert [error_codes(item) for item in found] == [[], ["FMT-003"], []]
    assert "signal 9" in found[1].findings[0].message


@pytest.mark.long
def test_reader_has_a_limit_of_processor_time(tmp_path: Path) -> None:
    """A file that keeps the processor busy ends its reader by the limit, before the wall time."""
    sparse(tmp_path / "endless.fits")
    with Inspector(1, wall_seconds=120.0) as inspector:
        found = one(inspector, "endless.fits", tmp_path / "endless.fits")
    assert "processor time" in found.findings[0].message


def test_memory_limit_is_a_finding_of_one_file(tmp_path: Path, shared: Path) -> None:
    """A CDF that asks for more memory than there is does not starve the files after it."""
    good = shared / "data" / SEEDS[3]
    data = bytearray(good.read_bytes())
    greedy = tmp_path / "x.cdf"
    data[23657] = 235  # the high byte of the size of an attribute's entry
    greedy.write_bytes(data)
    items = [("a.cdf", good), ("x.cdf", greedy), ("b.cdf", good), ("c.cdf", good)]
    with Inspector(1) as inspector:
        found = list(inspector.inspect(items))
    assert [bool(error_codes(item)) for item in found] == [False, True, False, False]


def test_process_that_cannot_start_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation stops us with a message; it is not blamed on a file."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Inspector(1) as inspector, pytest.raises(ConfigurationError, match="does not start"):
        one(inspector, "x", Path("/nowhere"))


def test_child_keeps_no_secret_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reading process knows nothing of our environment, and its folder goes with it."""
    monkeypatch.setenv("OAIS_TEST_CANARY", "hidden-canary")
    (tmp_path / "x").write_bytes(primary())
    with Inspector(1) as inspector:
        one(inspector, "x", tmp_path / "x")
        child = inspector._pool._children[0]
        assert child._process is not None
        assert child._folder is not None
        environment = Path(f"/proc/{child._process.pid}/environ").read_bytes()
        folder = Path(child._folder.name)
        assert folder.is_dir()
        pid = child._process.pid
    assert b"canary" not in environment.lower()
    assert not folder.exists()
    assert not Path(f"/proc/{pid}").exists()


_ASKED = """
import sys
from pathlib import Path
from oais.information.representation.inspection import Inspector

inspector = Inspector(1)
list(inspector.inspect([("x", Path(sys.argv[1]))]))
child = inspector._pool._children[0]
print(child._process.pid, child._folder.name, flush=True)
sys.stdin.read()
"""


def test_child_of_a_killed_parent_leaves_nothing(tmp_path: Path) -> None:
    """Who is killed cannot remove the folder of his reading process; that one does it when it ends."""
    (tmp_path / "x").write_bytes(primary())
    command = [sys.executable, "-c", _ASKED, str(tmp_path / "x")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, _, folder = parent.stdout.readline().strip().partition(" ")
        child = os.pidfd_open(int(pid))
        assert Path(folder).is_dir()
        parent.kill()
    with os.fdopen(child), selectors.DefaultSelector() as ending:
        ending.register(child, selectors.EVENT_READ)
        assert ending.select(60), "the reading process does not end"
    assert not Path(folder).exists()


def loaded_libraries(inspector: Inspector) -> str:
    """Return what the reading process has mapped into its memory, one mapping a line."""
    process = inspector._pool._children[0]._process
    assert process is not None
    return Path(f"/proc/{process.pid}/maps").read_text()


def test_space_data_are_inspected_without_pronom(shared: Path, tmp_path: Path) -> None:
    """FITS, CDF and CEF never load the large library of PRONOM into their reader."""
    (tmp_path / "x.fits").write_bytes(curve([(0.0, 1.0, 0)]))
    items = [(name, shared / "data" / name) for name in SEEDS] + [("x.fits", tmp_path / "x.fits")]
    with Inspector(1) as inspector:
        found = list(inspector.inspect(items))
        assert "pygfried" not in loaded_libraries(inspector)
    assert all(item.format.tool.startswith("oais signatures") for item in found)


def test_pronom_is_asked_within_the_limits_for_what_we_do_not_know(tmp_path: Path) -> None:
    """The first unknown file has its reader replaced by one with PRONOM, in order and with all limits."""
    (tmp_path / "a.fits").write_bytes(primary())
    (tmp_path / "b.gif").write_bytes(b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;")
    (tmp_path / "c.bin").write_bytes(bytes(range(1, 256)) * 3)
    names = ["a.fits", "b.gif", "a.fits", "c.bin", "a.fits"]
    with Inspector(1) as inspector:
        found = list(inspector.inspect((name, tmp_path / name) for name in names))
        process = inspector._pool._children[0]._process
        assert process is not None
        limits = [resource.prlimit(process.pid, which) for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU)]
        assert "pygfried" in loaded_libraries(inspector)
    assert [item.path for item in found] == names
    told = [item.format for item in found]
    assert told == [identify_file(tmp_path / name, name) for name in names]
    assert [one.format_id for one in told[1:4]] == ["fmt/4", "x-fmt/383", "oais/unknown"]
    assert told[1].tool.startswith("siegfried")
    assert all(soft != resource.RLIM_INFINITY for soft, _ in limits)


def test_many_files_are_read_by_the_same_process(shared: Path) -> None:
    """A sound file costs no process of its own, since starting one takes longer than reading the file."""
    path = shared / "data" / SEEDS[0]
    with Inspector(1) as inspector:
        one(inspector, "first.fits", path)
        first = inspector._pool._children[0]._process
        assert sum(1 for _ in inspector.inspect((f"{n}.fits", path) for n in range(100))) == 100
        assert inspector._pool._children[0]._process is first


def damaged_copies(source: Path, folder: Path, points: int, chance: random.Random) -> list[Path]:
    """Write copies of a file with one to four bytes changed each, half of them near the start."""
    data = source.read_bytes()
    copies = []
    for n in range(points):
        copy = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            reach = len(copy) if n % 2 else min(len(copy), 6000)
            copy[chance.randrange(reach)] = chance.randrange(256)
        if n % 8 == 7:
            del copy[chance.randrange(len(copy)) :]
        path = folder / f"{n}{''.join(source.suffixes[-2:])}"
        path.write_bytes(copy)
        copies.append(path)
    return copies


LIMITS = ("more memory than is allowed", "too much processor time", "took longer than")
"""What may end the reading of a damaged file; a reader that crashes is not among them."""


def check_damage(name: str, points: int, shared: Path, folder: Path, chance: random.Random) -> int:
    """Inspect damaged copies of one seed file; return how many were found wrong."""
    copies = damaged_copies(shared / "data" / name, folder, points, chance)
    with Inspector(2) as inspector:
        found = list(inspector.inspect((path.name, path) for path in copies))
    assert [item.path for item in found] == [path.name for path in copies]
    stopped = [one.message for item in found for one in item.findings if one.code == "FMT-003"]
    assert [why for why in stopped if not any(limit in why for limit in LIMITS)] == []
    return sum(1 for item in found if item.findings)


@pytest.mark.parametrize("name", SEEDS)
def test_random_damage_is_never_an_exception(
    name: str,
    shared: Path,
    tmp_path: Path,
    seeded: random.Random,
    record_count: Callable[[str, int], None],
) -> None:
    """Forty damaged copies of each seed file are all inspected to an answer."""
    wrong = check_damage(name, 40, shared, tmp_path, seeded)
    record_count("damaged copies inspected", 40)
    record_count("damaged copies found wrong", wrong)


@pytest.mark.long
@pytest.mark.parametrize("name", SEEDS)
def test_much_random_damage_is_never_an_exception(
    name: str, shared: Path, tmp_path: Path, seeded: random.Random
) -> None:
    """The same with a thousand copies of each."""
    check_damage(name, 1000, shared, tmp_path, seeded)
