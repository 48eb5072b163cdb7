"""Of a form whose heads do not end, no more is read than a head may have."""

import io
from dataclasses import dataclass, field

import pytest

from headrace.api import forms
from headrace.errors import Invalid

LABEL = 'multipart/form-data; boundary="b"'
MEGABYTE = 1 << 20


class Counted(io.BytesIO):
    """Counts what is read."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        chunk = super().read(size)
        self.taken += len(chunk)
        return chunk


@dataclass
class Form:
    """What a form needs of a request."""

    upload: Counted
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": LABEL})


@pytest.mark.parametrize(
    "head",
    [
        b'Content-Disposition: form-data; name="x"' + b";" * 16 * MEGABYTE,
        b"Content-Disposition: form-data" + b'; a="' * 4 * MEGABYTE,
        b"a: b\r\n" * 2 * MEGABYTE,
        b"x" * 16 * MEGABYTE,
    ],
)
def test_the_rest_of_a_form_is_not_read_behind_a_head_that_does_not_end(head: bytes) -> None:
    form = Form(Counted(b"--b\r\n" + head + b"\r\n\r\n{}\r\n--b--"))
    with pytest.raises(Invalid, match="send the file alone"):
        forms.file(form, "file")
    assert form.upload.taken <= 2 * 64 * 1024
