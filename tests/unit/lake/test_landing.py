"""The names of landed files: as data directories have them, and spelled at one place."""

import re
from pathlib import Path

import pytest

from headrace.lake.landing import InputPages, RowErrors, Upload

SOURCES = Path(__file__).parents[3] / "src"

# Data directories hold files of these names.
NAMES = [
    (InputPages("01B", 3, 1, 12), "batches/01B/input_files/00003-01-00012.json.zst"),
    (InputPages("01B", 123456, 123, 0), "batches/01B/input_files/123456-123-00000.json.zst"),
    (Upload("01B", 7), "batches/01B/uploads/000007"),
    (Upload("01B", 1234567), "batches/01B/uploads/1234567"),
    (RowErrors("01B", "parsing", 3, 2), "batches/01B/row_errors/parsing-00003-02.json"),
]


@pytest.mark.parametrize(("file", "name"), NAMES, ids=[name for _, name in NAMES])
def test_a_name_is_the_one_on_disk(file, name):
    assert file.name == name


def test_no_other_module_spells_names_of_landed_files():
    lines = [(path.name, line) for path in SOURCES.rglob("*.py") for line in path.read_text().splitlines()]
    spelled = {name for name, line in lines if re.search(r"""["']batches/""", line)}
    assert spelled == {"landing.py"}
