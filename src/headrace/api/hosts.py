"""Under which names an emulator is asked: any page in a browser may lead a name of its own to loopback."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from headrace.errors import Refused
from headrace.settings import LOOPBACK, Settings

HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\s:@/\[\]]+))(?::[0-9]*)?", re.IGNORECASE)
MOST_SHOWN = 100


def is_own(settings: Settings, headers: Mapping[str, str]) -> bool:
    """Whether a request came under a name of this server's, which is any name unless it is an emulator."""
    if not settings.emulator:
        return True
    written = HOST.fullmatch(headers.get("host", "").strip())
    name = (written[1] or written[2]).lower() if written else ""
    own = {*LOOPBACK, *map(_bare, settings.allowed_hosts), urlsplit(settings.base_url).hostname}
    return name in own or _is_loopback(name)


def require_own(settings: Settings, headers: Mapping[str, str]) -> None:
    """Refused unless ``is_own``."""
    if is_own(settings, headers):
        return
    host = headers.get("host", "").strip()[:MOST_SHOWN]
    raise Refused(
        f"An emulator is not asked as {host or 'nobody'}. Use localhost, or start it with --allowed-host and that "
        "name, without a port, if it is yours."
    )


def _bare(name: str) -> str:
    return name.lower().removeprefix("[").removesuffix("]")


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
