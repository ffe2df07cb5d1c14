"""CEF files and CEH includes: what their headers say, and what is wrong with damaged ones."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oais.information.representation.cef import read_cef
from oais.information.representation.contents import Contents
from oais.information.representation.opening import decompressed

START = b'FILE_NAME = "x.cef"\nFILE_FORMAT_VERSION = "CEF-2.0"\n'
META = b'START_META = MISSION\n ENTRY = "One"\n ENTRY = "Two"\nEND_META = MISSION\n'
VARIABLE = b'START_VARIABLE = B\n UNITS = "nT"\n VALUE_TYPE = FLOAT\nEND_VARIABLE = B\n'
END = b'DATA_UNTIL = "EOF"\n1.0\n'


def contents(data: bytes) -> Contents:
    """Read a CEF header from bytes."""
    return read_cef(io.BytesIO(data), "x.cef", whole=True)


def read_real(path: Path) -> Contents:
    """Read a real CEF or CEH file."""
    with path.open("rb") as stream:
        head = stream.read(2)
        stream.seek(0)
        return read_cef(decompressed(stream, head), path.name, whole=".cef" in path.name)


def test_real_product_tells_mission_time_span_and_variables(shared: Path) -> None:
    """The headers of a real gzip'd product are read, includes merged into it too."""
    found = read_real(next((shared / "data" / "cluster" / "efw").glob("*.cef.gz")))
    values = found.headers[0]
    assert values["MISSION"] == "Cluster"
    assert values["DATASET_ID"] == "C1_CP_EFW_L3_P"
    assert values["FILE_TIME_SPAN"] == "2001-02-01T12:00:00.000Z/2001-02-01T12:01:00.000Z"
    columns = found.structure[0]["columns"]
    assert columns[1]["name"] == "Spacecraft_potential__C1_CP_EFW_L3_P"
    assert columns[1]["unit"] == "V"
    assert found.findings == ()


def test_all_real_headers_have_as_many_metas_as_their_manifest_says(shared: Path) -> None:
    """Every START_META of every real file is an entry, and no file has a finding."""
    files = sorted((shared / "data" / "cluster").rglob("*.ce*"))
    assert len(files) == 10
    for path in files:
        found = read_real(path)
        assert found.findings == (), path.name
        if path.suffix != ".gz":
            metas = path.read_text("utf-8").count("START_META")
            in_file = {"FILE_NAME", "FILE_FORMAT_VERSION", "END_OF_RECORD_MARKER"}
            assert len(found.headers[0].keys() - in_file) == metas, path.name


def test_entries_of_one_meta_are_joined() -> None:
    """Several ENTRY lines become the lines of one value."""
    assert contents(START + META + VARIABLE + END).headers[0]["MISSION"] == "One\nTwo"


DAMAGED = {
    "no DATA_UNTIL": (START + META + VARIABLE, "FMT-006"),
    "no variable": (START + META + END, "FMT-006"),
    "META not ended": (START + META[:30] + b"\n", "FMT-006"),
    "META ended by another name": (
        START + META.replace(b"END_META = MISSION", b"END_META = OTHER") + VARIABLE + END,
        "FMT-006",
    ),
    "no version": (b'FILE_NAME = "x"\n' + VARIABLE + END, "FMT-007"),
    "line without equals": (START + b"nothing here\n" + VARIABLE + END, "FMT-007"),
    "one endless line": (START + b"A" * (2 << 20), "FMT-006"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_told(name: str) -> None:
    """A damaged header gives the documented code."""
    data, code = DAMAGED[name]
    assert code in [one.code for one in contents(data).findings]


@given(st.data())
def test_any_damage_gives_contents(data: st.DataObject) -> None:
    """Changed bytes give findings or values, never an exception."""
    file = bytearray(START + META + VARIABLE + END)
    for _ in range(data.draw(st.integers(1, 6))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    assert contents(bytes(file)).structure
