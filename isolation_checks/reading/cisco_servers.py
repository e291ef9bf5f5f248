"""Servers that an IOS device talks to (AAA, clocks, logs, names), and who may ask it by SNMP."""

from __future__ import annotations

from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_tables import AAA, LOGS
from isolation_checks.reading.cisco_views import Line, View, table
from isolation_checks.reading.values import ip, weaker
from isolation_checks.snapshot import Applied, Server, SnmpAccess


def _server(kind: str, line: Line, address: str, vrf: str | None, authenticated: bool) -> Server:
    return Server(kind, address, vrf, authenticated, line.ref)


def _vrf_and_rest(words: list[str]) -> tuple[str | None, list[str]]:
    return (words[1], words[2:]) if words[:1] == ["vrf"] and len(words) > 1 else (None, words)


def _add_server(state: State, line: Line, made: Server) -> bool:
    servers = state.plane.servers
    if line.negated:
        state.plane.servers = [item for item in servers if (item.kind, item.address, item.vrf) != made[:3]]
    else:
        servers.append(made)
    return True


def ntp_server(state: State, line: Line) -> bool:
    """``ntp server [vrf V] A [key N] …``; also `ntp peer`."""
    vrf, words = _vrf_and_rest(line.args)
    if words[:1] and words[0].lower() in {"ip", "ipv4"}:
        words = words[1:]
    if not words:
        return False
    return _add_server(state, line, _server("ntp", line, words[0], vrf, "key" in words))


def ntp_access(_state: State, line: Line) -> bool:
    """``ntp access-group {peer|serve|serve-only|query-only} LIST``: whom the device's clock listens to; it never serves by the model."""
    return line.negated or len([word for word in line.args if word.lower() not in {"ipv4", "kod"}]) == 2


def log_host(state: State, line: Line) -> bool:
    """``logging [host] A [vrf V] [transport …]``."""
    words = line.args
    if not words or (ip(words[0]) is None and ":" not in words[0] and line.words[1].lower() != "host"):
        return False
    rest = [word.lower() for word in words[1:]]
    vrf = words[1 + rest.index("vrf") + 1] if "vrf" in rest and rest.index("vrf") + 1 < len(rest) else None
    return _add_server(state, line, _server("syslog", line, words[0], vrf, "tls" in rest))


def logging(state: State, line: Line) -> bool:
    """Any other setting of logging; ``logging A`` is the old form of ``logging host A``."""
    if line.args and ip(line.args[0]) is not None:
        return log_host(state, line)
    return state.irrelevant(line, LOGS)


def name_server(state: State, line: Line) -> bool:
    vrf, words = _vrf_and_rest(line.args)
    if not words or any(ip(word) is None and ":" not in word for word in words):
        return line.negated and not words
    for word in words:
        _add_server(state, line, _server("dns", line, word, vrf, False))
    return True


def aaa_host(state: State, line: Line) -> bool:
    """``tacacs-server host A [key K]``, ``radius-server host A …``."""
    if not line.args:
        return False
    return _add_server(state, line, _server("aaa", line, line.args[0], None, "key" in line.args))


def aaa_block(state: State, line: Line) -> bool:
    """``tacacs server N`` and ``radius server N``."""
    if len(line.args) != 1:
        return False
    return line.negated or state.enter(SERVER_VIEW, f"{line.words[0]} server {line.args[0]}")


def block_address(state: State, line: Line) -> bool:
    words = line.args[1:] if line.args[:1] and line.args[0].lower() in {"ipv4", "ipv6"} else line.args
    if not words:
        return False
    state.plane.servers.append(_server("aaa", line, words[0], None, False))
    return True


def block_key(state: State, line: Line) -> bool:
    servers = state.plane.servers
    if not servers or servers[-1].kind != "aaa":
        return bool(line.args)  # the key may come before the address
    servers[-1] = servers[-1]._replace(authenticated=not line.negated)
    return True


SERVER_VIEW = View(
    "aaa server",
    table(
        {"address": block_address, "key": block_key, "timeout": AAA, "single-connection": AAA, "port": AAA, "retransmit": AAA,
         "automate-tester": AAA, "pac": AAA, "non-standard": AAA, "send-nat-address": AAA, "backoff": AAA, "exit": AAA}
    ),
)  # fmt: skip


def group_server(state: State, line: Line) -> bool:
    """``aaa group server {tacacs+|radius} G``."""
    if len(line.args) != 2:
        return False
    return line.negated or state.enter(GROUP_VIEW, f"aaa group server {' '.join(line.args)}")


def group_private(state: State, line: Line) -> bool:
    if not line.args:
        return False
    return _add_server(state, line, _server("aaa", line, line.args[0], None, "key" in line.args))


GROUP_VIEW = View(
    "aaa group server",
    table(
        {"server": AAA, "server-private": group_private, "ip tacacs": AAA, "ip radius": AAA, "ip vrf": AAA, "vrf": AAA, "deadtime": AAA,
         "load-balance": AAA, "accounting": AAA, "authorization": AAA, "attribute": AAA, "subscriber": AAA, "mac-delimiter": AAA,
         "exit": AAA}
    ),
)  # fmt: skip


def community(state: State, line: Line) -> bool:
    """``snmp-server community C [view V] [RO|RW] [ipv6 L] [LIST]``."""
    if not line.args:
        return False
    name, words = line.args[0], line.args[1:]
    if line.negated:
        state.plane.snmp.pop(f"community {name}", None)
        return True
    write = False
    filters: tuple[Applied, ...] = ()
    while words:
        word = words[0].lower()
        if word in {"view", "ipv6"} and len(words) > 1:
            words = words[2:]
        elif word in {"ro", "rw"}:
            write = word == "rw"
            words = words[1:]
        elif len(words) == 1:
            filters, words = (Applied(words[0], line.ref),), []
        else:
            return False
    default = name.lower() in {"public", "private", "cisco", "community", "snmp", "admin"}
    state.plane.snmp[f"community {name}"] = SnmpAccess("v2c", "community", write, default, filters, line.ref)
    return True


_LEVELS = {"noauth": "none", "auth": "authentication", "priv": "privacy"}


def snmp_group(state: State, line: Line) -> bool:
    """``snmp-server group G v3 priv [read V] [write V] [notify V] [access LIST]``."""
    words = line.args
    if len(words) < 2:
        return False
    name, rest = words[0], words[1:]
    if line.negated:
        state.plane.groups.pop(name, None)
        return True
    version = {"v1": "v1", "v2c": "v2c", "v3": "v3"}.get(rest.pop(0).lower())
    security = "community"
    if version == "v3":
        security = _LEVELS.get(rest.pop(0).lower() if rest else "", "")
    if version is None or not security:
        return False
    options = _pairs(rest, {"read", "write", "notify", "access", "context", "match", "ipv6"})
    if options is None:
        return False
    made = SnmpAccess(version, security, "write" in options, False, (), line.ref)
    if "access" in options:
        made = made._replace(filters=(Applied(options["access"], line.ref),))
    state.plane.groups[name] = made
    return True


def _pairs(words: list[str], known: set[str]) -> dict[str, str] | None:
    """``key value key value``; a last word alone is a list (`access LIST` may leave the word `access` out)."""
    options: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word.lower() in known and rest:
            options[word.lower()] = rest.pop(0)
        elif not rest:
            options["access"] = word
        else:
            return None
    return options


def snmp_user(state: State, line: Line) -> bool:
    """``snmp-server user U G v3 [auth sha S [priv aes 128 S]] [access LIST]``; also with a remote host."""
    words = line.args
    if len(words) < 2:
        return False
    name, group, rest = words[0], words[1], [word.lower() for word in words[2:]]
    if line.negated:
        state.plane.snmp.pop(f"user {name}", None)
        return True
    version = next((item for item in ("v3", "v2c", "v1") if item in rest), "")
    if not version:
        return False
    security = "community" if version != "v3" else "privacy" if "priv" in rest else "authentication" if "auth" in rest else "none"
    filters = (Applied(words[2 + rest.index("access") + 1], line.ref),) if "access" in rest and rest[-1] != "access" else ()
    state.plane.snmp[f"user {name}"] = SnmpAccess(version, security, False, False, filters, line.ref)
    state.plane.snmp_groups[f"user {name}"] = group
    return True


def snmp_host(state: State, line: Line) -> bool:
    """``snmp-server host A [vrf V] [traps|informs] [version …] COMMUNITY``."""
    words = line.args
    if not words:
        return False
    rest = [word.lower() for word in words[1:]]
    vrf = words[1 + rest.index("vrf") + 1] if "vrf" in rest and rest[-1] != "vrf" else None
    safe = "3" in rest and ("auth" in rest or "priv" in rest)
    return _add_server(state, line, _server("trap", line, words[0], vrf, safe))


def snmp(state: State) -> tuple[SnmpAccess, ...]:
    """Users with what their groups allow, and the groups whose users a running config does not show."""
    plane = state.plane
    named = plane.snmp_groups
    found = []
    for key, item in plane.snmp.items():
        group = plane.groups.get(named.get(key, ""))
        if group is not None:
            security = weaker(item.security, group.security) if item.version == "v3" else item.security
            ref = item.ref if security == item.security else group.ref
            found.append(item._replace(security=security, write=group.write, filters=item.filters or group.filters, ref=ref))
        else:
            found.append(item)
    found.extend(item for name, item in plane.groups.items() if name not in named.values())
    return tuple(found)
