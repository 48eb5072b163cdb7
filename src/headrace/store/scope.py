"""Who asks, within which org and sandbox, and as what: the scope that every statement of the store carries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

VIEWER, EDITOR, ADMIN, NONE = "viewer", "editor", "admin", ""
READ = "read"
# The kinds that only an administrator may ask for, to see and to change; and to change alone.
_OF_ADMINS, _CHANGED_BY_ADMINS = ("accounts", "audit"), ("sandboxes",)
# To explore and to test is to use stored secrets.
_USING_SECRETS = ("explorations",)


def _views(verb: str, kind: str) -> bool:
    return verb == READ and kind not in (*_OF_ADMINS, *_USING_SECRETS)


def _edits(verb: str, kind: str) -> bool:
    return kind not in _OF_ADMINS and (verb == READ or kind not in _CHANGED_BY_ADMINS)


ROLES: Mapping[str, Callable[[str, str], bool]] = {VIEWER: _views, EDITOR: _edits, ADMIN: lambda verb, kind: True}


@dataclass(frozen=True, slots=True)
class Caller:
    """One authenticated caller in one sandbox. ``org`` is the IMS org id, ``sandbox`` its name.

    ``role`` is what the caller's account is there, ``address`` from where it asks; whatever acts by itself may do
    everything, and asks from nowhere.
    """

    org: str
    sandbox: str
    sandbox_id: str
    client: str
    user: str
    role: str = ADMIN
    address: str = ""

    def may(self, verb: str, kind: str) -> bool:
        """Whether the role allows it, asked once for each request.

        ``verb``: read, create, change or delete. ``kind``: as the route declares it, such as flows or dataSets.
        """
        allows = ROLES.get(self.role)
        return allows is not None and allows(verb, kind)
