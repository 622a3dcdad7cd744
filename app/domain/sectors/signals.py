"""What speaks for a sector, and how much it counts together."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from math import prod

from app.domain.sectors.labels import Evidence
from app.domain.taxonomy import Weights


class Origin(Enum):
    """What kind of sign a signal is."""

    HS = auto()
    HS_PART = auto()
    HS_RELATED = auto()
    ICS = auto()
    ICS_RELATED = auto()
    HEAD = auto()
    BODY = auto()
    TOUCHING = auto()
    LISTED = auto()
    WEAK = auto()
    FORM = auto()


CODED = frozenset({Origin.HS, Origin.HS_PART, Origin.ICS})
TOUCHED = CODED | {Origin.HS_RELATED, Origin.ICS_RELATED}
SAID = frozenset({Origin.HEAD, Origin.BODY})
READ = SAID | {Origin.WEAK, Origin.LISTED}


@dataclass(frozen=True, slots=True)
class Signal:
    """One sign for a sector."""

    origin: Origin
    evidence: Evidence


def weight_of(origin: Origin, weights: Weights) -> float:
    """Return what one sign of a kind counts; a ticked box has a weight of its own."""
    return {
        Origin.HS: weights.hs,
        Origin.HS_PART: weights.hs_broad,
        Origin.HS_RELATED: weights.hs_related,
        Origin.ICS: weights.ics,
        Origin.ICS_RELATED: weights.ics_related,
        Origin.HEAD: weights.head,
        Origin.BODY: weights.body,
        Origin.TOUCHING: weights.touching,
        Origin.LISTED: weights.listed,
        Origin.WEAK: weights.weak,
    }[origin]


def confidence(signals: Iterable[Signal], weights: Weights, *, alone: bool = False, minor: bool = False) -> float:
    """Return how sure the signals together make a sector, from 0 to 1.

    Signs of one kind do not add up: a word said twice is no second sign. Kinds do, as independent witnesses would
    (1 minus the product of the doubts). `alone`: title and products name no sector, so the description speaks for them.
    `minor`: the sector's codes are few in a long, mixed list.
    """
    kinds: dict[Origin, list[Evidence]] = {}
    for signal in signals:
        kinds.setdefault(signal.origin, []).append(signal.evidence)
    counted = [
        _strongest_code(kinds, weights, minor=minor),
        weights.ics if Origin.ICS in kinds else weights.ics_related if Origin.ICS_RELATED in kinds else 0.0,
        _said(kinds.get(Origin.HEAD, []), weights.head, weights.head_more),
        _said(kinds.get(Origin.BODY, []), weights.body_alone if alone else weights.body, weights.body_more),
        weights.touching if Origin.TOUCHING in kinds else 0.0,
        weights.listed if Origin.LISTED in kinds else 0.0,
        min(weights.weak * len(_words(kinds.get(Origin.WEAK, []))), weights.weak_most),
        max((evidence.weight for evidence in kinds.get(Origin.FORM, [])), default=0.0),
    ]
    return round(1 - prod(1 - weight for weight in counted), 3)


def _strongest_code(kinds: dict[Origin, list[Evidence]], weights: Weights, *, minor: bool) -> float:
    if Origin.HS in kinds:
        return weights.hs_minor if minor else weights.hs
    if Origin.HS_PART in kinds:
        return weights.hs_minor if minor else weights.hs_broad
    return weights.hs_related if Origin.HS_RELATED in kinds else 0.0


def _said(evidence: list[Evidence], once: float, more: float) -> float:
    return 0.0 if not evidence else max(once, more) if len(_words(evidence)) > 1 else once


def _words(evidence: Iterable[Evidence]) -> set[str]:
    return {one.rule for one in evidence}
