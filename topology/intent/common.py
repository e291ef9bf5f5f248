"""Types that every part of the inventory uses."""

from __future__ import annotations

from datetime import date
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from topology.facts import Level, Name, PortRange, Survey
from topology.i18n import T
from topology.node import Invalid, Node


def _json(pattern: str) -> WithJsonSchema:
    """How an editor checks a text that a validator of ours reads."""
    return WithJsonSchema({"type": "string", "pattern": pattern})


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=24)]
Text1 = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
Ascii = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$")]
PortName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z-]*[0-9/.:]*[0-9]$", max_length=40)]
Number = Annotated[int, Field(ge=1, le=65535, strict=True)]
VlanId = Annotated[int, Field(ge=2, le=4094, strict=True)]
Survives = Annotated[int, Field(ge=0, le=2, strict=True)]
State = Literal["connected", "building", "planned"]


def _refuse_ipv6(value: str) -> None:
    if ":" in value:
        raise Invalid(
            T("{value} is an IPv6 value", value=value),
            T("IPv4 only"),
            T("leave it out until IPv6 is designed; devices have IPv6 turned off"),
        )


def _prefix(value: Any) -> IPv4Network:
    if isinstance(value, IPv4Network):
        return value
    if not isinstance(value, str):
        raise Invalid(T("{value} is no IPv4 prefix", value=repr(value)), T("address/length, for example 10.64.0.0/16"), None)
    _refuse_ipv6(value)
    try:
        return IPv4Network(value)
    except ValueError as error:
        hint = T("write {value}", value=str(IPv4Network(value, strict=False))) if "host bits" in str(error) else None
        raise Invalid(T("{value} is no IPv4 prefix", value=repr(value)), T("address/length, for example 10.64.0.0/16"), hint) from None


def _address(value: Any) -> IPv4Address:
    if isinstance(value, IPv4Address):
        return value
    if not isinstance(value, str):
        raise Invalid(T("{value} is no IPv4 address", value=repr(value)), T("four numbers, for example 10.64.0.1"), None)
    _refuse_ipv6(value)
    try:
        return IPv4Address(value)
    except ValueError:
        raise Invalid(T("{value} is no IPv4 address", value=repr(value)), T("four numbers, for example 10.64.0.1"), None) from None


Prefix = Annotated[IPv4Network, BeforeValidator(_prefix), _json(r"^([0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]{1,2}$")]
Address = Annotated[IPv4Address, BeforeValidator(_address), _json(r"^([0-9]{1,3}\.){3}[0-9]{1,3}$")]


class Names(Node):
    """A name in Chinese and English; a bare string is the Chinese one and the slug serves as the English."""

    zh: Text1
    en: Text1

    def name(self) -> Name:
        return Name(self.zh, self.en)


def name_of(given: Names | str, slug: str) -> Name:
    return given.name() if isinstance(given, Names) else Name(given, slug)


def _survey(value: Any) -> Survey:
    """`planned`, or `surveyed 2026-03-02 张三`."""
    if isinstance(value, Survey):
        return value
    words = str(value).split(" ", 2)
    allowed = T("planned, or: surveyed DATE WHO")
    if words == ["planned"]:
        return Survey()
    if len(words) == 3 and words[0] == "surveyed":
        try:
            return Survey(date.fromisoformat(words[1]), words[2])
        except ValueError:
            pass
    raise Invalid(T("{value} is no survey state", value=repr(value)), allowed, T("for example: surveyed 2026-03-02 李工"))


SurveyState = Annotated[Survey, BeforeValidator(_survey), _json(r"^(planned|surveyed [0-9]{4}-[0-9]{2}-[0-9]{2} .+)$")]


def parse_service(value: Any) -> tuple[str, PortRange | None]:
    if isinstance(value, tuple):
        return value
    allowed = T("tcp/PORT, udp/PORT, tcp/FIRST-LAST, or icmp")
    text = str(value)
    if text == "icmp":
        return "icmp", None
    protocol, _, ports = text.partition("/")
    first, _, last = ports.partition("-")
    if protocol in ("tcp", "udp") and first.isdecimal() and (last.isdecimal() or not last):
        low, high = int(first), int(last or first)
        if 1 <= low <= high <= 65535:
            return protocol, PortRange(low, high)
    raise Invalid(T("{value} is no service port", value=repr(value)), allowed, None)


ServicePort = Annotated[Any, BeforeValidator(parse_service), _json(r"^(icmp|(tcp|udp)/[0-9]{1,5}(-[0-9]{1,5})?)$")]


class OrganisationIntent(Node):
    name: Names | Text1
    role: Literal["lead", "operator", "coordinator", "other"]


class ApprovalIntent(Node):
    kind: Literal["retained-exit", "retained-vertical", "exception", "channel", "shared-transport"]
    by: Slug
    reference: Text1
    granted: date
    expires: date


class ExceptionIntent(Node):
    rule: Annotated[str, StringConstraints(pattern=r"^[A-Z]+(-[A-Z0-9]+)*-?[0-9]*$")]
    subject: Text1
    approval: Slug
    reason: Names | Text1


class AssumptionIntent(Node):
    text: Names
    owner: Slug


class PhaseIntent(Node):
    due: date


class PolicyIntent(Node):
    """What the city decided about the rules themselves."""

    shared_transport: tuple[Literal["fibre", "wavelength", "timeslot"], ...] = ()
    phases: dict[Literal["1", "2"], PhaseIntent]
    accept_t2: tuple[str, ...] = ()
    plan_year: Annotated[int, Field(ge=1990, le=2100)]
    internet: tuple[ServicePort, ...]  # what parties with `internet: true` may open on the Internet
    default_classification: Level = Level.INTERNAL


class CityIntent(Node):
    slug: Slug
    name: Names
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    prefix: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,6}$")]  # every device name starts with it
    timezone_hours: Annotated[int, Field(ge=-12, le=14)] = 8
