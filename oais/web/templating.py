"""The templates, once for each language: their words, and numbers and times as it writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from oais.web import words
from oais.web.languages import Foreign, Language

TEMPLATES: Final = Path(__file__).parent / "templates"


def template_environment(language: Language, known: Mapping[str, Any]) -> Environment:
    """Return the templates in one language; ``known`` is what every page may use."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
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

    return {
        "size": partial(words.human_size, forms=language.forms),
        "figure": words.figure,
        "grouped": words.grouped,
        "counted": partial(words.counted, choose=language.catalogue.ngettext),
        "moment": partial(words.moment, forms=language.forms),
        "day": partial(words.day, forms=language.forms),
        "last_day": words.last_day,
        "lasting": words.lasting,
        "sentence": sentence,
        "told": language.told,
        "word": language.word,
        "step": words.level_step,
        "matching": words.matching,
        "version_url": words.version_url,
        "url": words.url_path,
    }
