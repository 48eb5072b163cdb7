"""What cannot work in the ``x-headrace`` block, refused by its place and the rule."""

from collections.abc import Iterator

from headrace.sources.answers import NO_ENDS, may_end
from headrace.sources.asking_rules import check_path
from headrace.sources.block_reading import PLACE
from headrace.sources.extension import LONGEST, Day, Extension, Listing
from headrace.sources.paging_rules import check_paging, check_place, require_paged_beside
from headrace.sources.paths import parse_path
from headrace.sources.refusing import COMPLEX, path_of, wrong
from headrace.sources.schedule_rules import check_pattern


def check_block(declared: Extension) -> None:
    """SpecInvalid for a block that cannot work, or contradicts itself."""
    for status in sorted(declared.ends_at):
        if not may_end(status):
            raise wrong(
                f"{PLACE}.endsAt",
                f"{status} is no end of a list: use 204, or one of 400 to 499 that is not about rights, quotas or time "
                f"({', '.join(map(str, NO_ENDS))})",
            )
    if declared.total:
        check_place(declared.total, f"{PLACE}.total")
    if declared.day is not None:
        _check_day(declared.day)
    if declared.write_mode == "replace-window":
        _require_days(declared)
    for name, text in declared.rename.items():
        if not path_of(text, f"{PLACE}.rename.{name}", parse_path):
            raise wrong(f"{PLACE}.rename.{name}", "is the whole element, and no field of it", COMPLEX)
    for n, rule in enumerate(declared.rules):
        _require_names(rule.field, f"{PLACE}.rules[{n}].field")
    if declared.probe is not None:
        check_path(declared.probe.path, f"{PLACE}.probe.path")
    for place, listing in _listings(declared):
        check_path(listing.path, f"{PLACE}.{place}.path")
        path_of(listing.content_path, f"{PLACE}.{place}.contentPath", parse_path)
        path_of(listing.value, f"{PLACE}.{place}.value", parse_path)
        if listing.pagination_params:
            where = f"{PLACE}.{place}.paginationParams"
            check_paging(listing.pagination_params, where)
            require_paged_beside(listing.pagination_params, parse_path(listing.content_path), where)


def _check_day(day: Day) -> None:
    for name in ("date", "year", "month", "day"):
        if text := getattr(day, name):
            _require_names(text, f"{PLACE}.day.{name}")
    if day.format:
        check_pattern(day.format, f"{PLACE}.day.format")


def _require_names(text: str, where: str) -> None:
    path = path_of(text, where, parse_path)
    if not path or not all(isinstance(step, str) for step in path):
        raise wrong(where, f"{text} must lead to a field of the record, by names alone", COMPLEX)


def _require_days(declared: Extension) -> None:
    why = "is missing; writeMode replace-window replaces the days that a run asked for"
    if declared.day is None:
        raise wrong(f"{PLACE}.day", f"{why}, and rows need one")
    if declared.slice_days < LONGEST[declared.period]:
        raise wrong(f"{PLACE}.sliceDays", f"{why}, so many at once")


def _listings(declared: Extension) -> Iterator[tuple[str, Listing]]:
    if declared.partition is not None and declared.partition.listing is not None:
        yield "partition.listing", declared.partition.listing
    yield from ((f"readable[{n}].listing", proof.listing) for n, proof in enumerate(declared.readable))
    for n, rule in enumerate(declared.rules):
        yield from ((f"rules[{n}].listings.{name}", listing) for name, listing in rule.listings.items())
