import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.soundness import Level, judge_dkim, judge_dmarc, judge_spf

KEY_2048 = base64.b64encode(bytes(294)).decode()
KEY_1024 = base64.b64encode(bytes(162)).decode()


@pytest.mark.parametrize(
    ("records", "level"),
    [
        ([], Level.FAULT),
        (["google-site-verification=1"], Level.FAULT),
        (["v=spf10 -all"], Level.FAULT),
        (["v=spf1 ip4:192.0.2.1 -all"], Level.SOUND),
        (["V=SPF1 mx ~all", "something else"], Level.SOUND),
        (["v=spf1 redirect=_spf.example"], Level.SOUND),
        (["v=spf1 -all", "v=spf1 mx -all"], Level.FAULT),
        (["v=spf1 mx +all"], Level.WARNING),
        (["v=spf1 mx all"], Level.WARNING),
        (["v=spf1 mx ?all"], Level.WARNING),
        (["v=spf1"], Level.WARNING),
        (["v=spf1 ip4:192.0.2.1"], Level.WARNING),
        ([f"v=spf1 {' '.join(f'include:{n}.example' for n in range(10))} -all"], Level.SOUND),
        ([f"v=spf1 {' '.join(f'include:{n}.example' for n in range(11))} -all"], Level.FAULT),
        ([f"v=spf1 {' '.join(f'ip4:192.0.2.{n}' for n in range(20))} -all"], Level.SOUND),
    ],
)
def test_spf_is_one_record_that_ends_in_a_refusal(records: list[str], level: Level) -> None:
    assert judge_spf("keng.example", records).level is level


@pytest.mark.parametrize(
    ("records", "level"),
    [
        ([], Level.FAULT),
        (["v=spf1 -all"], Level.FAULT),
        ([f"v=DKIM1; k=rsa; p={KEY_2048}"], Level.SOUND),
        ([f"p={KEY_2048[:100]} {KEY_2048[100:]}"], Level.SOUND),
        ([f"v=DKIM1; k=ed25519; p={base64.b64encode(bytes(32)).decode()}"], Level.SOUND),
        ([f"v=DKIM1; k=rsa; p={KEY_1024}"], Level.FAULT),
        (["v=DKIM1; p="], Level.FAULT),
        (["v=DKIM1; p=no*base64"], Level.FAULT),
        ([f"p={KEY_2048}", f"p={KEY_2048}"], Level.FAULT),
        ([f"v=DKIM1; t=s:y; p={KEY_2048}"], Level.WARNING),
    ],
)
def test_a_dkim_key_is_one_and_of_2048_bits(records: list[str], level: Level) -> None:
    assert judge_dkim("k1._domainkey.keng.example", records).level is level


@pytest.mark.parametrize(
    ("records", "level"),
    [
        ([], Level.FAULT),
        (["v=DMARC1"], Level.FAULT),
        (["v=DMARC1; p=perhaps"], Level.FAULT),
        (["v=DMARC1; p=none; rua=mailto:d@keng.example"], Level.WARNING),
        (["v=DMARC1; p=quarantine"], Level.SOUND),
        (["v=DMARC1;p=Reject"], Level.SOUND),
        (["v=DMARC1; p=reject", "v=DMARC1; p=none"], Level.FAULT),
    ],
)
def test_dmarc_is_one_record_with_a_policy(records: list[str], level: Level) -> None:
    assert judge_dmarc("keng.example", records).level is level


@given(st.lists(st.text(max_size=80), max_size=4))
def test_whatever_stands_in_dns_is_judged_and_every_fault_says_what_to_do(records: list[str]) -> None:
    for judge in (judge_spf, judge_dkim, judge_dmarc):
        found = judge("keng.example", records)
        assert found.remedy or found.level is Level.SOUND
