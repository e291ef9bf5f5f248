"""The management plane of IOS: services, lines, users, servers, SNMP."""

from __future__ import annotations

from isolation_checks.reading import cisco_names
from isolation_checks.reading.cisco_servers import snmp
from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_tables import EXEC
from isolation_checks.reading.cisco_terminal import ALL_TRANSPORTS
from isolation_checks.reading.cisco_views import Handler, Line
from isolation_checks.snapshot import Applied, Management, Ref, Service, TerminalLine, User

_PORTS = {
    "ssh": 22, "telnet": 23, "http": 80, "https": 443, "snmp": 161, "ftp": 21, "tftp": 69, "ntp": 123, "netconf": 830, "restconf": 443,
    "scp": 22, "finger": 79, "rsh": 514, "small-servers": 7, "bootp": 67, "dhcp": 67, "vstack": 4786, "pad": 0, "netconf-ssh": 22,
    "dns": 53, "config": 69, "rcp": 514, "sla-responder": 1967, "identd": 113, "gnmi": 50052,
}  # fmt: skip
_UNKNOWN_DEFAULTS = ("http", "https")
FIRST_WITHOUT_V1 = 17
"""From this release of IOS-XE on, version 1 of SSH is not served unless told to."""


def service(name: str) -> Handler:
    """A handler for a service that one line turns on or off."""

    def handler(state: State, line: Line) -> bool:
        state.plane.services[name] = not line.negated, line.ref
        return True

    return handler


def service_port(name: str) -> Handler:
    def handler(state: State, line: Line) -> bool:
        if line.negated:
            state.plane.ports.pop(name, None)
        elif len(line.args) == 1 and line.args[0].isdigit():
            state.plane.ports[name] = int(line.args[0])
        else:
            return False
        return True

    return handler


def service_filter(*names: str) -> Handler:
    """``… access-class [ipv4] LIST``, for each of the services."""

    def handler(state: State, line: Line) -> bool:
        words = [word for word in line.args if word.lower() not in {"ipv4", "in", "vrf-also"}]
        if line.args[:1] == ["ipv6"]:
            return True
        for name in names:
            state.plane.filters[name] = [] if line.negated else [Applied(words[0], line.ref)] if len(words) == 1 else []
        return line.negated or len(words) == 1

    return handler


def flag(name: str, when_negated: bool = False) -> Handler:
    """A handler for a small fact; ``when_negated``: it holds where the line says no."""

    def handler(state: State, line: Line) -> bool:
        if line.negated == when_negated:
            state.plane.flags[name] = line.ref
        else:
            state.plane.flags.pop(name, None)
        return True

    return handler


def hostname(state: State, line: Line) -> bool:
    if line.negated:
        state.hostname, state.hostname_ref = "", None
        return True
    if not line.args:
        return False
    state.hostname, state.hostname_ref = line.rest(), line.ref
    return True


def version(state: State, line: Line) -> bool:
    state.version = line.args[0] if line.args else ""
    return len(line.args) == 1 and line.args[0][:1].isdigit()


def user(state: State, line: Line) -> bool:
    """``username U [privilege N] {nopassword | {password|secret} [type] S}``; each line about a user adds to it."""
    if not line.args:
        return False
    name, words = line.args[0], line.args[1:]
    if line.negated:
        state.plane.users.pop(name, None)
        return True
    known = state.plane.users.get(name)
    privilege, secret, default = (known.privilege, known.secret, known.default) if known else ("1", "none", False)
    while words:
        word = words[0].lower()
        if word == "privilege" and len(words) > 1:
            privilege, words = words[1], words[2:]
        elif word in {"password", "secret", "common-criteria-policy"} and len(words) > 1:
            if word == "common-criteria-policy":
                words = words[2:]
                continue
            kind, value = (words[1], words[2]) if len(words) > 2 and words[1].isdigit() else ("", words[1])
            secret = secret_kind(word, kind, value)
            default = secret == "plain" and value.lower() in {name.lower(), "cisco", "admin", "password"}  # noqa: S105 - a kind
            words = []
        elif word == "nopassword":
            secret, words = "none", words[1:]
        elif word in {"one-time", "nohangup", "noescape", "no-exit", "secure"}:
            words = words[1:]
        elif word in {"access-class", "view", "callback-dialstring", "user-maxlinks", "aaa", "autocommand", "algorithm-type"}:
            words = words[2:] if word != "autocommand" else []
        elif word in {"description", "serial-number"}:
            words = []
        else:
            return False
    state.plane.users[name] = User(name, privilege, secret, default, (), known.ref if known else line.ref)
    return True


def secret_kind(word: str, kind: str, value: str) -> str:
    """``none``, ``plain``, ``reversible``, ``hash`` or ``reference``."""
    if value.startswith("@@") and value.endswith("@@"):
        return "reference"
    if kind in {"4", "5", "8", "9"} and word == "secret":
        return "hash"
    if kind in {"6", "7"}:
        return "reversible"
    return "plain"


def enable(state: State, line: Line) -> bool:
    """``enable secret|password [level N] [type] S``: the way to privilege 15, as a user of that name."""
    words = line.args[1:]
    word = line.args[0].lower() if line.args else ""
    if not word and not line.negated:
        return state.irrelevant(line, EXEC)
    if word not in {"secret", "password"}:
        return False
    if line.negated:
        state.plane.users.pop("enable", None)
        return True
    level = "15"
    if words[:1] == ["level"] and len(words) > 1:
        level, words = words[1], words[2:]
    if not words:
        return False
    kind, value = (words[0], words[1]) if len(words) > 1 and words[0].isdigit() else ("", words[0])
    how = secret_kind(word, kind, value)
    state.plane.users["enable"] = User("enable", level, how, how == "plain" and value.lower() in {"cisco", "enable"}, (), line.ref)
    return True


def aaa_model(state: State, line: Line) -> bool:
    state.plane.aaa_model = not line.negated
    return not line.args


def aaa_login(state: State, line: Line) -> bool:
    """``aaa authentication login default group G local``."""
    words = [word.lower() for word in line.args]
    if not words:
        return False
    if words[0] == "default":
        state.plane.aaa = line.ref if words[1:2] == ["group"] and not line.negated else None
    return True


def ssh_version(state: State, line: Line) -> bool:
    state.plane.services["ssh"] = True, line.ref
    if line.negated or line.args[:1] == ["1"]:
        state.plane.flags["ssh-v1"] = line.ref
    elif line.args[:1] == ["2"]:
        state.plane.flags.pop("ssh-v1", None)
        state.plane.flags["ssh-v2"] = line.ref
    else:
        return False
    return True


def ssh_other(state: State, line: Line) -> bool:
    """Any other setting of SSH."""
    return bool(line.args)


def source_interface(_state: State, line: Line) -> bool:
    """The interface that the device's own packets of a service leave with: understood where it is the name of one."""
    return line.negated or cisco_names.leading(line.args) is not None


def build(state: State, first: Ref) -> Management:
    plane = state.plane
    lines = tuple(item.built(_default_transports(state), plane.aaa_model and item.login != "none") for item in plane.lines.values())
    flags = dict(plane.flags)
    admits = any("ssh" in item.protocols for item in lines)
    if "ssh-v2" not in flags and admits and _major(state.version) < FIRST_WITHOUT_V1:
        flags.setdefault("ssh-v1", plane.services.get("ssh", (True, first))[1] or first)
    return Management(
        services=_services(state, lines),
        lines=lines,
        users=tuple(plane.users.values()),
        servers=tuple(plane.servers),
        snmp=snmp(state),
        aaa=plane.aaa if plane.aaa_model else None,
        flags=tuple(flags.items()),
    )


def _major(version: str) -> int:
    head = version.partition(".")[0]
    return int(head) if head.isdigit() else 0


def _default_transports(state: State) -> tuple[str, ...]:
    """What comes in where `transport input` is not said: anything before release 15, and on the switches of release 15."""
    major = _major(state.version)
    return ALL_TRANSPORTS if major < 15 or (major == 15 and state.switch_marks) else ()


def _services(state: State, lines: tuple[TerminalLine, ...]) -> tuple[Service, ...]:
    plane = state.plane
    held: dict[str, tuple[bool | None, Ref | None]] = dict.fromkeys(_UNKNOWN_DEFAULTS, (None, None))
    filters = {name: tuple(applied) for name, applied in plane.filters.items()}
    vtys = [item for item in lines if item.kind == "vty"]
    for name in ("ssh", "telnet"):
        users = [item for item in vtys if name in item.protocols]
        ref = users[0].ref if users else vtys[0].ref if vtys else None
        held[name] = (bool(users) if vtys else None), ref
        filters[name] = _common([item.filters for item in users])
    if held["ssh"][0] and "ssh" not in plane.services:
        held["ssh"] = None, held["ssh"][1]  # it also takes a host key, which no config shows
    accesses = snmp(state)
    held["snmp"] = bool(accesses), accesses[0].ref if accesses else None
    filters["snmp"] = _common([item.filters for item in accesses])
    held |= {name: value for name, value in plane.services.items() if name != "ssh"}
    return tuple(
        Service(name, enabled, plane.ports.get(name, _PORTS.get(name, 0)), filters.get(name, ()), None, ref)
        for name, (enabled, ref) in held.items()
    )


def _common(doors: list[tuple[Applied, ...]]) -> tuple[Applied, ...]:
    """The filters that stand before every one of several doors to a service, by name."""
    if not doors:
        return ()
    names = set.intersection(*({item.filter for item in door} for door in doors))
    return tuple(item for item in doors[0] if item.filter in names)
