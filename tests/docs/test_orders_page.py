"""The lines of docs/orders.md and of the basket's page fetch what they say, run as they stand there."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from oais.archive import Archive, open_archive
from oais.functions.service import open_service
from tests.conftest import lacking
from tests.web.conftest import LIGHT_CURVE, archive
from tests.web.depositing import Depository, served

__all__ = ["archive"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "orders.md"


@pytest.fixture
def site(archive: Archive, tmp_path: Path) -> Iterator[str]:
    """A copy of the archive, served; its address."""
    missing = [name for name in ("bash", "curl", "wget") if shutil.which(name) is None]
    if missing:
        lacking(", ".join(missing))
    shutil.copytree(archive.home, tmp_path / "home", symlinks=True)
    with served(Depository(open_service(open_archive(tmp_path / "home")), "")) as opened:
        yield opened.url


def run(script: str, folder: Path) -> None:
    """Run lines as somebody would type them; the first that fails ends them."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, check=True, capture_output=True)


def test_the_examples_fetch_packages(site: str, tmp_path: Path) -> None:
    """Each line gives a package, and the line that resumes goes on where a download broke off."""
    lines = re.findall(r"^(?:curl|wget) .*$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(lines) == 3
    script = "\n".join(lines).replace("https://archive.example", site).replace("MISSION", "tess")
    script = (
        script.replace("2018-01-31", "2018-12-31").replace("mission.f", "tess.z").replace("mission.", "tess.")
    )
    run(script, tmp_path / "whole")
    (whole,) = (tmp_path / "whole").glob("january.zip")
    assert sorted(path.suffix for path in (tmp_path / "whole").iterdir()) == [".gz", ".zip", ".zip"]
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / whole.name).write_bytes(whole.read_bytes()[:1000])
    run(script.splitlines()[0], tmp_path / "broken")
    assert (tmp_path / "broken" / whole.name).read_bytes() == whole.read_bytes()


def test_the_examples_of_a_basket_fetch_it(site: str, tmp_path: Path) -> None:
    """What the page offers for a terminal and for Python gives the same package three times."""
    with httpx2.Client(base_url=site, headers={"Accept": "text/html"}) as visitor:
        token = visitor.get("/basket").text.partition('name="csrf" value="')[2].partition('"')[0]
        picks = {"csrf": token, "picks": f"{LIGHT_CURVE}@v1"}
        assert visitor.post("/basket/picks", data=picks, headers={"Origin": site}).status_code == 303
        page = visitor.get("/basket").text
    shown = html.unescape(page.partition('<pre tabindex="0">')[2].partition("</pre>")[0])
    # The page names the archive by the address of its settings.
    terminal, _, python = shown.replace("http://127.0.0.1:8000", site).partition("\n\n# Python\n")
    for number, line in enumerate([*terminal.splitlines(), None]):
        folder = tmp_path / str(number)
        folder.mkdir()
        if line is None:
            subprocess.run([sys.executable, "-c", python], cwd=folder, check=True)
        else:
            run(line, folder)
    fetched = [path.read_bytes() for path in sorted(tmp_path.glob("[012]/*"))]
    assert len(fetched) == 3
    assert len(set(fetched)) == 1
    with zipfile.ZipFile(next(tmp_path.glob("0/*"))) as package:
        assert any(name.endswith("_lc.fits") for name in package.namelist())
