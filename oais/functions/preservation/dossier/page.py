"""The dossier as one page that needs nothing else: light and dark, on screen and on paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from importlib import resources
from typing import Any

_FRAMES = (
    ("CTS ", "CoreTrustSeal 2023-2025"),
    ("ISO 16363 ", "ISO 16363:2012"),
    ("NDSA ", "NDSA Levels of Digital Preservation 2.0"),
)
_VERDICTS = ("fulfilled", "in part", "not fulfilled", "for people to show")


def dossier_page(plain: Mapping[str, Any], digest: str) -> str:
    """Return the page of a dossier as ``Dossier.as_plain`` gives it; ``digest`` is the sha256 of its JSON."""
    return "".join(_pieces(plain, digest))


def _pieces(plain: Mapping[str, Any], digest: str) -> Iterator[str]:
    name, day = escape(plain["archive"]), escape(plain["at"][:10])
    yield '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Dossier of {name}, {day}</title>\n<style>{_style()}</style></head>\n<body><main>\n"
    yield f"<h1>Dossier of {name}</h1>\n"
    yield f'<p class="soft">Every figure was computed on {escape(_moment(plain["at"]))} '
    yield f"from what is kept, by oais {escape(plain['software'])}. A row says what holds and what does not; "
    yield "what only people can show is named, not claimed.</p>\n"
    yield '<ul class="sum">'
    for verdict in _VERDICTS:
        count = plain["counts"].get(verdict, 0)
        yield f'<li class="{_class(verdict)}"><b>{count}</b>{verdict}</li>'
    yield "</ul>\n"
    for prefix, title in _FRAMES:
        yield f"<h2>{title}</h2>\n"
        for row in plain["rows"]:
            if row["id"].startswith(prefix):
                yield from _row(row, prefix)
    yield "<h2>To check this page</h2>\n"
    yield f"<p>It shows <code>dossier.json</code>, sha256 <code>{digest}</code>. "
    yield "Both are signed with the key "
    yield f"<code>{escape(plain['key_id'])}</code>:</p>\n<p><code>openssl pkeyutl -verify -pubin "
    yield "-inkey archive.pub.pem -rawin -in dossier.json -sigfile dossier.json.sig</code></p>\n"
    yield "<p>Compare the key with the one the archive publishes under <code>/keys</code>.</p>\n"
    yield "</main></body></html>\n"


@cache
def _style() -> str:
    return resources.files(__package__).joinpath("page.css").read_text("utf-8")


def _moment(at: str) -> str:
    """Return a moment to the minute, as people read it."""
    return f"{at[:10]} at {at[11:16]} UTC"


def _class(verdict: str) -> str:
    return verdict.replace(" ", "-")


def _row(row: Mapping[str, Any], prefix: str) -> Iterator[str]:
    verdict = row["verdict"]
    name = escape(row["id"].removeprefix(prefix))
    yield f'<article class="{_class(verdict)}"><h3><span class="id">{name}</span>'
    yield f'<span>{escape(row["words"])}</span><span class="v">{verdict}</span></h3>\n'
    if row["evidence"]:
        yield '<ul class="facts">'
        for fact in row["evidence"]:
            holds = "yes" if fact["holds"] else "no"
            word = "" if fact["holds"] else " <b>(does not hold)</b>"
            told = f"{fact['name'].capitalize()}: {fact['found']}"
            yield f'<li class="{holds}">{escape(told)}{word}</li>'
        yield "</ul>\n"
    see = [f"<code>{escape(command)}</code>" for command in row["commands"]]
    see += map(escape, row["documents"])
    if see:
        yield f'<p class="see">See for yourself: {" · ".join(see)}</p>\n'
    if row["outside"]:
        yield f'<p class="add">To be added by the archive’s people: {escape(row["outside"])}.</p>\n'
    yield "</article>\n"
