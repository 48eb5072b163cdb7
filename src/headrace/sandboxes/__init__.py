"""Sandboxes of an org: the scope of every document, and the tenant id under which an org's own fields live."""

from headrace.sandboxes.scopes import DEFAULT, create_on_first_use, find, listed, tenant_of
from headrace.store.sandboxes import Sandbox

__all__ = ["DEFAULT", "Sandbox", "create_on_first_use", "find", "listed", "tenant_of"]
