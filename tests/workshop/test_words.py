"""The words of the pages: all marked, all translated, with the same gaps, and the catalogue as written."""

from __future__ import annotations

import gettext
import io

import pytest

from oais.web.languages import DOMAIN, LOCALE, load_languages
from oais.web.templating import template_environment
from workshop.catalogue import Message, compiled, read, written
from workshop.words import faults, marked, messages, unmarked, visible


def test_every_word_is_marked() -> None:
    """No template shows words that stay English whatever the reader's language."""
    assert list(unmarked()) == []


def test_every_word_is_french() -> None:
    """Nothing is left without a translation, or with one that lacks a gap of the English."""
    _, known = read((LOCALE / "fr" / "LC_MESSAGES" / f"{DOMAIN}.po").read_text(encoding="utf-8"))
    assert list(faults(messages(), known)) == [], "python -m workshop.words, then translate"


def test_programs_read_what_the_translator_wrote() -> None:
    """The ``.mo`` is made of the ``.po`` beside it."""
    path = LOCALE / "fr" / "LC_MESSAGES" / f"{DOMAIN}.po"
    assert compiled(*read(path.read_text(encoding="utf-8"))) == path.with_suffix(".mo").read_bytes()


def test_a_catalogue_is_read_back_as_written() -> None:
    """Quotes, line ends and plurals survive the ``.po``, and Python's own reader reads the ``.mo``."""
    head = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n > 1);\n"
    found = [Message('say "é"\n\\', places=("a.html",)), Message("row", "rows")]
    known = {found[0].key: ("dites «\u00a0é\u00a0»",), found[1].key: ("ligne", "lignes")}
    assert read(written(head, found, known)) == (head, known)
    speaking = gettext.GNUTranslations(io.BytesIO(compiled(head, known)))
    assert speaking.gettext(found[0].one) == known[found[0].key][0]
    assert [speaking.ngettext("row", "rows", number) for number in (0, 1, 2)] == ["ligne", "ligne", "lignes"]


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("<p>Plain words</p>", ["Plain words"]),
        ('<nav aria-label="The site"></nav>', ["The site"]),
        ('<p>{{ _("Marked") }}{% trans %}too <b>this</b>{% endtrans %}</p><pre>code here</pre>', []),
        ('<a href="{% if a > b %}x{% endif %}">{{ name }}</a> · 3', ["· 3"]),
    ],
)
def test_unmarked_words_are_seen(source: str, seen: list[str]) -> None:
    """What stands between tags and in spoken attributes, and nothing of what is marked or code."""
    assert list(visible(source)) == seen


def test_counted_nouns_are_gathered() -> None:
    """What ``counted`` says is a plural to translate; a gap too many is a fault."""
    templates = template_environment(load_languages()["en"], {})
    assert list(marked(templates, '{{ 3|counted("row") }}{{ _("Hits") }}')) == [("Hits", ""), ("row", "rows")]
    message = Message("%(a)s of {b}")
    assert list(faults([message], {message.key: ("%(a)s de b",)})) != []
    assert list(faults([message], {message.key: ("{b} : %(a)s",)})) == []
