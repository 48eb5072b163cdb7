"""Golden pairs: each file of ``golden/`` is a walk of requests, each with the answer that it gets.

``{NAME}`` stands for what an earlier step kept; in an answer ``<hex>``, ``<ms>`` and ``<text>`` stand for any id, any
moment, any text, and a list that starts with ``<has>`` for one that holds the rest among others.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from wire_server import Api

BASE = "/data/foundation/conversion"
WALKS = sorted(Path(__file__).with_name("golden").glob("*.json"))
KINDS = {"<hex>": r"[0-9a-f]{32}", "<ms>": r"\d{13}", "<text>": r"(?s).+"}


@pytest.mark.parametrize("walk", WALKS, ids=lambda path: path.stem)
def test_golden_pairs(api: Api, schema_id: str, walk: Path) -> None:
    mine = api.as_(sandbox="prod")
    values = {"SCHEMA_ID": schema_id}
    for n, step in enumerate(json.loads(walk.read_text())):
        step = _filled(step, values)
        method, path = step["send"].split(" ", 1)
        sent = {"json": step["json"]} if "json" in step else {}
        sent |= {"files": {name: tuple(file) for name, file in step["files"].items()}} if "files" in step else {}
        answer = mine.request(method, BASE + path, **sent)
        assert answer.status_code == step.get("status", 200), f"step {n}: {answer.text}"
        assert not (wrong := list(_differences(answer.json(), step["answer"], f"step {n}"))), wrong
        values |= {name: answer.json()[member] for name, member in step.get("keep", {}).items()}


def _filled(node: Any, values: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {name: _filled(value, values) for name, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, values) for value in node]
    for name, value in values.items() if isinstance(node, str) else ():
        node = node.replace(f"{{{name}}}", value)
    return node


def _differences(found: Any, wanted: Any, place: str) -> Any:
    if isinstance(wanted, str) and wanted in KINDS:
        if not re.fullmatch(KINDS[wanted], str(found)):
            yield f"{place}: {found!r} is no {wanted}"
    elif isinstance(wanted, dict) and isinstance(found, dict) and wanted.keys() == found.keys():
        for name, value in wanted.items():
            yield from _differences(found[name], value, f"{place}.{name}")
    elif isinstance(wanted, list) and wanted[:1] == ["<has>"]:
        for value in wanted[1:]:
            if all(list(_differences(one, value, place)) for one in found):
                yield f"{place}: nothing like {value}"
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for n, (one, value) in enumerate(zip(found, wanted, strict=True)):
            yield from _differences(one, value, f"{place}[{n}]")
    elif wanted != found:
        yield f"{place}: {found!r} is not {wanted!r}"
