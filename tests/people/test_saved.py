"""Saved searches and profiles: every field comes back, and to its person alone (CB-18, EH-20)."""

from __future__ import annotations

import pytest

from oais.errors import InvalidError, NotFoundError
from oais.functions.people.saved import (
    delete_profile,
    delete_query,
    save_profile,
    save_query,
    saved_profiles,
    saved_queries,
)
from tests.people.conftest import People

QUERY = "q=55+Cnc&kind=light+curve&from=2020-03-01&ra=133.15&page=2"


def test_every_field_of_a_search_comes_back(people: People) -> None:
    """Name, description and the query string, byte for byte."""
    person = people.member("wilma")
    saved = save_query(people.service, person, "My star", f"?{QUERY}", description="<b>55 Cnc</b> & friends")
    assert saved_queries(people.service, person) == [saved]
    assert (saved.name, saved.query, saved.description) == ("My star", QUERY, "<b>55 Cnc</b> & friends")


def test_every_field_of_a_profile_comes_back(people: People) -> None:
    """Data sets in their order, interval and format."""
    person = people.member("wilma")
    saved = save_profile(
        people.service,
        person,
        "Fields",
        ["C1_CP_FGM_SPIN", "  node/of the/tree ", ""],
        starts="2001-02-01T00:00:00Z",
        ends="2001-03-01T00:00:00Z",
        package_format="tar.gz",
    )
    assert saved_profiles(people.service, person) == [saved]
    assert saved.data_sets.split("\n") == ["C1_CP_FGM_SPIN", "node/of the/tree"]
    assert (saved.starts, saved.ends, saved.format) == (
        "2001-02-01T00:00:00Z",
        "2001-03-01T00:00:00Z",
        "tar.gz",
    )


def test_a_name_holds_one_thing_at_a_time(people: People) -> None:
    """Saving again under a name replaces what had it, for this person only."""
    wilma, fred = people.member("wilma"), people.member("fred")
    save_query(people.service, wilma, "star", "q=1")
    theirs = save_query(people.service, fred, "star", "q=2")
    again = save_query(people.service, wilma, "star", "q=3")
    assert saved_queries(people.service, wilma) == [again]
    assert saved_queries(people.service, fred) == [theirs]


def test_nobody_sees_or_deletes_what_another_keeps(people: People) -> None:
    """An identifier of somebody else's is unknown."""
    wilma, fred = people.member("wilma"), people.member("fred")
    query = save_query(people.service, wilma, "star", "q=1")
    profile = save_profile(people.service, wilma, "fields", ["A"])
    assert [*saved_queries(people.service, fred), *saved_profiles(people.service, fred)] == []
    with pytest.raises(NotFoundError):
        delete_query(people.service, fred, query.identifier)
    with pytest.raises(NotFoundError):
        delete_profile(people.service, fred, profile.identifier)
    with pytest.raises(NotFoundError):
        delete_query(people.service, wilma, profile.identifier)
    delete_query(people.service, wilma, query.identifier)
    delete_profile(people.service, wilma, profile.identifier)
    assert [*saved_queries(people.service, wilma), *saved_profiles(people.service, wilma)] == []


def test_what_cannot_be_kept_is_told_at_once(people: People) -> None:
    """Empty names and endless texts are named together, and nothing is kept."""
    person = people.member("wilma")
    with pytest.raises(InvalidError) as fault:
        save_query(people.service, person, " ", "q" * 9000, description="d" * 3000)
    for part in ("no name", "query is longer", "description is longer"):
        assert part in fault.value.message
    for sets in ([], ["a\nb"], ["x"] * 201, ["x" * 257]):
        with pytest.raises(InvalidError, match="1 to 200 data sets"):
            save_profile(people.service, person, "p", sets)
    assert [*saved_queries(people.service, person), *saved_profiles(people.service, person)] == []
