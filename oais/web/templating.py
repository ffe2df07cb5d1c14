"""The templates, once for each language: their words, and numbers and times as it writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from html import escape
from pathlib import Path
from types import CodeType
from typing import Any, Final

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from oais.web import words
from oais.web.languages import Foreign, Language

_DAY: Final = re.compile(r"\b\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?")
TEMPLATES: Final = Path(__file__).parent / "templates"


class Dated(str):
    """A text on a page in which no day is broken in two: browsers break after a hyphen."""

    __slots__ = ("_markup",)
    _markup: str

    def __new__(cls, text: object) -> Dated:
        """Take a text, or markup as it is."""
        made = super().__new__(cls, text)
        # A plain text of it: to put markup's own kind together escapes what is put in.
        made._markup = str(text.__html__()) if hasattr(text, "__html__") else escape(str(text))
        return made

    def __html__(self) -> str:
        return _DAY.sub(r'<span class="day">\g<0></span>', self._markup)


class _Compiled(BytecodeCache):
    """The templates as compiled by this process, however many sites it serves."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled of this very text."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        assert bucket.code is not None
        self._code[bucket.key, bucket.checksum] = bucket.code


@cache
def _compiled(_language: str) -> _Compiled:
    """Return those of one language: a filter on fixed words is worked out when they are compiled."""
    return _Compiled()


def template_environment(language: Language, known: Mapping[str, Any]) -> Environment:
    """Return the templates in one language; ``known`` is what every page may use."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=_compiled(language.code),
        extensions=["jinja2.ext.i18n"],
    )
    templates.install_gettext_translations(language.catalogue, newstyle=True)  # type: ignore[attr-defined]
    templates.globals |= {**known, "language": language}
    templates.filters |= _filters(language)
    return templates


def _filters(language: Language) -> dict[str, Callable[..., Any]]:
    def sentence(text: str) -> str:
        told = language.told(text)
        said = words.sentence(told)
        return Foreign(said) if isinstance(told, Foreign) else said

    def spoken(text: str) -> str:
        """Return a sentence for an attribute, where no markup can say that it is in another language."""
        return words.sentence(language.word(text))

    return {
        "dated": Dated,
        "size": partial(words.human_size, forms=language.forms),
        "figure": words.figure,
        "grouped": words.grouped,
        "counted": partial(words.counted, choose=language.catalogue.ngettext),
        "moment": partial(words.moment, forms=language.forms),
        "instant": partial(words.instant, forms=language.forms),
        "day": partial(words.day, forms=language.forms),
        "last_day": words.last_day,
        "lasting": words.lasting,
        "sentence": sentence,
        "spoken": spoken,
        "told": language.told,
        "word": language.word,
        "step": words.level_step,
        "matching": words.matching,
        "version_url": words.version_url,
        "url": words.url_path,
    }
