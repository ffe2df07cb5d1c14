"""Gathers the words of the pages into the catalogues of their translations.

``python -m workshop.words`` writes ``oais/web/locale/*/LC_MESSAGES/messages.po`` and ``.mo`` anew: new words
come in without a translation, those that no page says any more go with ``--drop``. ``--check`` only tells
what is missing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Final

from jinja2 import Environment, nodes

from oais.web.languages import DOMAIN, LOCALE, load_languages
from oais.web.templating import TEMPLATES, template_environment
from oais.web.vocabulary import COUNTED, VOCABULARY
from workshop.catalogue import Message, compiled, read, written

_CALLS: Final = {"_", "gettext", "ngettext"}
_GAPS: Final = re.compile(r"%\((\w+)\)s|\{(\w+)\}")

NAMES: Final = frozenset(
    (
        *(
            "ADQL",
            "AIP",
            "AIPs",
            "API",
            "BibTeX",
            "CSV",
            "Ed25519",
            "FITS",
            "GTI",
            "ICRS",
            "JSON",
            "METS",
            "OAIS",
        ),
        *(
            "PREMIS",
            "Python",
            "RA",
            "Dec",
            "SVG",
            "UTC",
            "VOTable",
            "XML",
            "blake3",
            "curl",
            "openssl",
            "pyvo",
        ),
        *("sha256", "sha512", "tar.gz", "wget", "zip"),
    )
)
"""Names that are the same in every language."""

_JINJA: Final = re.compile(
    r"\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*[-+]?%\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL
)
_SILENT: Final = re.compile(r"<(script|style|pre|code|svg)\b.*?</\1>|<!--.*?-->", re.DOTALL)
_TAG: Final = re.compile(r"<[/!]?[a-zA-Z](?:\"[^\"]*\"|[^>\"])*>", re.DOTALL)
_SAID: Final = re.compile(r'\b(?:aria-label|title|alt|placeholder|data-label)="([^"]*)"')
_WORD: Final = re.compile(r"[A-Za-zÀ-ÿ][\w.]+")


def main(arguments: list[str]) -> int:
    """Write the catalogues, or with ``--check`` name what is wrong; returns 1 when something is missing."""
    wrong = [f"{name}: unmarked words {words!r}" for name, words in unmarked()]
    for path in sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        header, known = read(path.read_text(encoding="utf-8"))
        found = messages()
        said = {message.key for message in found}
        kept = {key: known[key] for key in known if key in said or "--drop" not in arguments}
        wrong += [f"{path.parts[-3]}: {fault}" for fault in faults(found, kept)]
        found = sorted([*found, *(Message(*key) for key in kept if key not in said)])
        if "--check" not in arguments:
            path.write_text(written(header, found, kept), encoding="utf-8")
            path.with_suffix(".mo").write_bytes(compiled(header, kept))
    sys.stdout.writelines(f"{line}\n" for line in wrong)
    return int(bool(wrong))


def faults(found: list[Message], known: dict[tuple[str, str], tuple[str, ...]]) -> Iterator[str]:
    """Yield what is not translated, or is with other gaps than the English has."""
    for message in found:
        said = known.get(message.key)
        if not said:
            yield f"no translation of {message.one!r}"
        elif any(_gaps(form) != _gaps(message.one) for form in said):
            yield f"other gaps than in {message.one!r}"


def _gaps(text: str) -> set[str]:
    return {"".join(names) for names in _GAPS.findall(text)}


def messages() -> list[Message]:
    """Return what the templates mark and what Python says on pages, each once, with the files that say it."""
    found: dict[tuple[str, str], set[str]] = {}
    templates = template_environment(load_languages()["en"], {})
    for path in sorted(TEMPLATES.glob("*.html")):
        for key in marked(templates, path.read_text(encoding="utf-8")):
            found.setdefault(key, set()).add(path.name)
    for key in (*((word, "") for word in VOCABULARY), *COUNTED):
        found.setdefault(key, set()).add("vocabulary.py")
    return sorted(Message(one, many, tuple(sorted(places))) for (one, many), places in found.items())


def marked(templates: Environment, source: str) -> Iterator[tuple[str, str]]:
    """Yield singular and plural of the words that a template marks, or counts with ``counted``."""
    tree = templates.parse(source)
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in _CALLS:
            yield _constants(call.args, 2 if call.node.name == "ngettext" else 1)
    for used in tree.find_all(nodes.Filter):
        if used.name == "counted":
            one, many = _constants(used.args, 2)
            yield one, many or one + "s"


def _constants(arguments: list[nodes.Expr], most: int) -> tuple[str, str]:
    said = [str(one.value) for one in arguments[:most] if isinstance(one, nodes.Const)]
    return (said[0], said[1]) if len(said) > 1 else (said[0], "")


def unmarked() -> Iterator[tuple[str, str]]:
    """Yield template and words that people would see in English whatever their language."""
    for path in sorted(TEMPLATES.glob("*.html")):
        for text in visible(path.read_text(encoding="utf-8")):
            if any(word not in NAMES for word in _WORD.findall(text)):
                yield path.name, text


def visible(source: str) -> Iterator[str]:
    """Yield the texts and spoken attributes of a template that nothing marks."""
    bare = _SILENT.sub(" ", _JINJA.sub(" ", source))
    yield from (said for tag in _TAG.findall(bare) for said in _SAID.findall(tag) if " " in said.strip())
    yield from (text.strip() for text in _TAG.split(bare) if text.strip())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
