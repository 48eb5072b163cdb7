"""What a user agent text tells about the device, its operating system and the program.

Names are those of the list in ``user_agents.json``; what the parser calls otherwise is renamed there.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from headrace.mapping.functions.declaring import function

if TYPE_CHECKING:
    from ua_parser import OS, UserAgent

USER_AGENT = "User agent"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 5_1_1 like Mac OS X) AppleWebKit/534.46 (KHTML, like Gecko)"
    " Version/5.1 Mobile/9B206 Safari/7534.48.3"
)
UNKNOWN, UNKNOWN_VERSION = "Unknown", "??"
# Real ones are shorter; what stands behind is not looked at.
_LONGEST = 2048


@dataclass(frozen=True, slots=True)
class Part:
    """A name and a version, or the marks for unknown ones."""

    name: str = UNKNOWN
    version: str = UNKNOWN_VERSION

    @property
    def major(self) -> str:
        return f"{self.name} {self.version.partition('.')[0]}"


@dataclass(frozen=True, slots=True)
class Agent:
    """What a user agent text tells."""

    system: Part
    program: Part
    device_class: str


@function(USER_AGENT, "ua_os_name(USER_AGENT)", {f'ua_os_name("{IPHONE}")': "iOS"})
def ua_os_name(user_agent: str) -> str:
    """The name of the operating system."""
    return _read(user_agent).system.name


@function(USER_AGENT, "ua_os_version_major(USER_AGENT)", {f'ua_os_version_major("{IPHONE}")': "iOS 5"})
def ua_os_version_major(user_agent: str) -> str:
    """The name of the operating system with its major version."""
    return _read(user_agent).system.major


@function(USER_AGENT, "ua_os_version(USER_AGENT)", {f'ua_os_version("{IPHONE}")': "5.1.1"})
def ua_os_version(user_agent: str) -> str:
    """The version of the operating system."""
    return _read(user_agent).system.version


@function(USER_AGENT, "ua_os_name_version(USER_AGENT)", {f'ua_os_name_version("{IPHONE}")': "iOS 5.1.1"})
def ua_os_name_version(user_agent: str) -> str:
    """The name of the operating system with its version."""
    system = _read(user_agent).system
    return f"{system.name} {system.version}"


@function(USER_AGENT, "ua_agent_version(USER_AGENT)", {f'ua_agent_version("{IPHONE}")': "5.1"})
def ua_agent_version(user_agent: str) -> str:
    """The version of the program, such as a browser."""
    return _read(user_agent).program.version


@function(USER_AGENT, "ua_agent_version_major(USER_AGENT)", {f'ua_agent_version_major("{IPHONE}")': "Safari 5"})
def ua_agent_version_major(user_agent: str) -> str:
    """The name of the program with its major version."""
    return _read(user_agent).program.major


@function(USER_AGENT, "ua_agent_name(USER_AGENT)", {f'ua_agent_name("{IPHONE}")': "Safari"})
def ua_agent_name(user_agent: str) -> str:
    """The name of the program, such as a browser."""
    return _read(user_agent).program.name


@function(USER_AGENT, "ua_device_class(USER_AGENT)", {f'ua_device_class("{IPHONE}")': "Phone"})
def ua_device_class(user_agent: str) -> str:
    """What kind of device it is: Desktop, Phone, Tablet, TV, Robot and so on; Unknown when the text does not tell."""
    return _read(user_agent).device_class


@dataclass(frozen=True, slots=True)
class _Rule:
    """A device class, and what the text or the parser's names must match for it."""

    device_class: str
    wanted: tuple[tuple[str, re.Pattern[str]], ...]


@lru_cache(maxsize=1)
def _names() -> tuple[dict[str, str], dict[str, str], tuple[_Rule, ...]]:
    data = json.loads(resources.files(__package__).joinpath("user_agents.json").read_text("utf-8"))
    rules = tuple(
        _Rule(one.pop("class"), tuple((what, re.compile(pattern)) for what, pattern in one.items()))
        for one in data["classes"]
    )
    return data["systems"], data["programs"], rules


@lru_cache(maxsize=8192)
def _read(user_agent: str) -> Agent:
    # The parser loads its rules when it is imported, which takes longer than most processes need.
    import ua_parser

    text = user_agent[:_LONGEST]
    found = ua_parser.parse(text)
    systems, programs, _ = _names()
    system = _part(found.os, systems)
    program = _part(found.user_agent, programs)
    device = found.device.family if found.device else ""
    told = {"text": text, "device": device, "system": system.name, "program": program.name}
    return Agent(system, program, _class(told))


def _part(found: "OS | UserAgent | None", names: dict[str, str]) -> Part:
    if found is None:
        return Part()
    family = str(found.family)
    numbers = (found.major, found.minor, found.patch, found.patch_minor)
    version = ".".join(number for number in numbers if number)
    return Part(names.get(family, family), version or UNKNOWN_VERSION)


def _class(told: dict[str, str]) -> str:
    for rule in _names()[2]:
        if all(pattern.search(told[what]) for what, pattern in rule.wanted):
            return rule.device_class
    return UNKNOWN
