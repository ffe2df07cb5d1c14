"""Full collections of garbage look through what is new, and through everything now and then."""

from __future__ import annotations

import gc
import weakref

from oais.web.collecting import WHOLE_AFTER, short_collections


class Knot:
    """Something that holds itself, so that only a collection ends it."""

    def __init__(self) -> None:
        self.itself = self


def looked_through() -> int:
    """Number of objects that the next full collection looks at."""
    return len(gc.get_objects())


def looked_at(thing: object) -> bool:
    """Whether the next full collection looks at it."""
    return any(one is thing for one in gc.get_objects())


def test_what_outlived_a_collection_is_left_alone() -> None:
    """The next one has little to look at; new garbage goes all the same, and in the end all is as before."""
    gc.collect()  # what other tests left goes first, or it would be missed in the end
    before, frozen = looked_through(), gc.get_freeze_count()
    with short_collections():
        assert looked_through() < before / 10
        held = [[number] for number in range(10_000)]
        assert looked_through() > 10_000
        gc.collect()
        assert looked_through() < 10_000
        knot = weakref.ref(Knot())
        gc.collect()
        assert knot() is None
    assert len(held) == 10_000
    assert gc.get_freeze_count() == frozen == 0
    assert looked_through() > before * 0.9


def test_garbage_that_was_left_alone_goes_in_the_end() -> None:
    """What became garbage later is found when everything is looked through again."""
    now = [0.0]
    with short_collections(lambda: now[0]):
        held = Knot()
        knot = weakref.ref(held)
        gc.collect()
        del held
        gc.collect()
        assert knot() is not None
        now[0] = WHOLE_AFTER - 1
        gc.collect()
        assert knot() is not None
        now[0] = WHOLE_AFTER
        gc.collect()
        assert knot() is None


def test_small_collections_change_nothing() -> None:
    """Only a full one leaves alone what it met."""
    with short_collections():
        held: list[list[int]] = [[] for _ in range(1_000)]
        gc.collect(0)
        gc.collect(1)
        assert looked_at(held)
        gc.collect()
        assert not looked_at(held)
