"""Where on the sky the packages look: however many there are, they become marks that a page can hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, func, select

from oais.information.healpix import cells_at
from search_index.catalogue.branches import is_below
from search_index.catalogue.schema import AIPS, TOGETHER
from search_index.entries import SkyMark

MOST_MARKS: Final = 400
"""Marks of one map. Beyond that, packages of a mission in one cell of the sky share a mark."""

CELLS: Final = (1e-4, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 45.0, 90.0, 180.0)
"""Sides of the cells that are tried, in degrees, until there are few enough marks."""

_Floats = npt.NDArray[np.float64]
_Numbers = npt.NDArray[np.int64]


class Positions:
    """The positions of one generation of the catalogue: of each package that of its first product."""

    def __init__(self, connection: Connection) -> None:
        query = select(AIPS.c.no, AIPS.c.ra, AIPS.c.dec, AIPS.c.node, AIPS.c.mission)
        rows = connection.execute(query.where(AIPS.c.dec.is_not(None)).order_by(AIPS.c.aip_id)).all()
        numbers, ra, dec, nodes, missions = zip(*rows, strict=True) if rows else ((), (), (), (), ())
        self._numbers: Final[_Numbers] = np.array(numbers, dtype=np.int64)
        self._ra: Final[_Floats] = np.array(ra, dtype=np.float64) % 360.0
        self._dec: Final[_Floats] = np.array(dec, dtype=np.float64)
        self._nodes, self._node_codes = _coded(nodes)
        self._missions, self._mission_codes = _coded(missions)
        self._fields: Final = self._load_fields(connection)

    def _load_fields(self, connection: Connection) -> _Floats:
        """Return the widest field of view of each package, 0 where none is known."""
        query = select(TOGETHER.c.aip_no, func.max(TOGETHER.c.s_fov)).where(TOGETHER.c.s_fov > 0)
        known = {row[0]: row[1] for row in connection.execute(query.group_by(TOGETHER.c.aip_no))}
        fields = [known.get(number, 0.0) for number in self._numbers.tolist()]
        return np.array(fields, dtype=np.float64)

    def marks(self, connection: Connection, without: tuple[str, ...], mission: str) -> tuple[SkyMark, ...]:
        """Return the marks by mission; only those of one ``mission`` unless it is empty."""
        groups = self._grouped(self._chosen(without, mission))
        names = self._names(connection, [int(group[0]) for group in groups if len(group) == 1])
        return tuple(self._mark(group, names) for group in groups)

    def density(self, without: tuple[str, ...], mission: str, order: int) -> tuple[tuple[int, int], ...]:
        """Return the cells in which packages lie, by number, each with how many there are."""
        places = self._chosen(without, mission)
        found = cells_at(order, self._ra[places], self._dec[places])
        cells, counts = np.unique(found, return_counts=True)
        return tuple(zip(cells.tolist(), counts.tolist(), strict=True))

    def _chosen(self, without: tuple[str, ...], mission: str) -> _Numbers:
        """Return the places of what may be known of, of one ``mission`` unless it is empty."""
        tops = frozenset(without)
        shown = np.array([not is_below(node, tops) for node in self._nodes.tolist()], dtype=np.bool_)
        chosen = shown[self._node_codes] if len(self._numbers) else np.zeros(0, dtype=np.bool_)
        if mission:
            chosen &= (self._missions == mission)[self._mission_codes]
        return np.flatnonzero(chosen)

    def _grouped(self, places: _Numbers) -> list[_Numbers]:
        """Return groups of places: those of one mission in one cell, the smallest that make few enough."""
        order, starts = places, np.zeros(0, dtype=np.int64)
        for side in CELLS:
            cells = _cells(self._ra[places], self._dec[places], side)
            keys = np.lexsort((cells, self._mission_codes[places]))
            order = places[keys]
            pairs = np.stack((self._mission_codes[order], cells[keys]))
            starts = np.flatnonzero(np.any(np.diff(pairs, axis=1, prepend=-1) != 0, axis=0))
            if len(starts) <= MOST_MARKS:
                break
        return [group for group in np.split(order, starts[1:]) if len(group)]

    def _mark(self, group: _Numbers, names: dict[int, tuple[str, str]]) -> SkyMark:
        vectors = _vectors(self._ra[group], self._dec[group])
        middle = vectors.sum(axis=0)
        length = float(np.linalg.norm(middle))
        middle = middle / length if length > 1e-9 else vectors[0]
        apart = 2.0 * np.arcsin(np.clip(np.linalg.norm(vectors - middle, axis=1) / 2.0, 0.0, 1.0))
        target, aip_id = names.get(int(group[0]), ("", "")) if len(group) == 1 else ("", "")
        return SkyMark(
            mission=str(self._missions[self._mission_codes[group[0]]]),
            ra=float(np.degrees(np.arctan2(middle[1], middle[0]))) % 360.0,
            dec=float(np.degrees(np.arcsin(np.clip(middle[2], -1.0, 1.0)))),
            radius=float(np.degrees(apart.max())),
            field=float(self._fields[group].max()),
            aips=len(group),
            target=target,
            aip_id=aip_id,
        )

    def _names(self, connection: Connection, places: list[int]) -> dict[int, tuple[str, str]]:
        """Return target and identifier of packages that stand alone, by their places."""
        wanted = {int(self._numbers[place]): place for place in places}
        query = select(AIPS.c.no, AIPS.c.targets, AIPS.c.aip_id).where(AIPS.c.no.in_(wanted))
        return {wanted[no]: _named(targets, aip_id) for no, targets, aip_id in connection.execute(query)}


def _coded(values: Sequence[str]) -> tuple[npt.NDArray[np.str_], _Numbers]:
    names, codes = np.unique(np.array(values, dtype=np.str_), return_inverse=True)
    return names, np.asarray(codes, dtype=np.int64)


def _named(targets: str, aip_id: str) -> tuple[str, str]:
    return next(iter(json.loads(targets)), ""), aip_id


def _cells(ra: _Floats, dec: _Floats, side: float) -> _Numbers:
    """Return the number of the cell of each position; cells are ``side`` high and nearly as wide."""
    zones = np.floor((dec + 90.0) / side).astype(np.int64)
    across = np.cos(np.radians(np.clip((zones + 0.5) * side - 90.0, -90.0, 90.0)))
    in_zone = np.maximum(np.ceil(360.0 * across / side), 1.0)
    return np.asarray(zones * 4_000_000 + np.floor(ra / 360.0 * in_zone).astype(np.int64))


def _vectors(ra: _Floats, dec: _Floats) -> _Floats:
    longitude, latitude = np.radians(ra), np.radians(dec)
    return np.stack(
        (np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)), axis=1
    )
