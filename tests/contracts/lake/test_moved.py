"""A lake works at the place where it was made, by any name of it, and nowhere else."""

import shutil
from pathlib import Path

import pytest

from contracts.lake.factory import REF, SCHEMA, aug, held, load
from headrace.errors import LakeMoved
from headrace.lake import Lake
from headrace.lake.contents import files_on_disk


def at(database_url: str, old: Path, new: Path) -> str:
    """The database of a lake that is elsewhere now: SQLite's file goes along, PostgreSQL stays."""
    return database_url.replace(str(old), str(new)) if database_url.startswith("sqlite") else database_url


@pytest.fixture
def warehouse(tmp_path):
    return tmp_path / "made" / "lake"


@pytest.fixture
def database_url(database_url, tmp_path):
    return database_url.replace(str(tmp_path), str(tmp_path / "made"))


@pytest.fixture
def made(lake, warehouse):
    load(lake, "B1", {aug(1): 1})
    lake.close()
    return warehouse.parent


@pytest.mark.parametrize("become", [shutil.copytree, shutil.move])
def test_a_copy_is_refused_by_name(made, become, database_url):
    copy = made.with_name("copy")
    become(made, copy)
    with pytest.raises(LakeMoved, match=f"{copy} was made at {made}, .* restore it to {made}, .* symbolic link"):
        Lake.open(at(database_url, made, copy), copy / "lake")


@pytest.mark.parametrize("opened", ["made", "moved"])
def test_a_link_at_the_old_place_is_as_good(made, opened, database_url):
    moved = made.with_name("moved")
    made.rename(moved)
    made.symlink_to(moved)
    here = made.with_name(opened)
    lake = Lake.open(at(database_url, made, here), here / "lake")
    load(lake, "B2", {aug(2): 2})
    assert held(lake) == {aug(1): 1, aug(2): 2}
    on_disk = files_on_disk(lake.table(REF))
    assert (len(on_disk.referenced), on_disk.missing, on_disk.orphans) == (2, (), ())
    assert {file.name.partition("/")[0] for file in lake.batch_files(REF, "B2")} == {"tables"}
    lake.close()


def test_what_is_written_through_another_name_is_found_without_it(made, database_url, open_lake):
    link = made.with_name("link")
    link.symlink_to(made)
    lake = Lake.open(at(database_url, made, link), link / "lake")
    load(lake, "B2", {aug(2): 2})
    lake.close()
    link.unlink()
    assert held(open_lake()) == {aug(1): 1, aug(2): 2}


def test_a_table_that_comes_to_be_elsewhere_is_not_read(database_url, warehouse):
    """The catalog was empty when this process opened it, so nothing told it that its directory is another one."""
    here = Lake.open(database_url, warehouse)
    elsewhere = Lake.open(database_url, warehouse.parent.with_name("elsewhere") / "lake")
    elsewhere.create_table(REF, SCHEMA)
    with pytest.raises(LakeMoved, match="elsewhere"):
        here.figures(REF)
    here.close()
    elsewhere.close()
