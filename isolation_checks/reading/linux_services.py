"""The services of a Linux host that let somebody in or send something out: sshd, snmpd, chronyd, rsyslogd, PAM, users, FRR's daemons."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from isolation_checks.reading import values
from isolation_checks.reading.frr_state import LABELS, LOADING, LOGGING, MONITORING, SECRETS
from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.linux_draft import LinuxDraft
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import (
    Action,
    AddressSet,
    Applied,
    FeatureKind,
    Filter,
    Match,
    Ref,
    Rule,
    Server,
    Service,
    SnmpAccess,
    User,
)
from topology.i18n import T

CLOCK = T("how the clock is disciplined").msgid
SESSIONS = T("limits of a login session").msgid
CIPHERS = T("choice of ciphers and keys").msgid

Reader: TypeAlias = Callable[[LinuxDraft, Source, Ledger], None]
_Line: TypeAlias = Callable[[LinuxDraft, Ledger, int, list[str]], bool]


def _lines(source: Source, ledger: Ledger, comments: str, draft: LinuxDraft, read: _Line) -> None:
    for at, text in enumerate(source.lines, 1):
        words = text.split()
        if not words or words[0][0] in comments:
            ledger.blank(at)
        elif not read(draft, ledger, at, words):
            ledger.not_understood(at, text)
        elif ledger.codes[at - 1] == 3:
            ledger.understood(at)


# --- sshd ------------------------------------------------------------------------------------------------------------------------------

_SSHD_IRRELEVANT = {
    "maxauthtries": SESSIONS, "maxsessions": SESSIONS, "logingracetime": SESSIONS, "maxstartups": SESSIONS, "clientaliveinterval": SESSIONS,
    "clientalivecountmax": SESSIONS, "tcpkeepalive": SESSIONS, "x11forwarding": SESSIONS, "x11displayoffset": SESSIONS,
    "x11uselocalhost": SESSIONS,
    "permittty": SESSIONS, "printmotd": LABELS, "printlastlog": LABELS, "versionaddendum": LABELS, "debianbanner": LABELS,
    "loglevel": LOGGING, "syslogfacility": LOGGING, "logverbose": LOGGING, "pidfile": LOADING, "compression": SESSIONS, "usedns": SESSIONS,
    "acceptenv": SESSIONS, "setenv": SESSIONS, "ipqos": SESSIONS, "rekeylimit": CIPHERS, "ciphers": CIPHERS, "macs": CIPHERS,
    "kexalgorithms": CIPHERS, "hostkey": CIPHERS, "hostkeyalgorithms": CIPHERS, "pubkeyacceptedalgorithms": CIPHERS,
    "strictmodes": SESSIONS,
    "permituserrc": SESSIONS, "usepam": SESSIONS, "addressfamily": SESSIONS, "passwordauthentication": SESSIONS,
    "allowagentforwarding": SESSIONS,
    "pubkeyauthentication": SESSIONS, "kbdinteractiveauthentication": SESSIONS, "challengeresponseauthentication": SESSIONS,
    "hostbasedauthentication": SESSIONS, "ignorerhosts": SESSIONS, "gssapiauthentication": SESSIONS, "gssapicleanupcredentials": SESSIONS,
    "authenticationmethods": SESSIONS, "authorizedkeysfile": SESSIONS, "requiredrsasize": CIPHERS, "permituserenvironment": SESSIONS,
    "casignaturealgorithms": CIPHERS, "persourcemaxstartups": SESSIONS, "persourcepenalties": SESSIONS, "useprivilegeseparation": LOADING,
}  # fmt: skip


def sshd(draft: LinuxDraft, source: Source, ledger: Ledger) -> None:
    """sshd_config(5): the first value of a keyword counts; in a ``Match`` block it holds for some sessions only."""
    first: dict[str, Ref] = {}
    ports: list[tuple[int, Ref]] = []
    sources: list[tuple[str, Ref]] = []
    vrf: str | None = None
    inside = False

    def read(draft: LinuxDraft, ledger: Ledger, at: int, words: list[str]) -> bool:
        nonlocal vrf, inside
        key, rest = words[0].lower(), words[1:]
        if "=" in key:
            key, _, value = key.partition("=")
            rest = [value, *rest] if value else rest
        ref = ledger.ref(at)
        if key == "match":
            inside = rest[:1] != ["all"]
            return bool(rest)
        if key in _SSHD_IRRELEVANT:
            ledger.irrelevant(at, _SSHD_IRRELEVANT[key])
            return True
        if not rest or (inside and key not in _SSHD_TUNNELS and key not in ("banner", "forcecommand", "chrootdirectory")):
            return False
        if key in _SSHD_TUNNELS:
            if rest[0].lower() not in ("no", "none"):
                ledger.feature(at, FeatureKind.TUNNEL, " ".join(words))
            return True
        if key == "port":
            ports.append((int(rest[0]) if rest[0].isdigit() else 22, ref))
            return rest[0].isdigit()
        if key == "listenaddress":
            vrf = rest[2] if rest[1:2] == ["rdomain"] and len(rest) > 2 else vrf
            return True
        if key in ("allowusers", "denyusers", "allowgroups", "denygroups"):
            if key == "allowusers":
                sources.extend((user, ref) for user in rest)
            return True
        if key == "permitrootlogin" and key not in first and rest[0].lower() not in ("no", "forced-commands-only"):
            draft.management_flags.append(("root-login", ref))
        if key == "permitemptypasswords" and key not in first and rest[0].lower() != "no":
            draft.management_flags.append(("empty-passwords", ref))
        if key == "banner" and rest[0].lower() != "none":
            draft.management_flags.append(("banner", ref))
        if key == "protocol" and "1" in rest[0]:
            draft.management_flags.append(("ssh-v1", ref))
        first.setdefault(key, ref)
        return key in ("permitrootlogin", "permitemptypasswords", "banner", "protocol", "subsystem", "forcecommand", "chrootdirectory")

    _lines(source, ledger, "#", draft, read)
    applied = _allowed(draft, sources, source.name)
    for port, ref in ports or [(22, ledger.ref(1))]:
        draft.services.append(Service("ssh", True, port, applied, vrf, ref))


_SSHD_TUNNELS = ("allowtcpforwarding", "allowstreamlocalforwarding", "gatewayports", "permittunnel", "permitopen", "permitlisten")


def _allowed(draft: LinuxDraft, users: list[tuple[str, Ref]], file: str) -> tuple[Applied, ...]:
    """``AllowUsers name@prefix``: from where anybody may log in. A user without a place may come from everywhere."""
    if not users:
        return ()
    rules = []
    for user, ref in users:
        _, at, place = user.rpartition("@")
        found = _place(place) if at else None
        rules.append(Rule(Action.PERMIT, (Match(src=found),), ref, user, conditional=bool(at) and found is None))
    name = f"{file} AllowUsers"
    draft.filters.append(Filter(name, "acl", tuple(rules), Action.DENY, users[0][1]))
    return (Applied(name, users[0][1]),)


def _place(text: str) -> AddressSet | None:
    address, slash, length = text.partition("/")
    value, bits = values.ip(address), values.mask_length(length) if slash else 32
    return None if value is None or bits is None else (values.prefix(value, bits),)


# --- snmpd -----------------------------------------------------------------------------------------------------------------------------

_DEFAULT_COMMUNITIES = frozenset({"public", "private"})
_SNMP_IRRELEVANT = re.compile(
    r"(sys\w+|proc\w*|disk|load|swap|extend|exec|pass\w*|view|access|group|master|agentxsocket|agentxperms|includealldisks"
    r"|linkupdownnotifications|defaultmonitors|dontlogtcpwrappersconnects|ignoredisk|skipnfsinhostresources|iquerysecname|engineid\w*|oldengineid|notificationevent"
    r"|monitor|storageusenfs|rocommunity6|rwcommunity6|usmuser|agentsecname|agentuser|agentgroup|trapcommunity|authtrapenable|smuxsocket)"
)


def snmpd(draft: LinuxDraft, source: Source, ledger: Ledger) -> None:
    """snmpd.conf(5)."""
    addresses: list[Ref] = []

    def read(draft: LinuxDraft, ledger: Ledger, at: int, words: list[str]) -> bool:
        key, rest, ref = words[0].lower(), words[1:], ledger.ref(at)
        if key == "agentaddress":
            addresses.append(ref)
            draft.services.extend(_agent(item, ref) for item in " ".join(rest).split(",") if item)
            return bool(rest)
        if key in ("rocommunity", "rwcommunity") and rest:
            filters = _snmp_source(draft, rest[1] if len(rest) > 1 else "default", source.name, ref)
            draft.snmp.append(SnmpAccess("v2c", "community", key == "rwcommunity", rest[0] in _DEFAULT_COMMUNITIES, filters, ref))
            return True
        if key == "com2sec" and len(rest) >= 3:
            rest = rest[2:] if rest[0] == "-Cn" else rest
            filters = _snmp_source(draft, rest[1], source.name, ref)
            draft.snmp.append(SnmpAccess("v2c", "community", False, rest[2] in _DEFAULT_COMMUNITIES, filters, ref))
            return True
        if key in ("rouser", "rwuser") and rest:
            security = {"noauth": "none", "auth": "authentication", "priv": "privacy"}
            level = next((security[word] for word in rest[1:] if word in security), "authentication")
            draft.snmp.append(SnmpAccess("v3", level, key == "rwuser", False, (), ref))
            return True
        if key == "createuser":
            return bool(rest)
        if key in ("trapsink", "trap2sink", "informsink") and rest:
            draft.servers.append(Server("trap", _host(rest[0]), None, False, ref))
            return True
        if key == "trapsess" and rest:
            secure = "-l" in rest[:-1] and rest[rest.index("-l") + 1].lower() in ("authpriv", "authnopriv")
            draft.servers.append(Server("trap", _host(rest[-1]), None, secure, ref))
            return True
        if _SNMP_IRRELEVANT.fullmatch(key):
            ledger.irrelevant(at, MONITORING)
            return True
        return False

    _lines(source, ledger, "#", draft, read)
    if not addresses:
        draft.services.append(Service("snmp", True, 161, (), None, ledger.ref(1)))


def _agent(item: str, ref: Ref) -> Service:
    port = item.rpartition(":")[2]
    return Service("snmp", True, int(port) if port.isdigit() else 161, (), None, ref)


def _host(text: str) -> str:
    """The address of ``udp:192.0.2.1:162``."""
    parts = [part for part in text.split(":") if part.lower() not in ("udp", "tcp", "dtls", "tls") and not part.isdigit()]
    return parts[0] if parts else text


def _snmp_source(draft: LinuxDraft, place: str, file: str, ref: Ref) -> tuple[Applied, ...]:
    found = _place(place)
    if found is None:
        return ()
    name = f"{file}:{ref.line}"
    draft.filters.append(Filter(name, "acl", (Rule(Action.PERMIT, (Match(src=found),), ref),), Action.DENY, ref))
    return (Applied(name, ref),)


# --- time and logs ---------------------------------------------------------------------------------------------------------------------

_CHRONY_IRRELEVANT = re.compile(
    r"(driftfile|makestep|rtcsync|rtcfile|rtconutc|leapsectz|logdir|log|maxupdateskew|dumpdir|ntsdumpdir|stratumweight|hwtimestamp|minsources"
    r"|maxdistance|local|smoothtime|sched_priority|lock_all|user|pidfile|maxslewrate|corrtimeratio|logchange|logbanner|combinelimit|acquisitionport"
    r"|authselectmode|keyfile|bindacqaddress|bindacqdevice|cmdport|bindcmdaddress|initstepslew|clientloglimit|noclientlog|refclock|maxchange|ratelimit|bindaddress)"
)


def chrony(draft: LinuxDraft, source: Source, ledger: Ledger) -> None:
    """chrony.conf(5). chronyd serves nobody without ``allow``."""
    served: list[Ref] = []
    port = 123

    def read(draft: LinuxDraft, ledger: Ledger, at: int, words: list[str]) -> bool:
        nonlocal port
        key, rest, ref = words[0].lower(), words[1:], ledger.ref(at)
        if key in ("server", "pool", "peer") and rest:
            draft.servers.append(Server("ntp", rest[0], None, "key" in rest or "nts" in rest, ref))
            return True
        if key == "allow":
            served.append(ref)
            return True
        if key in ("deny", "include", "confdir", "sourcedir", "cmdallow", "cmddeny"):
            return key == "deny"
        if key == "port" and rest and rest[0].isdigit():
            port = int(rest[0])
            return True
        if _CHRONY_IRRELEVANT.fullmatch(key):
            ledger.irrelevant(at, CLOCK)
            return True
        return False

    _lines(source, ledger, "#!;%", draft, read)
    if served and port:
        draft.services.append(Service("ntp", True, port, (), None, served[0]))


def secrets(draft: LinuxDraft, source: Source, ledger: Ledger) -> None:
    """A file of keys: nothing but secrets, none of which is looked at."""
    for at, text in enumerate(source.lines, 1):
        if text.strip():
            ledger.irrelevant(at, SECRETS)
        else:
            ledger.blank(at)


_FORWARD = re.compile(r"@{1,2}(?:\([^)]*\))?\[?([^\s:;\]]+)")
_TARGET = re.compile(r'target="([^"]+)"')


def rsyslog(draft: LinuxDraft, source: Source, ledger: Ledger) -> None:
    """rsyslog.conf(5), old and new style."""

    def read(draft: LinuxDraft, ledger: Ledger, at: int, words: list[str]) -> bool:
        text, ref = " ".join(words), ledger.ref(at)
        if 'type="omfwd"' in text:
            found = _TARGET.search(text)
            if found:
                draft.servers.append(Server("syslog", found[1], None, "StreamDriver" in text, ref))
            return found is not None
        forward = _FORWARD.match(words[-1]) if len(words) > 1 else None
        if forward:
            draft.servers.append(Server("syslog", forward[1], None, False, ref))
            return True
        if words[0].startswith("input(") or words[0] in ("$UDPServerRun", "$InputTCPServerRun"):
            draft.services.append(Service("syslog", True, 514, (), None, ref))
            return True
        if (
            words[0].startswith(("module(", "$ModLoad", "global(", "template(", "$"))
            or "omfile" in text
            or (len(words) == 2 and "." in words[0])
        ):
            ledger.irrelevant(at, LOGGING)
            return words[0] != "$IncludeConfig"
        return False

    _lines(source, ledger, "#", draft, read)


# --- who may log in --------------------------------------------------------------------------------------------------------------------


def users(draft: LinuxDraft, source: Source, ledger: Ledger) -> None:
    """Lines ``name:secret``, as chpasswd(8) reads them."""

    def read(draft: LinuxDraft, ledger: Ledger, at: int, words: list[str]) -> bool:
        name, colon, secret = " ".join(words).partition(":")
        if not colon or not name or " " in name:
            return False
        kind = "none" if not secret else "reference" if "@@" in secret else "hash" if secret.startswith("$") else "plain"
        old = draft.users.get(name)
        draft.users[name] = User(name, old.privilege if old else "", kind, False, ("ssh",), ledger.ref(at))
        return True

    _lines(source, ledger, "#", draft, read)


def pam(draft: LinuxDraft, source: Source, ledger: Ledger) -> None:
    """pam.d(5) of sshd: servers of TACACS+ or RADIUS, and whether they are asked before the host's own users."""
    local_first = False

    def read(draft: LinuxDraft, ledger: Ledger, at: int, words: list[str]) -> bool:
        nonlocal local_first
        if words[0].startswith("@include"):
            return False
        if words[0].lstrip("-") not in ("auth", "account", "session", "password") or len(words) < 3:
            return False
        module = next((word for word in words[1:] if word.endswith(".so")), "")
        if words[0] == "auth" and module.startswith(("pam_tacplus", "pam_radius")):
            for word in words:
                if word.startswith("server="):
                    draft.servers.append(Server("aaa", word.removeprefix("server="), None, True, ledger.ref(at)))
            if not local_first and draft.aaa is None:
                draft.aaa = ledger.ref(at)
        elif words[0] == "auth" and module == "pam_unix.so":
            local_first = True
        elif words[0] == "auth" and module == "pam_permit.so" and words[1] == "sufficient":
            draft.management_flags.append(("empty-passwords", ledger.ref(at)))
        return bool(module)

    _lines(source, ledger, "#", draft, read)


def identity(draft: LinuxDraft, source: Source, ledger: Ledger) -> None:
    """The host's name and who administers it: ``hostname``, ``administrator``, ``reader``, ``banner`` and ``timezone``."""

    def read(draft: LinuxDraft, ledger: Ledger, at: int, words: list[str]) -> bool:
        key, value, ref = words[0], " ".join(words[1:]), ledger.ref(at)
        if key == "hostname" and value:
            if draft.name_ref is None:
                draft.name, draft.name_ref = value, ref
        elif key in ("administrator", "reader") and value:
            old = draft.users.get(value)
            privilege = "administrator" if key == "administrator" else "reader"
            draft.users[value] = User(value, privilege, old.secret if old else "none", False, ("ssh",), old.ref if old else ref)
        elif key == "banner":
            draft.management_flags.append(("banner", ref))
        elif key == "timezone":
            ledger.irrelevant(at, CLOCK)
        else:
            return False
        return True

    _lines(source, ledger, "#", draft, read)


def hostname(draft: LinuxDraft, source: Source, ledger: Ledger) -> None:
    """/etc/hostname: one word."""

    def read(draft: LinuxDraft, ledger: Ledger, at: int, words: list[str]) -> bool:
        if len(words) == 1 and draft.name_ref is None:
            draft.name, draft.name_ref = words[0], ledger.ref(at)
        return len(words) == 1

    _lines(source, ledger, "#", draft, read)


# --- FRR's daemons ---------------------------------------------------------------------------------------------------------------------

_VTY_PORTS = {
    "zebra": 2601, "ripd": 2602, "ripngd": 2603, "ospfd": 2604, "bgpd": 2605, "ospf6d": 2606, "isisd": 2608, "babeld": 2609, "nhrpd": 2610,
    "pimd": 2611, "ldpd": 2612, "eigrpd": 2613, "staticd": 2616, "bfdd": 2617, "fabricd": 2618, "vrrpd": 2619, "pbrd": 2615, "sharpd": 2614,
    "pathd": 2621, "pim6d": 2622, "mgmtd": 2623,
}  # fmt: skip
FRR_DAEMONS = tuple(_VTY_PORTS)
_PORT = re.compile(r"(?:-P|--vty_port)[ =]?(\d+)")


def daemons(draft: LinuxDraft, source: Source, ledger: Ledger) -> None:
    """/etc/frr/daemons: what runs, and which terminals of it are open to other hosts."""
    running: dict[str, Ref] = {"zebra": ledger.ref(1), "staticd": ledger.ref(1)}
    options: dict[str, str] = {}

    def read(draft: LinuxDraft, ledger: Ledger, at: int, words: list[str]) -> bool:
        name, equals, value = " ".join(words).partition("=")
        value = value.strip().strip("\"'").strip()
        if not equals:
            return False
        if name.endswith("_options"):
            options[name.removesuffix("_options")] = value
            return True
        if name in _VTY_PORTS and value in ("yes", "no"):
            running.pop(name, None)
            if value == "yes":
                running[name] = ledger.ref(at)
            return True
        if name.endswith(("_wrap", "_instances", "_enable", "_debug", "_global_options", "_restart")) or name in (
            "MAX_FDS",
            "FRR_NO_ROOT",
            "watchfrr",
        ):
            ledger.irrelevant(at, LOADING)
            return True
        return name in ("all_wrap", "frr_profile")

    _lines(source, ledger, "#", draft, read)
    draft.facts["daemons"] = " ".join(sorted(running))
    for name, ref in running.items():
        text = options.get(name, "")
        port = _PORT.search(text)
        if "127.0.0.1" not in text and not (port and port[1] == "0") and name in options:
            draft.services.append(Service("telnet", True, int(port[1]) if port else _VTY_PORTS[name], (), None, ref))
