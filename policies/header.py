"""Finding a value by its source: in the headers, the file's name, the tags or ``submission.yaml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from oais.information.packages import Inspection
from policies.conversion import plain
from policies.submission import SubmissionYaml
from policies.template import Template


class HeaderReader:
    """All that is known of one product, asked by source (see ``policies.sources``)."""

    def __init__(
        self,
        inspection: Inspection,
        names: Mapping[str, str],
        submission: SubmissionYaml | None,
        tags: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._inspection = inspection
        self._names = names
        self.known: dict[str, Any] = dict(names)
        self._submission = submission
        self._tags = tags

    def first(self, source: str) -> Any:
        """Return the first value of a source that is not blank, or None; a list stays a list."""
        return next((value for value in self._found(source) if plain(value) is not None), None)

    def all(self, source: str) -> Iterator[Any]:
        """Yield each single value of a source: the items of a list, the lines of a text, one by one."""
        value = self.first(source)
        value = value.splitlines() if isinstance(value, str) else value
        if isinstance(value, list | tuple):
            yield from (item for item in value if plain(item) is not None)
        elif value is not None:
            yield value

    def fill(self, template: Template) -> str | None:
        """Fill a template with the groups of the file name and the values made so far, or return None."""
        try:
            return template.fill(self.known)
        except KeyError:
            return None

    def _found(self, source: str) -> Iterator[Any]:
        unit, _, key = source.partition("/")
        if unit == "name":
            yield self._names.get(key)
        elif unit == "tag":
            yield list(self._tags.get(key, ()))
        elif unit == "submission":
            yield getattr(self._submission, key, None)
        else:
            for header in self._units(unit):
                yield header.get(key, header.get(key.upper()))

    def _units(self, unit: str) -> Iterator[Mapping[str, Any]]:
        headers = self._inspection.headers
        if unit == "*":
            yield from headers
        elif unit.isdecimal():
            yield from headers[int(unit) : int(unit) + 1]
        else:
            named = zip(headers, self._inspection.structure, strict=False)
            for header, shape in named:
                if unit in (shape.get("name"), header.get("EXTNAME")):
                    yield header
