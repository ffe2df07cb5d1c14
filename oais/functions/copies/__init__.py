"""Copies of the archive's packages at other locations: brought there, checked, and repaired from."""
