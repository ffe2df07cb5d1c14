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
