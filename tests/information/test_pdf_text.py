"""The text of PDFs, read in a limited process: what is in them, and what they do to their reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oais.information.representation.document_text import DocumentText, text_of
from oais.information.representation.inspection import Inspector
from oais.information.representation.pdf_text import MOST_CHARACTERS, MOST_PAGES
from tests.information.pdfs import Rows, pdf, stream_object, written

TABLE = Rows([("Table 2: Metrics",), ("MAD (ppm)", "15259"), ("cdpp 2.5h (ppm)", "60", "second")])


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    """Limited processes, kept over all tests."""
    with Inspector(workers=1) as opened:
        yield opened


def read(inspector: Inspector, folder: Path, data: bytes) -> DocumentText:
    """Read bytes as a PDF."""
    path = folder / "report.pdf"
    path.write_bytes(data)
    return inspector.text(path)


@pytest.mark.parametrize("packed", [True, False])
def test_cells_of_a_row_are_in_one_line(inspector: Inspector, tmp_path: Path, packed: bool) -> None:
    """Whatever order they were drawn in, and wide apart."""
    cells = TABLE.cells()
    found = read(inspector, tmp_path, pdf([cells[::-1]], packed=packed))
    assert (found.fault, found.parts) == ("", ())
    assert [line.split("   ")[0].strip() for line in found.lines] == [
        "Table 2: Metrics",
        "MAD (ppm)",
        "cdpp 2.5h (ppm)",
    ]
    assert found.lines[1].split() == ["MAD", "(ppm)", "15259"]
    assert found.lines[2].split("   ")[-1].strip() == "second"


def test_ligatures_are_read_as_their_letters(inspector: Inspector, tmp_path: Path) -> None:
    """And a no-break space as a space: typesetting puts them for what was written."""
    names = "<< /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [1 /fi /minus] >>"
    drawn = pdf([[(60, 700, "\x01eld\u00a0V \x029.0")]]).replace(
        b"/WinAnsiEncoding >>", f"{names} >>".encode()
    )
    found = read(inspector, tmp_path, drawn)
    assert found.lines[0].strip() == "field V -9.0"


def test_only_the_first_pages_are_read(inspector: Inspector, tmp_path: Path) -> None:
    """Of ten thousand: those after them are told."""
    found = read(inspector, tmp_path, pdf([[(60, 700, f"page {n}")] for n in range(10_000)]))
    assert len(found.lines) == MOST_PAGES
    assert found.parts == (f"only the first {MOST_PAGES} of 10000 pages were read",)


def test_only_so_much_text_is_read(inspector: Inspector, tmp_path: Path) -> None:
    """Of one page with more than fits into a report, the rest is told to be left out."""
    page = [(10.0, 100_000.0 - 12 * row, "x" * 1000) for row in range(1200)]
    found = read(inspector, tmp_path, pdf([page]))
    assert found.parts == (f"only the first {MOST_CHARACTERS} characters were read",)
    assert sum(map(len, found.lines)) <= MOST_CHARACTERS


def test_a_locked_one_is_told(inspector: Inspector, tmp_path: Path) -> None:
    """Encrypted by the standard handler with a password that nobody gave (7.6.3)."""
    locked = pdf(
        [TABLE.cells()],
        trailer=(
            f"/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <{'ab' * 32}> /U <{'cd' * 32}> "
            f">> /ID [<{'01' * 16}> <{'01' * 16}>]"
        ),
    )
    assert read(inspector, tmp_path, locked).fault == "it is encrypted, and opens with a password only"


def test_images_have_no_text(inspector: Inspector, tmp_path: Path) -> None:
    """Pages that only draw are told."""
    assert read(inspector, tmp_path, pdf([[], []])).fault == (
        "there is no text on any of its pages (2): they may be images"
    )


def test_a_bomb_is_met_within_limits(inspector: Inspector, tmp_path: Path) -> None:
    """A page of 200 MB of nothing, packed thrice, ends no process of ours, and the next file is read."""
    import zlib

    once = zlib.compress(bytes(200 << 20), 9)
    twice = zlib.compress(once, 9)
    body = stream_object(twice, more="/DecodeParms [null null null] ").replace(
        b"/Filter /FlateDecode", b"/Filter [/FlateDecode /FlateDecode /FlateDecode]"
    )
    bomb = written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
            body,
        ]
    )
    found = read(inspector, tmp_path, bomb)
    assert not found.lines
    assert found.fault or found.parts
    assert read(inspector, tmp_path, pdf([TABLE.cells()])).lines


def test_a_tree_of_pages_in_a_circle_ends(inspector: Inspector, tmp_path: Path) -> None:
    """Pages that are their own parents and children are damage."""
    circle = written(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"]
    )
    found = read(inspector, tmp_path, circle)
    assert not found.lines
    assert found.fault


@pytest.mark.parametrize("data", [b"", b"%PDF-", b"%PDF-1.7\n%%EOF\n", b"SIMPLE  =  T", bytes(4096)])
def test_what_is_none_is_told(inspector: Inspector, tmp_path: Path, data: bytes) -> None:
    """Bytes that are no PDF, or its beginning only."""
    assert read(inspector, tmp_path, data).fault


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_broken_bytes_never_raise(inspector: Inspector, tmp_path: Path, data: st.DataObject) -> None:
    """Wherever bytes of a sound file are cut or changed, there are lines or a reason."""
    whole = bytearray(pdf([TABLE.cells()], packed=data.draw(st.booleans())))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))
    found = read(inspector, tmp_path, bytes(whole[: data.draw(st.integers(1, len(whole)))]))
    assert found.lines or found.fault or found.parts


def test_an_answer_that_is_none_is_a_fault() -> None:
    """A reader that was taken over may say anything."""
    assert text_of({"result": []}).fault == "its reader answered nonsense: TypeError"
    assert text_of({}).fault == "its reader answered nonsense: KeyError"
