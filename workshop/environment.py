"""Virtual environments made from hash-locked requirements, and left alone once they are right.

An environment is *right* when its stamp names the lock files, ``pyproject.toml`` and the folder
it was made for. The stamp is written last, so an interrupted set-up is seen and repaired.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workshop.system_packages import install_with_apt
from workshop.trouble import SetupError

STAMP = ".set-up-for"
OFFLINE_WORDS = (
    "name resolution",
    "dns error",
    "network is unreachable",
    "newconnectionerror",
    "failed to establish a new connection",
    "connection refused",
    "connection reset",
    "error sending request",
    "timed out",
    "from versions: none",  # all that a quiet pip says when its registry does not answer
)


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment: where it lies, what is locked for it, whether the project is in it.

    ``holds`` names smaller locks that ``lock`` holds whole, so that a plain ``setup`` after a
    ``test`` finds nothing to do.
    """

    root: Path
    folder: Path
    lock: Path
    with_project: bool
    holds: tuple[Path, ...] = ()

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / "bin" / "python"

    def fingerprint(self, lock: Path) -> str:
        """Digest of all that decides what one lock must install here."""
        digest = hashlib.sha256(str(self.folder.resolve()).encode())
        inputs = [lock, self.root / "pyproject.toml"] if self.with_project else [lock]
        for path in inputs:
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def is_right(self) -> bool:
        """Whether the stamp is the one this environment should have."""
        try:
            stamps = (self.folder / STAMP).read_text(encoding="utf-8").split()
        except OSError:
            return False
        return self.fingerprint(self.lock) in stamps and self.python.exists()


def runtime(root: Path) -> Environment:
    """What ``oais`` itself needs."""
    return Environment(root, root / ".venv", root / "requirements.lock", with_project=True)


def development(root: Path) -> Environment:
    """The same environment with what tests and checks need besides."""
    lock = root / "requirements-dev.lock"
    return Environment(root, root / ".venv", lock, True, holds=(root / "requirements.lock",))


def oracles(root: Path) -> Environment:
    """Programs of others that judge our packages and pin libraries in other versions."""
    lock = root / "requirements-oracles.lock"
    return Environment(root, root / ".venv-oracles", lock, with_project=False)


def make(environment: Environment) -> None:
    """Make an environment right, or raise SetupError saying what is in the way."""
    if environment.is_right():
        return
    if not os.access(environment.root, os.W_OK):
        raise SetupError(f"{environment.root} cannot be written to; copy the project where you may write.")
    with _alone(environment.root):
        if not environment.is_right():
            _furnish(environment)


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Let only one set-up at a time work in a folder; a second one waits for the first."""
    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _furnish(environment: Environment) -> None:
    uv = shutil.which("uv")
    if not (_belongs_here(environment) and _works(environment.python, needs_pip=uv is None)):
        _make_folder(environment, with_pip=uv is None)
    stamp = environment.folder / STAMP
    stamp.unlink(missing_ok=True)
    tell(f"installing {environment.lock.name} into {environment.folder.name}/ …")
    _install(environment, ["--require-hashes", "--requirement", str(environment.lock)], uv)
    if environment.with_project:
        _install(environment, ["--no-build-isolation", "--editable", str(environment.root)], uv)
    locks = (environment.lock, *environment.holds)
    stamp.write_text("\n".join(map(environment.fingerprint, locks)) + "\n", encoding="utf-8")


def _belongs_here(environment: Environment) -> bool:
    """Whether the environment was made in this folder: programs in a moved one start nothing."""
    try:
        activate = (environment.folder / "bin" / "activate").read_text(encoding="utf-8")
    except OSError:
        return False
    return str(environment.folder) in activate


def _works(python: Path, *, needs_pip: bool) -> bool:
    """Whether an interpreter starts, has a version that fits and (if asked for) a whole pip."""
    probe = "import sys; assert (3, 11) <= sys.version_info[:2] < (3, 14)"
    if needs_pip:
        probe += "; import pip._internal.cli.main"
    try:
        done = subprocess.run([python, "-c", probe], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _make_folder(environment: Environment, *, with_pip: bool) -> None:
    if environment.folder.exists():
        tell(f"{environment.folder.name}/ does not work: making it anew")
        shutil.rmtree(environment.folder)
    if with_pip and importlib.util.find_spec("ensurepip") is None:
        _add_ensurepip()
    try:
        venv.create(environment.folder, with_pip=with_pip, symlinks=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(f"{environment.folder} could not be made: {error}") from error


def _add_ensurepip() -> None:
    """Debian keeps the part of Python that puts pip into an environment in its own package."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not install_with_apt([package]):
        raise SetupError(
            f"This Python cannot make environments with pip: the package {package} is missing.\n"
            f"Try: apt-get install {package}   (as root), or put uv on PATH."
        )
    importlib.invalidate_caches()


def _install(environment: Environment, what: list[str], uv: str | None) -> None:
    if uv is None:
        command = [str(environment.python), "-m", "pip", "install", "--no-input"]
        # Bytecode is made when first needed: most modules of the large libraries never are.
        command += ["--disable-pip-version-check", "--no-compile"]
    else:
        command = [uv, "pip", "install", "--python", str(environment.python)]
    command += ["--quiet", "--no-deps", *what]
    # Many institutes sign their proxy themselves: trust what the system trusts, as pip does.
    trust = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
    done = subprocess.run(command, env=os.environ | trust, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise _why_not(what[-1], (done.stdout + done.stderr).strip())


def _why_not(what: str, said: str) -> SetupError:
    """Tell a registry out of reach from all other reasons, for its remedy is another."""
    lines = said.splitlines()
    if any(word in said.lower() for word in OFFLINE_WORDS):
        return SetupError(
            "No package registry could be reached. Set-up needs one, once: check the network, or "
            f"name your own mirror (PIP_INDEX_URL, UV_DEFAULT_INDEX).\n{lines[-1]}"
        )
    last_lines = "\n".join(lines[-12:])
    return SetupError(f"{Path(what).name} could not be installed:\n{last_lines}")


def tell(line: str) -> None:
    """Say what is going on, on standard error, so that standard output stays the command's."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
