"""Flow Service: ``/runs``."""

from typing import Any

from headrace.api.flowservice import run_lists
from headrace.api.flowservice.service import changed, created, flowservice, require_known, wrapped
from headrace.api.operation import CHANGE, CREATE, CREATED, NEVER, OK
from headrace.api.request import Reply, Request, bare_etag
from headrace.errors import Invalid, RevisionStale
from headrace.flows import flow_documents
from headrace.flows.checking import LAST_VERSION
from headrace.flows.members import flag, folded, object_at, optional_text, whole, wrong
from headrace.runs import run_documents, starting
from headrace.runs.plan import ALL, QUARANTINED
from headrace.runs.replay_trial import trial
from headrace.runs.replaying import ReplayRequest

ACTIONS = {"retrigger": starting.retrigger, "abort": starting.abort}
REPLAY = "replay"
REPLAY_MEMBERS = ("mappingVersion", "rows", "dryRun")


@flowservice.get("/runs", kind="runs")
def list_runs(request: Request) -> Reply:
    """A page of runs, newest first."""
    return run_lists.answer(request, "/runs")


@flowservice.post("/runs", verb=CREATE, kind="runs", answers=CREATED)
def start_run(request: Request) -> Reply:
    """Runs a one-time flow now; the answer satisfies clients of every age of the documentation."""
    body = request.json_object()
    flow, params = optional_text(body, "flowId"), object_at(body, "params")
    with request.store.read() as conn:
        flow_documents.require_startable(conn, request.caller, flow)
    id, etag = starting.on_demand(request.dispatch, request.caller, flow, params)
    short = {"id": id, "etag": etag}
    return created(request, "runs", id, etag, {**short, "items": [short]})


@flowservice.get("/runs/{id}", kind="runs")
def get_run(request: Request) -> Reply:
    """One run with its metrics and activities."""
    with request.store.read() as conn:
        base = request.settings.base_url
        return wrapped(run_documents.one(conn, request.caller, request.path_params["id"], base))


@flowservice.put("/runs/{id}", kind="runs", answers=NEVER)
def replace_run(request: Request) -> Reply:
    """Refused: runs are written by what runs them."""
    raise Invalid("Flow runs are written by their provider only, not with a user token.", code="1427")


@flowservice.post("/runs/{id}/action", verb=CHANGE, kind="runs", answers=OK)
def act_on_run(request: Request) -> Reply:
    """Triggers a failed run again, aborts a live one, or replays the landed pages of one (an addition of Headrace)."""
    require_known(request, "op", "subop")
    op, id = request.query.one("op"), request.path_params["id"]
    with request.store.read() as conn:
        run = run_documents.one(conn, request.caller, id, "")
    if request.if_match is not None and request.if_match != bare_etag(run["etag"]):
        raise RevisionStale(kind="runs", id=id)
    if folded(op or "") == REPLAY:
        return _replay(request, id)
    action = ACTIONS.get(folded(op or ""))
    if action is None:
        raise Invalid(f"Action {op} does not exist for runs; use re-trigger, abort or replay.", code="1333", field="op")
    return changed(*action(request.dispatch, request.caller, id))


def _replay(request: Request, id: str) -> Reply:
    body = request.json_object() if request.body.strip() else {}
    for name in body:
        if name not in REPLAY_MEMBERS:
            message = f"A replay takes no {name[:80]}; send {', '.join(REPLAY_MEMBERS)} or none."
            raise Invalid(message, code="1312", field=name)
    members = {name: value for name, value in body.items() if value is not None}
    rows = optional_text(members, "rows", ALL)
    if rows not in (ALL, QUARANTINED):
        raise wrong("rows", f"{ALL} or {QUARANTINED}")
    replaying, question = request.replaying, ReplayRequest(id, _version(members), rows)
    if flag(members.get("dryRun", False), "dryRun"):
        return Reply(trial(replaying, request.lake, request.caller, question))
    return changed(*replaying.start(request.caller, question))


def _version(members: dict[str, Any]) -> int | None:
    if "mappingVersion" not in members:
        return None
    version = whole(members["mappingVersion"], "mappingVersion")
    if not 0 <= version <= LAST_VERSION:
        raise Invalid(f"mappingVersion {version} is not a version.", code="1312", field="mappingVersion")
    return version
