"""Writes a revision of the database's tables: what ``METADATA`` has that the earlier revisions do not make.

``python -m workshop.migration NAME`` writes ``oais/database/migrations/versions/NAME.py``. The newest one
may be written anew until it is released; an older one never changes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from oais.database import migrations
from oais.database.migrations.whole_rows import declared
from oais.database.schema import METADATA  # whole, for the package that holds it imports every subject

OPTIONS = {"include_object": declared}
VERSIONS = migrations.FOLDER / "versions"

TEMPLATE = '''"""{title}."""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {before!r}


def upgrade() -> None:
    """Change the tables."""
{body}
'''


def main(arguments: list[str]) -> int:
    """Write the revision named on the command line."""
    if len(arguments) != 1 or not arguments[0].isidentifier():
        sys.stderr.write("usage: python -m workshop.migration NAME\n")
        return 2
    path = write_revision(arguments[0])
    sys.stdout.write(f"wrote {path.name}; set NEWEST in oais/database/migrations to {path.stem!r}\n")
    return 0


def write_revision(name: str) -> Path:
    """Write a revision, or write the newest one anew, and return its path."""
    path = VERSIONS / f"{name}.py"
    path.unlink(missing_ok=True)
    before = ScriptDirectory(str(migrations.FOLDER)).get_current_head()
    with create_engine("sqlite://").begin() as connection:
        if before is not None:
            migrations.upgrade(connection, before)
        changes = produce_migrations(
            MigrationContext.configure(connection, opts=OPTIONS), METADATA
        ).upgrade_ops
    assert changes is not None
    lines = render_python_code(changes, render_as_batch=True).splitlines()
    body = "\n".join(line for line in lines if not line.strip().startswith("# ###"))
    title = name.replace("_", " ").capitalize()
    path.write_text(TEMPLATE.format(title=title, name=name, before=before, body=body), encoding="utf-8")
    for how in (("check", "--fix"), ("format",)):
        subprocess.run([Path(sys.executable).with_name("ruff"), *how, "--quiet", path], check=True)
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
