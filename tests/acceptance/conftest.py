"""The running product, once for each module."""

from platform_server import platform

__all__ = ["platform"]
