"""A schema splits a batch into accepted rows and rejected rows."""

from headrace.xdm.arrow_schema import arrow_schema
from headrace.xdm.check import Checker, checker
from headrace.xdm.compose import compose
from headrace.xdm.confusable import require_told_apart
from headrace.xdm.unknown_fields import KnownFields

__all__ = ["Checker", "KnownFields", "arrow_schema", "checker", "compose", "require_told_apart"]
