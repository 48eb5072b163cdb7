"""Names below which everybody can have one, such as ``co.uk`` or ``github.io``, and names that have one owner."""

import re
from functools import cache

from publicsuffixlist import PublicSuffixList

_NAMES = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
_NUMBER = re.compile(r"\.[0-9]+")


def has_owner(name: str) -> bool:
    """Whether a host name in lower case, and with it all that is below, belongs to whoever registered it.

    Not so for a name of the Public Suffix List, below which anybody gets a name, nor for the end of a number.
    """
    if not _NAMES.fullmatch(name) or _NUMBER.fullmatch(name, name.rindex(".")):
        return False
    return _suffixes().privatesuffix(name) is not None


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
