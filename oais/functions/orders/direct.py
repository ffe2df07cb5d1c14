"""Packages that are sent while they are made: nothing is stored, and a broken download goes on by Range."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from dip.layout import known_form
from oais.database.picks import Pick
from oais.errors import InvalidError, NotFoundError
from oais.functions.access.facade import Access
from oais.functions.dissemination import Part, digest_of, whole
from oais.functions.orders.consumers import Consumer
from oais.functions.orders.cutting import Tables, cutting_of
from oais.functions.orders.handouts import Handout
from oais.functions.orders.packages import Plan, Watch, lay_out_volumes, parts_of
from oais.functions.orders.weighing import Way, Weighed, way_of, weigh
from oais.information.text import readable_json
from oais.settings import Settings


class TooLargeError(InvalidError):
    """More was asked for than goes this way; the message tells how much it is and what the limit is."""

    http_status = 413


def direct_package(
    consumer: Consumer, picks: Sequence[Pick], form: str = "zip", tables: Tables | None = None
) -> Handout:
    """Return the package of what may be had of picks; the same picks give the same bytes.

    Its time is when the newest of its versions was stored, so that it is the same file tomorrow. What may
    not be had is told in ``metadata/not-included.json``. Raises TooLargeError above the limit, NotFoundError
    or ClosedError when nothing may be had, WrongUsageError for an unknown form, and as ``cutting_of``.
    """
    access = consumer.access
    settings = access.archive.settings
    weighed = open_share(access, picks)
    _require_direct(weighed.size, settings)
    cutting = cutting_of(access.archive, tables) if tables else whole
    parts = parts_of(access, weighed.allowed, cutting)
    _require_direct(sum(part.size for part in parts), settings)
    name = f"{_leaf(parts)}-{digest_of(parts)}"
    at = max(part.stored_at for part in parts)
    plan = Plan(name, title_of(weighed.allowed), at, known_form(form), _left_out(weighed))
    (package,) = lay_out_volumes(access.archive, plan, parts, settings.direct_limit_bytes)
    return Handout(
        name=package.name,
        media_type=package.media_type,
        size=package.size,
        stamp=package.stamp,
        read=lambda start, stop: package.read(Watch(consumer.again, parts), start, stop),
        sizes=tuple((part.node, part.size) for part in parts),
    )


def _require_direct(size: int, settings: Settings) -> None:
    way = way_of(size, settings)
    if way is Way.TOO_LARGE:
        raise over_limit(size, settings)
    if way is not Way.DIRECT:
        raise TooLargeError(
            f"the selection has {size} bytes; {settings.direct_limit_bytes} are sent at once",
            remedy="order it: POST /api/v1/orders, or the button 'Order' of the basket",
        )


def over_limit(size: int, settings: Settings) -> TooLargeError:
    """Return the fault of a selection that goes no way at all."""
    return TooLargeError(
        f"the selection has {size} bytes; an order takes up to {settings.order_limit_bytes}",
        remedy="order less at once, or ask the archive for another way",
    )


def open_share(access: Access, picks: Sequence[Pick]) -> Weighed:
    """Return picks weighed; raises ClosedError or NotFoundError when none may be had, telling why."""
    weighed = weigh(access, picks)
    if weighed.way is Way.NOTHING:
        parts_of(access, picks[:1])
        raise NotFoundError("nothing of what was asked for is in the archive")
    return weighed


def _left_out(weighed: Weighed) -> bytes:
    """Return what is not in a package and why, as JSON; nothing when all is in it."""
    barred = [
        {"reference": line.pick.reference, "reason": line.reason, "opens": line.release_at}
        for line in weighed.barred
    ]
    return readable_json(barred) if barred else b""


def title_of(picks: Sequence[Pick]) -> str:
    """Return what a delivery is called: the title of its one AIP, or how many there are."""
    return picks[0].title if len(picks) == 1 else f"{len(picks)} packages of the archive"


def _leaf(parts: Sequence[Part]) -> str:
    """Return the name of the deepest place that holds all, which tells most in a file's name."""
    return posixpath.commonpath([part.node for part in parts]).rpartition("/")[2] or "selection"
