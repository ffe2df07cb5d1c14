"""What the proofs ask of the machine they run on."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofs.storage import power


def test_programs_for_disks_are_found_beside_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the PATH of root does not name the folder of ``mkfs``, the power cuts are not skipped for it."""
    system = tmp_path / "sbin"
    system.mkdir()
    for name in ("mkfs.ext4", "losetup", "mount", "umount"):
        (system / name).write_text("#!/bin/sh\n")
        (system / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("os.access", lambda *_: True)
    monkeypatch.setattr(power, "_SYSTEM", (str(tmp_path / "none"),))
    assert power.why_not() == "there is no mkfs.ext4"
    monkeypatch.setattr(power, "_SYSTEM", (str(tmp_path / "none"), str(system)))
    assert power.why_not() == ""
