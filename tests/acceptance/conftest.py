"""The running product, once for each module, and flows like the tutorial's on it."""

from platform_server import changes, database, landed, platform
from tutorial_flows import prepared, tutorial

__all__ = ["changes", "database", "landed", "platform", "prepared", "tutorial"]
