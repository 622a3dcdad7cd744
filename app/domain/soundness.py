"""What an examination of an installation finds, and how the records of a mail domain are judged (EM-07)."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters: in order, worth a look, to be mended, or not to be seen from here."""

    SOUND = "sound"
    WARNING = "warning"
    FAULT = "fault"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was seen, and what to do where it is not in order."""

    subject: str
    level: Level
    said: str
    remedy: str = ""


_SHORTEST_KEY = 290
"""Bytes of a DER SubjectPublicKeyInfo with a 2048-bit RSA key: 294 with the usual exponent (RFC 8301 section 3.2)."""
_MOST_LOOKUPS = 10
_LOOKS_UP = re.compile(r"^[+?~-]?(?:include:|a(?:[:/]|$)|mx(?:[:/]|$)|ptr|exists:)|^redirect=", re.IGNORECASE)


def judge_spf(domain: str, records: Sequence[str]) -> Finding:
    """Judge the TXT records at the domain of the envelope sender by RFC 7208."""
    subject = f"SPF of {domain}"
    found = [record for record in records if re.match(r"v=spf1(?: |$)", record, re.IGNORECASE)]
    if not found:
        return Finding(subject, Level.FAULT, "no record", f'publish a TXT record at {domain}: "v=spf1 ip4:… -all"')
    if len(found) > 1:
        return Finding(subject, Level.FAULT, f"{len(found)} records, which is an error", "leave one (RFC 7208 4.5)")
    terms = found[0].split()[1:]
    if sum(_LOOKS_UP.match(term) is not None for term in terms) > _MOST_LOOKUPS:
        return Finding(subject, Level.FAULT, f"more than {_MOST_LOOKUPS} look-ups", "shorten it (RFC 7208 4.6.4)")
    end = terms[-1].lower() if terms else ""
    if end in {"+all", "all", "?all"}:
        return Finding(subject, Level.WARNING, f"ends in {end}: it forbids nobody", "end it in -all or ~all")
    if end not in {"-all", "~all"} and not end.startswith("redirect="):
        return Finding(subject, Level.WARNING, "does not end in -all or ~all", "end it in -all or ~all")
    return Finding(subject, Level.SOUND, found[0])


def judge_dkim(domain: str, records: Sequence[str]) -> Finding:
    """Judge the TXT records at `domain`, SELECTOR._domainkey.DOMAIN, by RFC 6376 and RFC 8301."""
    subject = f"DKIM key {domain}"
    found = [tags for record in records if "p" in (tags := _tags(record))]
    if len(found) != 1:
        said = "no key" if not found else f"{len(found)} keys"
        return Finding(subject, Level.FAULT, said, f"publish the relay's public key at {domain}, and only that one")
    try:
        key = base64.b64decode("".join(found[0]["p"].split()), validate=True)
    except binascii.Error:
        return Finding(subject, Level.FAULT, "the key is no Base64", "publish it as the signing program wrote it")
    if not key:
        return Finding(subject, Level.FAULT, "the key is revoked (p= is empty)", "publish the key that the relay uses")
    kind = found[0].get("k", "rsa").lower()
    if kind == "rsa" and len(key) < _SHORTEST_KEY:
        return Finding(subject, Level.FAULT, "RSA shorter than 2048 bits", "make a key of 2048 bits (RFC 8301)")
    if "y" in found[0].get("t", "").split(":"):
        return Finding(subject, Level.WARNING, "is marked as a test (t=y)", "take t=y out: receivers ignore the key")
    return Finding(subject, Level.SOUND, f"{kind}, {len(key)} bytes")


def judge_dmarc(domain: str, records: Sequence[str]) -> Finding:
    """Judge the TXT records at _dmarc.DOMAIN by RFC 7489."""
    subject = f"DMARC of {domain}"
    found = [tags for record in records if (tags := _tags(record)).get("v", "").upper() == "DMARC1"]
    if len(found) != 1:
        said = "no record" if not found else f"{len(found)} records: receivers ignore them all"
        return Finding(
            subject, Level.FAULT, said, f'publish one TXT record at _dmarc.{domain}: "v=DMARC1; p=none; rua=…"'
        )
    policy = found[0].get("p", "").lower()
    if policy not in {"none", "quarantine", "reject"}:
        return Finding(subject, Level.FAULT, "has no policy", "add p=none, p=quarantine or p=reject")
    if policy == "none":
        return Finding(
            subject, Level.WARNING, "p=none: others may send in your name", "read the reports, then p=reject"
        )
    return Finding(subject, Level.SOUND, f"p={policy}")


def _tags(record: str) -> dict[str, str]:
    """Read `tag=value; tag=value` (RFC 6376 section 3.2)."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}
