"""Preservation planning: formats, coverage, migration, the dossier."""
