"""What a request selects, for whom, and how it is handed out and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from oais.database.saved_queries import Profile
from oais.errors import NotFoundError, RefusedError, StorageError, WrongUsageError
from oais.functions.access.facade import require_kept
from oais.functions.access.profiles import named_by, profile_of, within
from oais.functions.access.question import Question
from oais.functions.orders.consumers import Consumer, consumer_of
from oais.functions.orders.counting import count_download
from oais.functions.orders.fetching import GoneError
from oais.functions.orders.handouts import Handout
from oais.functions.orders.selection import Missed, Selection, found, ticked
from oais.web.addresses import address_of, prefix_of
from oais.web.cookies import browser_of
from oais.web.doors import SAFE_METHODS
from oais.web.downloads import file_response, from_the_start, package_response
from oais.web.rendering import access_of
from oais.web.visitors import knows_people, principal_by_now, principal_of, service_of, visitor_of
from policies.principals import Principal, Scope, recognized

_MOST_TOLD = 20

PARAMETERS = ("dataset", "start", "end", "ids", "pick", "profile")
"""How an address selects: a place of the tree, a time, identifiers, single versions and files, a profile.

What the profile says of the interval and the form holds where the address is silent.
"""


def consumer_here(request: Request, *, bound: bool = True) -> Consumer:
    """Return who asks; what a stranger keeps is ``bound`` to his browser, which then gets a cookie.

    What an account keeps is looked at with a token's scope to read, and changed with that to download; raises
    RefusedError.
    """
    asker = principal_of(request)
    if bound and asker.identifier:
        _require_scope(asker, Scope.READ if request.method in SAFE_METHODS else Scope.DOWNLOAD)
    browser = browser_of(request) if bound and not asker.identifier else ""
    by_now = partial(principal_by_now, request)
    network = prefix_of(address_of(request))
    return consumer_of(service_of(request), access_of(request), browser, by_now, network=network)


def _require_scope(asker: Principal, scope: Scope) -> None:
    if not recognized(asker, scope):
        raise RefusedError(f"this token has no scope to {scope}", remedy=f"make one with the scope {scope}")


def question_asked(given: Mapping[str, str]) -> Question:
    """Return the question of ``dataset``, ``start``, ``end`` and ``ids``; raises WrongUsageError."""
    start, end = given.get("start", "").strip(), given.get("end", "").strip()
    time = f"{start}/{end}" if start or end else ""
    return Question(node=given.get("dataset", "").strip("/ "), ids=given.get("ids", ""), time=time)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for: how it selects, ``within`` a profile, the ends of the time, and the form."""

    given: Mapping[str, str]
    within: Profile | None
    start: str
    end: str
    form: str


def asked_for(consumer: Consumer, given: Mapping[str, str]) -> Asked:
    """Return what an address asks for, its profile's words where it is silent; raises NotFoundError."""
    profile, start, end = None, given.get("start", "").strip(), given.get("end", "").strip()
    if identifier := given.get("profile", "").strip():
        profile = profile_of(consumer.service, consumer.principal, identifier)
        if not (start or end):
            start, end = profile.starts, profile.ends
    form = given.get("format", "") or (profile.format if profile else "") or "zip"
    return Asked({**given, "start": start, "end": end}, profile, start, end, form)


def selected(consumer: Consumer, asked: Asked) -> Selection:
    """Return what the parameters of an address select; raises WrongUsageError when they say nothing.

    An interval alone selects what overlaps it; beside single versions and files it only cuts their tables.
    """
    given = asked.given
    names = given.get("pick", "").split(",") if given.get("pick") else []
    question = within(question_asked(given), asked.within)
    says = bool(question.node or question.ids or question.among or (question.time and not names))
    if not names and not says:
        raise WrongUsageError(
            "nothing is selected",
            remedy=f"name at least one of {', '.join(PARAMETERS)}, such as dataset=MISSION/n1",
        )
    chosen = ticked(consumer.access, [name.strip() for name in names])
    more = found(consumer.access, question) if says else Selection(())
    return Selection(chosen.picks + more.picks, chosen.missed + more.missed)


def hand_out(request: Request, handout: Handout) -> Response:
    """Send a package and count the download it begins; raises RangeNotSatisfiableError."""
    response = package_response(request, handout)
    if from_the_start(response):
        _count(request, handout.sizes)
    return response


def send_file(request: Request, reference: str, path: str) -> Response:
    """Send a file of ``ID@vN`` and count it, as long as it is kept and the right to it lasts.

    Raises as ``Access.open_file`` and ``file_response``.
    """
    opened = access_of(request).open_file(reference, path)
    if opened.public:
        response = file_response(request, opened, lambda: require_kept(opened))
    else:
        consumer = consumer_here(request, bound=False)
        response = file_response(request, opened, lambda: consumer.again().open_file(reference, path))
    if opened.node and from_the_start(response) and knows_people(request):
        # A download that cannot be counted is still a download.
        with suppress(StorageError):
            _count(request, [(opened.node, opened.size)])
    return response


def _count(request: Request, sizes: Iterable[tuple[str, int]]) -> None:
    """Count the download that a request begins; raises StorageError."""
    visitor, address = visitor_of(request), address_of(request)
    count_download(service_of(request), visitor.principal, address, sizes, country=visitor.country)


def require_all_known(selection: Selection, profile: Profile | None = None) -> Selection:
    """Return a selection of which nothing is missing and which is not empty.

    Raises NotFoundError, GoneError when all that is missing was withdrawn.

    What a ``profile`` names may be gone since it was saved: that is told by ``tell_missed``.
    """
    named = named_by(profile) if profile else ()
    if missing := tuple(item for item in selection.missed if item.asked not in named):
        kind = GoneError if all(item.gone for item in missing) else NotFoundError
        raise kind(
            f"not everything that was asked for is there: {_told(missing)}",
            remedy="ask without it, or search for a part of its identifier",
        )
    if not selection.picks:
        raise NotFoundError("nothing in the archive answers to this selection", remedy="widen it")
    return selection


def tell_missed(response: Response, selection: Selection) -> Response:
    """Name in the header ``Missed`` what a profile names and is not there, percent-encoded and by commas."""
    if selection.missed:
        response.headers["Missed"] = ", ".join(quote(item.asked) for item in selection.missed[:_MOST_TOLD])
    return response


def _told(missed: tuple[Missed, ...]) -> str:
    return "; ".join(f"{item.asked}: {item.reason}" for item in missed[:_MOST_TOLD])
