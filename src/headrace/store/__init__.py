"""The database: scoped documents with revisions, run tables, secrets and events. Only this package knows columns."""
