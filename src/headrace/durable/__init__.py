"""Durable jobs: the port through which runs are queued, owned by one process, and taken over when it dies."""

from headrace.durable.port import Job, Jobs

__all__ = ["Job", "Jobs"]
