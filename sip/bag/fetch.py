"""fetch.txt: what a holey bag promises (§2.2.3). It is read and reported; nothing is ever fetched."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from pathlib import Path

from sip.bag.findings import FindingLog
from sip.bag.paths import percent_decoded, resolved, why_it_escapes
from sip.bag.taginfo import Declaration, read_tag_text

NAME = "fetch.txt"

_LINE = re.compile(r"([^ \t]+)[ \t]+([0-9]{1,19}|-)[ \t]+(.+)")
_ABSOLUTE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):.+")
_WEB = frozenset({"https", "http", "ftp", "ftps"})


def read_fetch(root: Path, declaration: Declaration, log: FindingLog) -> dict[str, tuple[str, int]]:
    """Return what fetch.txt promises: path to URL and length, which is -1 where none is given."""
    text = read_tag_text(root, NAME, declaration.codec, log)
    promised: dict[str, tuple[str, int]] = {}
    lines = re.split(r"\r\n|\r|\n", text or "")
    for number, line in enumerate(lines, 1):
        if line:
            _read_line(line, number, declaration, promised, log)
    log.add("BAG-081", NAME, f"fetch.txt promises {len(promised)} files; nothing was fetched")
    return promised


def _read_line(
    line: str,
    number: int,
    declaration: Declaration,
    promised: dict[str, tuple[str, int]],
    log: FindingLog,
) -> None:
    where = f"line {number} of fetch.txt"
    match = _LINE.fullmatch(line)
    url = _ABSOLUTE.fullmatch(match[1]) if match else None
    if match is None or url is None:
        log.add("BAG-082", NAME, f"{where} is {line!r}; expected an absolute URL, a length, a path")
        return
    if url[1].lower() not in _WEB:
        log.add("BAG-086", NAME, f"{where} has the URL scheme {url[1]}; expected https")
    path = percent_decoded(match[3], with_percent=declaration.version >= (1, 0))
    reason = why_it_escapes(path)
    if reason:
        log.add("BAG-040", path, f"{where} lists {path}, which leaves the bag: {reason}")
    elif not resolved(path).startswith("data/"):
        log.add("BAG-084", path, f"{where} lists {path}; expected a path below data/")
    else:
        promised[resolved(path)] = (match[1], -1 if match[2] == "-" else int(match[2]))


def check_fetch(
    promised: Iterable[str],
    manifests: Mapping[str, Container[str]],
    present: Mapping[str, int],
    log: FindingLog,
) -> None:
    """Report promised files that no manifest protects, and those that are not in the payload."""
    for path in promised:
        lacking = [name for name, entries in manifests.items() if path not in entries]
        if lacking:
            log.add("BAG-083", path, f"{path} is not listed in the manifests {', '.join(lacking)}")
        if path not in present:
            log.add("BAG-085", path, f"{path} is promised by fetch.txt and not in the payload")
