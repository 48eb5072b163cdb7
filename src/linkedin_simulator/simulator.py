"""The simulated LinkedIn without a network: a request in, an answer out."""

from collections.abc import Callable
from datetime import datetime

from linkedin_simulator import analytics, entities, errors, gateway, oauth
from linkedin_simulator.clock import VirtualClock, iso
from linkedin_simulator.exchange import Answer, Request, refused
from linkedin_simulator.faults import Fault, FaultList
from linkedin_simulator.gateway import Call
from linkedin_simulator.journal import Journal
from linkedin_simulator.tokens import TokenBook
from linkedin_simulator.worlds import DEFAULT_SEED, WORLDS
from linkedin_simulator.worlds.model import World

# The first part of a path below /rest.
RESOURCES: dict[str, Callable[[Call, World], dict[str, object]]] = {
    "adAnalytics": analytics.find,
    "adAccounts": entities.find,
    "adCampaignGroups": entities.refuse_unnested,
    "adCampaigns": entities.refuse_unnested,
    "creatives": entities.refuse_unnested,
}


class Simulator:
    """A world with its clock, tokens, faults and journal."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clock = VirtualClock(world.start)
        self.tokens = TokenBook(world.accesses, world.seed)
        self.faults = FaultList()
        self.journal = Journal()

    @classmethod
    def of(cls, world: str = "tutorial", seed: int = DEFAULT_SEED, clock: datetime | None = None) -> "Simulator":
        """The simulator of a world by name; ValueError when there is none."""
        if world not in WORLDS:
            raise ValueError(f"There is no world {world!r}; the worlds are {', '.join(sorted(WORLDS))}.")
        return cls(WORLDS[world](seed, clock))

    def answer(self, request: Request) -> Answer:
        """What LinkedIn answers, faults aside."""
        try:
            by_oauth = oauth.answer(request, self.world, self.tokens, self.clock.now())
            return by_oauth or Answer(200, self._read(request))
        except errors.Refusal as refusal:
            return refused(refusal)

    def note(self, request: Request, answer: Answer | None, fault: Fault | None) -> None:
        """Writes a request into the journal; no answer when the client left before it."""
        self.journal.add(iso(self.clock.now()), request, answer, fault.kind if fault else None)

    def _read(self, request: Request) -> dict[str, object]:
        call = gateway.admit(request, self.tokens, self.clock.now())
        resource = RESOURCES.get(call.segments[0])
        if resource is None or (resource is not entities.find and len(call.segments) > 1):
            raise errors.not_found()
        return resource(call, self.world)
