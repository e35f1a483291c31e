"""The peers of the benchmarks compute what refdet does: a race between different functions would say nothing."""

import numpy as np
import pytest
from tolerances import close

import refdet
from benchmarks.candidates import Absent, Candidate
from benchmarks.catalogue import workloads
from benchmarks.peers import PEERS

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]


def smallest(op):
    """The candidates of the op's smallest workload that can run: refdet's fastest, and the peers."""
    if not hasattr(refdet, op):
        pytest.skip(f"refdet has no {op}")
    found = next(w for w in workloads() if w.op == op).prepare(0)
    found = [candidate for candidate in found if isinstance(candidate, Candidate)]
    own = [c for c in found if c.own and not c.wall and "out=" not in c.name]
    peers = [c for c in found if not c.own]
    if not peers:
        pytest.skip(f"no peer of {op} is installed")
    return own[-1], peers


def beside(op, name):
    """refdet's fastest and that peer, in the first workload that the peer takes part in; a skip where it is absent."""
    if not hasattr(refdet, op):
        pytest.skip(f"refdet has no {op}")
    for workload in (w for w in workloads() if w.op == op):
        found = workload.prepare(0)
        peer = next((candidate for candidate in found if candidate.name == name), None)
        if isinstance(peer, Absent):
            pytest.skip(f"{name}: {peer.reason}")
        if peer:
            own = [
                c for c in found if isinstance(c, Candidate) and c.own and not c.wall and "out=" not in c.name
            ]
            return own[-1], peer
    raise AssertionError(f"{name} takes part in no workload of {op}")


@pytest.mark.parametrize(("op", "name"), [(op, name) for op, peers in PEERS.items() for name in peers])
def test_a_peer_agrees(op, name):
    own, peer = beside(op, name)
    for part, wanted in zip(peer.host(peer.call()), own.host(own.call()), strict=False):
        assert part.shape == wanted.shape
        assert close(part, wanted, "peers") if wanted.dtype.kind == "f" else np.array_equal(part, wanted)


@pytest.mark.parametrize("op", PEERS)
def test_a_planted_difference_is_seen(op):
    own, _ = smallest(op)
    for part in own.host(own.call()):
        planted = part.copy()
        planted.flat[0] += 1
        assert not (
            close(planted, part, "peers") if part.dtype.kind == "f" else np.array_equal(planted, part)
        )
