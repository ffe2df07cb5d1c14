"""Archival packages: E-ARK content in OCFL objects, built, sealed, stored and verified."""
