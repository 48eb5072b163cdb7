"""Settings of one Headrace process: read once by ``main``, passed down as a value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from headrace.errors import Invalid

DEFAULT_PORT = 8088
MOST_RETRY_HOURS = 24 * 366


@dataclass(frozen=True, slots=True)
class Settings:
    """How this process runs.

    data_dir       directory of the database, keys, tables and landed pages
    database_url   ``sqlite:///…`` (default: in data_dir) or ``postgresql://…``
    warehouse      root of the Iceberg tables and batch files (default: in data_dir)
    public_url     what every href in an answer starts with
    emulator       any token, orgs on first use, a clock that can be moved; beyond loopback only with emulator_token
    emulator_token what the emulator demands as client secret, and of whoever moves its clock; empty: nothing
    allowed_hosts  names, beside those of loopback, under which the emulator may be asked
    host_aliases   printed source host -> URL that is called instead (emulator only)
    tenant_id      tenant of every org; the emulator's default is ``extconndev``
    lease_seconds  how long a process may be silent before another one takes over its runs
    fpid_to_ecid   ``module:function`` that the mapping function of this name calls
    retry_hours    how long a window is tried again that failed for a reason that may pass, unless its flow says
    connections    that may be open at once
    connections_per_address  of them, from one address; 0: a quarter, or all behind the proxy that public_url tells of
    client_seconds how long a client may take for a request's head, send nothing of a body, or not read its answer
    client_pace    bytes a second that a body comes with at least, after so many seconds
    key_path       file of the keys that seal secrets (default: ``keys`` in data_dir)
    keys           the keys themselves, in place of a file: lines ``id key``
    key_command    command that prints them, in place of a file
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    public_url: str = ""
    database_url: str = ""
    emulator: bool = False
    host_aliases: Mapping[str, str] = field(default_factory=dict)
    allow_private_hosts: bool = False
    tenant_id: str | None = None
    workers: int = 4
    grace_seconds: float = 30.0
    lease_seconds: float = 5.0
    fpid_to_ecid: str = ""
    retry_hours: float = 24.0
    emulator_token: str = field(default="", repr=False)
    allowed_hosts: tuple[str, ...] = ()
    connections: int = 2000
    connections_per_address: int = 0
    client_seconds: float = 30.0
    client_pace: int = 1024
    key_path: Path | None = None
    keys: str = field(default="", repr=False)
    key_command: str = ""

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'headrace.db').absolute()}"

    @property
    def warehouse(self) -> Path:
        """The directory of tables and batch files."""
        return (self.data_dir / "lake").absolute()

    @property
    def key_file(self) -> Path:
        """The file of encryption keys."""
        return self.key_path or self.data_dir / "keys"

    @property
    def base_url(self) -> str:
        """The public base URL without a trailing slash."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 (no link leads to "any")
        return (self.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}").rstrip("/")


def parse_host_aliases(values: list[str]) -> dict[str, str]:
    """``https://api.linkedin.com=http://127.0.0.1:9000`` items as a mapping; Invalid when one has no target."""
    aliases = {}
    for value in values:
        host, separator, target = value.partition("=")
        if not separator or "://" not in host or "://" not in target:
            raise Invalid(
                f"--host-alias {value} must be HOST_URL=TARGET_URL, both with their scheme.",
                field="host-alias",
            )
        aliases[host.rstrip("/")] = target.rstrip("/")
    return aliases


TOKEN_VARIABLE = "HEADRACE_EMULATOR_TOKEN"  # noqa: S105 (a name)
KEYS_VARIABLE = "HEADRACE_KEYS"
SHORTEST_TOKEN = 16
HOST_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def check_settings(settings: Settings) -> None:
    """Refuses combinations that would be unsafe, and links that would lead nowhere."""
    if settings.emulator and settings.host not in LOOPBACK and not settings.emulator_token:
        raise Invalid(
            f"--emulator accepts any token, so it binds loopback only, not {settings.host}. To bind that, choose a "
            f"token: --emulator-token, or {TOKEN_VARIABLE} in the environment.",
            field="host",
        )
    if settings.emulator_token and len(settings.emulator_token) < SHORTEST_TOKEN:
        raise Invalid(f"--emulator-token must have at least {SHORTEST_TOKEN} characters.", field="emulator-token")
    for option, value in (("--emulator-token", settings.emulator_token), ("--allowed-host", settings.allowed_hosts)):
        if value and not settings.emulator:
            raise Invalid(f"{option} is for --emulator only.", field=option.removeprefix("--"))
    for name in settings.allowed_hosts:
        if not HOST_NAME.fullmatch(name):
            raise Invalid(
                f"--allowed-host {name} is no name of a host; give one such as emulator.example or 192.0.2.1, without "
                "scheme, port or wildcard.",
                field="allowed-host",
            )
    if settings.host_aliases and not settings.emulator:
        raise Invalid("--host-alias is for --emulator only.", field="host-alias")
    if not 0 <= settings.retry_hours <= MOST_RETRY_HOURS:
        raise Invalid(f"--retry-hours must be from 0 (never) to {MOST_RETRY_HOURS}.", field="retry-hours")
    public = urlsplit(settings.public_url)
    if settings.public_url and (public.scheme not in ("http", "https") or not public.netloc):
        told = "is no base of links; give a URL such as https://headrace.example.com"
        raise Invalid(f"--public-url {settings.public_url} {told}.", field="public-url")
