"""Work with a known right answer, asked for through the public API: flows, their windows, replays and uploads."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from bench import setting_up
from bench.kills.source import FIRST_DAY, LAST_DAY, Days, days_from
from headrace.cli import tutorial
from headrace.client import CATALOG, CONVERSION, FLOW_SERVICE, Client

Json = dict[str, Any]
Counts = tuple[int, int, int]  # rows read, written, rejected
RUN, REPLAY, UPLOAD = "run", "replay", "upload"
OVER = ("success", "failed", "aborted", "inactive")
BATCHES = "/data/foundation/import/batches"
ACCOUNT = "507947502"
CORRECTED = 'iif(element.clicks == "n/a", null, to_integer(element.clicks))'
UPLOAD_DATASETS = 2
MOST_HOURLY, MOST_HOURS = 6, 12
MOST_FILES, LEAST_ROWS, MOST_ROWS, MOST_BAD = 3, 20, 400, 5
MOST_PREDECESSORS = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What a unit became: the id of its run or batch, where it stands, its rows, and whether they balance."""

    id: str
    status: str
    counts: Counts
    balanced: bool
    reasons: str = ""


@dataclass(slots=True)
class Unit:
    """One run, replay or upload: how to look at it (None: it is not there yet), and what it must end with."""

    kind: str
    look: Callable[[], Answer | None]
    status: str
    counts: Counts
    answer: Answer | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it, as it was last seen."""
        return self.answer is not None and self.answer.status in OVER

    @property
    def right(self) -> bool:
        """Whether it ended as it must."""
        seen = self.answer
        return seen is not None and (seen.status, seen.counts, seen.balanced) == (self.status, self.counts, True)


@dataclass(slots=True)
class Flow:
    """A flow and its dataset.

    stands    the run whose rows its next replay takes
    newest    the run or replay that must be over before
    rejected  how many rows are still in quarantine
    """

    id: str
    dataset: str
    days: Days
    hourly: bool
    stands: Unit
    newest: Unit
    rejected: int
    windows: int = 1


@dataclass(slots=True)
class Upload:
    """A batch and the keys of its rows."""

    id: str
    dataset: str
    keys: list[str]
    unit: Unit
    replaced: bool = False


@dataclass(slots=True)
class Work:
    """All that was asked for of one deployment, and the rows that each dataset must have in the end.

    rows  by dataset, the keys of its rows: a day of a flow's, ``{upload}/{file}/{row}`` of an upload's
    """

    client: Client
    simulator: str
    random: Random
    walk: tutorial.Walk = field(init=False)
    units: list[Unit] = field(default_factory=list)
    rows: dict[str, set[object]] = field(default_factory=lambda: defaultdict(set))
    _flows: list[Flow] = field(default_factory=list)
    _uploads: list[Upload] = field(default_factory=list)
    _datasets: list[str] = field(default_factory=list)
    _replays: set[str] = field(default_factory=set)
    _hours: int = 0

    def __post_init__(self) -> None:
        self.walk = tutorial.Walk(self.client, lambda sent: None)

    def prepare(self, now: str) -> None:
        """Connection, schema, datasets for uploads, and a mapping set whose second version takes every row."""
        self.client.call("POST", "/_emulator/clock", {"now": now})
        tokens = self.client.call("GET", f"{self.simulator}/_control/world")["tokens"]
        self.walk.values["LINKEDIN_ADS_ACCESS_TOKEN"] = tokens[0]["token"]
        tutorial.connect(self.walk)
        tutorial.prepare(self.walk)
        for n in range(UPLOAD_DATASETS):
            setting_up.another(self.walk, f"Uploads {n}", ACCOUNT)
            self._datasets.append(self.walk.values["DATASET_ID"])
            self.rows[self._datasets[-1]] = set()
        setting_up.map_fields(self.walk)
        self._correct_mapping()

    def _correct_mapping(self) -> None:
        body = self.walk.bodies["mappingSet"]
        clicks = {"sourceType": "EXPRESSION", "source": CORRECTED, "destination": "_extconndev.clicks"}
        others = [mapping for mapping in body["mappings"] if mapping["destination"] != clicks["destination"]]
        path = f"{CONVERSION}/mappingSets/{self.walk.values['MAPPING_ID']}"
        self.walk.send("Correct the mapping", "PUT", path, {**body, "mappings": [*others, clicks]})

    # -- the mix ----------------------------------------------------------------------------------------------------

    def top_up(self, at_once: int) -> None:
        """Asks for more work, of any kind, until so many units are unfinished."""
        self.look()
        while sum(not unit.over for unit in self.units) < at_once:
            self.random.choice((self._flow, self._upload, self._upload, self._replay, self._hour))()

    def look(self) -> None:
        """Sees how the unfinished units stand."""
        for unit in self.units:
            if not unit.over:
                unit.answer = unit.look()

    def look_again(self) -> None:
        """Sees how all units stand: an upload may have been replaced since it was over."""
        for unit in self.units:
            unit.answer = unit.look()

    def _ask(self, kind: str, look: Callable[[], Answer | None], status: str, counts: Counts) -> Unit:
        self.units.append(Unit(kind, look, status, counts))
        return self.units[-1]

    # -- flows ------------------------------------------------------------------------------------------------------

    def _flow(self) -> None:
        """A flow whose first run takes the days since a random one along; a few go on every hour."""
        hourly = sum(flow.hourly for flow in self._flows) < MOST_HOURLY
        first = FIRST_DAY + timedelta(self.random.randrange((LAST_DAY - FIRST_DAY).days))
        name = f"Flow {len(self._flows)}"
        setting_up.another(self.walk, name, ACCOUNT)
        schedule = {"startTime": f"{first}T00:00:00Z", "frequency": "hour" if hourly else "day", "interval": 1}
        id, days = setting_up.start_flow(self.walk, name, schedule), days_from(first)
        good, bad = len(days.good), len(days.bad)
        unit = self._ask(RUN, partial(self._scheduled, id, 0), "success", (good + bad, good, bad))
        self._flows.append(Flow(id, self.walk.values["DATASET_ID"], days, hourly, unit, unit, bad))
        self.rows[self.walk.values["DATASET_ID"]] |= days.good

    def _hour(self) -> None:
        """Both clocks go on by an hour: every hourly flow reads its day again, which has no rows."""
        if self._hours == MOST_HOURS or any(flow.stands.answer is None for flow in self._flows):
            return  # a first run that is not there yet would take the hour along
        self._hours += 1
        self.client.call("POST", f"{self.simulator}/_control/clock", {"advance": "PT1H"})
        self.client.call("POST", "/_emulator/clock", {"advance": "PT1H"})
        for flow in (flow for flow in self._flows if flow.hourly):
            self._ask(RUN, partial(self._scheduled, flow.id, flow.windows), "success", (0, 0, 0))
            flow.windows += 1

    def _replay(self) -> None:
        """A run's rejected row, or all its rows, through the corrected mapping."""
        ready = [flow for flow in self._flows if flow.newest.over and flow.newest.right]
        if not ready:
            return
        flow = self.random.choice(ready)
        quarantined = bool(flow.rejected and self.random.random() < 0.5)
        read = flow.rejected if quarantined else len(flow.days.all)
        path = f"{FLOW_SERVICE}/runs/{_id(flow.stands)}/action"
        body = {"rows": "quarantined" if quarantined else "all"}
        id = self.client.call("POST", path, body, params={"op": "replay"})["id"]
        self._replays.add(id)
        replay = self._ask(REPLAY, partial(self._run, id), "success", (read, read, 0))
        self.rows[flow.dataset] |= flow.days.all
        flow.rejected, flow.newest = 0, replay
        flow.stands = flow.stands if quarantined else replay

    def _scheduled(self, flow: str, n: int) -> Answer | None:
        """The flow's n-th run by its schedule."""
        items = self.client.call("GET", f"{FLOW_SERVICE}/runs?property=flowId=={flow}&limit=100")["items"]
        scheduled = [run for run in reversed(items) if run["id"] not in self._replays]
        return _run_answer(scheduled[n]) if n < len(scheduled) else None

    def _run(self, id: str) -> Answer:
        return _run_answer(self.client.call("GET", f"{FLOW_SERVICE}/runs/{id}")["items"][0])

    # -- uploads ----------------------------------------------------------------------------------------------------

    def _upload(self) -> None:
        """A batch of a few files; some rows may be bad, and then it fails unless it asks for diagnostics."""
        dataset = self.random.choice(self._datasets)
        files = [self.random.randint(LEAST_ROWS, MOST_ROWS) for _ in range(self.random.randint(1, MOST_FILES))]
        bad = self.random.choice((0, 0, self.random.randint(1, MOST_BAD)))
        fails = bool(bad) and self.random.random() < 0.3
        old = self._predecessors(dataset)
        members: Json = {"enableErrorDiagnostics": True} if bad and not fails else {}
        members |= {"replay": {"predecessors": [upload.id for upload in old], "reason": "replace"}} if old else {}
        body = {"datasetId": dataset, "inputFormat": {"format": "json"}, **members}
        id = self.client.call("POST", BATCHES, body)["id"]
        keys = self._send(id, dataset, files, bad)
        self.client.call("POST", f"{BATCHES}/{id}", params={"action": "COMPLETE"})
        counts = (sum(files), 0 if fails else sum(files) - bad, bad)
        unit = self._ask(UPLOAD, partial(self._batch, id), "failed" if fails else "success", counts)
        self._uploads.append(Upload(id, dataset, [] if fails else keys, unit))
        if not fails:
            self._replace(dataset, old, keys)

    def _predecessors(self, dataset: str) -> list[Upload]:
        """Uploads that a new one replaces; often none."""
        standing = [
            upload
            for upload in self._uploads
            if upload.dataset == dataset and upload.keys and upload.unit.over and not upload.replaced
        ]
        return self.random.sample(standing, min(len(standing), self.random.choice((0, 0, 1, MOST_PREDECESSORS))))

    def _send(self, id: str, dataset: str, files: list[int], bad: int) -> list[str]:
        """Uploads the files, the first so many of whose rows are bad; the keys of the good ones."""
        keys = []
        for n, size in enumerate(files):
            rows = [(f"{id}/{n}/{row}", "n/a" if n == 0 and row < bad else row) for row in range(size)]
            lines = (json.dumps({"_extconndev": {"pivotValue": key, "clicks": clicks}}) for key, clicks in rows)
            path = f"{BATCHES}/{id}/datasets/{dataset}/files/F{n}.json"
            self.client.call("PUT", path, "\n".join(lines).encode())
            keys += [key for key, clicks in rows if clicks != "n/a"]
        return keys

    def _replace(self, dataset: str, old: list[Upload], keys: list[str]) -> None:
        for upload in old:
            upload.replaced, upload.unit.status = True, "inactive"
            self.rows[dataset] -= set(upload.keys)
        self.rows[dataset] |= set(keys)

    def _batch(self, id: str) -> Answer:
        batch = self.client.call("GET", f"{CATALOG}/batches/{id}")[id]
        errors = " ".join(error["description"] for error in batch.get("errors", []))
        return _answer(id, batch["status"], batch.get("metrics", {}), errors)


def _id(unit: Unit) -> str:
    if unit.answer is None:
        raise LookupError("the unit was never seen")
    return unit.answer.id


def _run_answer(run: Json) -> Answer:
    status = run["metrics"]["statusSummary"]
    errors = " ".join(error["message"] for error in status.get("errors", []))
    return _answer(run["id"], run["state"], run["metrics"].get("recordSummary", {}), errors)


def _answer(id: str, status: str, metrics: Json, reasons: str) -> Answer:
    read, written, rejected, skipped = (
        metrics.get(f"{word}RecordCount", 0) for word in ("input", "output", "failed", "skipped")
    )
    return Answer(id, status, (read, written, rejected), read == written + rejected + skipped, reasons)
