"""The text of a document as its parent takes it from a limited child: lines, or why there are none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The lines of a document; ``fault`` says why it could not be read, ``parts`` which parts could not."""

    lines: tuple[str, ...] = ()
    fault: str = ""
    parts: tuple[str, ...] = ()


def text_request(path: Path) -> dict[str, str]:
    """Return what a limited child is asked, to read the text of one document."""
    return {"task": "text", "path": os.path.abspath(path)}


def text_of(answer: Mapping[str, Any]) -> DocumentText:
    """Make the text out of a child's answer; a fault of the file is told, never raised."""
    fault = answer.get("fault")
    if fault is not None:
        return DocumentText(fault=str(fault))
    try:
        found = answer["result"]
        return DocumentText(tuple(map(str, found["lines"])), parts=tuple(map(str, found["faults"])))
    except (KeyError, TypeError) as error:
        return DocumentText(fault=f"its reader answered nonsense: {type(error).__name__}")
