"""Who asks, and within which org and sandbox: the scope that every statement of the store carries."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """One authenticated caller in one sandbox. ``org`` is the IMS org id, ``sandbox`` its name."""

    org: str
    sandbox: str
    sandbox_id: str
    client: str
    user: str

    def may(self, verb: str, kind: str) -> bool:
        """The one hook for access control, asked once for each request: allows everything until policies exist.

        ``verb``: read, create, change or delete. ``kind``: as the route declares it, such as flows or dataSets.
        """
        return bool(verb and kind)
