"""The templates: compiled once in a process for each language, however many sites it serves."""

from __future__ import annotations

import jinja2
import pytest

from oais.web.languages import Foreign, load_languages
from oais.web.templating import Dated, template_environment


def test_a_second_site_compiles_no_template_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one site has compiled another one of the same process renders."""
    english = load_languages()["en"]
    template_environment(english, {}).get_template("reset.html")
    monkeypatch.setattr(jinja2.Environment, "compile", None)
    assert template_environment(english, {}).get_template("reset.html").name == "reset.html"


def test_each_language_has_templates_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fixed words are translated when a template is compiled, so none is lent to another language."""
    languages = load_languages()
    text = "{{ 'Download'|word }}"
    monkeypatch.setattr("oais.web.templating.FileSystemLoader", lambda _: jinja2.DictLoader({"x": text}))
    said = {code: template_environment(one, {}).get_template("x").render() for code, one in languages.items()}
    assert said == {code: one.word("Download") for code, one in languages.items()}
    assert said["en"] != said["fr"]


def test_a_day_is_not_broken_in_two() -> None:
    """Browsers break after a hyphen; what else a text holds is escaped, and what is markup stays so."""
    assert Dated("<b> until 2028-05-22").__html__() == '&lt;b&gt; until <span class="day">2028-05-22</span>'
    assert Dated(Foreign("on 2028-05-22")).__html__().startswith('<span lang="en">on <span class="day">')
    page = template_environment(load_languages()["en"], {}).from_string(
        "{{ _('%(day)s: %(told)s', day='2028-05-22', told='<b>')|dated }}"
    )
    assert page.render() == '<span class="day">2028-05-22</span>: &lt;b&gt;'
    assert str(Dated("2028-05-22")) == "2028-05-22"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("the basket is empty", "The basket is empty"),
        ("état inconnu", "État inconnu"),
        ("l’index manque", "L’index manque"),
        ("re-packed: twice", "Re-packed: twice"),
        ("solo_L2_ept.cdf holds nothing that is drawn", "solo_L2_ept.cdf holds nothing that is drawn"),
        ("r20261122T194909Z-c251d18e is missing", "r20261122T194909Z-c251d18e is missing"),
        ("tess.tic55525572@v1 is closed", "tess.tic55525572@v1 is closed"),
        ("t_max: expected a number", "t_max: expected a number"),
        ("", ""),
    ],
)
def test_a_sentence_leaves_the_name_it_begins_with(told: str, shown: str) -> None:
    """Words get a large first letter; names of files, packages and columns stand as they are written."""
    page = template_environment(load_languages()["en"], {}).from_string("{{ told|sentence }}")
    assert page.render(told=told) == shown
