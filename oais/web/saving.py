"""Drawings to be taken along, as SVG or as PNG: with their title and their names on a white ground.

A PNG is made with a font that came with the software: what the machine has installed changes nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from oais.errors import NotFoundError, WrongUsageError
from oais.information.representation.picturing import png_of
from oais.information.text import printable
from oais.web.doors import counted_in
from oais.web.plots import COLOURS, WIDTH
from oais.web.visitors import kept_by_caches

SVG, PNG = "svg", "png"
PARAMETER: Final = "picture"
"""What an address of a page adds to have its drawing alone: ``svg`` or ``png``."""

FIGURE_POLICY: Final = "default-src 'none'; sandbox"
"""What a browser may do with a picture opened by itself: show it."""

_ABOVE, _ROW, _BELOW, _BESIDE = 34, 24, 10, 12
_IN_A_ROW: Final = 3
_MEDIA: Final = {SVG: "image/svg+xml", PNG: "image/png"}
_HEIGHT: Final = re.compile(r'viewBox="0 0 [0-9.]+ ([0-9.]+)"')
_TITLE: Final = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_GROUND: Final = "#ffffff"


def wished_form(request: Request) -> str:
    """Return the form in which an address asks for the drawing alone; empty for the page itself.

    Raises WrongUsageError for another word.
    """
    form = request.query_params.get(PARAMETER, "")
    if form not in ("", *_MEDIA):
        raise WrongUsageError(f"{PARAMETER} is {printable(form, 40)!r}; expected {SVG} or {PNG}")
    return form


def saved(request: Request, form: str, drawing: str, names: Sequence[str] = ()) -> Response:
    """Answer with the drawing of a page alone; ``names`` are those of its colours, in their order.

    It may be kept as the page may: what every stranger sees, and is asked about again. Raises NotFoundError
    for an empty drawing.
    """
    if not drawing:
        raise NotFoundError("there is nothing to draw")
    response = picture_response(request, form, drawing, names, request.scope["path"].rsplit("/", 1)[-1])
    response.headers.update(kept_by_caches(request))
    return response


def picture_response(
    request: Request, form: str, drawing: str, names: Sequence[str] = (), file_name: str = ""
) -> Response:
    """Answer with a drawing in a form, standing alone.

    A PNG is counted among what is prepared: it is made by the processes that read for all pages.
    """
    alone: str | bytes = standing_alone(drawing, names)
    if form == PNG:
        with counted_in(request):
            alone = png_of(str(alone))
    name = _UNSAFE.sub("_", file_name) or "picture"
    headers = {
        "Content-Security-Policy": FIGURE_POLICY,
        "Content-Disposition": f'inline; filename="{name}.{form}"',
    }
    return Response(alone, media_type=_MEDIA[form], headers=headers)


def standing_alone(drawing: str, names: Sequence[str] = ()) -> str:
    """Return a drawing with its title above it, and below it what its colours stand for, on white ground."""
    drawing = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", drawing)
    height, title = _HEIGHT.search(drawing), _TITLE.search(drawing)
    if height is None:
        return drawing
    tall = float(height[1])
    whole = tall + _ABOVE + (_BELOW + _ROW * math.ceil(len(names) / _IN_A_ROW) if names else _BESIDE)
    left, wide = -_BESIDE, WIDTH + 2 * _BESIDE
    begin, rest = drawing[: drawing.index(">") + 1], drawing[drawing.index(">") + 1 :]
    begin = begin.replace(height[0], f'viewBox="{left} {-_ABOVE} {wide} {whole:g}"')
    ground = f'<rect x="{left}" y="{-_ABOVE}" width="{wide}" height="{whole:g}" fill="{_GROUND}"/>'
    words = f'<text x="14" y="-12" font-size="15" fill="#1a2233">{title[1] if title else ""}</text>'
    return begin + ground + words + rest.removesuffix("</svg>") + _legend(names, tall) + "</svg>"


def _legend(names: Sequence[str], top: float) -> str:
    """Return a mark of its colour and the name of each, in rows below a drawing."""
    parts = []
    for number, name in enumerate(names):
        row, column = divmod(number, _IN_A_ROW)
        x, y = 24 + column * (WIDTH - 24) / _IN_A_ROW, top + _BELOW + _ROW * row + 8
        colour = COLOURS[min(number, len(COLOURS) - 1)]
        parts.append(
            f'<circle cx="{x:g}" cy="{y:g}" r="5" fill="{colour}"/>'
            f'<text x="{x + 12:g}" y="{y + 4.5:g}" fill="#1a2233">{escape(printable(name, 44))}</text>'
        )
    return "".join(parts)
