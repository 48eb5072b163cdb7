"""SQL over the tables of one sandbox: read-only, beside a running server."""
