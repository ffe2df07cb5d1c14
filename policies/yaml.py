"""A strict reader of YAML: what could mean two things, or grow without bound, is refused.

YAML's convenience is dangerous in a policy: a duplicate key quietly wins, a merge key opens what was
closed, ``010`` is 8 and ``no`` is false. So every value is a text with its line, and duplicate keys,
anchors, aliases, merges, tags, several documents, tabs and control characters are faults. The events of
the pure-Python parser are read one by one, so neither depth nor an alias can exhaust anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from oais.errors import ConfigurationError
from oais.information.text import printable

LARGEST = 64 * 1024
DEEPEST = 10
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a file: where, what was found, what was expected, what to do."""

    source: str
    line: int
    found: str
    expected: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}" if self.line else self.source
        todo = f"; {self.remedy}" if self.remedy else ""
        return printable(f"{place}: found {self.found}, expected {self.expected}{todo}", 1000)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text of the file and its line; ``null`` where nothing at all was written."""

    text: str
    line: int
    null: bool = False


@dataclass(slots=True)
class Sequence:
    """A list of the file."""

    line: int
    items: list[Value] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A mapping of the file: each key is a text that occurs once."""

    line: int
    entries: dict[str, Value] = field(default_factory=dict)
    key_lines: dict[str, int] = field(default_factory=dict)


Value = Scalar | Sequence | Table


class _StopReadingError(Exception):
    """The rest of the file cannot be read; the fault is already noted."""


def load_strict_yaml(data: str | bytes, source: str) -> Table:
    """Read one document whose top is a mapping; raises ConfigurationError listing every fault."""
    table, faults = parse_strict_yaml(data, source)
    if faults or table is None:
        raise configuration_error(faults)
    return table


def parse_strict_yaml(data: str | bytes, source: str) -> tuple[Table | None, list[Fault]]:
    """Read one document; return its mapping (None if unusable) and every fault; never raises."""
    faults: list[Fault] = []
    text = _decoded(data, source, faults)
    if text is None:
        return None, faults
    reader = _Reader(source, faults)
    try:
        reader.read(yaml.parse(text, Loader=yaml.SafeLoader))
    except _StopReadingError:
        return None, faults
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        faults.append(Fault(source, line, str(error.problem or "a fault of syntax"), "well-formed YAML"))
        return None, faults
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        faults.append(Fault(source, 0, str(error)[:_SHOWN], "well-formed YAML"))
        return None, faults
    return reader.finished(), faults


def configuration_error(faults: list[Fault]) -> ConfigurationError:
    """Return the error that stops us for these faults, one line each."""
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    lines = "\n".join(f"  {fault}" for fault in faults)
    return ConfigurationError(
        f"{count} in the policies:\n{lines}", remedy="correct the lines named; nothing was changed"
    )


def _decoded(data: str | bytes, source: str, faults: list[Fault]) -> str | None:
    raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
    if len(raw) > LARGEST:
        faults.append(Fault(source, 0, f"{len(raw)} bytes", f"at most {LARGEST} bytes", "split the file"))
        return None
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        faults.append(Fault(source, 1, "a byte order mark", "plain UTF-8", "save the file without it"))
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        faults.append(Fault(source, line, f"byte 0x{raw[error.start]:02x}", "UTF-8", "save it as UTF-8"))
        return None
    for number, line_text in enumerate(text.split("\n"), 1):
        _check_characters(line_text.removesuffix("\r"), number, source, faults)
    return None if faults else text


def _check_characters(text: str, number: int, source: str, faults: list[Fault]) -> None:
    if "\t" in text:
        faults.append(Fault(source, number, "a tab", "spaces only", "replace the tab by spaces"))
    strange = sorted({c for c in text if (ord(c) < 32 and c != "\t") or ord(c) in (127, 0x85, 0xFEFF)})
    if strange:
        names = ", ".join(f"U+{ord(character):04X}" for character in strange)
        faults.append(Fault(source, number, f"control character {names}", "text", "remove it"))


class _Reader:
    """Builds the tree from the parser's events."""

    def __init__(self, source: str, faults: list[Fault]) -> None:
        self._source = source
        self._faults = faults
        self._open: list[Sequence | Table] = []
        self._keys: list[Scalar | None] = []
        self._root: Value | None = None
        self._documents = 0

    def read(self, events: Iterator[yaml.Event]) -> None:
        """Take all events, noting faults."""
        for event in events:
            line = event.start_mark.line + 1 if event.start_mark else 0
            if isinstance(event, yaml.DocumentStartEvent):
                self._start_document(event, line)
            elif isinstance(event, yaml.AliasEvent):
                self._fault(line, f"alias *{event.anchor}", "the value itself", "write it out")
                self._place(Scalar("", line))
            elif isinstance(event, yaml.NodeEvent):
                self._start_value(event, line)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._open.pop()
                self._keys.pop()

    def finished(self) -> Table | None:
        """Return the mapping at the top, noting a fault if something else is there."""
        if isinstance(self._root, Table):
            return self._root
        found = "nothing" if self._root is None else described(self._root)
        self._fault(getattr(self._root, "line", 1), found, "a mapping of names to values")
        return None

    def _start_document(self, event: yaml.DocumentStartEvent, line: int) -> None:
        self._documents += 1
        if self._documents > 1:
            self._fault(line, "a second document", "one document", "remove what follows ---")
            raise _StopReadingError
        if event.version or event.tags:
            self._fault(line, "a % directive", "no directives", "remove it")

    def _start_value(self, event: yaml.NodeEvent, line: int) -> None:
        if event.anchor:
            self._fault(line, f"anchor &{event.anchor}", "no anchors", "write the value where it is needed")
        tag = event.tag if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) else None
        if tag:
            self._fault(line, f"tag {tag}", "no tags: every value is a text", "remove the tag")
        if isinstance(event, yaml.ScalarEvent):
            self._check_escapes(event.value, line)
            plain = event.style is None
            self._place(Scalar(event.value, line, null=plain and event.value in ("", "~", "null")))
            return
        value = Sequence(line) if isinstance(event, yaml.SequenceStartEvent) else Table(line)
        self._place(value)
        self._open.append(value)
        self._keys.append(None)
        if len(self._open) > DEEPEST:
            self._fault(line, f"a value {len(self._open)} levels deep", f"at most {DEEPEST} levels")
            raise _StopReadingError

    def _check_escapes(self, text: str, line: int) -> None:
        """Find escapes for control characters and halves of characters: no XML can hold such text."""
        strange = sorted({c for c in text if c != "\n" and (ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF)})
        if strange:
            names = ", ".join(f"U+{ord(character):04X}" for character in strange)
            self._fault(line, f"an escape for {names}", "text", "remove it")

    def _place(self, value: Value) -> None:
        if not self._open:
            self._root = value
            return
        parent = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(value)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = self._checked_key(value)
            return
        self._keys[-1] = None
        if key.text in parent.entries:
            first = parent.key_lines[key.text]
            self._fault(key.line, f"a second {key.text!r}", f"the one in line {first}", "keep one of them")
            return
        parent.entries[key.text] = value
        parent.key_lines[key.text] = key.line

    def _checked_key(self, value: Value) -> Scalar:
        if not isinstance(value, Scalar):
            self._fault(value.line, f"{described(value)} as a key", "a name")
            raise _StopReadingError
        if value.text == "<<":
            self._fault(value.line, "merge key <<", "no merging", "write the values out")
        return value

    def _fault(self, line: int, found: str, expected: str, remedy: str = "") -> None:
        self._faults.append(Fault(self._source, line, found, expected, remedy))


def described(value: Value) -> str:
    """Return what kind of value it is, in words for a message."""
    if isinstance(value, Sequence):
        return f"a list of {len(value.items)}"
    if isinstance(value, Table):
        return f"a mapping with {len(value.entries)} names"
    if value.null:
        return "nothing"
    return repr(printable(value.text, _SHOWN))
