"""Health is answered while the rest of the process is still being loaded."""

import subprocess
import sys

# Answers at each moment of the import at which a thread that answers could come in between.
DURING_THE_IMPORT = """
import sys
from importlib.abc import MetaPathFinder
from headrace.api.health import status
from headrace.store.engine import open_store

store = open_store("sqlite:///" + sys.argv[1])
before = [name for name in sys.modules if name.startswith("sqlalchemy.orm")]
moments = []

class Between(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.startswith("sqlalchemy.orm"):
            moments.append(status(store, False)["status"])

sys.meta_path.insert(0, Between())
import sqlalchemy.orm
print(before, {*moments}, len(moments) > 20)
"""


def test_health_is_answered_at_every_moment_of_loading(tmp_path):
    child = [sys.executable, "-c", DURING_THE_IMPORT, str(tmp_path / "headrace.db")]
    ended = subprocess.run(child, capture_output=True, text=True, timeout=120)
    assert (ended.stdout, ended.returncode) == ("[] {'ok'} True\n", 0), ended.stderr
