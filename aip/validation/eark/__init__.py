"""E-ARK packages, ours or anybody's, against the MUSTs of CSIP 2.2 and AIP 2.2 by their requirement ids."""

from __future__ import annotations

from aip.validation.eark.package import (
    check_eark_files,
    check_eark_package,
    is_eark_package,
    package_files,
)

__all__ = ["check_eark_files", "check_eark_package", "is_eark_package", "package_files"]
