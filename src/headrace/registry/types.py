"""The kinds of resources, and how ids name them."""

from dataclasses import dataclass

from headrace.errors import NotFound

NS = "https://ns.adobe.com/"
ADHOC = "https://ns.adobe.com/xdm/data/adhoc"
RELATIONAL = "https://ns.adobe.com/xdm/data/adhoc-v2"


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One kind of resource.

    name        segment of the URL, and the kind of document that keeps it
    label       ``meta:resourceType``, and the segment in a ``$id``
    """

    name: str
    label: str
    extensible: bool = True
    abstract: bool = True


SCHEMAS = ResourceType("schemas", "schemas", extensible=False, abstract=False)
CLASSES = ResourceType("classes", "classes")
FIELD_GROUPS = ResourceType("fieldgroups", "mixins")
DATA_TYPES = ResourceType("datatypes", "datatypes")
BEHAVIOR_TYPE = ResourceType("behaviors", "behaviors")
# Made up from the schemas of a class that carry the union tag, never stored.
UNIONS = ResourceType("unions", "unions", extensible=False, abstract=False)
UNION_SUFFIX = "__union"
UNION_TAG = "union"
# What a tenant makes of its own; ``mixins`` is what field groups were called before.
OWN = (SCHEMAS, CLASSES, FIELD_GROUPS, DATA_TYPES)
TYPES = {one.name: one for one in (*OWN, BEHAVIOR_TYPE, UNIONS)} | {"mixins": FIELD_GROUPS}


def of_segment(segment: str) -> ResourceType:
    """The kind that a URL segment names, in any case."""
    found = TYPES.get(segment.lower())
    if found is None:
        raise NotFound(f"The registry keeps no {segment}; use {', '.join(TYPES)}.", kind="path", id=segment)
    return found


def asked(segment: str, id: str) -> ResourceType:
    """The kind of the resource that a path names; the union of a class is found among the schemas too."""
    type = of_segment(segment)
    return UNIONS if type is SCHEMAS and id.endswith(UNION_SUFFIX) else type


def new_uri(tenant: str, type: ResourceType, hex: str) -> str:
    """The ``$id`` of a tenant's resource."""
    return f"{NS}{tenant}/{type.label}/{hex}"


def alt_id(uri: str) -> str:
    """The form of a ``$id`` that needs no encoding: ``_tenant.schemas.hex``."""
    return "_" + uri.partition("://")[2].removeprefix("ns.adobe.com/").replace("/", ".")


def uri_of(id: str) -> str:
    """The ``$id`` that an id of either form names."""
    return NS + id[1:].replace(".", "/") if id.startswith("_") else id


def type_of(uri: str, tenant: str) -> ResourceType | None:
    """The kind of a tenant's resource by its ``$id``; None when the id is not one of this tenant's."""
    label = uri.removeprefix(f"{NS}{tenant}/").partition("/")[0] if uri.startswith(f"{NS}{tenant}/") else ""
    return next((one for one in OWN if one.label == label), None)
