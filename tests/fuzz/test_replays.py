"""Bodies that servers trip over, sent to a replay: refused or taken, never a 5xx."""

import json

import pytest

from fuzz.described import FLOW
from fuzz.test_hostile import BODIES, JSON, none, variants, wrong
from fuzz.world import World

pytestmark = pytest.mark.slow

GOOD = {"mappingVersion": 0, "rows": "quarantined", "dryRun": True}


def test_bodies_of_replays(world: World) -> None:
    found = []
    for id in world.ids[f"{FLOW}/runs"]:
        path = f"{FLOW}/runs/{id}/action?op=replay"
        contents = [*BODIES, *(json.dumps(body).encode() for body in variants(GOOD))]
        for content in contents:
            found += wrong(f"{path} {content[:80]!r}", world.api.post(path, content=content, headers=JSON))
    none(found)
    taken = world.api.post(path, json={**GOOD, "rows": "all"})
    assert taken.status_code in (200, 400)
