"""From picks to packages: the files of each AIP, cut if asked, in volumes each of which is a whole bag."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aip.reading import read_description
from dip.layout import Form, Package, lay_out
from dip.order import DipItem
from dip.pieces import ASK_EVERY
from oais.archive import Archive
from oais.database.picks import Pick
from oais.errors import NotFoundError
from oais.functions.access.facade import Access
from oais.functions.dissemination import Cutting, Part, dip_order, part_of, pick, whole
from policies.access import Action

_FRESH_FOR = 16 << 20
"""Bytes for which an answer about somebody's rights is relied on while a package runs."""

LEFT_OUT = "not-included.json"
"""Place below ``metadata/`` for what was asked for and may not be had, each with its reason."""


def parts_of(access: Access, picks: Iterable[Pick], cutting: Cutting = whole) -> list[Part]:
    """Return what is delivered of each pick.

    Raises NotFoundError, ClosedError when one may not be had, DamageError for a damaged inventory, and as
    ``cutting``, which is asked only for what may be had.
    """
    return [cutting(_part(access, item)) for item in picks]


def _part(access: Access, item: Pick) -> Part:
    unknown = NotFoundError(f"there is no AIP {item.aip_id!r}")
    asker, stored = access.asker(), access.store.find(item.aip_id)
    if stored is None:
        raise access.why_missing(item.aip_id, unknown)
    asker.require_version(Action.DOWNLOAD, item.aip_id, item.version, unknown)
    decision = asker.version_decision(Action.DOWNLOAD, item.aip_id, item.version)
    description = read_description(stored, item.version)
    items = pick(stored, item.version, item.paths)
    return part_of(access.archive, stored, description, items, decision)


@dataclass(frozen=True, slots=True)
class Plan:
    """What packages are called: the folder of the bags, the title, the moment (ISO 8601 UTC) and the form.

    ``left_out`` is a JSON text that tells what was asked for and is not in them, empty when nothing is.
    """

    name: str
    title: str
    at: str
    form: Form
    left_out: bytes = b""


def lay_out_volumes(archive: Archive, plan: Plan, parts: Sequence[Part], limit: int) -> list[Package]:
    """Return the packages of an order: one, or volumes of up to ``limit`` bytes, each a complete bag.

    Raises RefusedError when there is no file.
    """
    volumes = list(_volumes(parts, limit))
    notes = {LEFT_OUT: plan.left_out} if plan.left_out else {}
    return [
        lay_out(
            dip_order(
                archive,
                volume,
                name=plan.name if len(volumes) == 1 else f"{plan.name}-{number}of{len(volumes)}",
                title=plan.title,
                at=plan.at,
                apart=True,
                notes=notes,
            ),
            archive.signer,
            plan.form,
        )
        for number, volume in enumerate(volumes, 1)
    ]


def _volumes(parts: Sequence[Part], limit: int) -> Iterator[list[Part]]:
    """Share the files out in their order; a file that is larger than a volume has one alone."""
    volume: list[Part] = []
    room = limit
    for part in parts:
        taken: list[DipItem] = []
        for item in part.items:
            if item.size > room and (volume or taken):
                yield [*volume, *_some(part, taken)]
                volume, taken, room = [], [], limit
            taken.append(item)
            room -= item.size
        volume += _some(part, taken)
    yield volume


def _some(part: Part, items: Sequence[DipItem]) -> list[Part]:
    return [replace(part, items=tuple(items))] if items else []


class Watch:
    """Asks for each file that is about to be sent whether it may still be had; ends the delivery by raising.

    ``fresh`` gives the rights as they are now. They are looked up again after at most 16 MiB, and a large
    file is asked about every 32 MiB, so a right that was taken away ends a running download within 64 MiB.
    """

    def __init__(self, fresh: Callable[[], Access], parts: Iterable[Part]) -> None:
        self._fresh = fresh
        self._asker = fresh().asker()
        self._sent = 0
        self._parts: dict[Path, Part] = {
            item.source: part for part in parts for item in (*part.items, *part.records)
        }

    def __call__(self, item: DipItem) -> None:
        """Raise NotFoundError or ClosedError when the file may not be had any more."""
        if self._sent >= _FRESH_FOR:
            self._asker = self._fresh().asker()
            self._sent = 0
        self._sent += min(item.size, ASK_EVERY)
        part = self._parts[item.source]
        unknown = NotFoundError(f"there is no AIP {part.aip_id!r}")
        self._asker.require_version(Action.DOWNLOAD, part.aip_id, part.version, unknown)
