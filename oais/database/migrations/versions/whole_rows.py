"""Whole rows."""

revision = "whole_rows"
down_revision = "target_lists"


def upgrade() -> None:
    """Change the tables."""
