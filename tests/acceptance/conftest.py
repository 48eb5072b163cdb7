"""The running product, once for each module, and flows like the tutorial's on it."""

from daily_source import daily
from platform_server import changes, database, landed, platform
from tutorial_flows import prepared, tutorial

__all__ = ["changes", "daily", "database", "landed", "platform", "prepared", "tutorial"]
