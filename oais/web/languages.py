"""The languages of the pages: which one a request asks for, and what its catalogue says.

English stands in the templates; every other language is a gettext catalogue in ``locale``. Programs are
answered in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from gettext import NullTranslations, translation
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oais.web.cookies import cookie_name, set_cookie
from oais.web.doors import API, SAFE_METHODS
from oais.web.negotiation import wishes
from oais.web.returning import NEXT, safe_return
from oais.web.words import ENGLISH, FRENCH, Forms, counted

LOCALE: Final = Path(__file__).parent / "locale"
DOMAIN: Final = "messages"
PARAMETER: Final = "lang"
"""Of any page's address: shows it in a language, which the browser then keeps."""

COOKIE: Final = "oais-language"
_KEPT_SECONDS: Final = 365 * 86400
_OUR_WORDS: Final = frozenset({"who", "remedy", "duty", "since", "earlier"})
_GAP: Final = re.compile(r"\\\{(\w+)\\\}")


class Foreign(str):
    """Words that are English on a page that is not: HTML says so, for whoever has it read aloud."""

    __slots__ = ()

    def __html__(self) -> str:
        return f'<span lang="en">{escape(self)}</span>'


@dataclass(frozen=True)
class Language:
    """One language: its code (BCP 47), its own name, its catalogue, and how it writes numbers and days."""

    code: str
    name: str
    forms: Forms
    catalogue: NullTranslations = field(default_factory=NullTranslations)
    sentences: tuple[tuple[re.Pattern[str], str], ...] = ()

    def word(self, text: str) -> str:
        """Return a word of the vocabulary in this language; what the catalogue lacks as it is."""
        return self._found(text) or text

    def told(self, text: str) -> str:
        """Return what the archive tells in words of Python; English where the catalogue lacks it."""
        return self._found(text) or (Foreign(text) if text and self._translates else text)

    @property
    def _translates(self) -> bool:
        """Whether there is a catalogue: English needs none."""
        return type(self.catalogue) is not NullTranslations

    def _found(self, text: str) -> str:
        """Return the translation of a text or of the sentence that it fills; no text where there is none."""
        if not text or not self._translates:
            return ""
        found = self.catalogue.gettext(text)
        if found != text:
            return found
        for pattern, sentence in self.sentences:
            if match := pattern.fullmatch(text):
                return sentence.format_map({name: self._filling(name, part) for name, part in _gaps(match)})
        return ""

    def _filling(self, name: str, part: str) -> str:
        """Return what fills a gap: words of ours translated, a name or an operator's words as they are."""
        return self.word(part) if name in _OUR_WORDS else part

    def counted(self, number: int, one: str, many: str = "") -> str:
        """Return a number with its noun, as ``words.counted`` does, in this language."""
        return counted(number, one, many, choose=self.catalogue.ngettext)


def _gaps(match: re.Match[str]) -> Iterable[tuple[str, str]]:
    return match.groupdict().items()


PLAIN: Final = Language("en", "English", ENGLISH)
"""English, which needs no catalogue."""


@cache
def load_languages() -> Mapping[str, Language]:
    """Return every language by its code, English first."""
    french = translation(DOMAIN, LOCALE, ["fr"])
    return {
        "en": PLAIN,
        "fr": Language("fr", "Français", FRENCH, french, tuple(_sentences(french))),
    }


CODES: Final = ("en", "fr")


def _sentences(catalogue: NullTranslations) -> Iterator[tuple[re.Pattern[str], str]]:
    """Yield the sentences with gaps, ``the page {name} is gone``, those that say most first."""
    entries: Mapping[object, str] = catalogue._catalog  # type: ignore[attr-defined]  # noqa: SLF001
    open_ones = [text for text in entries if isinstance(text, str) and "{" in text]
    for text in sorted(open_ones, key=lambda text: (-len(_GAP.sub("", re.escape(text))), text)):
        yield re.compile(_GAP.sub(r"(?P<\1>.+?)", re.escape(text)), re.DOTALL), entries[text]


def language_of(request: Request) -> str:
    """Return the code of the language an answer is written in: chosen here, chosen before, or wished for."""
    if request.scope["path"].startswith(API):
        return CODES[0]
    chosen = getattr(request.state, "language", None) or request.cookies.get(cookie_name(request, COOKIE))
    return chosen if chosen in CODES else _wished(request.headers.get("accept-language"))


def _wished(header: str | None) -> str:
    """Return the language that ``Accept-Language`` (RFC 9110 §12.5.4) likes best; English when equal."""
    asked = [(name.split("-")[0], weight) for name, weight in wishes(header or "")]

    def liking(code: str) -> float:
        named = [weight for name, weight in asked if name == code]
        return max(named or [weight for name, weight in asked if name == "*"], default=0.0)

    return max(CODES, key=liking)


def switches(request: Request) -> dict[str, str]:
    """Return by language the address that shows the present page in it, or the first page after a form."""
    if request.method not in SAFE_METHODS:
        return {code: f"/?{urlencode({PARAMETER: code})}" for code in CODES}
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    # Where to go on after a login is said again only where it is a page of ours.
    kept = [(name, value) for name, value in pairs if name != NEXT or safe_return(request, value)]
    return {code: f"?{urlencode([*kept, (PARAMETER, code)])}" for code in CODES}


class LanguageChoice:
    """ASGI middleware: takes ``lang`` off a page's address before the page reads it, and keeps the choice."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, in the language that its address names."""
        chosen, rest = _taken_off(scope)
        if not chosen:
            await self._app(scope, receive, send)
            return
        scope = {**scope, "query_string": rest}
        request = Request(scope)
        request.state.language = chosen
        await self._app(scope, receive, _keeping(request, chosen, send))


def _taken_off(scope: Scope) -> tuple[str, bytes]:
    """Return the language that an address names, if one of ours, and its query without it."""
    if scope["type"] != "http" or scope["method"] not in SAFE_METHODS or scope["path"].startswith(API):
        return "", b""
    pairs = parse_qsl(scope["query_string"].decode("ascii", "replace"), keep_blank_values=True)
    chosen = dict(pairs).get(PARAMETER, "")
    rest = urlencode([(name, value) for name, value in pairs if name != PARAMETER])
    return (chosen, rest.encode()) if chosen in CODES else ("", b"")


def _keeping(request: Request, chosen: str, send: Send) -> Send:
    """Return what sends, and has the browser keep the language."""

    async def keeping(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = Response()
            set_cookie(request, kept, COOKIE, chosen, seconds=_KEPT_SECONDS)
            headers = MutableHeaders(scope=message)
            headers.append("Set-Cookie", kept.headers["Set-Cookie"])
            headers["Cache-Control"] = "no-store"
        await send(message)

    return keeping
