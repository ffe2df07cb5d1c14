"""Raw data: packages of nothing but what was not calibrated yet, which a search may leave out."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from oais.information.description import CALIBRATED
from search_index.catalogue.columns import Columns
from search_index.catalogue.facets import Mask
from search_index.catalogue.told_values import fulfilling
from search_index.conditions import parse_conditions

_KIND: Final = "kind"
_NEVER_RAW: Final = ("calibration", "engineering")
"""Kinds of products that are what they are at any level: reference files and housekeeping."""

_BELOW, _FROM = parse_conditions(f"calib_level < {CALIBRATED}; calib_level >= {CALIBRATED}")


def raw_data(columns: Columns, connection: Connection) -> Mask:
    """Return the packages that are raw; not to be changed.

    Those are raw that tell a calibration level and none from ``CALIBRATED`` on. What tells none, a document
    for instance, is not, and neither is what holds reference files or housekeeping.
    """
    return columns.kept_mask("raw data", lambda: _raw(columns, connection))


def _raw(columns: Columns, connection: Connection) -> Mask:
    below = fulfilling(columns, connection, _BELOW)
    calibrated = fulfilling(columns, connection, _FROM)
    return below & ~calibrated & ~columns.holding(_KIND, _NEVER_RAW, whole=True)
