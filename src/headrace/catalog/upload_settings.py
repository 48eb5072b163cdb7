"""What the creator of a batch asked for, as a typed view of its body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class UploadSettings(msgspec.Struct, frozen=True):
    """How an uploaded batch wants to be read and judged.

    multi_line    a file is one JSON text, not one a line
    diagnosed     whether diagnostics were asked for; a share of bad rows that is allowed asks for them too
    tolerance     greatest share of rejected rows in percent; None: no limit
    predecessors  the batches that this one replaces
    """

    multi_line: bool
    diagnosed: bool
    tolerance: float | None
    predecessors: tuple[str, ...]


def upload_settings(body: Mapping[str, Any]) -> UploadSettings:
    """The settings in a batch's body. Platform's rule: without diagnostics any bad row fails an upload."""
    percent = body.get("partialIngestionPercentage")
    diagnosed = percent is not None or body.get("enableErrorDiagnostics") is True
    return UploadSettings(
        multi_line=(body.get("inputFormat") or {}).get("isMultiLineJson", False),
        diagnosed=diagnosed,
        tolerance=percent if diagnosed else 0.0,
        predecessors=tuple(body.get("replay", {}).get("predecessors", ())),
    )
