"""Checks of what is stored: OCFL by the pure standard, and our packages across all layers."""
