"""The objects of a spec as they apply together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from headrace.sources.extension import Extension
from headrace.sources.refusing import Json
from headrace.sources.spec import pairs


@dataclass(frozen=True, slots=True)
class Together:
    """The objects of a spec as they apply, each good by itself.

    objects  by name; those that are absent or empty are not in it
    places   where each of them stands
    open     names of objects that may still be given
    """

    objects: Mapping[str, Any]
    places: Mapping[str, str]
    open: Collection[str]
    extension: Extension

    def object(self, name: str) -> Json:
        """The object of that name; names and values where it is written as one text."""
        return pairs(self.objects.get(name))

    def knows(self, *names: str) -> bool:
        """Whether none of these objects may still be given."""
        return not {*names} & {*self.open}
