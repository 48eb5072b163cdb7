"""Who is dead: a process whose beat has not moved for a lease, measured on this process's own timer."""

from collections.abc import Mapping


class Leases:
    """What this process saw of the others' beats, and when it last saw each one move."""

    def __init__(self, lease_seconds: float) -> None:
        self._lease = lease_seconds
        self._seen: dict[str, tuple[int, float]] = {}

    def expired(self, beats: Mapping[str, int], at: float) -> set[str]:
        """The executors in ``beats`` whose value has not changed for a lease; ``at`` is timer seconds."""
        for executor, beat in beats.items():
            if executor not in self._seen or self._seen[executor][0] != beat:
                self._seen[executor] = (beat, at)
        self._seen = {executor: self._seen[executor] for executor in beats}
        return {executor for executor, (_, since) in self._seen.items() if at - since >= self._lease}
