"""What speaks for a sector, and how much it counts together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, auto

from app.domain.sectors.labels import Evidence
from app.domain.taxonomy import Weights


class Origin(IntEnum):
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


BY_HS = frozenset({Origin.HS, Origin.HS_PART})
BY_ICS = frozenset({Origin.ICS})
CODED = BY_HS | BY_ICS
TOUCHED = CODED | {Origin.HS_RELATED, Origin.ICS_RELATED}
HEADED = frozenset({Origin.HEAD})
SPOKEN = CODED | {Origin.HEAD, Origin.BODY}
READ = frozenset({Origin.HEAD, Origin.BODY, Origin.WEAK, Origin.LISTED})


@dataclass(frozen=True, slots=True)
class Signal:
    """One sign for a sector or a theme."""

    origin: Origin
    evidence: Evidence


def weights_by_origin(weights: Weights) -> Mapping[Origin, float]:
    """Return what one sign of each kind counts; a ticked box has a weight of its own."""
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
    }


def confidence(
    signals: Iterable[Signal], weights: Weights, *, alone: bool = False, minor: bool = False, silent: bool = False
) -> float:
    """Return how sure the signals together make a sector, from 0 to 1.

    Signs of one kind do not add up: a word said twice is no second sign. Kinds do, as independent witnesses would
    (1 minus the product of the doubts). `alone`: title and products name no sector, so the description speaks for them.
    `minor`: the sector's HS codes are few in a long, mixed list. `silent`: words and codes name no sector, so the
    ticked boxes speak.
    """
    kinds: dict[Origin, set[str]] = {}
    ticked = 0.0
    for signal in signals:
        kinds.setdefault(signal.origin, set()).add(signal.evidence.rule)
        if signal.origin is Origin.FORM:
            ticked = max(ticked, signal.evidence.weight, weights.form_alone if silent else 0.0)
    counted = (
        _by_hs(kinds, weights, minor=minor),
        weights.ics if Origin.ICS in kinds else weights.ics_related if Origin.ICS_RELATED in kinds else 0.0,
        _said(kinds.get(Origin.HEAD, ()), weights.head, weights.head_more),
        _said(kinds.get(Origin.BODY, ()), weights.body_alone if alone else weights.body, weights.body_more),
        weights.touching if Origin.TOUCHING in kinds else 0.0,
        weights.listed if Origin.LISTED in kinds else 0.0,
        min(weights.weak * len(kinds.get(Origin.WEAK, ())), weights.weak_most),
        ticked,
    )
    doubt = 1.0
    for weight in counted:
        doubt *= 1 - weight
    return round(1 - doubt, 3)


def _by_hs(kinds: Mapping[Origin, set[str]], weights: Weights, *, minor: bool) -> float:
    if Origin.HS in kinds or Origin.HS_PART in kinds:
        return weights.hs_minor if minor else weights.hs if Origin.HS in kinds else weights.hs_broad
    return weights.hs_related if Origin.HS_RELATED in kinds else 0.0


def _said(rules: Iterable[str], once: float, more: float) -> float:
    number = len(tuple(rules))
    return max(once, more) if number > 1 else once * number
