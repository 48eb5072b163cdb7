"""An expression tried on sample data shares the allowance of a batch, and says what was too much."""

from typing import Any

import pytest

from headrace import allowance
from wire_server import Api

VALIDATE = "/data/foundation/conversion/languages/el/validate"


@pytest.mark.parametrize(
    ("expression", "sample", "reason"),
    [
        (
            'transformArray(l, x -> matches_regex(x, "(a|aa)+b"))',
            {"l": ["a" * 19] * 2000},  # each of them takes its while, and less than one alone may
            "the regular expression (a|aa)+b was stopped after",
        ),
        ('lpad(a, 100000, "x")', {"a": "b"}, "all that the expressions of this batch make together grows too large"),
    ],
)
def test_what_takes_too_much_is_stopped(
    api: Api, monkeypatch: pytest.MonkeyPatch, expression: str, sample: dict[str, Any], reason: str
) -> None:
    batches: list[allowance.Allowance] = []
    limited = allowance.Allowance
    monkeypatch.setattr(allowance, "Allowance", lambda: batches.append(limited(0.5, 1000)) or batches[-1])
    answer = api.post(VALIDATE, json={"expression": expression, "sampleData": sample}).json()
    assert answer["validationStatus"] == "failed"
    assert answer["error"].startswith(f"The expression gives no value for sampleData: {reason}")
    assert len(batches) == 1
