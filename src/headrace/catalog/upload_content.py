"""What an upload holds, told by its first bytes: files that are no JSON are refused when they come, not at COMPLETE."""

from collections.abc import Iterator

from headrace.errors import MediaUnsupported

# No JSON text begins like this.
_SIGNATURES = {
    b"\x1f\x8b": "gzip",
    b"PAR1": "Parquet",
    b"PK\x03\x04": "a zip archive",
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"BZh": "bzip2",
    b"Obj\x01": "Avro",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}


def only_json(name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks as they come; MediaUnsupported when the first shows another format."""
    first = next(chunks, b"")
    found = next((kind for signature, kind in _SIGNATURES.items() if first.startswith(signature)), None)
    if found is not None:
        raise MediaUnsupported(
            f"The file {name} holds {found}; its batch takes JSON. Send the JSON text itself, in UTF-8 and unpacked."
        )
    yield first
    yield from chunks
