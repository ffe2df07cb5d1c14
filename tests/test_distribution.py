"""A wheel must hold all that the code reads: templates, agreements, finding codes, schemas."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("oais", "sip", "aip", "dip", "policies", "search_index")


def test_wheel_holds_every_file_of_the_packages(tmp_path: Path, program: Callable[[str], str]) -> None:
    """Whatever git knows in the six packages is in the wheel, and no other top-level package is."""
    listed = subprocess.run(
        [program("git"), "ls-files", "-z", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True
    )
    known = {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = set(wheel.namelist())
    assert known
    assert known - held == set()
    assert "oais/CHANGELOG.md" in held
    assert {name.split("/")[0] for name in held} - set(PACKAGES) == {"oais_archive-0.1.0.dist-info"}
