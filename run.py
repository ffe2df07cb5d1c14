#!/usr/bin/env python3
"""Everything a newcomer needs, with nothing but Python: ``python3 run.py demo`` or ``test``.

Standard library only. The work is done by the modules in ``workshop/``; this file only makes sure
that the Python at hand can read them.
"""

import sys

SUPPORTED = ((3, 11), (3, 12), (3, 13))


def refuse_this_python() -> None:
    """Say which Python is needed, and which fitting one is already on this machine."""
    import shutil
    import subprocess

    names = [f"python{major}.{minor}" for major, minor in SUPPORTED]
    # A name on PATH may be a stand-in that starts nothing, so each is tried.
    found = [name for name in reversed(names) if shutil.which(name)]
    here = [name for name in found if subprocess.call([name, "-c", "pass"], stderr=subprocess.DEVNULL) == 0]
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    problem = f"This is Python {version}; the archive needs 3.11, 3.12 or 3.13."
    if here:
        advice = f"Try: {here[0]} run.py {' '.join(sys.argv[1:])}"
    else:
        advice = "On Debian 12 or Ubuntu 24.04: apt-get install python3 python3-venv"
    sys.exit(f"{problem}\n{advice}")


if sys.version_info[:2] not in SUPPORTED:
    refuse_this_python()

from workshop.commands import main  # noqa: E402 - only a fitting Python can read it

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
