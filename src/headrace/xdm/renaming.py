"""XDM's own field names (``xdm:personID``, ``@id``, ``repo:createDate``) in the form that data is written in."""

from headrace.xdm.walking import Body, Node, rebuilt

PLAIN = "xdm"


def xed(node: Node) -> Body:
    """A copy with the compatibility names; ``meta:xdmField`` keeps what a field is called in XDM."""
    return rebuilt(node, _renamed)


def _renamed(node: Body) -> Body:
    if "properties" in node:
        node = {**node, "properties": _fields(node["properties"])}
    if isinstance(node.get("required"), list):
        node = {**node, "required": list(dict.fromkeys(_top_name(name) for name in node["required"]))}
    return node


def _fields(fields: Body) -> Body:
    renamed: Body = {}
    for name, field in fields.items():
        group, short = _split(name)
        if short == name:
            renamed[name] = field
        elif group:
            renamed.setdefault(group, _group())["properties"][short] = {**field, "meta:xdmField": name}
        else:
            renamed[short] = {**field, "meta:xdmField": name}
    return renamed


def _group() -> Body:
    return {"type": "object", "meta:xdmType": "object", "meta:xedConverted": True, "properties": {}}


def _split(name: str) -> tuple[str, str]:
    """(group, short name): fields of other vocabularies than XDM's go into a group of their own."""
    if name.startswith("@"):
        return "", f"_{name[1:]}"
    prefix, colon, short = name.partition(":")
    if not colon:
        return "", name
    return ("" if prefix == PLAIN else f"_{prefix}"), short


def _top_name(name: str) -> str:
    group, short = _split(name)
    return group or short
