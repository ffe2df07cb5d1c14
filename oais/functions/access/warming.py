"""Reading the index when a site starts: else whoever asks first waits seconds for it."""

from __future__ import annotations

import gc
import threading
from contextlib import suppress

from oais.errors import ArchiveError
from oais.functions.access.facade import Access


def warm(access: Access) -> threading.Thread | None:
    """Read what answers are made of, in a thread that ends by itself; None where no thread is to be had.

    Who asks meanwhile for what is just being read waits for it, as it would otherwise read it. What cannot be
    read is told by the pages that need it.
    """
    reading = threading.Thread(target=_read, args=(access,), name="warming", daemon=True)
    try:
        reading.start()
    except RuntimeError:  # as many threads as the system allows
        return None
    return reading


def _read(access: Access) -> None:
    with suppress(ArchiveError):
        access.index.warm()
        access.tree()
    gc.collect()  # or the first full collection looks through all of it while somebody waits
