"""Samples: records that a client keeps to make schemas of them, as documents whose changes count versions."""

from typing import Any

from headrace.dataprep import parsing
from headrace.errors import Invalid, RevisionStale
from headrace.ids import new_hex
from headrace.store import documents
from headrace.store.documents import Document
from headrace.store.engine import Store
from headrace.store.scope import Caller

KIND = "samples"
ID_DIGITS = 32
JSON = "JSON"

Body = dict[str, Any]


def create(store: Store, caller: Caller, sent: Body, now: int) -> Document:
    """A new sample at version 0, once its data can be read."""
    body = _read(sent)
    with store.write() as conn:
        return documents.create(conn, caller, KIND, new_hex(ID_DIGITS), body, now)


def replace(store: Store, caller: Caller, id: str, sent: Body, now: int) -> Document:
    """The sample's next version."""
    with store.read() as conn:
        found = documents.get(conn, caller, KIND, id)
    body = _read(sent)
    with store.write() as conn:
        try:
            return documents.replace_body(conn, caller, found, body, now)
        except RevisionStale as error:
            raise RevisionStale(f"Sample {id} changed in between; read it again.", kind=KIND, id=id) from error


def uploaded(content: bytes) -> Body:
    """An uploaded file as the body of a new sample."""
    try:
        return {"sampleData": content.decode("utf-8-sig"), "sampleType": JSON}
    except UnicodeDecodeError as error:
        raise Invalid("The file is not JSON in UTF-8.", field="file") from error


def rendered(found: Document) -> Body:
    """A sample as Data Prep answers it."""
    return {**stamped(found), **found.body}


def stamped(found: Document) -> Body:
    """What the service knows of a document: its id, its version, who made and changed it and when."""
    return {
        "id": found.id,
        "version": found.revision,
        "createdDate": found.created_at,
        "modifiedDate": found.updated_at,
        "createdBy": found.created_by,
        "modifiedBy": found.updated_by,
    }


def _read(sent: Body) -> Body:
    text = parsing.sample_text(sent.get("sampleData"), sent.get("sampleType"))
    parsing.records(text)
    return {"sampleData": text, "sampleType": JSON}
