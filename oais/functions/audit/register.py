"""The register of audits: when each AIP of a storage root was last proven, and how far a run came.

It is made again from the objects' own logs when it is lost; nothing is believed because it stands here.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from aip.audit import AuditResult, AuditTask
from aip.audit_log import recorded_audits
from aip.storage import AipStore
from aip.stored import INVENTORY
from oais.archive import Home
from oais.files import make_directories
from oais.functions.audit.depths import Depth, depth_of
from oais.functions.audit.register_tables import AUDITS
from oais.functions.audit.selecting import WHOLE, Slice
from oais.information.findings import Finding, Severity
from oais.information.text import printable

_CHUNK: Final = 256
_RUNS_KEPT: Final = 1000


@dataclass(frozen=True, slots=True)
class Run:
    """A run and how far it came; ``key`` is 0 for one that nobody goes on with."""

    key: int
    started_at: str
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which AIPs of the register are meant: a condition (SQL) with its values, within a slice."""

    where: str = "1"
    values: tuple[object, ...] = ()
    part: Slice = WHOLE


def register_path(home: Home, location: str) -> Path:
    """Return the file of the register of a location; it is there from the first audit on."""
    return home.home / "audits" / f"{location}.sqlite"


class Register:
    """The register of one storage root; close it when done. ``warning`` says when none could be kept.

    Opened for ``reading`` it leaves the disk as it is; without one, or with a damaged one, it is empty.
    """

    def __init__(self, home: Home, location: str, root: Path, *, reading: bool = False) -> None:
        self.root = root
        self.warning = ""
        self._home = home
        path = register_path(home, location)
        try:
            if not reading:
                make_directories(path.parent)
            self._database = AUDITS.opened_to_read(path) if reading else AUDITS.opened(path)
        except (OSError, sqlite3.Error) as error:
            self.warning = f"the register of audits cannot be kept ({error}): this run cannot be gone on with"
            self._database = AUDITS.opened(Path(":memory:"))

    def close(self) -> None:
        """Keep what was noted."""
        self._database.commit()
        self._database.close()

    def keep(self) -> None:
        """Make what was noted outlast this process."""
        self._database.commit()

    # -- which AIPs there are ------------------------------------------------------------------

    def look_for_new(self) -> None:
        """Note AIPs that are new, and forget those that are gone: the receipts remember them.

        Raises StorageError.
        """
        roots = AipStore(self.root, self._home.staging / "locks").found_roots()
        turn = 1 + int(self._one("SELECT coalesce(max(seen), 0) FROM aip"))
        for root in roots:
            place = self._place(root)
            known = self._database.execute("UPDATE aip SET seen = ? WHERE place = ?", (turn, place)).rowcount
            if not known:
                self._note_new(root, place, turn)
        self._database.execute("DELETE FROM aip WHERE seen < ?", (turn,))
        self._database.commit()

    def add(self, roots: Iterable[Path]) -> None:
        """Note these AIPs if they are new."""
        for root in roots:
            if self._one("SELECT count(*) FROM aip WHERE place = ?", (self._place(root),)) == 0:
                self._note_new(root, self._place(root), 0)

    def _place(self, root: Path | str) -> bytes:
        """Return where an object lies below the storage root; names on disk need not be UTF-8."""
        return os.fsencode(Path(root).relative_to(self.root))

    def _note_new(self, root: Path, place: bytes, turn: int) -> None:
        """Note an AIP by what its log says of audits; before the first one its ingest counts."""
        since, inode = self._born(root)
        at = dict.fromkeys(Depth, since)
        for line in recorded_audits(root):
            ended = str(line.get("started_at", ""))
            for depth in _covered(depth_of(tuple(line.get("algorithms", ())))):
                at[depth] = max(at[depth], ended) if ended.endswith("Z") else at[depth]
        row = (place, printable(root.name), inode, at[Depth.LIGHT], at[Depth.FAST], at[Depth.FULL], turn)
        self._database.execute(
            "INSERT INTO aip (place, name, inode, light_at, fast_at, full_at, seen) VALUES (?,?,?,?,?,?,?)",
            row,
        )

    def _born(self, root: Path) -> tuple[str, int]:
        now = self._home.clock().astimezone(UTC)
        try:
            status = os.lstat(root / INVENTORY)
        except OSError:
            return "", 0
        since = min(now, datetime.fromtimestamp(status.st_mtime, UTC))
        return since.isoformat(timespec="seconds").replace("+00:00", "Z"), status.st_ino

    # -- runs ----------------------------------------------------------------------------------

    def begin(self, scope: str, now: str, not_before: str) -> Run:
        """Go on with an unfinished run of that scope that began after ``not_before``, or begin one."""
        self._database.execute("DELETE FROM run WHERE id <= (SELECT max(id) FROM run) - ?", (_RUNS_KEPT,))
        row = self._database.execute(
            "SELECT id, started_at FROM run WHERE scope = ? AND ended_at = '' AND started_at > ? "
            "ORDER BY id DESC LIMIT 1",
            (scope, not_before),
        ).fetchone()
        if row is not None:
            self._ask_again(row[0])
            return Run(row[0], row[1], resumed=True)
        self._database.execute("UPDATE run SET ended_at = ? WHERE scope = ? AND ended_at = ''", (now, scope))
        cursor = self._database.execute("INSERT INTO run (scope, started_at) VALUES (?, ?)", (scope, now))
        self._database.commit()
        return Run(int(cursor.lastrowid or 0), now)

    def _ask_again(self, key: int) -> None:
        """Let a run that is gone on with read anew what the disk did not give before: it may now."""
        asked = self._database.execute(
            "UPDATE aip SET run = 0 WHERE run = ? AND trouble = 'unreadable'", (key,)
        ).rowcount
        self._database.execute("UPDATE run SET aips = aips - ? WHERE id = ?", (asked, key))

    def end(self, run: Run, now: str) -> None:
        """Finish a run, and count what it found damaged: the next one of its scope begins anew."""
        self._database.execute(
            "UPDATE run SET ended_at = :now, "
            "damaged = (SELECT count(*) FROM aip WHERE run = :run AND trouble <> '') WHERE id = :run",
            {"now": now, "run": run.key},
        )
        self._database.commit()

    def add_seconds(self, run: Run, seconds: float) -> None:
        """Add to the time that a run has been reading."""
        self._database.execute("UPDATE run SET seconds = seconds + ? WHERE id = ?", (seconds, run.key))

    def total(self, run: Run) -> dict[str, Any]:
        """Return what a run has read so far: aips, files, bytes, seconds."""
        row = self._database.execute(
            "SELECT aips, files, bytes, seconds FROM run WHERE id = ?", (run.key,)
        ).fetchone()
        return dict(zip(("aips", "files", "bytes", "seconds"), row, strict=True))

    # -- results -------------------------------------------------------------------------------

    def note(self, run: Run, result: AuditResult, *, again: bool = False) -> None:
        """Note a result; of a sound deep one also the stamp, by which a light audit sees changes.

        ``again`` is of an AIP that this run counted already.
        """
        values = _values_of(result)
        values |= {"place": self._place(result.root), "run": run.key, "one": int(not again)}
        changes = ", ".join(_changes_by(result))
        self._database.execute(f"UPDATE aip SET {changes} WHERE place = :place", values)  # noqa: S608
        self._database.execute(
            "UPDATE run SET aips = aips + :one, files = files + :read_files, bytes = bytes + :read_bytes "
            "WHERE id = :run",
            values,
        )

    def tasks(self, run: Run, chosen: Chosen) -> Iterator[AuditTask]:
        """Yield the AIPs chosen that a run has not read yet, in the order of the disk."""
        after: tuple[int, bytes] = (-1, b"")
        query = (
            "SELECT inode, place, earlier FROM aip WHERE run <> ? AND (inode, place) > (?, ?) "  # noqa: S608
            f"AND ({chosen.where}) ORDER BY inode, place LIMIT {_CHUNK}"
        )
        while rows := self._database.execute(query, (run.key, *after, *chosen.values)).fetchall():
            for inode, place, earlier in rows:
                after = (inode, place)
                if chosen.part.holds(os.fsdecode(place)):
                    yield AuditTask(self.root / os.fsdecode(place), self._home.now(), earlier)

    def any_of(self, chosen: Chosen) -> bool:
        """Return whether there is any AIP of these."""
        query = f"SELECT count(*) FROM (SELECT 1 FROM aip WHERE {chosen.where} LIMIT 1)"  # noqa: S608
        return bool(self._one(query, chosen.values))

    def task(self, run: Run, root: Path) -> AuditTask | None:
        """Return the task of one object root, unless this run has read it."""
        place = self._place(root)
        row = self._database.execute("SELECT earlier, run FROM aip WHERE place = ?", (place,)).fetchone()
        earlier, last = row or (0, 0)
        return None if last == run.key else AuditTask(root, self._home.now(), earlier)

    def stamp_of(self, root: str) -> str:
        """Return the stamp of the last sound reading of an AIP, or nothing."""
        place = self._place(root)
        return str(self._one("SELECT max(stamp) FROM aip WHERE place = ?", (place,)) or "")

    def head_of(self, name: str) -> int:
        """Return the newest version of an AIP as an audit met it last, 0 where none did."""
        return int(self._one("SELECT max(head) FROM aip WHERE name = ?", (name,)) or 0)

    def troubled(self, run: Run | None = None, *, most: int = -1) -> Iterator[AuditResult]:
        """Yield what this run, or else the last audit of each, found not to be intact, by identifier."""
        of = "" if run is None else "run = :run AND "
        query = f"SELECT result FROM aip WHERE {of}trouble <> '' ORDER BY name LIMIT :most"  # noqa: S608
        values = {"run": run.key if run else 0, "most": most}
        for (text,) in self._database.execute(query, values).fetchall():
            yield _as_result(text)

    def knows(self, name: str) -> bool:
        """Return whether an AIP of that name was there when it was looked last."""
        return bool(self._one("SELECT count(*) FROM aip WHERE name = ?", (name,)))

    def rows(self, query: str, values: tuple[object, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a question about the whole register, a few at a time."""
        yield from self._database.execute(query, values)

    def _one(self, query: str, values: tuple[object, ...] = ()) -> Any:
        return self._database.execute(query, values).fetchone()[0]


_COLUMNS: Final = {Depth.LIGHT: "light_at", Depth.FAST: "fast_at", Depth.FULL: "full_at"}


def _covered(depth: Depth) -> tuple[Depth, ...]:
    """Return what an audit of that depth proves: sha512 of every byte leaves nothing to BLAKE3."""
    order = (Depth.LIGHT, Depth.FAST, Depth.FULL)
    return order[: order.index(depth) + 1]


def _values_of(result: AuditResult) -> dict[str, Any]:
    """Return what a result says, by the names that ``_changes_by`` uses."""
    files, size, _ = (result.stamp or "0:0:").split(":")
    return {
        "name": printable(result.aip_id),
        "head": result.head,
        "trouble": "" if result.intact else "unreadable" if result.only_unreadable else "damaged",
        "at": result.started_at,
        "result": _as_text(result) if result.findings else "",
        "files": int(files),
        "bytes": int(size),
        "read_files": result.files,
        "read_bytes": result.bytes,
        "stamp": result.stamp if result.intact else "",
        "recorded": result.recorded,
    }


def _changes_by(result: AuditResult) -> Iterator[str]:
    """Yield what a result sets (SQL); only a sound one tells sizes, only a deep one a stamp."""
    yield "name = :name, head = :head, trouble = :trouble, result = :result, run = :run"
    yield "earlier = CASE WHEN :recorded THEN 0 ELSE earlier + 1 END"
    depth = depth_of(result.algorithms)
    yield from (f"{_COLUMNS[item]} = :at" for item in _covered(depth))
    if result.intact:
        yield "files = :files, bytes = :bytes"
    if depth is not Depth.LIGHT:
        yield "stamp = :stamp"


def _as_text(result: AuditResult) -> str:
    plain = {name: getattr(result, name) for name in result.__slots__ if name != "findings"}
    return json.dumps(plain | {"findings": [found.as_dict() for found in result.findings]})


def _as_result(text: str) -> AuditResult:
    plain = json.loads(text)
    findings = tuple(
        Finding(**found | {"severity": Severity(found["severity"])}) for found in plain.pop("findings")
    )
    return AuditResult(**plain | {"algorithms": tuple(plain["algorithms"]), "findings": findings})
