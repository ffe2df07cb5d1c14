"""From the numbers of a look to its picture: an SVG drawing, and in words what it shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oais.functions.access.views.looks import LookView, Wish
from oais.information.representation.choosing import sky_columns
from oais.information.representation.drawings import EventMap, GoodTimes, Histogram, Series, Track
from oais.web.captions import Captions, label
from oais.web.count_plots import as_counts, histogram_svg, intervals_svg, map_svg
from oais.web.image_plot import image_svg
from oais.web.languages import Language
from oais.web.series_plot import Panel, series_svg


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as SVG and what it tells in words; ``utc`` when its axis is time."""

    svg: str
    told: str
    utc: bool = False


def picture_of(view: LookView, address: str, language: Language, *, flagged: bool = False) -> Picture:
    """Draw a look; ``address`` is that of an image's own picture, ``flagged`` shows doubtful points too."""
    words = Captions(language)
    drawn, title = view.drawn, f"{view.product.name}: {words.say(view.name)}"
    if isinstance(drawn, Series):
        return _series(drawn, view.wish, title, words, flagged=flagged, stepped=view.name == "spectrum")
    if isinstance(drawn, EventMap):
        return _map(drawn, title, words)
    if isinstance(drawn, Histogram):
        return _histogram(drawn, title, words)
    if isinstance(drawn, GoodTimes):
        return _good_times(drawn, title, words)
    told = words.image(drawn)
    return Picture(image_svg(drawn, address, title=title, told=told, words_of=words), told)


def _series(
    drawn: Series, wish: Wish, title: str, words: Captions, *, flagged: bool, stepped: bool
) -> Picture:
    utc = wish.period is None and any(track.mjd for track in drawn.tracks)
    panels = [_panel(track, utc=utc, flagged=flagged) for track in drawn.tracks]
    across = words.across(drawn, wish, utc=utc)
    told = words.series(drawn, across, flagged=flagged)
    more = {"title": title, "told": told, "nothing": words.say("no finite values")}
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


def _map(drawn: EventMap, title: str, words: Captions) -> Picture:
    sky = sky_columns([drawn.x[0], drawn.y[0]]) is not None and drawn.x[0].upper() == "RA"
    told = words.event_map(drawn)
    made = map_svg(
        as_counts(drawn.counts),
        drawn.x_range,
        drawn.y_range,
        labels=(label(drawn.x), label(drawn.y), words.say("events in a field")),
        sky=sky,
        title=title,
        told=told,
        nothing=words.say("no events"),
    )
    return Picture(made, told)


def _histogram(drawn: Histogram, title: str, words: Captions) -> Picture:
    told = words.histogram(drawn)
    made = histogram_svg(
        np.array(drawn.edges, dtype=np.float64),
        as_counts(drawn.counts),
        logarithmic=drawn.logarithmic,
        labels=(label(drawn.x), words.say("number")),
        title=title,
        told=told,
        nothing=words.say("no values"),
    )
    return Picture(made, told)


def _good_times(drawn: GoodTimes, title: str, words: Captions) -> Picture:
    utc = bool(drawn.start_mjd)
    starts, stops = (drawn.start_mjd, drawn.stop_mjd) if utc else (drawn.starts, drawn.stops)
    told = words.good_times(drawn)
    made = intervals_svg(
        np.array(starts, dtype=np.float64),
        np.array(stops, dtype=np.float64),
        utc=utc,
        x_label=words.time((drawn.names[0], drawn.time_unit), drawn.scale, utc=utc),
        title=title,
        told=told,
        nothing=words.say("no intervals"),
    )
    return Picture(made, told, utc)
