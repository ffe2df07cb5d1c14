"""Makes ``docs/pictures/tree-light.png`` again: the tree page of the demo's archive in a real browser.

``python -m workshop.tree_picture`` builds the demo archive in a folder that is removed afterwards, serves
it on a free port of this machine and takes the picture with Debian's chromium.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "pictures" / "tree-light.png"
PLACE = "/tree/tess"
WIDTH, HEIGHT = 1100, 900


def main() -> int:
    """Build, serve, take the picture; returns 1 when there is no browser."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        sys.stdout.write("missing: chromium (Debian package chromium)\n")
        return 1
    oais = Path(sys.executable).with_name("oais")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "archive"
        data = ROOT / "demo"
        demo = [str(oais), "demo", "--no-serve", "--home", str(home), "--data", str(data)]
        subprocess.run(demo, check=True, capture_output=True)
        serve = [str(oais), "serve", "--home", str(home), "--port", "0"]
        with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as site:
            assert site.stdout is not None
            try:
                _take(browser, site.stdout.readline().split()[-1])
            finally:
                site.terminate()
    sys.stdout.write(f"wrote {PICTURE.relative_to(ROOT)}\n")
    return 0


def _take(browser: str, address: str) -> None:
    from playwright.sync_api import ViewportSize, sync_playwright

    with sync_playwright() as play:
        window = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        view = window.new_page(viewport=ViewportSize(width=WIDTH, height=HEIGHT), color_scheme="light")
        view.goto(address + PLACE)
        view.screenshot(path=PICTURE)
        window.close()


if __name__ == "__main__":
    raise SystemExit(main())
