"""Target lists."""

import sqlalchemy as sa
from alembic import op

revision = "target_lists"
down_revision = "initial"


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "target_lists",
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("radius", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("identifier", name=op.f("pk_target_lists")),
    )
