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
from oais.functions.people.accounts import Entry, create_administrator
from oais.functions.people.saved import save_profile
from oais.functions.people.tokens import make_token
from oais.functions.service import Service, open_service
from policies.principals import Scope
from tests.conftest import lacking
from tests.web.conftest import LIGHT_CURVE, archive
from tests.web.depositing import Depository, served

__all__ = ["archive"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "orders.md"


@pytest.fixture
def service(archive: Archive, tmp_path: Path) -> Service:
    """A copy of the archive."""
    shutil.copytree(archive.home, tmp_path / "home", symlinks=True)
    return open_service(open_archive(tmp_path / "home"))


@pytest.fixture
def site(service: Service) -> Iterator[str]:
    """The copy, served; its address."""
    missing = [name for name in ("bash", "curl", "wget") if shutil.which(name) is None]
    if missing:
        lacking(", ".join(missing))
    with served(Depository(service, "")) as opened:
        yield opened.url


def run(script: str, folder: Path) -> None:
    """Run lines as somebody would type them; the first that fails ends them."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, check=True, capture_output=True)


def lines_of_the_page() -> list[str]:
    """The lines for a terminal; the first one is of a profile."""
    lines = re.findall(r"^(?:curl|wget) .*$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert ["profile=" in line for line in lines] == [True, False, False, False]
    return lines


def test_the_example_of_a_profile_fetches_it(service: Service, site: str, tmp_path: Path) -> None:
    """With a token of its owner the line gives a package of what the profile names."""
    person = create_administrator(service, Entry("ada", "Ada", "ada@example.org"), "seven tall herons wade")
    token = make_token(
        service, person.identifier, person.identifier, "terminal", [Scope.READ, Scope.DOWNLOAD]
    )
    profile = save_profile(service, person.identifier, "mine", ["tess/n1"])
    line = lines_of_the_page()[0].replace("https://archive.example", site)
    run(f"TOKEN={token.secret}\n{line.replace('IDENTIFIER', profile.identifier)}", tmp_path / "mine")
    (fetched,) = (tmp_path / "mine").iterdir()
    with zipfile.ZipFile(fetched) as package:
        assert any(name.endswith(".fits") for name in package.namelist())


def test_the_examples_fetch_packages(site: str, tmp_path: Path) -> None:
    """Each line gives a package, and the line that resumes goes on where a download broke off."""
    lines = lines_of_the_page()[1:]
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
