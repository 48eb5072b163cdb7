"""The forms in which a resource can be asked for: whole or resolved, under which names, with which extras."""

from dataclasses import dataclass

from headrace.registry import composition, descriptors, rendering
from headrace.registry.library import Library
from headrace.registry.resource import Body, Resource
from headrace.xdm.compose import compose, in_xdm_names, without_deprecated, without_text
from headrace.xdm.renaming import xed


@dataclass(frozen=True, slots=True)
class View:
    """``family`` is xed (names as data has them) or xdm (XDM's own names); ``options`` are the Accept suffixes."""

    family: str = "xed"
    options: frozenset[str] = frozenset()


def shown(library: Library, resource: Resource, view: View) -> Body:
    """The resource in the form that ``view`` asks for."""
    if "id" in view.options:
        return rendering.summary(resource)
    tree = _resolved(library, resource, view) if "full" in view.options else _raw(library, resource, view)
    if "desc" in view.options:
        tree["meta:descriptors"] = descriptors.of_schema(library, resource.uri)
    return without_text(tree) if "notext" in view.options else tree


def _raw(library: Library, resource: Resource, view: View) -> Body:
    whole = rendering.whole(library, resource)
    return xed(whole) if view.family == "xed" else whole


def _resolved(library: Library, resource: Resource, view: View) -> Body:
    resolved = compose if view.family == "xed" else in_xdm_names
    tree = resolved(rendering.whole(library, resource), library.body)
    tree = composition.with_primary(tree, library, resource)
    return tree if view.options & {"deprecated", "deprecatefield"} else without_deprecated(tree)
