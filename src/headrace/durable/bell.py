"""An event that can also be rung: whoever waits looks up once, and waits on."""

import threading


class Bell(threading.Event):
    """``set`` ends every wait for good, ``ring`` the present or the next one; ``wait`` says whether it was ``set``."""

    def __init__(self) -> None:
        super().__init__()
        self._rung = False
        self._changed = threading.Condition()

    def set(self) -> None:
        """Ends the wait, and all that follow."""
        with self._changed:
            super().set()
            self._changed.notify_all()

    def ring(self) -> None:
        """Ends the wait, or the next one if nobody waits now."""
        with self._changed:
            self._rung = True
            self._changed.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Waits for ``ring`` or ``set``, at most ``timeout`` seconds; whether it was ``set``."""
        with self._changed:
            self._changed.wait_for(lambda: self._rung or self.is_set(), timeout)
            self._rung = False
            return self.is_set()
