"""Multipart forms: the one file that an upload sends in a named field."""

from collections.abc import Iterator
from typing import IO

from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser, parse_options_header

from headrace.api.request import Request
from headrace.errors import Invalid, MediaUnsupported

MULTIPART = "multipart/form-data"
MOST_PARTS, MOST_HEADERS, LONGEST_HEADER = 100, 8, 4096
_LONGEST_LABEL, _LONGEST_BOUNDARY = 1000, 200


def file(request: Request, name: str) -> bytes:
    """The content of field ``name``. MediaUnsupported for another kind of body, Invalid for a form without it."""
    boundary = _boundary(request.headers.get("content-type", ""))
    request.upload.seek(0)
    try:
        content = _content(request.upload, boundary, name)
    except ParserLimitReached as error:
        raise Invalid(
            f"The form has more than {MOST_PARTS} parts, or a part with more than {MOST_HEADERS} headers or one longer "
            f"than {LONGEST_HEADER:,} bytes; send the file alone.",
            field=name,
        ) from error
    except MultipartError as error:
        raise Invalid(
            f"The form does not stand as {MULTIPART} between its boundaries, or breaks off; send the file in the "
            f"field {name}, as curl -F {name}=@FILE does.",
            field=name,
        ) from error
    if content is None:
        raise Invalid(f"The form has no field {name}; send the file in it.", field=name)
    return content


def _content(upload: IO[bytes], boundary: str, name: str) -> bytes | None:
    """The first field of that name; the rest of the form is not read."""
    parser = PushMultipartParser(
        boundary, max_header_size=LONGEST_HEADER, max_header_count=MOST_HEADERS, max_segment_count=MOST_PARTS
    )
    events: Iterator[MultipartSegment | bytes | bytearray | None] = parser.parse_blocking(upload.read)
    content: bytearray | None = None
    for event in events:
        if isinstance(event, MultipartSegment):
            content = bytearray() if event.name == name else None
        elif content is not None:
            if event is None:
                return bytes(content)
            content += event
    return None


def _boundary(label: str) -> str:
    kind, options = parse_options_header(label[:_LONGEST_LABEL])
    boundary = options.get("boundary", "")
    if kind != MULTIPART or not 0 < len(boundary) <= _LONGEST_BOUNDARY or not boundary.isascii():
        raise MediaUnsupported(f"Send the file as {MULTIPART}, with a boundary.")
    return str(boundary)
