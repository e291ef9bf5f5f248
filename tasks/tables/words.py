"""The words that listings use for values of closed sets, beside those that the pictures use too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.listing import Word
from topology.diagram import words as drawn
from topology.facts import Survey
from topology.i18n import T, Text

REALM, TIER, ROLE, USE, MEDIUM, PARTY, SYSTEM, LEVEL = (
    drawn.REALM,
    drawn.TIER,
    drawn.ROLE,
    drawn.USE,
    drawn.MEDIUM,
    drawn.PARTY,
    drawn.SYSTEM,
    drawn.LEVEL,
)
PEER, MANAGEMENT = drawn.PEER, drawn.MANAGEMENT

STATE = {
    "planned": T("planned"),
    "surveyed": T("surveyed"),
    "connected": T("connected"),
    "building": T("being built"),
    "existing": T("existing"),
    "merged": T("merged"),
    "retained": T("retained"),
    "pending": T("pending"),
    "valid": T("valid"),
    "expires-soon": T("expires within a year"),
    "expired": T("expired"),
    "not-yet-valid": T("not yet valid"),
    "up": T("in use"),
    "unused": T("unused"),
    "shut": T("shut down"),
    "found": T("found"),
    "missing": T("missing"),
    "left-out": T("left out on purpose"),
}

APPROVAL = {
    "retained-exit": T("retained Internet exit"),
    "retained-vertical": T("retained vertical network"),
    "exception": T("exception from a rule"),
    "channel": T("gatekeeper channel"),
    "shared-transport": T("shared transport"),
}

ZONE = {
    "exchange": T("exchange"),
    "data": T("databases"),
    "pki": T("certificates"),
    "office": T("office systems"),
    "business": T("business systems"),
    "public": T("public services"),
    "management": T("management"),
    "operators": T("operators' terminals"),
}

DIRECTION = {"inner-to-outer": T("inner to outer"), "outer-to-inner": T("outer to inner")}
CHANNEL = {"file": T("files"), "db": T("database records"), "mail": T("mail")}
SEPARATION = {"dedicated-fibre": T("dedicated fibre"), "wavelength": T("wavelength"), "timeslot": T("timeslot")}
MODE = {
    "flows": T("common routing table"),
    "vrf": T("VRF"),
    "standby": T("standby"),
    "split": T("split"),
    "access": T("access"),
    "trunk": T("trunk"),
    "routed": T("routed"),
}

PURPOSE = {
    "loopback": T("loopback"),
    "link": T("link"),
    "gateway": T("gateway"),
    "virtual": T("virtual gateway"),
    "management": T("management"),
    "heartbeat": T("heartbeat"),
    "host": T("server"),
    "published": T("published server"),
    "nat-pool": T("address translation"),
    "party": T("network"),
    "accepted": T("accepted from the peer"),
    "announced": T("announced to the peer"),
}

GROUP = {"key": T("inventory key"), "value": T("value"), "feature": T("feature")}


def word(words: Mapping[Any, Text], value: str | None) -> Word | None:
    """``value`` with its Chinese, where there is any; None stays None."""
    return None if value is None else Word(str(value), words.get(value))


def survey(state: Survey) -> Word | None:
    return word(STATE, state.state)
