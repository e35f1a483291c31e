"""The contracts, one file for a family of operations."""

from __future__ import annotations

from refdet.verify.contract import Contract
from refdet.verify.contracts import (
    assignment,
    batched_soft_suppression,
    coders,
    evaluation,
    losses,
    overlap_gradients,
    overlap_losses,
    overlaps,
    regions,
    soft_suppression,
    suppression,
)

_FAMILIES = (
    overlaps,
    overlap_gradients,
    suppression,
    soft_suppression,
    batched_soft_suppression,
    regions,
    coders,
    assignment,
    losses,
    overlap_losses,
    evaluation,
)

CONTRACTS: dict[str, Contract] = {
    contract.op: contract for family in _FAMILIES for contract in family.CONTRACTS
}
