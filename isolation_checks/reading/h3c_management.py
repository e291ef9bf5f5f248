"""How an H3C device is managed: its services, terminal lines, users, SNMP, and the servers that it talks to."""

from __future__ import annotations

from isolation_checks.reading import values
from isolation_checks.reading.h3c_acl import NOTE, V6_ONLY
from isolation_checks.reading.h3c_draft import DomainDraft, Draft, LineDraft, SnmpDraft, UserDraft
from isolation_checks.reading.h3c_names import Words, integer
from isolation_checks.reading.h3c_tables import CLIENT, CLOCK, LEASES, LIMITS, LOGS, ROLES
from isolation_checks.reading.h3c_views import BANNER, KEYS, Handler, Reader, View, bare, end_of_config, header, nothing, public_key
from isolation_checks.snapshot import Applied, Management, Server, Service, SnmpAccess, TerminalLine, User

PORTS = {
    "ssh": 22,
    "telnet": 23,
    "http": 80,
    "https": 443,
    "netconf": 830,
    "snmp": 161,
    "ftp": 21,
    "tftp": 69,
    "sftp": 22,
    "scp": 22,
    "ntp": 123,
    "netconf-soap-http": 80,
    "netconf-soap-https": 443,
    "netconf-soap": 80,
    "restconf": 443,
    "restful-http": 80,
    "restful-https": 443,
    "grpc": 50051,
}


def _service(name: str, enabled: bool) -> Handler:
    def run(reader: Reader, _words: Words) -> bool:
        services = reader.draft.services
        old = services.get(name)
        services[name] = Service(name, enabled, old.port if old else PORTS.get(name, 0), (), None, reader.ref)
        return True

    return run


def _service_port(name: str) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        number = integer(words[0]) if len(words) == 1 else None
        services = reader.draft.services
        old = services.get(name, Service(name, None, 0, (), None, reader.ref))
        services[name] = old._replace(port=number if number is not None else PORTS[name])
        return number is not None

    return run


def _service_acl(*names: str) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        acl = words[1] if len(words) == 2 and words[0].lower() == "name" else words[0] if len(words) == 1 else None
        if acl is None:
            return False
        for name in names:
            reader.draft.service_acls[name] = [Applied(acl, reader.ref)]
        return True

    return run


def _undo_service_acl(*names: str) -> Handler:
    def run(reader: Reader, _words: Words) -> bool:
        for name in names:
            reader.draft.service_acls.pop(name, None)
        return True

    return run


def _set_flag(name: str) -> Handler:
    def run(reader: Reader, _words: Words) -> bool:
        reader.draft.flags[name] = reader.ref
        return True

    return run


def _unset_flag(name: str) -> Handler:
    def run(reader: Reader, _words: Words) -> bool:
        reader.draft.flags.pop(name, None)
        reader.draft.facts[f"no-{name}"] = "yes"
        return True

    return run


def _services() -> dict[str, Handler]:
    commands = {
        "ssh server enable": "ssh",
        "telnet server enable": "telnet",
        "telnet-server enable": "telnet",
        "ip http enable": "http",
        "ip https enable": "https",
        "ftp server enable": "ftp",
        "ftp server": "ftp",
        "sftp server enable": "sftp",
        "scp server enable": "scp",
        "netconf ssh server enable": "netconf",
        "netconf soap http enable": "netconf-soap-http",
        "netconf soap https enable": "netconf-soap-https",
        "netconf soap enable": "netconf-soap",
        "ntp-service enable": "ntp",
        "tftp server enable": "tftp",
        "restful http enable": "restful-http",
        "restful https enable": "restful-https",
        "grpc enable": "grpc",
        "web server enable": "http",
    }
    table: dict[str, Handler] = {}
    for words, name in commands.items():
        table[words] = _service(name, enabled=True)
        table[f"undo {words}"] = _service(name, enabled=False)
    views = {"ssh": "ssh server", "telnet": "telnet server", "http": "ip http", "https": "ip https", "ftp": "ftp server"}
    views["netconf"] = "netconf ssh server"
    for name, words in views.items():
        table[f"{words} acl"] = _service_acl(name)
        table[f"undo {words} acl"] = _undo_service_acl(name)
        table[f"{words} port"] = _service_port(name)
        table[f"undo {words} port"] = nothing
    return table


# --- users and lines ---


def secret_kind(words: Words) -> str:
    """How a secret is kept, from the words behind ``password``; the secret is only looked at to tell a placeholder."""
    kind = words[0].lower() if words else ""
    value = words[1] if len(words) > 1 else ""
    if (value.startswith("@@") and value.endswith("@@")) or value.startswith("${"):
        return "reference"
    return {"hash": "hash", "cipher": "reversible", "simple": "plain", "irreversible": "hash", "irreversible-cipher": "hash"}.get(
        kind, "plain" if words else "none"
    )


DEFAULT_SECRETS = frozenset({"admin", "h3c", "123456", "password", "manager"})


def _open_user(reader: Reader, words: Words) -> bool:
    """``local-user X [class manage|network]``."""
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].lower() != "class"):
        return False
    name = words[0]
    user = reader.draft.users.get(name)
    if user is None:
        user = reader.draft.users[name] = UserDraft(name, reader.ref)
    if len(words) == 3:
        user.network = words[2].lower() != "manage"
    reader.push(USER, user, f"local-user {name}")
    return True


def _undo_user(reader: Reader, words: Words) -> bool:
    reader.draft.users.pop(words[0] if words else "", None)
    return len(words) in (1, 3)


def _user(reader: Reader) -> UserDraft:
    data = reader.frame.data
    assert isinstance(data, UserDraft)
    return data


def _password(reader: Reader, words: Words) -> bool:
    user = _user(reader)
    user.secret = secret_kind(words)
    plain = bool(words) and words[0].lower() == "simple"
    user.default = plain and user.name.lower() in ("admin", "h3c") and words[-1].lower() in DEFAULT_SECRETS
    return True


def _undo_password(reader: Reader, _words: Words) -> bool:
    _user(reader).secret = "none"  # noqa: S105 - how a secret is kept
    return True


def _service_type(reader: Reader, words: Words) -> bool:
    known = {
        "ssh",
        "telnet",
        "terminal",
        "ftp",
        "http",
        "https",
        "web",
        "pad",
        "ppp",
        "lan-access",
        "portal",
        "sslvpn",
        "advpn",
        "ike",
        "ipoe",
        "dvpn",
        "x25",
        "pppoe",
    }
    for word in words:
        if word.lower() in known:
            _user(reader).services[word.lower()] = None
    return set(map(str.lower, words)) <= known | {"level", "ftp-directory"} or words[:1] == ("ftp",)


def _undo_service_type(reader: Reader, words: Words) -> bool:
    for word in words:
        _user(reader).services.pop(word.lower(), None)
    return True


def _authorization(reader: Reader, words: Words) -> bool:
    """``authorization-attribute user-role R | level N | …``: only roles and levels say what the user may do here."""
    roles = _user(reader).roles
    rest = words
    while len(rest) >= 2:
        key = rest[0].lower()
        if key == "user-role":
            roles[rest[1]] = None
        elif key == "level":
            roles[f"level-{rest[1]}"] = None
        elif key not in (
            "work-directory",
            "acl",
            "vlan",
            "idle-cut",
            "ip",
            "ip-pool",
            "user-profile",
            "session-timeout",
            "callback-number",
            "url",
        ):
            return False
        rest = rest[2:]
    return bool(words)


def _undo_authorization(reader: Reader, words: Words) -> bool:
    """A user without any role is a network-operator unless that is taken away."""
    roles = _user(reader).roles
    for name in words[1:]:
        roles.pop(name, None)
    return bool(words) and words[0].lower() in ("user-role", "level", "work-directory", "acl", "vlan", "idle-cut")


def _level(reader: Reader, words: Words) -> bool:
    _user(reader).roles[f"level-{words[0]}" if words else ""] = None
    return len(words) == 1


def _user_state(reader: Reader, words: Words) -> bool:
    del reader
    return words in (("active",), ("block",))


USER = View(
    "local-user",
    {
        "password": _password,
        "undo password": _undo_password,
        "service-type": _service_type,
        "undo service-type": _undo_service_type,
        "authorization-attribute": _authorization,
        "undo authorization-attribute": _undo_authorization,
        "level": _level,
        "state": _user_state,
        "access-limit": ROLES,
        "bind-attribute": ROLES,
        "group": ROLES,
        "password-control": ROLES,
        "attribute": ROLES,
        "expiration-date": ROLES,
        "validity-date": ROLES,
        "validity-datetime": ROLES,
        "access-user": ROLES,
        "description": NOTE,
        "full-name": NOTE,
        "identity-group": ROLES,
        "company": NOTE,
    },
)


def _open_line(reader: Reader, words: Words) -> bool:
    """``line vty 0 4``, ``line class vty``, ``user-interface aux 0 8``, ``user-interface 0 4``."""
    kind = words[0].lower() if words else ""
    if kind == "class" and len(words) == 2:
        kind = words[1].lower()
        line = reader.draft.line_classes.setdefault(kind, LineDraft(kind, 0, 0, reader.ref))
        reader.push(LINE, line, f"line class {kind}")
        return kind in _LINES
    numbers = [integer(word) for word in words[1:]]
    first = numbers[0] if numbers else None
    last = numbers[-1] if numbers else None
    if kind not in _LINES or first is None or last is None or len(numbers) > 2:
        return False
    line = LineDraft(_LINES[kind], first, last, reader.ref)
    old = next((item for item in reader.draft.lines if (item.kind, item.first, item.last) == (line.kind, first, last)), None)
    if old is None:
        reader.draft.lines.append(line)
    reader.push(LINE, old or line, f"line {kind} {first} {last}")
    return True


_LINES = {"vty": "vty", "console": "console", "con": "console", "aux": "aux", "usb": "console", "tty": "tty", "async": "tty"}


def _line(reader: Reader) -> LineDraft:
    data = reader.frame.data
    assert isinstance(data, LineDraft)
    return data


def _line_authentication(reader: Reader, words: Words) -> bool:
    kind = words[0].lower() if words else ""
    _line(reader).authentication = {"scheme": "aaa", "password": "password", "none": "none"}.get(kind)
    return kind in ("scheme", "password", "none")


def _undo_line_authentication(reader: Reader, _words: Words) -> bool:
    _line(reader).authentication = None
    return True


def _protocol(reader: Reader, words: Words) -> bool:
    kinds = {"ssh": ("ssh",), "telnet": ("telnet",), "all": ("ssh", "telnet"), "pad": ("pad",)}
    found = kinds.get(words[-1].lower()) if words else None
    _line(reader).protocols = found
    return found is not None and len(words) == 1


def _undo_protocol(reader: Reader, _words: Words) -> bool:
    _line(reader).protocols = None
    return True


def _line_acl(reader: Reader, words: Words) -> bool:
    if words and words[0].lower() in ("ipv6", "mac"):
        return True
    if words and words[0].lower() == "name":
        words = words[1:]
    if len(words) != 2 or words[1].lower() not in ("inbound", "outbound"):
        return False
    if words[1].lower() == "inbound":
        _line(reader).filters.append(Applied(words[0], reader.ref))
    return True


def _undo_line_acl(reader: Reader, words: Words) -> bool:
    if "outbound" not in {word.lower() for word in words}:
        _line(reader).filters.clear()
    return True


def _idle(reader: Reader, words: Words) -> bool:
    numbers = [integer(word) for word in words]
    if not 1 <= len(numbers) <= 2 or numbers[0] is None or numbers[-1] is None:
        return False
    _line(reader).idle_s = numbers[0] * 60 + (numbers[1] or 0 if len(numbers) == 2 else 0)
    return True


def _undo_idle(reader: Reader, _words: Words) -> bool:
    _line(reader).idle_s = 0
    return True


LINE = View(
    "line",
    {
        "authentication-mode": _line_authentication,
        "undo authentication-mode": _undo_line_authentication,
        "protocol inbound": _protocol,
        "undo protocol inbound": _undo_protocol,
        "acl": _line_acl,
        "undo acl": _undo_line_acl,
        "idle-timeout": _idle,
        "undo idle-timeout": _undo_idle,
        "user-role": ROLES,
        "user privilege": ROLES,
        "command": ROLES,
        "set authentication password": nothing,
        "undo set authentication password": nothing,
        "shell": nothing,
        "undo shell": nothing,
        "screen-length": ROLES,
        "history-command": ROLES,
        "terminal": ROLES,
        "speed": ROLES,
        "parity": ROLES,
        "databits": ROLES,
        "stopbits": ROLES,
        "flow-control": ROLES,
        "escape-key": ROLES,
        "activation-key": ROLES,
        "lock-key": ROLES,
        "auto-execute": ROLES,
        "modem": ROLES,
        "redirect": ROLES,
        "send": ROLES,
        "description": NOTE,
        "login": ROLES,
    },
)

# --- servers ---


def _server(reader: Reader, kind: str, address: str, vrf: str | None, authenticated: bool) -> None:
    reader.draft.servers[kind, address, vrf] = Server(kind, address, vrf, authenticated, reader.ref)


def _after(words: Words, key: str) -> str | None:
    """The word that follows ``key``."""
    lowered = [word.lower() for word in words]
    return words[lowered.index(key) + 1] if key in lowered[:-1] else None


def _ntp(reader: Reader, words: Words) -> bool:
    if not words:
        return False
    _server(reader, "ntp", words[0], _after(words, "vpn-instance"), "authentication-keyid" in {word.lower() for word in words})
    return True


def _undo_ntp(reader: Reader, words: Words) -> bool:
    for key in [key for key in reader.draft.servers if key[0] == "ntp" and words[:1] == (key[1],)]:
        del reader.draft.servers[key]
    return bool(words)


def _loghost(reader: Reader, words: Words) -> bool:
    vrf = None
    if words[:1] and words[0].lower() == "vpn-instance" and len(words) > 2:
        vrf, words = words[1], words[2:]
    if not words:
        return False
    _server(reader, "syslog", words[0], vrf, authenticated=False)
    return True


def _undo_loghost(reader: Reader, words: Words) -> bool:
    for key in [key for key in reader.draft.servers if key[0] == "syslog" and key[1] in words]:
        del reader.draft.servers[key]
    return bool(words)


def _trap_host(reader: Reader, words: Words) -> bool:
    """``target-host [trap] address udp-domain A [vpn-instance V] params securityname S v3 privacy``."""
    address = _after(words, "udp-domain")
    if address is None or (values.ip(address) is None and ":" not in address):
        return False
    rest = {word.lower() for word in words}
    _server(reader, "trap", address, _after(words, "vpn-instance"), bool(rest & {"authentication", "privacy"}))
    return True


def _dns_server(reader: Reader, words: Words) -> bool:
    if not words:
        return False
    _server(reader, "dns", words[0], _after(words, "vpn-instance"), authenticated=False)
    return True


def _relay_server(reader: Reader, words: Words) -> bool:
    address = next((word for word in words if values.ip(word) is not None), None)
    if address is not None:
        _server(reader, "dhcp", address, None, authenticated=False)
    return bool(words)


def _aaa_server(reader: Reader, words: Words) -> bool:
    """``primary authentication A [port] [key …]``: a server of RADIUS or HWTACACS."""
    if len(words) < 2 or words[0].lower() not in ("authentication", "authorization", "accounting"):
        return False
    scheme = reader.frame.data
    common = scheme["key"] if isinstance(scheme, dict) else ""
    known = bool(common) or "key" in {word.lower() for word in words}
    if values.ip(words[1]) == 0x7F000001:
        return True
    _server(reader, "aaa", words[1], _after(words, "vpn-instance"), known)
    if isinstance(scheme, dict):
        scheme.setdefault("servers", "")
    return True


def _scheme_key(reader: Reader, _words: Words) -> bool:
    scheme = reader.frame.data
    if isinstance(scheme, dict):
        scheme["key"] = "yes"
    for key, server in list(reader.draft.servers.items()):
        if key[0] == "aaa":
            reader.draft.servers[key] = server._replace(authenticated=True)
    return True


def _open_scheme(reader: Reader, words: Words) -> bool:
    reader.push(SCHEME, {"key": ""}, f"scheme {' '.join(words)}")
    return len(words) == 1


SCHEME = View(
    "scheme",
    {
        "primary": _aaa_server,
        "secondary": _aaa_server,
        "undo primary": nothing,
        "undo secondary": nothing,
        "key": _scheme_key,
        "nas-ip": CLIENT,
        "user-name-format": CLIENT,
        "server-type": CLIENT,
        "timer": LIMITS,
        "retry": LIMITS,
        "state": CLIENT,
        "vpn-instance": CLIENT,
        "data-flow-format": LOGS,
        "accounting-on": LOGS,
        "stop-accounting-buffer": LOGS,
        "retry stop-accounting": LOGS,
        "security-policy-server": CLIENT,
        "attribute": CLIENT,
        "calling-station-id": CLIENT,
        "algorithm": CLIENT,
        "protocol": CLIENT,
        "login-dn": CLIENT,
        "login-password": KEYS,
        "user-parameters": CLIENT,
        "search-base-dn": CLIENT,
        "ip": CLIENT,
        "authentication-server": CLIENT,
        "description": NOTE,
    },
)


def _open_domain(reader: Reader, words: Words) -> bool:
    """``domain [name] X``."""
    if words[:1] and words[0].lower() == "name":
        words = words[1:]
    if len(words) != 1:
        return False
    domain = reader.draft.domains.setdefault(words[0], DomainDraft(words[0]))
    reader.push(DOMAIN, domain, f"domain {words[0]}")
    return True


def _default_domain(reader: Reader, words: Words) -> bool:
    reader.draft.default_domain = words[0] if words else "system"
    return len(words) == 1


def _domain_authentication(which: str) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        domain = reader.frame.data
        assert isinstance(domain, DomainDraft)
        first = words[0].lower() if words else ""
        setattr(domain, which, (first in ("hwtacacs-scheme", "radius-scheme", "ldap-scheme"), reader.ref))
        return first in ("hwtacacs-scheme", "radius-scheme", "ldap-scheme", "local", "none")

    return run


DOMAIN = View(
    "domain",
    {
        "authentication login": _domain_authentication("login"),
        "authentication default": _domain_authentication("default"),
        "undo authentication": nothing,
        "authentication": nothing,
        "authorization": ROLES,
        "accounting": LOGS,
        "scheme": _domain_authentication("default"),
        "access-limit": LIMITS,
        "state": ROLES,
        "idle-cut": LIMITS,
        "self-service-url": ROLES,
        "authorization-attribute": ROLES,
        "session-time": LIMITS,
        "ip pool": LEASES,
        "vlan-assignment-mode": ROLES,
        "messenger": LIMITS,
        "basic-service-ip-type": LIMITS,
        "dhcpv6-follow-ipv6cp": LIMITS,
        "description": NOTE,
        "user-group": ROLES,
        "nas-id": ROLES,
    },
)

# --- SNMP ---


def _acls(words: Words, reader: Reader) -> tuple[Applied, ...]:
    """``acl N``, ``acl name X`` anywhere behind."""
    name = _after(words, "acl")
    if name is not None and name.lower() == "name":
        name = _after(words[[word.lower() for word in words].index("acl") + 1 :], "name")
    if name is not None and name.lower() in ("ipv6",):
        name = None
    return (Applied(name, reader.ref),) if name else ()


def _community(reader: Reader, words: Words) -> bool:
    """``community read|write [simple|cipher] C [mib-view V] [acl N]``, ``community C user-role R [acl N]``."""
    if not words:
        return False
    kind = words[0].lower()
    role = _after(words, "user-role")
    write = kind == "write" or (role is not None and role.lower() in ("network-admin", "level-15", "mdc-admin", "context-admin"))
    rest = words[1:] if kind in ("read", "write") else words
    rest = rest[1:] if rest and rest[0].lower() in ("simple", "cipher") else rest
    if not rest:
        return False
    default = rest[0].lower() in ("public", "private")
    reader.draft.snmp.append(SnmpDraft("v2c", "", "community", write, default, _acls(rest[1:], reader), None, reader.ref))
    _agent_on(reader)
    return True


def _agent_on(reader: Reader) -> None:
    if "snmp" not in reader.draft.services:
        reader.draft.services["snmp"] = Service("snmp", True, 161, (), None, reader.ref)


def _snmp_group(reader: Reader, words: Words) -> bool:
    """``group v3 G [authentication|privacy] [read-view V] [write-view V] [notify-view V] [acl N]``."""
    if len(words) < 2 or words[0].lower() not in ("v1", "v2c", "v3"):
        return False
    rest = [word.lower() for word in words[2:]]
    security = next((word for word in rest if word in ("authentication", "privacy")), "none")
    reader.draft.snmp_groups[words[1]] = security, "write-view" in rest, _acls(words[2:], reader), reader.ref
    return True


def _snmp_user(reader: Reader, words: Words) -> bool:
    """``usm-user v3 U G …`` or ``usm-user v3 U user-role R …``, ``usm-user v2c U G``."""
    if len(words) < 3 or words[0].lower() not in ("v1", "v2c", "v3"):
        return False
    version, name = words[0].lower(), words[1]
    rest = {word.lower() for word in words[2:]}
    security = "privacy" if "privacy-mode" in rest else "authentication" if "authentication-mode" in rest else "none"
    if version != "v3":
        security = "community"
    role = _after(words, "user-role")
    write = role is not None and role.lower() in ("network-admin", "level-15", "mdc-admin", "context-admin")
    group = None if role is not None else words[2]
    default = name.lower() in ("public", "private") and version != "v3"
    reader.draft.snmp.append(SnmpDraft(version, name, security, write, default, _acls(words[3:], reader), group, reader.ref))
    return True


def _undo_snmp_user(reader: Reader, words: Words) -> bool:
    if len(words) < 2:
        return False
    reader.draft.snmp[:] = [item for item in reader.draft.snmp if item.name != words[1]]
    return True


def _undo_community(reader: Reader, words: Words) -> bool:
    """Which one goes is told by its name, which is not kept; so all stay."""
    del reader
    return bool(words)


def _undo_agent(reader: Reader, words: Words) -> bool:
    if words:
        return False
    reader.draft.services["snmp"] = Service("snmp", False, 161, (), None, reader.ref)
    return True


def _agent(reader: Reader, words: Words) -> bool:
    if not words:
        reader.draft.services["snmp"] = Service("snmp", True, 161, (), None, reader.ref)
    return not words


def _versions(reader: Reader, words: Words) -> bool:
    """What ``sys-info version`` turns on."""
    found = {"v1", "v2c", "v3"} if "all" in words else {word.lower() for word in words}
    for version in sorted(found & {"v1", "v2c", "v3"}):
        reader.draft.flags[f"snmp-{version}"] = reader.ref
    return bool(found) and found <= {"v1", "v2c", "v3"}


def _undo_versions(reader: Reader, words: Words) -> bool:
    found = {"v1", "v2c", "v3"} if "all" in words or not words else {word.lower() for word in words}
    for version in found:
        reader.draft.flags.pop(f"snmp-{version}", None)
    return found <= {"v1", "v2c", "v3"}


# --- the device itself ---


def _sysname(reader: Reader, words: Words) -> bool:
    draft = reader.draft
    if len(words) != 1:
        return False
    if draft.name and draft.name != words[0] and not reader.session.device:
        draft.facts["several-devices"] = "yes"
        reader.foreign = True
        return False
    draft.name, draft.name_ref = words[0], reader.ref
    return True


def _version(reader: Reader, words: Words) -> bool:
    """A second one begins the config of another device, or the same once more."""
    if not words or not words[0][:1].isdigit():
        return False
    if reader.draft.version:
        reader.draft.facts["several-devices"] = "yes"
        reader.foreign = True
        return False
    reader.draft.version = " ".join(words)
    return True


def _super(reader: Reader, _words: Words) -> bool:
    reader.draft.flags["super-password"] = reader.ref
    return True


INTERFACE: dict[str, Handler] = {"dhcp relay server-address": _relay_server, "dhcp relay server-select": nothing}

SYSTEM: dict[str, Handler] = {
    **_services(),
    "sysname": _sysname,
    "undo sysname": nothing,
    "version": _version,
    "return": end_of_config,
    "header": header,
    "undo header": BANNER,
    "public-key peer": public_key,
    "rsa peer-public-key": public_key,
    "dsa peer-public-key": public_key,
    "local-user": _open_user,
    "undo local-user": _undo_user,
    "local-user password-display-mode": ROLES,
    "line": _open_line,
    "user-interface": _open_line,
    "super": _super,
    "undo super": nothing,
    "super authentication-mode": ROLES,
    "ssh user": nothing,
    "undo ssh user": nothing,
    "ssh server acl": _service_acl("ssh", "netconf"),
    "ssh server compatible-ssh1x": _set_flag("ssh-v1"),
    "undo ssh server compatible-ssh1x": _unset_flag("ssh-v1"),
    "ssh server authentication-retries": LIMITS,
    "ssh server authentication-timeout": LIMITS,
    "ssh server rekey-interval": LIMITS,
    "ssh server dscp": LIMITS,
    "ssh server acl-deny-log": LOGS,
    "ssh server ipv6": V6_ONLY,
    "ssh server pki-domain": KEYS,
    "ssh2 algorithm": KEYS,
    "ssh client authentication server": CLIENT,
    "sftp server idle-timeout": LIMITS,
    "ftp timeout": LIMITS,
    "ftp server dscp": LIMITS,
    "ftp server ssl-server-policy": KEYS,
    "telnet server dscp": LIMITS,
    "telnet server ipv6": V6_ONLY,
    "ip https ssl-server-policy": KEYS,
    "ip https certificate": KEYS,
    "ip http dscp": LIMITS,
    "ip https dscp": LIMITS,
    "web": LIMITS,
    "netconf": nothing,
    "undo netconf": nothing,
    "netconf log": LOGS,
    "netconf idle-timeout": LIMITS,
    "password-recovery enable": _set_flag("password-recovery"),
    "undo password-recovery enable": _unset_flag("password-recovery"),
    "info-center timestamp": _set_flag("log-timestamps"),
    "undo info-center timestamp": _unset_flag("log-timestamps"),
    "info-center loghost": _loghost,
    "undo info-center loghost": _undo_loghost,
    "info-center loghost source": LOGS,
    "undo info-center enable": _set_flag("logging-off"),
    "ntp-service unicast-server": _ntp,
    "ntp-service unicast-peer": _ntp,
    "undo ntp-service unicast-server": _undo_ntp,
    "undo ntp-service unicast-peer": _undo_ntp,
    "ntp-service authentication enable": _set_flag("ntp-authentication"),
    "undo ntp-service authentication enable": _unset_flag("ntp-authentication"),
    "ntp-service authentication-keyid": KEYS,
    "ntp-service reliable": KEYS,
    "ntp-service source": CLOCK,
    "ntp-service refclock-master": CLOCK,
    "ntp-service acl": nothing,
    "ntp-service peer acl": nothing,
    "ntp-service server acl": nothing,
    "ntp-service access": nothing,
    "ntp-service ipv6": V6_ONLY,
    "ntp-service in-interface disable": nothing,
    "sntp": CLOCK,
    "snmp-agent": _agent,
    "undo snmp-agent": _undo_agent,
    "snmp-agent community": _community,
    "undo snmp-agent community": _undo_community,
    "snmp-agent group": _snmp_group,
    "undo snmp-agent group": nothing,
    "snmp-agent usm-user": _snmp_user,
    "undo snmp-agent usm-user": _undo_snmp_user,
    "snmp-agent sys-info version": _versions,
    "undo snmp-agent sys-info version": _undo_versions,
    "snmp-agent target-host": _trap_host,
    "undo snmp-agent target-host": nothing,
    "dns server": _dns_server,
    "undo dns server": nothing,
    "radius scheme": _open_scheme,
    "hwtacacs scheme": _open_scheme,
    "ldap scheme": _open_scheme,
    "ldap server": _open_scheme,
    "radius": CLIENT,
    "radius nas-ip": CLIENT,
    "hwtacacs nas-ip": CLIENT,
    "domain": _open_domain,
    "undo domain": nothing,
    "domain default enable": _default_domain,
    "undo domain default enable": bare,
    "domain if-unknown": ROLES,
    "dhcp relay server-group": _relay_server,
    "dhcp relay server-address": _relay_server,
}


def management(draft: Draft, old: bool) -> Management:
    lines = tuple(_frozen_line(line, draft) for line in draft.lines)
    users = tuple(_frozen_user(user) for user in draft.users.values())
    domain = draft.domains.get(draft.default_domain)
    chosen = (domain.login or domain.default) if domain else None
    flags = dict(draft.flags)
    ssh = draft.services.get("ssh")
    if old and ssh is not None and ssh.enabled and ssh.ref is not None and "no-ssh-v1" not in draft.facts:
        flags.setdefault("ssh-v1", ssh.ref)  # Comware 5 serves the first version unless told otherwise
    return Management(
        services=_frozen_services(draft, old),
        lines=lines,
        users=users,
        servers=tuple(draft.servers.values()),
        snmp=tuple(_frozen_snmp(item, draft) for item in draft.snmp),
        aaa=chosen[1] if chosen and chosen[0] else None,
        flags=tuple((name, ref) for name, ref in flags.items()),
    )


# What a device does when nobody says; None where models and releases differ.
_DEFAULTS: dict[str, bool | None] = {
    "ssh": False,
    "telnet": None,
    "http": None,
    "https": None,
    "ftp": False,
    "netconf": False,
    "snmp": None,
    "ntp": None,
}


def _frozen_services(draft: Draft, old: bool) -> tuple[Service, ...]:
    defaults = {**_DEFAULTS, "ntp": True} if old else _DEFAULTS
    found = []
    for name in dict.fromkeys((*defaults, *draft.services)):
        service = draft.services.get(name) or Service(name, defaults[name], PORTS[name], (), None, None)
        acls = draft.service_acls.get(name) or draft.service_acls.get("ssh" if name in ("sftp", "scp") else name, [])
        filters = tuple(Applied(draft.acl_key(acl.filter), acl.ref) for acl in acls)
        found.append(service._replace(filters=filters, port=service.port or PORTS.get(name, 0)))
    return tuple(found)


def _frozen_line(line: LineDraft, draft: Draft) -> TerminalLine:
    base = draft.line_classes.get(line.kind)
    protocols = line.protocols or (base.protocols if base else None) or (("ssh", "telnet") if line.kind == "vty" else ())
    authentication = line.authentication or (base.authentication if base else None) or ("password" if line.kind == "vty" else "none")
    idle = line.idle_s if line.idle_s is not None else base.idle_s if base and base.idle_s is not None else 600
    filters = line.filters or (base.filters if base else [])
    applied = tuple(Applied(draft.acl_key(item.filter), item.ref) for item in filters)
    return TerminalLine(line.kind, line.first, line.last, protocols, applied, authentication, idle, line.ref)


def _frozen_user(user: UserDraft) -> User:
    return User(user.name, ",".join(user.roles), user.secret, user.default, tuple(user.services), user.ref)


def _frozen_snmp(item: SnmpDraft, draft: Draft) -> SnmpAccess:
    """A user may speak at the level that its group demands, though it has keys for more."""
    security, write, filters, ref = draft.snmp_groups.get(item.group or "", (item.security, False, (), item.ref))
    applied = tuple(Applied(draft.acl_key(acl.filter), acl.ref) for acl in dict.fromkeys(item.filters + filters))
    security = values.weaker(item.security, security) if item.version == "v3" else item.security
    ref = ref if security != item.security else item.ref
    return SnmpAccess(item.version, security, item.write or write, item.default, applied, ref)
