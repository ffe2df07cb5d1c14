"""Why somebody may see and download an object or not: now, at another date, or if a visit were complete."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from oais.errors import InvalidError, NotFoundError
from oais.functions.access.decisions import NEWEST
from oais.functions.access.facade import Access
from oais.functions.access.releases import FOR_EVER, private_for_ever, release_note
from oais.functions.access.views import ReleaseNote
from oais.functions.embargo.inputs import moment_named, moment_of
from oais.functions.people.accounts import person_of
from oais.functions.people.principals import principal_for
from oais.functions.service import Service
from oais.information.identifiers import parse_aip_reference
from oais.information.text import printable
from policies.access import ANONYMOUS, AccessObject, AccessWords, Action, decide
from policies.embargo import Visit


@dataclass(frozen=True, slots=True)
class Layer:
    """What one policy says of the object: at which node it stands, its words, and what follows them when."""

    node: str
    policy: str
    metadata: str
    metadata_opens: str
    data: str
    until: str
    then: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The decision about one action."""

    action: str
    allowed: bool
    reason: str
    release_at: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that decides about an object for somebody at a moment; the nearest policy stands first.

    ``hint`` says what to mend where the data would else stay private for ever; it is mostly empty.
    """

    about: str
    node: str
    asker: str
    at: str
    answers: tuple[Answer, ...]
    layers: tuple[Layer, ...]
    release: ReleaseNote | None
    hint: str = ""


def explain(access: Access, about: str, asker: str, supposed: Visit | None = None) -> Explanation:
    """Explain what ``access.principal`` may do with a node or an AIP at ``access.now``.

    ``asker`` is how the principal is called. ``supposed`` is a visit taken as complete then, whatever is
    declared. Raises NotFoundError for what is neither a node nor an AIP, InvalidError for a supposed visit
    of what has no observation request.
    """
    target = _target(access, about)
    if supposed is not None:
        target = _supposing(target, supposed)
    return Explanation(
        about=about,
        node=target.node_path,
        asker=asker,
        at=access.now.isoformat(),
        answers=tuple(_answer(access, action, target) for action in Action),
        layers=tuple(_layer(words) for words in target.words.layers()),
        release=release_note(target),
        hint=FOR_EVER if target.aip_id and private_for_ever(target, access.now) else "",
    )


def explain_to(
    service: Service,
    access: Access,
    about: str,
    *,
    login: str = "",
    at: str = "",
    supposed: Visit | None = None,
) -> Explanation:
    """Explain an object as an account sees it, or somebody without one; raises as ``explain`` does.

    Raises NotFoundError for an unknown login too, InvalidError for a moment that is none.
    """
    moment = moment_named(at) if at else service.now()
    principal = ANONYMOUS
    if login:
        principal = principal_for(service, person_of(service, login).identifier, moment)
    return explain(access.asked_by(principal, moment), about, login or "anybody", supposed)


def supposed_visit(text: str) -> Visit:
    """Read ``visit=N,completed=DATE``; raises InvalidError."""
    parts = dict(part.partition("=")[::2] for part in text.split(","))
    completed_at = moment_of(parts.get("completed", ""))
    if set(parts) != {"visit", "completed"} or completed_at is None:
        raise InvalidError(f"{printable(text)!r} is no supposed visit", remedy="write visit=N,completed=DATE")
    return Visit(parts["visit"], completed_at)


def _target(access: Access, about: str) -> AccessObject:
    asker = access.asker()
    if asker.tree.node(about) is not None:
        return asker.target(about)
    asked = parse_aip_reference(about)
    key = (asked.aip_id, asked.version or NEWEST)
    told = access.index.told_of([key])[0].get(key)
    if told is None:
        raise NotFoundError(f"{printable(about)!r} is neither a node of the tree nor an AIP")
    return asker.target(told.node, *key)


def _supposing(target: AccessObject, supposed: Visit) -> AccessObject:
    request = target.request
    if request is None:
        raise InvalidError(
            "no visit can be supposed: the object has no observation request under an embargo",
            remedy="name an AIP of the request",
        )
    others = [visit for visit in request.visits if visit.identifier != supposed.identifier]
    return replace(target, request=replace(request, visits=(*others, supposed)))


def _answer(access: Access, action: Action, target: AccessObject) -> Answer:
    decision = decide(access.principal, action, target, access.now)
    return Answer(action, decision.allowed, decision.reason, _written(decision.release_at), decision.remedy)


def _layer(words: AccessWords) -> Layer:
    return Layer(
        node=words.node,
        policy=words.policy,
        metadata=words.metadata,
        metadata_opens=_written(words.metadata_opens),
        data=words.data,
        until=_written(words.opens),
        then=words.then if words.opens or words.rule else "",
        reason=words.reason,
    )


def _written(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()
