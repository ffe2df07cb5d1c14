"""Quick-looks that the worker makes of what was stored: ready at once, bounded, given to nobody unasked."""

from __future__ import annotations

import gzip
import io
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from oais.archive import Archive, open_archive
from oais.errors import DamageError
from oais.functions.access import looking
from oais.functions.access.decisions import ClosedError
from oais.functions.access.facade import open_access
from oais.functions.access.views.looks import Wish
from oais.functions.administration import initialise, tell_status
from oais.functions.desk.deliveries import queue_view
from oais.functions.people.accounts import person_of
from oais.functions.quicklooks import answers as ready
from oais.functions.quicklooks.drawing import QuickLooker
from oais.functions.quicklooks.register import looks_state
from oais.functions.service import open_service
from oais.functions.storage import find_aip, ingesting
from oais.functions.submission import submit
from oais.functions.withdrawal.asking import approve, ask
from oais.functions.working import chores_of
from oais.information.representation.drawings import Histogram, Series
from oais.information.representation.reading import ask_reader
from policies.in_force import PoliciesInForce
from policies.principals import Role
from tests.functions.conftest import SteadyClock
from tests.functions.deliveries import demo_bag, plain_bag
from tests.web.people import account

CURVE, PIXELS, HOUSEKEEPING, ODD = (
    "tess.tic55525572.s0005.n1",
    "tess.tic55525572.s0005.n0",
    "tess.tic55525572.s0005.hk",
    "odd.things",
)
CURVE_PATH = "representations/original/data/tic55525572_s0005_first1000_lc.fits"
CLOSED = "nodes:\n  - node: tess\n    policy: closed\n"


def unreadable_image() -> bytes:
    """A tile-compressed image inside gzip: sound, of a format that is drawn, and not drawn."""
    image = fits.CompImageHDU(np.arange(10_000, dtype=np.int16).reshape(100, 100))
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(stream)
    return gzip.compress(stream.getvalue(), mtime=0)


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an archive with real products; of the last version that came one cannot be drawn."""
    place = tmp_path_factory.mktemp("stocked")
    archive = initialise(place / "home", name="Test archive")
    (place / "bags").mkdir()
    bags = [demo_bag(place / "bags" / name, name) for name in ("n0", "n1", "hk")]
    payload = {
        "curve.csv": b"time,flux\n1,2\n2,3\n3,5\n",
        "notes.txt": b"Nothing to draw.\n",
        "stamp.fits.gz": unreadable_image(),
    }
    bags.append(plain_bag(place / "bags" / "odd", ODD, payload))
    for bag in bags:
        (told,) = submit(archive, [bag])
        assert told.receipt is not None
        assert told.receipt.status == "accepted", told.receipt.findings
    return archive.home


@pytest.fixture
def archive(stocked: Path, tmp_path: Path) -> Iterator[Archive]:
    """A copy of it; what pages and the worker remember of others is forgotten."""
    shutil.copytree(stocked, tmp_path / "a home? 100%#", symlinks=True)
    forgotten()
    yield replace(open_archive(tmp_path / "a home? 100%#"), clock=SteadyClock())
    forgotten()


def forgotten() -> None:
    """Forget what this process has read: the next page is the first after a start."""
    for cache in (looking.parts_of, looking.spans_of, looking._kept):
        cache.cache_clear()


def with_settings(archive: Archive, **settings: Any) -> Archive:
    return replace(archive, settings=replace(archive.settings, **settings))


def drawn_all(archive: Archive, **settings: Any) -> QuickLooker:
    """Let a worker draw until nothing waits."""
    worker = QuickLooker(with_settings(archive, **settings))
    while worker.draw_due():
        pass
    forgotten()
    return worker


def files(archive: Archive) -> list[Path]:
    return sorted((archive.home / "looks" / "answers").rglob("*.json.gz"))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the reading process since, as reader and kind of drawing."""
    asked: list[str] = []

    def noting(path: Path, reader: str, **options: Any) -> dict[str, Any]:
        asked.append(f"{reader} {options.get('kind', '')}".strip())
        return ask_reader(path, reader, **options)

    monkeypatch.setattr("oais.functions.quicklooks.answers.ask_reader", noting)
    return asked


def shown(archive: Archive, aip_id: str, path: str, wish: Wish | None = None) -> Any:
    return open_access(archive).look(f"{aip_id}@v1", path, wish)


def test_drawing_lies_ready_when_its_page_is_opened(archive: Archive, reads: list[str]) -> None:
    """The numbers are those that are read for a page, and nothing is read for it any more."""
    before = shown(archive, CURVE, CURVE_PATH)
    assert reads == ["outline", "drawing series"]
    drawn_all(archive)
    reads.clear()
    after = shown(archive, CURVE, CURVE_PATH)
    assert reads == []
    assert isinstance(after.drawn, Series)
    assert (after.drawn, after.parts) == (before.drawn, before.parts)
    (image,) = [file for file in open_access(archive).show(PIXELS).products if file.path.endswith(".fits")]
    assert isinstance(shown(archive, PIXELS, image.path).drawn, Series)
    assert reads == []
    other = shown(archive, CURVE, CURVE_PATH, Wish(kind="histogram"))
    assert isinstance(other.drawn, Histogram)
    assert reads == ["drawing histogram"]


def test_pieces_of_a_series_lie_ready_up_to_their_number(archive: Archive, reads: list[str]) -> None:
    """Each of the first pieces of 1, 6 and 24 hours; one beyond is drawn when it is asked for."""
    drawn_all(archive, quicklook_pieces=3)
    reads.clear()
    for span in ("1h", "6h", "24h"):
        first = shown(archive, CURVE, CURVE_PATH, Wish(span=span))
        assert first.spans is not None
        for piece in first.spans.spans[:3]:
            view = shown(archive, CURVE, CURVE_PATH, Wish(kind="series", span=span, start=piece.start))
            assert view.drawn.within == piece.rows > 0
        assert reads == []
    fourth = shown(archive, CURVE, CURVE_PATH, Wish(span="1h")).spans.spans[3]
    shown(archive, CURVE, CURVE_PATH, Wish(span="1h", start=fourth.start))
    assert reads == ["drawing series"]


def test_ready_drawing_is_given_to_nobody_who_may_not_download(archive: Archive, tmp_path: Path) -> None:
    """It lies there, and whoever asks is told that the data are closed."""
    drawn_all(archive)
    policies = tmp_path / "policies"
    shutil.copytree(archive.home / "policies", policies)
    rules = policies / "access.yaml"
    rules.write_text(rules.read_text("utf-8").replace("nodes: []", CLOSED), "utf-8")
    closed = replace(archive, in_force=PoliciesInForce(policies))
    assert isinstance(shown(archive, CURVE, CURVE_PATH).drawn, Series)
    with pytest.raises(ClosedError):
        shown(closed, CURVE, CURVE_PATH)
    page = open_access(closed).product(f"{CURVE}@v1", CURVE_PATH)
    assert (page.plot, page.drawings) == ("", ())


def test_newest_comes_first_and_a_stopped_worker_goes_on(archive: Archive, reads: list[str]) -> None:
    """A round without time draws one product; another worker goes on where the last one ended."""
    ended = [0.0]

    def clock() -> float:
        ended[0] += 10.0
        return ended[0]

    settled, rounds = with_settings(archive, quicklook_pieces=0), list[list[str]]()
    while QuickLooker(settled, clock=clock).draw_due():
        rounds.append(reads[sum(map(len, rounds)) :])
    # The two products of what came last, one of which cannot be drawn, then one of each other version.
    assert sorted(rounds[:2]) == [["outline", "drawing series"], ["outline", "image"]]
    assert rounds[2:] == [["outline", "drawing series"]] * 3
    assert looks_state(archive).drawn == 4
    assert QuickLooker(settled).draw_due() == 0


def test_pieces_of_one_product_are_drawn_in_many_rounds(archive: Archive, reads: list[str]) -> None:
    """Between two drawings other work has its turn; in the end each was made once."""
    ended = [0.0]

    def clock() -> float:
        ended[0] += 10.0
        return ended[0]

    rounds, worker = list[int](), QuickLooker(with_settings(archive, quicklook_pieces=2), clock=clock)
    while worker.draw_due():
        rounds.append(len(reads) - sum(rounds))
        forgotten()
    assert max(rounds) <= 2
    assert len(rounds) > 4 * 4
    made = sorted(files(archive))
    shutil.rmtree(archive.home / "looks")
    drawn_all(archive, quicklook_pieces=2)
    assert files(archive) == made


def test_product_that_does_not_fit_is_not_drawn_for_ever(archive: Archive) -> None:
    """What a round drew has to go at once; the next one leaves that version and those before it."""
    ended = [0.0]

    def clock() -> float:
        ended[0] += 10.0
        return ended[0]

    worker = QuickLooker(with_settings(archive, quicklook_bytes=1), clock=clock)
    rounds = [worker.draw_due() for _ in range(6)]
    assert rounds[0] > 0
    assert rounds[-1] == 0
    assert (looks_state(archive).waiting, files(archive)) == (0, [])


def test_nothing_is_done_where_nothing_is_new(
    archive: Archive, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that has drawn all looks at the ledger's length alone; a new one reads nothing either."""
    worker = drawn_all(archive)
    reads.clear()
    with monkeypatch.context() as patch:
        patch.setattr("oais.functions.quicklooks.drawing.Register", None)
        assert worker.draw_due() == 0
    assert QuickLooker(archive).draw_due() == 0
    assert reads == []
    bag = plain_bag(archive.home.parent / "new.bag", "new", {"new.csv": b"time,flux\n1,2\n2,7\n3,5\n"})
    assert [told.error for told in submit(archive, [bag])] == [""]
    assert worker.draw_due() == 1
    assert reads == ["outline", "drawing series", "drawing spans"]


def test_ingest_goes_first(archive: Archive) -> None:
    """Nothing is drawn while packages are being built, and nothing at all where the setting is 0."""
    worker = QuickLooker(archive)
    with ingesting(archive):
        assert worker.draw_due() == 0
    assert files(archive) == []
    assert QuickLooker(with_settings(archive, quicklook_bytes=0)).draw_due() == 0
    assert worker.draw_due() > 0


def test_what_was_used_least_lately_goes_first(archive: Archive) -> None:
    """The folder stays within its bytes; what somebody looked at outlives what nobody did."""
    drawn_all(archive)
    old = 1_000_000_000
    for path in files(archive):
        os.utime(path, (old, old))
    shown(archive, CURVE, CURVE_PATH)
    used = {path for path in files(archive) if path.stat().st_mtime > old}
    assert len(used) == 2  # what can be drawn, and what was
    size = sum(path.stat().st_size for path in used)
    kept = ready.Answers(archive.home)
    kept.count()
    before = kept.held
    kept.make_room(2 * size)
    left = set(files(archive))
    assert used <= left
    assert sum(path.stat().st_size for path in left) == kept.held <= 2 * size < before


def test_full_folder_is_not_filled_with_what_is_older(archive: Archive, reads: list[str]) -> None:
    """Where only the newest fit, older versions are passed over and drawn when somebody asks."""
    drawn_all(archive, quicklook_bytes=1)
    assert looks_state(archive).waiting == 0
    assert len(files(archive)) == 0
    reads.clear()
    assert isinstance(shown(archive, CURVE, CURVE_PATH).drawn, Series)
    assert reads == ["outline", "drawing series"]


def test_damaged_answer_is_read_anew(archive: Archive, reads: list[str]) -> None:
    """Whatever became of the files, the page shows the right numbers."""
    before = shown(archive, CURVE, CURVE_PATH).drawn
    drawn_all(archive)
    for number, path in enumerate(files(archive)):
        path.write_bytes((b"", b"{}", path.read_bytes()[:-9], gzip.compress(b"[1"))[number % 4])
    reads.clear()
    assert shown(archive, CURVE, CURVE_PATH).drawn == before
    assert reads == ["outline", "drawing series"]
    shutil.rmtree(archive.home / "looks")
    assert drawn_all(archive) is not None
    reads.clear()
    assert shown(archive, CURVE, CURVE_PATH).drawn == before
    assert reads == []


def test_what_could_not_be_drawn_is_counted_and_told(archive: Archive) -> None:
    """On the desk with its reason, and in the status; a text that is no table is no fault."""
    waiting = tell_status(archive)
    assert (waiting.quicklooks_waiting, waiting.quicklooks_failed) == (0, 0)  # no worker has looked yet
    drawn_all(archive)
    service = open_service(archive)
    told = queue_view(service).looks
    service.database.close()
    assert (told.drawn, told.waiting, told.not_drawn) == (4, 0, 1)
    (fault,) = told.faults
    assert (fault.reference, fault.path.endswith("stamp.fits.gz")) == (f"{ODD}@v1", True)
    assert fault.reason == "no image is shown: a tile-compressed image inside gzip is not shown"
    status = tell_status(archive)
    assert (status.quicklooks_waiting, status.quicklooks_failed) == (0, 1)


def test_version_that_cannot_be_read_stops_no_other(archive: Archive) -> None:
    """A damaged description is told as what it is, and all other versions are drawn."""
    stored = find_aip(archive, CURVE)
    description = next(stored.path.rglob("description.json"))
    description.chmod(0o644)
    description.write_bytes(b"{")
    with pytest.raises(DamageError):
        open_access(archive).show(CURVE)
    drawn_all(archive)
    told = looks_state(archive)
    assert (told.drawn, told.waiting) == (4, 0)
    assert {fault.reference for fault in told.faults} == {f"{CURVE}@v1", f"{ODD}@v1"}


def test_nothing_is_left_of_a_withdrawn_aip(archive: Archive) -> None:
    """Its quick-looks go with its bytes; those of others stay."""
    drawn_all(archive)
    digests = set(find_aip(archive, CURVE).inventory.manifest)
    assert any(digests & set(path.parts) for path in files(archive))
    others = [path for path in files(archive) if not digests & set(path.parts)]
    assert others
    service = open_service(archive)
    for login in ("ann", "ben"):
        account(service, login, Role.ARCHIVIST)
    ann, ben = (person_of(service, login).identifier for login in ("ann", "ben"))
    ask(service, ann, CURVE, why="privacy", reason="It names a person.", basis="GDPR 17")
    approve(service, ben, CURVE)
    assert files(archive) == others
    chores: Callable[[], int] = chores_of(service)["quick-looks made of products"]
    while chores():
        pass
    assert files(archive) == others
    service.database.close()
