"""What a drawing shows, in words of the reader's language: under it, at its axes, and read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from oais.functions.access.views.looks import Wish
from oais.information.representation.drawings import (
    EventMap,
    GoodTimes,
    Histogram,
    NamedUnit,
    Series,
)
from oais.information.representation.reading import GreyImage
from oais.information.representation.spectra import Spectrogram
from oais.web.languages import Language
from oais.web.time_axis import utc_text
from oais.web.words import counted, grouped

_PHASE: Final = "phase of %(column)s, period %(period)s, epoch %(epoch)s"
_UTC_FROM: Final = "UTC, from %(column)s in %(scale)s"
_OVER: Final = "%(names)s over %(across)s: %(points)s"
_MARKED: Final = "%(count)s with a quality flag marked"
_LEFT_OUT: Final = "%(count)s with a quality flag left out"
_MISSING: Final = "%(count)s without a value"
_OF_ALL: Final = "of %(rows)s in all"
_SAMPLED: Final = "Made of %(read)s of %(rows)s, which lie all over the table."
_BEGUN: Final = "Made of the first %(read)s of %(rows)s."
_CUT: Final = "Made of the first %(rows)s: the file is longer than is read to draw it."
_EVENTS: Final = "%(events)s in %(up)s over %(across)s"
_OUTSIDE: Final = "%(count)s outside of what is shown"
_NO_PLACE: Final = "%(count)s without a place"
_VALUES: Final = "%(values)s of %(column)s"
_FROM_TO: Final = "%(values)s of %(column)s from %(least)s to %(greatest)s"
_TOGETHER: Final = "%(intervals)s, together %(length)s"
_PIXELS: Final = (
    "%(columns)s by %(rows)s pixels, dark at %(low)s and light at %(high)s, %(stretch)s scale; "
    "the first row of the detector is at the bottom."
)
_SPECTROGRAM: Final = "%(column)s over %(across)s and %(axis)s: %(values)s"
_CELLS: Final = "Each cell is a mean; colours from %(low)s to %(high)s, %(scale)s scale."
_NOT_POSITIVE: Final = "Cells without a colour: %(count)s are not above 0."
_VARIES: Final = "The axis changes in time; the channels are those of the first record."
_AWAY: Final = "Values outside of them: %(count)s."
_CHANNELS: Final = "Of %(channels)s channels, neighbours are drawn together."
_UNTOLD: Final = "The file tells no values of the axis: its channels are counted."
_BELOW: Final = "Below it, the mean distribution of the records marked: %(moment)s."
_NEAREST: Final = (
    "No record lies at the moment asked for. Below it, the mean distribution of the nearest ones: %(moment)s."
)
_FROM_UP_TO: Final = "%(start)s to %(end)s"
SCALE: Final = "%(name)s, %(stretch)s scale"

WORDS: Final = (
    *(_PHASE, _UTC_FROM, _OVER, _MARKED, _LEFT_OUT, _MISSING, _OF_ALL, _SAMPLED, _BEGUN, _CUT),
    *(_EVENTS, _OUTSIDE, _NO_PLACE, _VALUES, _FROM_TO, _TOGETHER, _PIXELS, SCALE),
    *(_SPECTROGRAM, _CELLS, _NOT_POSITIVE, _VARIES, _AWAY, _CHANNELS, _UNTOLD, _BELOW, _NEAREST, _FROM_UP_TO),
    *("no values", "no events", "no intervals", "no finite values"),
    *("number", "events in a field", "column (pixel)", "row (pixel)", "value"),
    *("light curve", "time series", "series", "spectrum", "event map", "map", "good times", "intervals"),
    *("spectrogram", "channel", "histogram", "image", "linear", "log", "asinh"),
)
"""All of these words, for the catalogues of their translations."""

COUNTED: Final = (
    ("good point", "good points"),
    ("event", "events"),
    ("value", "values"),
    ("interval", "intervals"),
    ("row", "rows"),
)
"""What is counted in them, one and many."""


class Captions:
    """The words of drawings in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def say(self, words: str, **gaps: str) -> str:
        """Return words of ours in the language, their gaps filled."""
        return self._language.word(words) % gaps

    def counted(self, number: int, one: str) -> str:
        """Return a number with its noun."""
        return counted(number, one, choose=self._language.catalogue.ngettext)

    def across(self, drawn: Series, wish: Wish, *, utc: bool) -> str:
        """Return what the axis of a series is called."""
        if wish.period is not None:
            numbers = {"period": f"{wish.period:.9g}", "epoch": f"{wish.epoch:.9g}"}
            return self.say(_PHASE, column=drawn.x[0], **numbers)
        return self.time(drawn.x, drawn.scale, utc=utc)

    def time(self, column: NamedUnit, scale: str, *, utc: bool) -> str:
        """Return what an axis is called that may be one of UTC, counted in a ``scale`` of time."""
        if not utc:
            return label(column)
        return "UTC" if scale == "UTC" else self.say(_UTC_FROM, column=column[0], scale=scale)

    def series(self, drawn: Series, across: str, *, flagged: bool) -> str:
        """Tell what a series shows."""
        names = ", ".join(label((track.name, track.unit)) for track in drawn.tracks)
        first = drawn.tracks[0]
        told = [self.say(_OVER, names=names, across=across, points=self.counted(first.good, "good point"))]
        if first.flagged:
            told.append(self.say(_MARKED if flagged else _LEFT_OUT, count=grouped(first.flagged)))
        if first.missing:
            told.append(self.say(_MISSING, count=grouped(first.missing)))
        if drawn.within < drawn.total and drawn.whole:
            told.append(self.say(_OF_ALL, rows=self.counted(drawn.total, "row")))
        return f"{', '.join(told)}.{self._read(drawn)}"

    def event_map(self, drawn: EventMap) -> str:
        """Tell what a map of events shows."""
        events = self.counted(drawn.counted, "event")
        told = [self.say(_EVENTS, events=events, up=label(drawn.y), across=label(drawn.x))]
        if drawn.outside:
            told.append(self.say(_OUTSIDE, count=grouped(drawn.outside)))
        if drawn.missing:
            told.append(self.say(_NO_PLACE, count=grouped(drawn.missing)))
        return f"{', '.join(told)}.{self._read(drawn)}"

    def histogram(self, drawn: Histogram) -> str:
        """Tell what a histogram shows."""
        gaps = {"values": self.counted(drawn.counted, "value"), "column": label(drawn.x)}
        told = [self.say(_VALUES, **gaps)]
        if drawn.least is not None and drawn.greatest is not None:
            ends = {"least": f"{drawn.least:.6g}", "greatest": f"{drawn.greatest:.6g}"}
            told = [self.say(_FROM_TO, **gaps, **ends)]
        if drawn.missing:
            told.append(self.say(_MISSING, count=grouped(drawn.missing)))
        return f"{', '.join(told)}.{self._read(drawn)}"

    def good_times(self, drawn: GoodTimes) -> str:
        """Tell what intervals are drawn."""
        told = self.counted(drawn.total, "interval")
        if drawn.length is not None:
            length = f"{drawn.length:.6g} {drawn.time_unit}".rstrip()
            told = self.say(_TOGETHER, intervals=told, length=length)
        return f"{told}.{self._read(drawn)}"

    def spectrogram(self, drawn: Spectrogram, across: str) -> str:
        """Tell what a spectrogram shows, and what its colours and channels are."""
        values = self.counted(drawn.counted, "value")
        gaps = {"column": label(drawn.y), "across": across, "axis": self.channels(drawn), "values": values}
        told = [self.say(_SPECTROGRAM, **gaps)]
        if drawn.missing:
            told.append(self.say(_MISSING, count=grouped(drawn.missing)))
        if drawn.within < drawn.total and drawn.whole:
            told.append(self.say(_OF_ALL, rows=self.counted(drawn.total, "row")))
        return " ".join([f"{', '.join(told)}.{self._read(drawn)}", *self._cells(drawn)])

    def _cells(self, drawn: Spectrogram) -> Iterator[str]:
        if drawn.low is not None and drawn.high is not None:
            ends = {"low": f"{drawn.low:.4g}", "high": f"{drawn.high:.4g}"}
            yield self.say(_CELLS, **ends, scale=self.say("log" if drawn.logarithmic else "linear"))
        if drawn.not_positive:
            yield self.say(_NOT_POSITIVE, count=grouped(drawn.not_positive))
        if not drawn.axis[0]:
            yield self.say(_UNTOLD)
        if drawn.axis_varies:
            yield self.say(_VARIES)
        if drawn.away:
            yield self.say(_AWAY, count=grouped(drawn.away))
        if len(drawn.channels) > len(drawn.means):
            yield self.say(_CHANNELS, channels=grouped(len(drawn.channels)))
        if drawn.cut:
            yield self.say(_NEAREST if drawn.cut_missed else _BELOW, moment=self.moment(drawn))

    def channels(self, drawn: Spectrogram) -> str:
        """Return what the axis of a spectrogram is called."""
        return label(drawn.axis) if drawn.axis[0] else self.say("channel")

    def moment(self, drawn: Spectrogram) -> str:
        """Return when the records of a distribution are, in UTC or as the numbers that they are."""
        if drawn.cut_mjd_range:
            ends = [utc_text(mjd) for mjd in drawn.cut_mjd_range]
        else:
            ends = [f"{end:.9g}" for end in drawn.cut_range]
        if ends and ends[0] != ends[1]:
            return self.say(_FROM_UP_TO, start=ends[0], end=ends[1])
        return ends[0] if ends else ""

    def image(self, image: GreyImage) -> str:
        """Tell what the picture of an image shows."""
        rows, columns = image.shape
        unit = f" {image.value_unit}" if image.value_unit else ""
        return self.say(
            _PIXELS,
            columns=grouped(columns),
            rows=grouped(rows),
            low=f"{image.low:.6g}",
            high=f"{image.high:.6g}{unit}",
            stretch=self.say(image.stretch),
        )

    def _read(self, drawn: Series | EventMap | Histogram | GoodTimes | Spectrogram) -> str:
        """Return a sentence about a drawing that is made of a part of the rows, else nothing."""
        if drawn.whole:
            return ""
        rows, read = self.counted(drawn.total, "row"), grouped(drawn.read)
        if drawn.read >= drawn.total:
            return f" {self.say(_CUT, rows=rows)}"
        return f" {self.say(_BEGUN if drawn.in_order else _SAMPLED, read=read, rows=rows)}"


def label(column: NamedUnit) -> str:
    """Return a column with its unit, as an axis is called."""
    return f"{column[0]} ({column[1]})" if column[1] else column[0]
