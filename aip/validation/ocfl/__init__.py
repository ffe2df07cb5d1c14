"""A validator of OCFL objects and storage roots, 1.0 and 1.1, by the pure standard.

Findings carry the standard's own codes, E001 to E112 and W001 to W016; what they mean stands in
``oais/information/finding_codes/ocfl.toml``.
"""

from aip.validation.ocfl.object import check_ocfl_object
from aip.validation.ocfl.recognition import recognise
from aip.validation.ocfl.storage_root import check_ocfl_storage_root

__all__ = ["check_ocfl_object", "check_ocfl_storage_root", "recognise"]
