from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.lake import Stamp
from headrace.lake.layout import (
    KEYED,
    TAIL,
    file_stem,
    month_name,
    month_of,
    month_ordinal,
    namespace,
    row_position,
    tail_columns,
)

STAMP = Stamp("B1", "flow", "flow/a", 7, 2, 1_660_000_000_000, 1_660_000_001_000)


@pytest.mark.parametrize(
    ("org", "sandbox", "expected"),
    [
        ("ACME@AdobeOrg", "prod", "ACME_40AdobeOrg__prod"),
        ("a_b", "c", "a_5fb__c"),
        ("a", "b_c", "a__b_5fc"),
        ("a.b", "ü-1", "a_2eb___c3_bc-1"),
    ],
)
def test_a_namespace_is_safe(org, sandbox, expected):
    assert namespace(org, sandbox) == expected


names = st.text(alphabet="aA1-_@. ü/", min_size=1, max_size=6)


@given(names, names, names, names)
def test_two_sandboxes_never_share_a_namespace(org, sandbox, other_org, other_sandbox):
    same = namespace(org, sandbox) == namespace(other_org, other_sandbox)
    assert same == ((org, sandbox) == (other_org, other_sandbox))


@pytest.mark.parametrize(
    ("day", "name"), [(date(2022, 8, 4), "2022-08"), (date(1970, 1, 1), "1970-01"), (date(1969, 12, 31), "1969-12")]
)
def test_months_have_iceberg_ordinals(day, name):
    assert month_name(month_of(day)) == name
    assert month_ordinal(name) == month_of(day)
    assert month_name(None) is month_ordinal(None) is None


def test_the_tail_says_where_rows_come_from():
    days = pa.array([date(2022, 8, 4), None], pa.date32())
    keyed = [pa.array([None, value], kind) for value, kind in zip(['["k"]', None, 7, None], KEYED.types, strict=True)]
    tail = pa.Table.from_arrays(tail_columns(STAMP, days, keyed), schema=TAIL).to_pylist()[1]
    assert tail["_ACP_BATCHID"] == tail["_acp_system_metadata"]["acp_sourceBatchId"] == "B1"
    assert tail["_ACP_DATE"] == date(2022, 8, 8)
    assert tail["_acp_system_metadata"]["ingestTime"] == STAMP.ingested_at
    assert tail["_acp_system_metadata"]["isDeleted"] is False
    assert (tail["_headrace"]["flow"], tail["_headrace"]["scope"], tail["_headrace"]["day"]) == ("flow", "flow/a", None)
    assert [tail["_headrace"][name] for name in KEYED.names[:3]] == ['["k"]', None, 7]


def test_positions_sort_by_part_page_and_row():
    places = [(0, 0, 0), (0, 0, 2**27 - 1), (0, 1, 0), (0, 2**18 - 1, 5), (1, 0, 0), (2**18 - 1, 2**18 - 1, 2**27 - 1)]
    positions = [row_position(*place) for place in places]
    assert positions == sorted(set(positions))
    assert positions[-1] < 2**63


def test_data_files_are_named_by_batch_part_attempt_and_number():
    assert file_stem(STAMP, 3) == "B1-00007-2-3"
