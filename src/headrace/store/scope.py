"""Who asks, within which org and sandbox, and as what: the scope that every statement of the store carries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

VIEWER, EDITOR, ADMIN, NONE = "viewer", "editor", "admin", ""
READ = "read"
# The kinds that only an administrator may ask for, to see and to change; and to change alone.
_OF_ADMINS, _CHANGED_BY_ADMINS = ("accounts", "audit"), ("sandboxes",)
# Of these an org has one set, whatever its sandboxes: who changes them in one of those changes them in all.
_OF_THE_ORG = ("accounts", "namespaces", "sandboxes")
# To explore and to test is to use stored secrets.
_USING_SECRETS = ("explorations",)


def _views(verb: str, kind: str) -> bool:
    return verb == READ and kind not in (*_OF_ADMINS, *_USING_SECRETS)


def _edits(verb: str, kind: str) -> bool:
    return kind not in _OF_ADMINS and (verb == READ or kind not in _CHANGED_BY_ADMINS)


ROLES: Mapping[str, Callable[[str, str], bool]] = {VIEWER: _views, EDITOR: _edits, ADMIN: lambda verb, kind: True}


def _allows(role: str, verb: str, kind: str) -> bool:
    allows = ROLES.get(role)
    return allows is not None and allows(verb, kind)


@dataclass(frozen=True, slots=True)
class Roles:
    """What an account is in the whole of its org, and by name in the sandboxes that have a role of their own for it."""

    everywhere: str = ADMIN
    by_sandbox: Mapping[str, str] = field(default_factory=dict, hash=False)

    def within(self, sandbox: str) -> str:
        """The role in one sandbox."""
        return self.by_sandbox.get(sandbox, self.everywhere)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a permission goes: every sandbox but the named ones and what is of none, or the named ones alone."""

    names: tuple[str, ...] = ()
    excepts: bool = True


@dataclass(frozen=True, slots=True)
class Caller:
    """One authenticated caller in one sandbox. ``org`` is the IMS org id, ``sandbox`` its name.

    ``roles`` say what the caller's account is, ``address`` from where it asks; whatever acts by itself may do
    everything, and asks from nowhere.
    """

    org: str
    sandbox: str
    sandbox_id: str
    client: str
    user: str
    roles: Roles = Roles()
    address: str = ""

    def may(self, verb: str, kind: str) -> bool:
        """Whether the roles allow it, asked once for each request.

        ``verb``: read, create, change or delete. ``kind``: as the route declares it, such as flows or dataSets.
        """
        return _allows(self.standing(verb, kind)[1], verb, kind)

    def standing(self, verb: str, kind: str) -> tuple[str, str]:
        """Where the caller must be allowed it, in words, and the role there, empty for none."""
        if verb != READ and kind in _OF_THE_ORG:
            return "the whole org", self.roles.everywhere
        return f"sandbox {self.sandbox}", self.roles.within(self.sandbox)

    def may_within(self, sandbox: str, verb: str, kind: str) -> bool:
        """Whether the role in another sandbox allows it there."""
        return _allows(self.roles.within(sandbox), verb, kind)

    def reach(self, verb: str, kind: str) -> Reach:
        """In which sandboxes the roles allow it."""
        everywhere = _allows(self.roles.everywhere, verb, kind)
        others = (name for name in self.roles.by_sandbox if self.may_within(name, verb, kind) is not everywhere)
        return Reach(tuple(others), everywhere)
