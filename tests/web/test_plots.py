"""Drawings hold against numbers that no instrument should give, and stay small however many there are."""

from __future__ import annotations

import math
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from oais.information.representation.reading import GreyImage
from oais.web.images import image_png
from oais.web.plots import WIDTH, ticks
from oais.web.series_plot import panel_of, series_svg

SVG = "{http://www.w3.org/2000/svg}"
NAN, INF = math.nan, math.inf


def draw(x: object, y: object, title: str = "curve", *, utc: bool = False) -> etree._Element:
    """The drawing as a tree; it must be well-formed XML with no number that is none."""
    numbers = np.array(x, dtype=np.float64), np.array(y, dtype=np.float64)
    panels = [panel_of('flux "e"', *numbers)]
    text = series_svg(panels, x_label="time <d> & more", title=title, told="in words", utc=utc)
    assert "nan" not in text
    assert "inf" not in text.replace("in words", "")
    return etree.fromstring(text)


STRANGE = {
    "nothing": ([], []),
    "all NaN": ([NAN] * 5, [NAN] * 5),
    "infinite": ([1, 2, 3], [INF, -INF, 1]),
    "one point": ([5], [7]),
    "no height": ([1, 2, 3], [4, 4, 4]),
    "no width": ([1, 1, 1], [1, 2, 3]),
    "zeros": ([0, 0], [0, 0]),
    "the largest numbers": ([-1.7e308, 1.7e308], [-1.7e308, 1.7e308]),
    "the smallest numbers": ([5e-324, 1e-323], [5e-324, 1e-323]),
    "close together far away": ([2457000.0, 2457000.0000001], [1e15, 1e15 + 1]),
}


@pytest.mark.parametrize("utc", [False, True])
@pytest.mark.parametrize("name", STRANGE)
def test_strange_numbers_are_drawn_or_said_to_be_none(name: str, utc: bool) -> None:
    """Whatever the numbers, also where they are said to be times, there is a drawing inside its frame."""
    x, y = STRANGE[name]
    drawing = draw(x, y, utc=utc)
    assert str(drawing.get("viewBox")).startswith(f"0 0 {WIDTH} ")


def test_markup_in_labels_is_text() -> None:
    """Names from headers can hold markup and are shown as they are."""
    drawing = draw([1, 2], [3, 4], title="<script>alert(1)</script>")
    assert drawing.findtext(f"{SVG}title") == "<script>alert(1)</script>"
    assert [element for element in drawing.iter() if "script" in str(element.tag)] == []
    assert "time <d> & more" in [text.text for text in drawing.iter(f"{SVG}text")]


def test_a_million_points_make_a_small_drawing_that_keeps_its_spike() -> None:
    """One column of the drawing tells the span of all points in it, so nothing extreme is lost."""
    x = np.arange(1_000_000.0)
    y = np.sin(x / 5e4)
    y[123_456] = 9.0
    text = series_svg([panel_of("y", x, y)], x_label="x", title="t", told="")
    assert len(text) < 60_000
    flat = series_svg([panel_of("y", x, np.sin(x / 5e4))], x_label="x", title="t", told="")
    assert text != flat


@given(st.floats(-1e300, 1e300, allow_nan=False), st.floats(1e-9, 1e300, allow_nan=False), st.integers(2, 12))
def test_ticks_are_few_and_inside(low: float, width: float, about: int) -> None:
    """Ticks lie within the range, ascend, and are about as many as asked for."""
    high = low + width
    if not high > low:
        return
    marks = [value for value, _ in ticks(low, high, about)]
    assert len(marks) <= 4 * about + 1
    assert marks == sorted(marks)
    slack = (high - low) * 1e-6 + abs(low) * 1e-12
    assert all(low - slack <= value <= high + slack for value in marks)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (11, 11), (3, 700), (512, 512)])
def test_images_come_as_png_with_the_first_row_at_the_bottom(rows: int, columns: int) -> None:
    """A small image is enlarged by whole pixels; the dark first row is below the bright last one."""
    grey = np.linspace(0, 255, rows, dtype=np.uint8)[:, None].repeat(columns, axis=1)
    image = GreyImage(0, columns, rows, grey.tobytes(), (rows, columns), 0.0, 1.0)
    picture = Image.open(BytesIO(image_png(image))).convert("L")
    shown = np.asarray(picture, dtype=np.float64)
    assert picture.width % columns == picture.height % rows == 0
    assert max(picture.size) <= max(800, 420)
    if rows > 1:
        assert shown[0].mean() > shown[-1].mean()
