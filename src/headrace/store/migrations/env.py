"""What alembic runs: the revisions, on the connection that ``upgrade`` opened."""

from alembic import context

from headrace.store.metadata import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
