import pytest

from app.domain.release import ReleaseMode, Standing, Waiting, judge

SURE = {"labelled": True, "sure": True, "corrected": False, "orphan": False, "contradictory": False, "manual": False}


@pytest.mark.parametrize(
    ("mode", "standing", "waits"),
    [
        (ReleaseMode.SURE, {}, None),
        (ReleaseMode.SURE, {"sure": False}, Waiting.UNSURE),
        (ReleaseMode.SURE, {"orphan": True}, Waiting.ORPHAN),
        (ReleaseMode.SURE, {"contradictory": True}, Waiting.CONTRADICTORY),
        (ReleaseMode.SURE, {"labelled": False, "sure": False}, Waiting.UNLABELLED),
        (ReleaseMode.SURE, {"sure": False, "orphan": True, "corrected": True}, None),
        (ReleaseMode.AUTO, {"sure": False, "orphan": True, "contradictory": True}, None),
        (ReleaseMode.AUTO, {"labelled": False}, Waiting.UNLABELLED),
        (ReleaseMode.AUTO, {"manual": True}, Waiting.MANUAL),
        (ReleaseMode.STAFF, {}, Waiting.STAFF),
    ],
)
def test_what_goes_out_by_rule(mode: ReleaseMode, standing: dict[str, bool], waits: Waiting | None) -> None:
    assert judge(mode, Standing(**(SURE | standing))) is waits
