"""Packages that are sent while they are made: nothing is stored, and a broken download goes on by Range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dip.layout import Form, Package
from oais.database.picks import Pick
from oais.errors import InvalidError, NotFoundError
from oais.functions.access import Access
from oais.functions.dissemination import Part, digest_of
from oais.functions.orders.packages import Plan, lay_out_volumes, parts_of
from oais.functions.orders.weighing import Way, Weighed, way_of, weigh


class TooLargeError(InvalidError):
    """More was asked for than goes this way; the message tells how much it is and what the limit is."""

    http_status = 413


@dataclass(frozen=True, slots=True)
class Direct:
    """A package to be sent at once, and what it is made of."""

    package: Package
    parts: Sequence[Part]


def direct_package(access: Access, picks: Sequence[Pick], form: Form = "zip") -> Direct:
    """Return the package of picks, all of which must be allowed; the same picks give the same bytes.

    Its time is when the newest of its versions was stored, so that it is the same file tomorrow. Raises
    TooLargeError above the limit, NotFoundError or ClosedError when something may not be had.
    """
    settings = access.archive.settings
    size = sum(pick.size for pick in picks)
    if way_of(size, settings) is not Way.DIRECT:
        raise TooLargeError(
            f"the selection has {size} bytes; {settings.direct_limit_bytes} are sent at once",
            remedy="order it: POST /api/v1/orders, or the button 'Order' of the basket",
        )
    parts = parts_of(access, picks)
    if not any(part.items for part in parts):
        raise NotFoundError("nothing of what was asked for is in the archive")
    name = f"{_leaf(parts)}-{digest_of(parts)}"
    plan = Plan(name, title_of(picks), max(part.stored_at for part in parts), form)
    (package,) = lay_out_volumes(access.archive, plan, parts, settings.direct_limit_bytes)
    return Direct(package, parts)


def open_share(access: Access, picks: Sequence[Pick]) -> Weighed:
    """Return picks weighed; raises ClosedError or NotFoundError when none may be had, telling why."""
    weighed = weigh(access, picks)
    if weighed.way is Way.NOTHING:
        parts_of(access, picks[:1])
        raise NotFoundError("nothing of what was asked for is in the archive")
    return weighed


def title_of(picks: Sequence[Pick]) -> str:
    """Return what a delivery is called: the title of its one AIP, or how many there are."""
    return picks[0].title if len(picks) == 1 else f"{len(picks)} packages of the archive"


def _leaf(parts: Sequence[Part]) -> str:
    """Return the name of the data set when all come from one, which tells most in a file's name."""
    nodes = {part.node for part in parts}
    return nodes.pop().rpartition("/")[2] if len(nodes) == 1 else "selection"
