"""Embargoes: what they are computed from, who declares it, and what becomes public when."""
