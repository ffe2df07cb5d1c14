"""The holdings on the sky as SVG, by the projection of Aitoff: north is up, right ascension grows leftwards.

Aitoff's projection takes the equidistant azimuthal one of half the longitude and doubles its width
(D. Aitoff 1889; Calabretta and Greisen 2002, section 5.3.1, call a cousin of it Hammer-Aitoff).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final
from urllib.parse import quote, urlencode

from oais.functions.access.views import SkyPoint, SkyPosition, SkyView
from oais.web.languages import PLAIN, Language
from oais.web.plots import COLOURS, MOST_APART, WIDTH, grid, svg, words
from oais.web.sky_grounds import WORDS as GROUND_WORDS
from oais.web.sky_grounds import Ground, centred, grounded
from oais.web.words import url_path

HEIGHT: Final = 510
TITLE: Final = "The holdings on the sky"
TOLD: Final = "%(packages)s at %(places)s"
WORDS: Final = (TITLE, TOLD, *GROUND_WORDS)
"""What the map says, for the catalogues of its translations; ``COUNTED`` what it counts."""

COUNTED: Final = (("package", "packages"), ("place", "places"))

_MARGIN: Final = 24.0
_SMALLEST_FIELD: Final = 2.0
"""Fields of view below this many degrees are drawn as points."""

_SMALLEST_CIRCLE: Final = 0.02
"""Radius in degrees of the smallest circle that is searched; the archive's rounding is far below."""

_WIDEST_JUMP: Final = 120.0


def aitoff(longitude: float, latitude: float) -> tuple[float, float]:
    """Return the plane coordinates of a direction, all in degrees; x within ±180, y within ±90.

    ``longitude`` is taken between -180 and 180.
    """
    half, height = math.radians(longitude) / 2.0, math.radians(latitude)
    angle = math.acos(max(-1.0, min(1.0, math.cos(height) * math.cos(half))))
    stretch = angle / math.sin(angle) if angle > 1e-12 else 1.0
    return (
        math.degrees(2.0 * math.cos(height) * math.sin(half) * stretch),
        math.degrees(math.sin(height) * stretch),
    )


def placed(ra: float, dec: float) -> tuple[float, float]:
    """Return where a position (ICRS degrees) lies in the drawing; RA 0 is the middle, RA grows leftwards."""
    return _on_paper(centred(ra), dec)


def _on_paper(longitude: float, latitude: float) -> tuple[float, float]:
    x, y = aitoff(longitude, latitude)
    scale = (WIDTH - 2 * _MARGIN) / 360.0
    return WIDTH / 2 - x * scale, HEIGHT / 2 - y * scale


def sky_svg(view: SkyView, language: Language = PLAIN, ground: Ground = Ground.PLAIN) -> str:
    """Draw the map in the reader's language, on a ground; every mark is a link to what is there."""
    colours = {one.mission: min(number, MOST_APART) for number, one in enumerate(view.missions)}
    parts = [*_graticule(), *grounded(ground, view, _on_paper, language)]
    parts += [_footprint(point, colours[point.mission]) for point in view.points if _is_wide(point)]
    parts += [_mark(point, colours[point.mission], language) for point in view.points]
    parts += [_cross(view.asked)] if view.asked else []
    told = language.word(TOLD) % {
        "packages": language.counted(view.placed, *COUNTED[0]),
        "places": language.counted(len(view.points), *COUNTED[1]),
    }
    return svg(language.word(TITLE), told, "".join(parts), height=HEIGHT, role="group")


def _cross(asked: SkyPosition) -> str:
    """Return the mark of the position that was asked for."""
    x, y = placed(asked.ra, asked.dec)
    return (
        f'<path class="here" d="M{x - 14:.1f} {y:.1f}h10m8 0h10M{x:.1f} {y - 14:.1f}v10m0 8v10" fill="none" '
        f'stroke="#1a2233" stroke-width="2"><title>{escape(asked.written)}</title></path>'
    )


def _is_wide(point: SkyPoint) -> bool:
    return point.field >= _SMALLEST_FIELD and point.radius < point.field


def _mark(point: SkyPoint, colour: int, language: Language) -> str:
    x, y = placed(point.ra, point.dec)
    size = 3.2 if point.aips == 1 else min(3.6 + 1.7 * math.log10(point.aips), 11.0)
    return (
        f'<a href="{escape(link_of(point))}"><title>{escape(told_of(point, language))}</title>'
        f'<circle class="spot m{colour}" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" '
        f'fill="{COLOURS[colour]}"/></a>'
    )


def link_of(point: SkyPoint) -> str:
    """Return the address of what a mark stands for: the package, or a search around the place."""
    if point.aip_id:
        return f"/aip/{url_path(point.aip_id)}"
    radius = min(max(point.radius * 1.001, _SMALLEST_CIRCLE), 180.0)
    cone = f"{point.ra:.5f},{point.dec:.5f},{math.ceil(radius * 1e4) / 1e4:g}"
    return "/search?" + urlencode({"cone": cone, "mission": point.mission}, quote_via=quote, safe=",")


def told_of(point: SkyPoint, language: Language = PLAIN) -> str:
    """Return in words what a mark stands for."""
    where = f"RA {point.ra:.2f}°, Dec {point.dec:+.2f}°".replace("-", "−")
    what = point.target or point.aip_id or language.counted(point.aips, *COUNTED[0])
    return f"{point.mission}: {what}, {where}"


def _footprint(point: SkyPoint, colour: int) -> str:
    """Return the outline of a round field of view."""
    path = _line(list(_circle(point.ra, point.dec, point.field / 2.0)))
    return f'<path class="field f{colour}" d="{path}" fill="none" stroke="{COLOURS[colour]}"/>'


def _circle(ra: float, dec: float, radius: float) -> Iterator[tuple[float, float]]:
    """Yield positions around a centre, at one distance from it, all in degrees."""
    height, far = math.radians(dec), math.radians(radius)
    for number in range(37):
        turn = math.radians(number * 10.0)
        up = math.sin(height) * math.cos(far) + math.cos(height) * math.sin(far) * math.cos(turn)
        across = math.sin(turn) * math.sin(far) * math.cos(height)
        along = math.cos(far) - math.sin(height) * up
        latitude = math.degrees(math.asin(max(-1.0, min(1.0, up))))
        yield (ra + math.degrees(math.atan2(across, along))) % 360.0, latitude


def _line(positions: Sequence[tuple[float, float]]) -> str:
    """Return a path through positions, broken where it leaves the map on one side and enters on the other."""
    parts: list[str] = []
    last: float | None = None
    for x, y in (placed(ra, dec) for ra, dec in positions):
        parts.append(f"{'M' if last is None or abs(x - last) > _WIDEST_JUMP else 'L'}{x:.1f} {y:.1f}")
        last = x
    return "".join(parts)


def _graticule() -> Iterator[str]:
    outline = [
        aitoff(side * 180.0, dec)
        for side, order in ((1, 1), (-1, -1))
        for dec in range(-90 * order, 91 * order, 5 * order)
    ]
    scale = (WIDTH - 2 * _MARGIN) / 360.0
    edge = "L".join(f"{WIDTH / 2 - x * scale:.1f} {HEIGHT / 2 - y * scale:.1f}" for x, y in outline)
    yield f'<path class="sky" d="M{edge}z" fill="#f1efe9" stroke="#d5d9e2"/>'
    for dec in range(-60, 61, 30):
        yield grid(_line([(180.0 - 1e-6 - step, float(dec)) for step in (0, *range(5, 360, 5), 360 - 2e-6)]))
    for ra in range(0, 360, 30):
        if ra != 180:
            yield grid(_line([(float(ra), float(dec)) for dec in range(-90, 91, 5)]))
    for dec in (-60, -30, 30, 60):
        x, y = placed(180.0, float(dec))
        yield words(
            "tick", f'x="{x - 4:.1f}" y="{y + 4:.1f}" text-anchor="end"', f"{dec:+}°".replace("-", "−")
        )
    for ra in range(0, 360, 60):
        if ra != 180:
            x, y = placed(float(ra), 0.0)
            yield words("tick", f'x="{x + 3:.1f}" y="{y - 4:.1f}"', f"{ra}°")
