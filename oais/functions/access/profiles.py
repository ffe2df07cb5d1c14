"""Using a profile: finding what its places and identifiers name, within its interval, by its owner alone."""

from __future__ import annotations

from dataclasses import replace

from oais.database.saved_queries import Profile
from oais.errors import NotFoundError
from oais.functions.access.question import Question
from oais.functions.people.accounts import person_of
from oais.functions.people.saved import saved_profiles
from oais.functions.service import Service
from oais.information.text import printable
from policies.principals import Principal, Scope, recognized


class ProfileGoneError(NotFoundError):
    """There is no such profile of the asker's: it was deleted, or never his."""


def profile_of(service: Service, principal: Principal, identifier: str) -> Profile:
    """Return a profile of whoever asks; raises ProfileGoneError, also for one of somebody else's.

    A token uses it only with the scope to read.
    """
    his = saved_profiles(service, principal.identifier) if recognized(principal, Scope.READ) else []
    for profile in his:
        if profile.identifier == identifier:
            return profile
    raise ProfileGoneError(
        "this asks within a profile, and there is no such profile of yours (any more)",
        remedy="ask without it, or within another: /me/queries shows your profiles once you are logged in",
    )


def profile_named(service: Service, login: str, name: str) -> Profile:
    """Return a profile by its owner's login and its name; raises NotFoundError that names those there are."""
    profiles = saved_profiles(service, person_of(service, login).identifier)
    for profile in profiles:
        if profile.name == name.strip():
            return profile
    names = ", ".join(printable(profile.name) for profile in profiles) or "none is kept"
    raise NotFoundError(f"{login} keeps no profile {printable(name)!r}", remedy=f"name one of these: {names}")


def within(question: Question, profile: Profile | None) -> Question:
    """Return a question that asks among what a profile names only; a time it has goes before the profile's.

    Without a profile it stays as it is.
    """
    if profile is None:
        return question
    timed = question.time or question.start or question.stop
    return replace(question, among=named_by(profile), time=question.time if timed else profile.interval)


def named_by(profile: Profile) -> tuple[str, ...]:
    """Return the places and identifiers that a profile names."""
    return tuple(line.strip("/ ") for line in profile.data_sets.splitlines())
