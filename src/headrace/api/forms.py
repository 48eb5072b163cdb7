"""Multipart forms: the one file that an upload sends in a named field."""

from email.message import Message

from headrace.api.request import Request
from headrace.errors import Invalid, MediaUnsupported

MULTIPART = "multipart/form-data"
_MOST_PARTS = 100
_LONGEST = 2_000  # what such a header may have; the library reads its parameters again for each of them


def file(request: Request, name: str) -> bytes:
    """The content of field ``name``. MediaUnsupported for another kind of body, Invalid for a form without it."""
    boundary = _boundary(request.headers.get("content-type", ""))
    # Every part stands between two delimiters; the first needs no line break before it.
    parts = (b"\r\n" + request.body).split(b"\r\n--" + boundary, _MOST_PARTS + 1)
    if len(parts) > _MOST_PARTS + 1:
        raise Invalid(f"The form has more than {_MOST_PARTS} parts; send the file alone.", field=name)
    for part in parts[1:]:
        head, found, content = part.partition(b"\r\n\r\n")
        if found and _field(head) == name:
            return content
    raise Invalid(f"The form has no field {name}; send the file in it.", field=name)


def _boundary(label: str) -> bytes:
    boundary = _header("Content-Type", label).get_param("boundary", header="Content-Type")
    if label.partition(";")[0].strip().lower() != MULTIPART or not isinstance(boundary, str) or not boundary:
        raise MediaUnsupported(f"Send the file as {MULTIPART}, with a boundary.")
    return boundary.encode("latin-1", "replace")


def _field(head: bytes) -> str | None:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        label, _, value = line.partition(":")
        if label.strip().lower() == "content-disposition":
            named = _header("Content-Disposition", value).get_param("name", header="Content-Disposition")
            return named if isinstance(named, str) else None
    return None


def _header(name: str, value: str) -> Message:
    message = Message()
    message[name] = value[:_LONGEST].strip()
    return message
