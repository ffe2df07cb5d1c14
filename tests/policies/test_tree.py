"""The tree: planted by agreements, empty branches included, and grown from what is in."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.loading import PolicySet, load_policies
from policies.template import SLUG, Template, slug
from policies.tree import Tree

SHIPPED = Path(__file__).resolve().parents[2] / "policies" / "shipped"

COROT = """\
CoRoT
  N0 Data
    Run 2
      ANO_STARWIND
      ENO_STARWIND
    Run 3
      ANO_STARWIND
      ENO_STARWIND
    Complementary data
      ANO_ECARTO_AFPS
      ANO_MASK
  N1 Data
    Run 2
      AN1_XXXX principal
      EN1_XXXX principal
    Run 3
      AN1_XXXX principal
      EN1_XXXX principal
    Complementary data
      AN1_XXXX complémentaire
      EN1_XXXX complémentaire
  HK Parameters
    N0 HK
      Paramètre 1
      Paramètre 2
    N1 HK
      Paramètre 1
      Paramètre 2
  N2 Data
    Exoplanet field
    Seismology field
  Documents
"""


@pytest.fixture(scope="module")
def policies() -> PolicySet:
    """The policies that come with the software."""
    return load_policies(SHIPPED)


def test_the_corot_tree_is_whole_before_any_data(policies: PolicySet) -> None:
    """Levels, runs, data sets and housekeeping parameters stand in their order, all empty."""
    nodes = [node for node in policies.tree.nodes() if node.path.split("/")[0] == "corot"]
    drawn = "".join(f"{'  ' * node.path.count('/')}{node.title}\n" for node in nodes)
    assert drawn == COROT


def test_every_node_has_its_parent_before_it(policies: PolicySet) -> None:
    """Parents come first, paths are unique, and each node can be found by its path."""
    seen: set[str] = set()
    for node in policies.tree.nodes():
        assert node.path not in seen
        assert node.parent in seen or node.kind == "mission"
        assert policies.tree.node(node.path) == node
        seen.add(node.path)
    assert len(policies.tree.missions()) == len(policies.agreements)


@pytest.mark.parametrize(
    ("name", "path", "title", "kind"),
    [
        ("ANO_STARWIND_RUN2_101.tar.gz", "corot/n0/run-2/ano_starwind", "ANO_STARWIND", "science"),
        ("ENO_STARWIND_RUN12_101.tar.gz", "corot/n0/run-12/eno_starwind", "ENO_STARWIND", "science"),
        ("ANO_MASK_RUN2_101.tar.gz", "corot/n0/complementary-data/ano_mask", "ANO_MASK", "auxiliary"),
        (
            "AN1_STAR_principal_RUN3_7.tar.gz",
            "corot/n1/run-3/an1_star-principal",
            "AN1_STAR principal",
            "science",
        ),
        ("N0HK_PARAM1_RUN2.fits", "corot/hk-parameters/n0-hk/parametre-1", "Paramètre 1", "engineering"),
        ("N1HK_PARAM7_20090312.fits", "corot/hk-parameters/n1-hk/parametre-7", "Paramètre 7", "engineering"),
        ("100725706.csv", "corot/n2-data/exoplanet-field", "Exoplanet field", "science"),
    ],
)
def test_names_lead_to_their_data_set(
    policies: PolicySet, name: str, path: str, title: str, kind: str
) -> None:
    """One tar.gz per identifier, one FITS per run or per day: the name alone says where it rests."""
    agreement = policies.agreement("corot")
    found = agreement.rule_for(f"data/{name}")
    assert found is not None
    rule, names = found
    if "run" in names:
        names["run"] = str(int(names["run"]))
    node = policies.tree.place(agreement, rule, names)
    assert (node.path, node.title, rule.kind) == (path, title, kind)


@pytest.mark.parametrize("name", ["ANO_STARWIND_101.tar.gz", "100725706.txt", "N1HK_PARAM7.fits", "x/../y"])
def test_other_names_are_unknown(policies: PolicySet, name: str) -> None:
    """A name that the agreed grammar does not know falls under no rule."""
    assert policies.agreement("corot").rule_for(f"data/{name}") is None


def test_a_node_is_made_again_from_its_path(policies: PolicySet) -> None:
    """The tree can be rebuilt from the paths that packages carry."""
    chain = policies.tree.chain("tess/n0/target-pixel-files/sector-5")
    assert [node.title for node in chain] == ["TESS", "N0 Data", "Target pixel files", "Sector 5"]
    assert chain[-1].kind == "data set"
    assert chain[-1].words.data == "open"


@pytest.mark.parametrize("path", ["", "nowhere", "tess/n9", "tess/n0/../n1", "tess//n0", "tess/n0/", "TESS"])
def test_there_is_no_other_node(policies: PolicySet, path: str) -> None:
    """What no rule makes is no node."""
    assert policies.tree.node(path) is None
    assert policies.tree.chain(path) == ()


def test_a_field_without_value_stops_at_the_branch_above(policies: PolicySet) -> None:
    """A product whose sector is not known rests above the sectors."""
    agreement = policies.agreement("tess")
    found = agreement.rule_for("data/x_lc.fits")
    assert found is not None
    assert policies.tree.place(agreement, found[0], {}).path == "tess/n1/light-curves"
    assert policies.tree.place(agreement, None, {}).path == "tess"


def test_names_from_headers_cannot_leave_their_place(policies: PolicySet) -> None:
    """Whatever a header says becomes one harmless segment."""
    agreement = policies.agreement("tess")
    found = agreement.rule_for("data/x_lc.fits")
    assert found is not None
    for hostile in ("../../etc", "a/b/c", "é\n<script>", "%2e%2e", "x" * 500, "   ", "..."):
        node = policies.tree.place(agreement, found[0], {"sector": hostile})
        assert node.path.startswith("tess/n1/light-curves")
        assert node.path.count("/") <= 3
        assert all(SLUG.fullmatch(part) for part in node.path.split("/"))


def test_templates_and_slugs() -> None:
    """Fields are filled, padded and cleaned as their forms say."""
    values = {"a": "007", "b": 5, "c": "Paramètre 1"}
    assert Template("{a:int}-{b:4}-{a}").fill(values) == "7-0005-007"
    assert Template("{c:upper}|{c:slug}").fill(values) == "PARAMÈTRE 1|parametre-1"
    assert slug("KELT-20 b/c") == "kelt-20-b-c"
    with pytest.raises(KeyError):
        Template("{nothing}").fill(values)
    assert Tree([], load_policies(SHIPPED).access).nodes() == ()
