"""Keeping lists of targets, so that a search for one has an address: for a while, or as long as one is saved.

Whoever has the address reads the list; what is held of its targets is decided for each who asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from oais.archive import timestamp
from oais.database import target_lists
from oais.database.target_lists import TargetList
from oais.errors import WrongUsageError
from oais.functions.access.target_list import radius_of, targets_of
from oais.functions.service import Service

LASTS: Final = timedelta(days=30)
"""How long a list is kept that nobody saved."""

MOST: Final = 2_000
"""Lists that are kept unsaved at a time."""

MOST_EACH: Final = 50
"""Those of them that come from one account or network."""


def keep_list(service: Service, text: str, radius: str, asker: str) -> str:
    """Keep a list and return the name that a search asks for it by; the same list has the same name.

    The name is keyed: it cannot be told from the list, so nobody learns whether another was looked for.
    ``asker`` is who sends it, an account or a network. Raises WrongUsageError for what is no list.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise WrongUsageError("the list is no text in UTF-8", remedy="save it as UTF-8 text") from error
    lines = "\n".join(text.replace("\0", " ").splitlines())
    if not targets_of(lines, radius):
        raise WrongUsageError("the list names no target", remedy="write one target a line")
    around = f"{radius_of(radius):g}"
    kept = TargetList(
        identifier=service.hmac("target list", f"{around}\n{lines}")[:32],
        lines=lines,
        radius=around,
        network=service.hmac("asker of a target list", asker)[:32],
        kept_at=service.archive.now(),
    )
    before = timestamp(service.now() - LASTS)
    with service.database.writing() as connection:
        target_lists.keep(connection, kept)
        target_lists.forget(connection, list(_over(target_lists.unsaved(connection), before)))
    return kept.identifier


def _over(unsaved: Sequence[TargetList], before: str) -> Iterator[str]:
    """Yield the lists that go, of all that are unsaved, newest first.

    Those go that are too old or too many of one asker's; of too many in all the last of who has most.
    """
    places: Counter[str] = Counter()
    left: list[tuple[int, str]] = []
    for kept in unsaved:
        places[kept.network] += 1
        if kept.kept_at < before or places[kept.network] > MOST_EACH:
            yield kept.identifier
        else:
            left.append((places[kept.network], kept.identifier))
    for _, name in sorted(left)[MOST:]:
        yield name
