"""From the numbers of a look to its picture: an SVG drawing, and in words what it shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oais.functions.access.views.looks import LookView, Wish
from oais.information.representation.choosing import sky_columns
from oais.information.representation.drawings import (
    EventMap,
    GoodTimes,
    Histogram,
    NamedUnit,
    Series,
    Track,
)
from oais.information.representation.reading import GreyImage
from oais.web.count_plots import as_counts, histogram_svg, intervals_svg, map_svg
from oais.web.image_plot import image_svg
from oais.web.series_plot import Panel, series_svg
from oais.web.words import counted, grouped

_NOTHING = np.empty(0)


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as SVG and what it tells in words; ``utc`` when its axis is time."""

    svg: str
    told: str
    utc: bool = False


def picture_of(view: LookView, address: str, *, flagged: bool = False) -> Picture:
    """Draw a look; ``address`` is that of an image's own picture, ``flagged`` shows doubtful points too."""
    drawn, title = view.drawn, f"{view.product.name}: {view.name}"
    if isinstance(drawn, Series):
        return _series(drawn, view.wish, title, flagged=flagged, stepped=view.name == "spectrum")
    if isinstance(drawn, EventMap):
        return _map(drawn, title)
    if isinstance(drawn, Histogram):
        return _histogram(drawn, title)
    if isinstance(drawn, GoodTimes):
        return _good_times(drawn, title)
    told = told_of_image(drawn)
    return Picture(image_svg(drawn, address, title=title, told=told), told)


def label(column: NamedUnit) -> str:
    """Return a column with its unit, as an axis is called."""
    return f"{column[0]} ({column[1]})" if column[1] else column[0]


def _series(drawn: Series, wish: Wish, title: str, *, flagged: bool, stepped: bool) -> Picture:
    utc = wish.period is None and any(track.mjd for track in drawn.tracks)
    panels = [_panel(track, utc=utc, flagged=flagged) for track in drawn.tracks]
    across = _across(drawn, wish, utc=utc)
    told = _told_of_series(drawn, across, flagged=flagged)
    made = series_svg(panels, x_label=across, title=title, told=told, utc=utc, stepped=stepped)
    return Picture(made, told, utc)


def _panel(track: Track, *, utc: bool, flagged: bool) -> Panel:
    x = track.mjd if utc else track.x
    doubtful = (track.flagged_mjd if utc else track.flagged_x) if flagged else ()
    return Panel(
        label((track.name, track.unit)),
        np.array(x, dtype=np.float64),
        np.array(track.y if len(x) else (), dtype=np.float64),
        np.array(doubtful, dtype=np.float64),
        np.array(track.flagged_y if len(doubtful) else (), dtype=np.float64),
    )


def _across(drawn: Series, wish: Wish, *, utc: bool) -> str:
    if wish.period is not None:
        return f"phase of {drawn.x[0]}, period {wish.period:.9g}, epoch {wish.epoch:.9g}"
    if utc:
        return "UTC" if drawn.scale == "UTC" else f"UTC, from {drawn.x[0]} in {drawn.scale}"
    return label(drawn.x)


def _told_of_series(drawn: Series, across: str, *, flagged: bool) -> str:
    names = ", ".join(label((track.name, track.unit)) for track in drawn.tracks)
    first = drawn.tracks[0]
    told = f"{names} over {across}: {counted(first.good, 'good point')}"
    if first.flagged:
        told += f", {grouped(first.flagged)} with a quality flag {'marked' if flagged else 'left out'}"
    if first.missing:
        told += f", {grouped(first.missing)} without a value"
    if drawn.within < drawn.total and drawn.whole:
        told += f", of {counted(drawn.total, 'row')} in all"
    if not drawn.whole:
        told += f"; only pieces of {counted(drawn.total, 'row')} were read"
    return f"{told}."


def _map(drawn: EventMap, title: str) -> Picture:
    sky = sky_columns([drawn.x[0], drawn.y[0]]) is not None and drawn.x[0].upper() == "RA"
    told = f"{counted(drawn.counted, 'event')} in {label(drawn.y)} over {label(drawn.x)}"
    told += f", {grouped(drawn.outside)} outside of what is shown" if drawn.outside else ""
    told += f", {grouped(drawn.missing)} without a place." if drawn.missing else "."
    labels = (label(drawn.x), label(drawn.y))
    counts = as_counts(drawn.counts)
    made = map_svg(counts, drawn.x_range, drawn.y_range, labels=labels, sky=sky, title=title, told=told)
    return Picture(made, told)


def _histogram(drawn: Histogram, title: str) -> Picture:
    told = f"{counted(drawn.counted, 'value')} of {label(drawn.x)}"
    if drawn.least is not None and drawn.greatest is not None:
        told += f" from {drawn.least:.6g} to {drawn.greatest:.6g}"
    told += f", {grouped(drawn.missing)} without a value." if drawn.missing else "."
    made = histogram_svg(
        np.array(drawn.edges, dtype=np.float64),
        as_counts(drawn.counts),
        logarithmic=drawn.logarithmic,
        x_label=label(drawn.x),
        title=title,
        told=told,
    )
    return Picture(made, told)


def _good_times(drawn: GoodTimes, title: str) -> Picture:
    utc = bool(drawn.start_mjd)
    starts, stops = (drawn.start_mjd, drawn.stop_mjd) if utc else (drawn.starts, drawn.stops)
    across = (
        f"UTC, from {drawn.names[0]} in {drawn.scale}" if utc else label((drawn.names[0], drawn.time_unit))
    )
    told = counted(drawn.total, "interval")
    if drawn.length is not None:
        told += f", together {drawn.length:.6g} {drawn.time_unit}".rstrip()
    made = intervals_svg(
        np.array(starts, dtype=np.float64),
        np.array(stops, dtype=np.float64),
        utc=utc,
        x_label=across,
        title=title,
        told=f"{told}.",
    )
    return Picture(made, f"{told}.", utc)


def told_of_image(image: GreyImage) -> str:
    """Return in words what the picture of an image shows."""
    rows, columns = image.shape
    unit = f" {image.value_unit}" if image.value_unit else ""
    told = f"{grouped(columns)} by {grouped(rows)} pixels, dark at {image.low:.6g}"
    told += f" and light at {image.high:.6g}{unit}, {image.stretch} scale"
    return f"{told}; the first row of the detector is at the bottom."
