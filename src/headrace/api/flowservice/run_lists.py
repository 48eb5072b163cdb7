"""Lists of runs: answered from columns where those say what is asked for, from all documents otherwise."""

from headrace.api.flowservice import lists
from headrace.api.request import Reply, Request
from headrace.runs import run_documents, run_listing
from headrace.store import run_queries


def answer(request: Request, path: str, flow_id: str | None = None) -> Reply:
    """A page of the sandbox's runs (or of one flow's), newest first, or their count."""
    base_url, caller = request.settings.base_url, request.caller
    # Most lists are about one flow; the runs of all others need not be put together for them.
    narrowed = flow_id or lists.only_value(request, "flowId")
    query = lists.list_query(request)
    columns = run_listing.column_query(query.conditions, query.order, flow_id) if query.in_known_fields else None
    with request.store.read() as conn:
        if columns is None:
            return lists.answered(query, path, run_documents.listed(conn, caller, base_url, narrowed))
        lists.require_readable(query)
        if query.count:
            return lists.counted(run_queries.count(conn, caller, columns))
        return lists.shown(query, path, run_listing.page(conn, caller, columns, query.limit, query.place, base_url))
