"""From the numbers of a look to its picture: an SVG drawing, and in words what it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from oais.functions.access.views.looks import LookView
from oais.information.representation.choosing import (
    HISTOGRAM,
    IMAGE,
    INTERVALS,
    MAP,
    SERIES,
    SPECTROGRAM,
    sky_columns,
)
from oais.information.representation.drawings import EventMap, GoodTimes, Histogram, Series, Track
from oais.information.representation.spectra import Spectrogram
from oais.web.captions import Captions, label
from oais.web.count_plots import as_counts, histogram_svg, intervals_svg, map_svg
from oais.web.image_plot import image_svg
from oais.web.languages import Language
from oais.web.series_plot import Panel, series_svg
from oais.web.spectrogram_plot import Names, spectrogram_svg


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as SVG and what it tells in words; ``utc`` when its axis is time."""

    svg: str
    told: str
    utc: bool = False


def picture_of(view: LookView, address: str, language: Language, *, flagged: bool = False) -> Picture:
    """Draw a look; ``address`` is that of an image's own picture, ``flagged`` shows doubtful points too."""
    words = Captions(language)
    title = f"{view.product.name}: {words.say(view.name)}"
    return PICTURES[view.kind](Shown(view, view.drawn, title, words, address, flagged=flagged))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a kind draws: the look and its numbers, the title and words of the drawing, and what is marked."""

    view: LookView
    drawn: Any
    title: str
    words: Captions
    address: str
    flagged: bool


def _series(shown: Shown) -> Picture:
    drawn: Series = shown.drawn
    wish, words = shown.view.wish, shown.words
    utc = wish.period is None and any(track.mjd for track in drawn.tracks)
    panels = [_panel(track, utc=utc, flagged=shown.flagged) for track in drawn.tracks]
    across = words.across(drawn, wish, utc=utc)
    told = words.series(drawn, across, flagged=shown.flagged)
    more = {"title": shown.title, "told": told, "nothing": words.say("no finite values")}
    stepped = shown.view.name == "spectrum"
    return Picture(series_svg(panels, x_label=across, utc=utc, stepped=stepped, **more), told, utc)


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


def _map(shown: Shown) -> Picture:
    drawn: EventMap = shown.drawn
    words = shown.words
    sky = sky_columns([drawn.x[0], drawn.y[0]]) is not None and drawn.x[0].upper() == "RA"
    told = words.event_map(drawn)
    made = map_svg(
        as_counts(drawn.counts),
        drawn.x_range,
        drawn.y_range,
        labels=(label(drawn.x), label(drawn.y), words.say("events in a field")),
        sky=sky,
        title=shown.title,
        told=told,
        nothing=words.say("no events"),
    )
    return Picture(made, told)


def _histogram(shown: Shown) -> Picture:
    drawn: Histogram = shown.drawn
    words = shown.words
    told = words.histogram(drawn)
    made = histogram_svg(
        np.array(drawn.edges, dtype=np.float64),
        as_counts(drawn.counts),
        logarithmic=drawn.logarithmic,
        labels=(label(drawn.x), words.say("number")),
        title=shown.title,
        told=told,
        nothing=words.say("no values"),
    )
    return Picture(made, told)


def _good_times(shown: Shown) -> Picture:
    drawn: GoodTimes = shown.drawn
    words = shown.words
    utc = bool(drawn.start_mjd)
    starts, stops = (drawn.start_mjd, drawn.stop_mjd) if utc else (drawn.starts, drawn.stops)
    told = words.good_times(drawn)
    made = intervals_svg(
        np.array(starts, dtype=np.float64),
        np.array(stops, dtype=np.float64),
        utc=utc,
        x_label=words.time((drawn.names[0], drawn.time_unit), drawn.scale, utc=utc),
        title=shown.title,
        told=told,
        nothing=words.say("no intervals"),
    )
    return Picture(made, told, utc)


def _image(shown: Shown) -> Picture:
    told = shown.words.image(shown.drawn)
    made = image_svg(shown.drawn, shown.address, title=shown.title, told=told, words_of=shown.words)
    return Picture(made, told)


def _spectrogram(shown: Shown) -> Picture:
    drawn: Spectrogram = shown.drawn
    utc, words = bool(drawn.mjd_range), shown.words
    across = words.time(drawn.x, drawn.scale, utc=utc)
    told = words.spectrogram(drawn, across)
    names = Names(
        across, words.channels(drawn), label(drawn.y), words.moment(drawn), words.say("no finite values")
    )
    return Picture(spectrogram_svg(drawn, names, title=shown.title, told=told), told, utc)


PICTURES: Final[Mapping[str, Callable[[Shown], Picture]]] = {
    SERIES: _series,
    MAP: _map,
    HISTOGRAM: _histogram,
    INTERVALS: _good_times,
    IMAGE: _image,
    SPECTROGRAM: _spectrogram,
}
"""How each kind of drawing is drawn and told in words, by its name: one for each of ``kinds.KINDS``."""
