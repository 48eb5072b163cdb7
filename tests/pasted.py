"""A page's commands, pasted: every block in order in one shell, and what each of them wrote."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

COMMANDS = Path(sys.executable).parent
_MARK = "=== block "


@dataclass(frozen=True, slots=True)
class Pasted:
    """The ``bash`` blocks of a page, as printed."""

    blocks: tuple[str, ...]

    @classmethod
    def of(cls, page: str) -> "Pasted":
        """Those of a page below the repository's root."""
        text = (Path(__file__).parents[1] / page).read_text()
        return cls(tuple(re.findall(r"^```bash\n(.*?)^```$", text, re.M | re.S)))

    def place(self, containing: str) -> int:
        """Which of them holds a text; no other may."""
        (place,) = [n for n, block in enumerate(self.blocks) if containing in block]
        return place

    @property
    def script(self) -> str:
        """All of them, told apart by a line before each."""
        return "".join(f"echo '{_MARK}{n}'\n{block}\necho\n" for n, block in enumerate(self.blocks))


def run(script: str, here: Path, path: str = "") -> list[str]:
    """What each block of a script wrote, run in an empty directory; all must go well.

    path  where commands are looked for first
    """
    shell = subprocess.Popen(
        ["bash", "-c", "set -euo pipefail\n" + script], cwd=here, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={"PATH": f"{path}{os.environ['PATH']}", "HOME": str(here)},
    )  # fmt: skip
    try:
        output, _ = shell.communicate(timeout=180)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGTERM)
        raise
    logs = "\n".join(f"{log.name}:\n{log.read_text()}" for log in here.glob("*.log"))
    assert shell.returncode == 0, output + logs
    return re.split(rf"^{_MARK}\d+\n", output, flags=re.M)[1:]
