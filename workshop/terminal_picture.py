"""Makes ``docs/pictures/terminal.svg`` again: the demo's own output, drawn as a terminal shows it.

``python -m workshop.terminal_picture`` runs ``oais demo --no-serve`` on the data that the repository
carries, in a folder that is removed afterwards. The drawing names no font from elsewhere.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "pictures" / "terminal.svg"
COLUMNS = 116


def main() -> int:
    """Run the demo and write the picture; returns the demo's exit code."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("demo").symlink_to(ROOT / "demo")
        Path(".venv").symlink_to(ROOT / ".venv")
        code, picture = _told_by_the_demo()
    if code == 0:
        PICTURE.write_text(picture, encoding="utf-8")
        sys.stdout.write(f"wrote {PICTURE.relative_to(ROOT)}\n")
    return code


def _told_by_the_demo() -> tuple[int, str]:
    """Run the demo on a console that remembers, and return its exit code and the drawing."""
    from oais.cli.commands import run
    from oais.cli.terminal import out

    out.record, out.file, out.width, out.soft_wrap = True, io.StringIO(), COLUMNS, False
    tell = out.print

    def tell_within_the_picture(*words: Any, **how: Any) -> None:
        tell(*words, **how | {"soft_wrap": False})

    with mock.patch.object(out, "print", tell_within_the_picture):
        code = run(["demo", "--no-serve"])
    drawn = out.export_svg(title="python3 run.py demo", unique_id="terminal")
    plain = re.sub(r"\s*@font-face \{.*?\}", "", drawn, flags=re.DOTALL)
    folder = re.escape(str(Path.cwd()))
    # The folder's name is left out, so the length that was measured with it must go too.
    plain = re.sub(rf' textLength="[^"]*"([^>]*>[^<]*){folder}/?', r"\1", plain)
    return code, re.sub(r"Fira Code, monospace", "ui-monospace, monospace", plain)


if __name__ == "__main__":
    raise SystemExit(main())
