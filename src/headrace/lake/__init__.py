"""A batch is committed once, or never: files, Iceberg tables and their commits."""

from headrace.lake.changes import Change, Figures, Outcome, Stamp, TableRef
from headrace.lake.lake import Lake

__all__ = ["Change", "Figures", "Lake", "Outcome", "Stamp", "TableRef"]
