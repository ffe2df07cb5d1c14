"""Run by Alembic: applies the revisions on the connection it was given, in the caller's transaction."""

from alembic import context

from oais.database.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
