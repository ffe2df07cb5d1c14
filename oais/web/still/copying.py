"""Makes a still copy: asks the site as a stranger, follows its links, writes files, signs, puts into place.

Everything is made beside the target and moved there in one step, so that a copy is whole or not there.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from oais.archive import Archive
from oais.disk_faults import storage_errors
from oais.web.app import create_app
from oais.web.still.crawl import Crawl
from oais.web.still.lists import write_lists
from oais.web.still.parcel import check_target, put_into_place, seal_copy, take_room
from oais.web.still.writing import own_page, write_pages
from policies.access import ANONYMOUS


@dataclass(frozen=True, slots=True)
class StillCopy:
    """What a still copy holds: pages, further files, and bytes in all; ``replaced`` one that was there."""

    path: str
    pages: int
    files: int
    size: int
    products: int
    replaced: bool


def make_still_copy(
    archive: Archive, target: Path, *, products: bool = True, progress: Callable[[], None] | None = None
) -> StillCopy:
    """Write what a stranger may see at this moment into the folder ``target``, missing, empty or a copy.

    Without ``products`` the data themselves are left out; their pages, plots, documents and records stay.
    The same state gives the same bytes. Raises WrongUsageError or RefusedError when ``target`` cannot be
    used, DamageError when a stored file is not what was sealed, StorageError when the disk refuses.
    """
    check_target(archive, target)
    moment = archive.clock()
    still = replace(archive, clock=lambda: moment)
    with storage_errors(f"writing the copy {target.name}"):
        target.parent.mkdir(parents=True, exist_ok=True)
        room, lock = take_room(target)
        try:
            return _made(still, target, room, products, progress)
        finally:
            shutil.rmtree(room, ignore_errors=True)
            os.close(lock)


def _made(
    archive: Archive, target: Path, room: Path, products: bool, progress: Callable[[], None] | None
) -> StillCopy:
    folder = room / "copy"
    folder.mkdir()
    app = create_app(archive)
    access = app.state.site.access.asked_by(ANONYMOUS, archive.clock())
    crawl = Crawl(app, access, folder, room / "pages", products=products, progress=progress)
    asyncio.run(crawl.run())
    rows = write_lists(crawl, access)
    own_page(app, crawl, rows)
    write_pages(crawl, archive.settings.name)
    seal_copy(archive, folder, crawl, products=products)
    replaced = put_into_place(folder, target)
    return StillCopy(
        str(target), len(crawl.pages), len(crawl.files), crawl.size, crawl.count_of_products, replaced
    )
