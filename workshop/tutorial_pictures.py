"""Makes the pictures of the site's tutorial again: its steps, walked at the demo's archive in a real browser.

``python -m workshop.tutorial_pictures`` builds the demo archive in a folder that is removed afterwards,
serves it on a free port of this machine and writes ``oais/web/static/help-*.webp`` with Debian's chromium.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from proofs.site.tutorial import HEIGHT, LARGEST, LOOKS, WIDTH, file_name, keep, steps

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "oais" / "web" / "static"
_OAIS = [sys.executable, "-m", "oais"]


def main() -> int:
    """Build, serve, walk in each language and scheme; returns 1 when one is missing or too large."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        sys.stdout.write("missing: chromium (Debian package chromium)\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "archive"
        _oais("demo", "--no-serve", "--home", str(home), "--data", str(ROOT / "demo"))
        serve = [*_OAIS, "serve", "--home", str(home), "--port", "0"]
        with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, cwd=ROOT) as site:
            assert site.stdout is not None
            try:
                _take_all(browser, site.stdout.readline().split()[-1], home)
            finally:
                site.terminate()
    large = [path.name for path in STATIC.glob("help-*.webp") if path.stat().st_size > LARGEST]
    sys.stdout.writelines(f"larger than {LARGEST} bytes: {name}\n" for name in large)
    return int(bool(large))


def _oais(*words: str) -> None:
    subprocess.run([*_OAIS, *words], check=True, capture_output=True, cwd=ROOT)


def _take_all(browser: str, url: str, home: Path) -> None:
    with sync_playwright() as play:
        window = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for language, scheme in LOOKS:
            look: dict[str, Any] = {
                "viewport": {"width": WIDTH, "height": HEIGHT},
                "color_scheme": scheme,
                "locale": "fr-FR" if language == "fr" else "en-GB",
            }
            page = window.new_context(**look).new_page()
            for step in steps(page, url, lambda: _oais("work", "--once", "--home", str(home))):
                keep(page, STATIC / file_name(step, language, scheme))
                sys.stdout.write(f"wrote {file_name(step, language, scheme)}\n")
            page.context.close()
        window.close()


if __name__ == "__main__":
    raise SystemExit(main())
