"""Whole rows: their indexes are made after each upgrade, so the first that knows them has only to be one."""

revision = "whole_rows"
down_revision = "target_lists"


def upgrade() -> None:
    """Change no table."""
