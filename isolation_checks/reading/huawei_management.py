"""Who may reach and change a VRP device, and the servers that it talks to."""

from __future__ import annotations

from isolation_checks.reading.huawei_acl import acl_name
from isolation_checks.reading.huawei_draft import Draft, LineDraft, ServiceDraft, SnmpCommunity, SnmpGroup, SnmpUser
from isolation_checks.reading.huawei_irrelevant import IPV6_ONLY, LOGS, SCREEN
from isolation_checks.reading.huawei_names import take_interface
from isolation_checks.reading.huawei_views import Entry, Handler, Reading, UnreadError, View, done, keyword
from isolation_checks.reading.values import ip, weaker
from isolation_checks.snapshot import Applied, Management, Server, Service, SnmpAccess, TerminalLine, User

PORTS = {
    "ssh": 22,
    "telnet": 23,
    "http": 80,
    "https": 443,
    "ftp": 21,
    "sftp": 22,
    "tftp": 69,
    "snmp": 161,
    "ntp": 123,
    "netconf": 830,
    "restconf": 443,
}
_OFF_BY_DEFAULT = {"ftp", "tftp", "snmp", "netconf", "restconf", "sftp"}


# --- services


def service(r: Reading, name: str) -> ServiceDraft:
    found = r.draft.services.get(name)
    if found is None:
        found = r.draft.services[name] = ServiceDraft(False if name in _OFF_BY_DEFAULT else None, PORTS[name])
    return found


def switch(name: str, on: bool) -> Handler:
    def handler(r: Reading, words: list[str]) -> None:
        found = service(r, name)
        found.enabled, found.ref = on, r.ref
        if words and words[0] == "port":
            found.port = int(words[1])
        elif words and words[0] not in ("enable", "disable"):
            raise UnreadError

    return handler


def _no_web(r: Reading, words: list[str]) -> None:
    """The whole HTTP service of VRP 8, plain and encrypted."""
    for name in ("http", "https"):
        switch(name, False)(r, words)


def _port(name: str) -> Handler:
    def handler(r: Reading, words: list[str]) -> None:
        found = service(r, name)
        found.port = int(words[0])
        found.ref = found.ref or r.ref

    return handler


def _service_acl(name: str) -> Handler:
    def handler(r: Reading, words: list[str]) -> None:
        if words[0] == "ipv6":
            r.irrelevant(IPV6_ONLY)
            return
        service(r, name).filters.append(Applied(acl_name(r.draft, words[0]), r.ref))

    return handler


def _undo_service_acl(name: str) -> Handler:
    def handler(r: Reading, _words: list[str]) -> None:
        service(r, name).filters.clear()

    return handler


def flag(name: str) -> Handler:
    def handler(r: Reading, _words: list[str]) -> None:
        r.draft.flags[name] = r.ref

    return handler


def no_flag(name: str) -> Handler:
    def handler(r: Reading, _words: list[str]) -> None:
        r.draft.flags.pop(name, None)

    return handler


# --- servers


def _address_in(words: list[str]) -> str | None:
    return next((word for word in words if ip(word) is not None), None)


def _vrf_in(words: list[str]) -> str | None:
    return words[words.index("vpn-instance") + 1] if "vpn-instance" in words else None


def server(kind: str, *authenticated_by: str) -> Handler:
    def handler(r: Reading, words: list[str]) -> None:
        address = _address_in(words)
        if address is None:
            if words and (":" in words[0] or words[0] == "ipv6"):
                r.irrelevant(IPV6_ONLY)
                return
            raise UnreadError
        known = any(word in words for word in authenticated_by)
        r.draft.servers.append(Server(kind, address, _vrf_in(words), known, r.ref))

    return handler


def undo_server(kind: str) -> Handler:
    def handler(r: Reading, words: list[str]) -> None:
        address = _address_in(words)
        r.draft.servers = [item for item in r.draft.servers if item.kind != kind or (address is not None and item.address != address)]

    return handler


def _loghost(r: Reading, words: list[str]) -> None:
    if words[0] == "source":
        if take_interface(words[1:])[0] is None:
            raise UnreadError
        r.irrelevant(LOGS)
        return
    server("syslog")(r, words)


def _open_servers(r: Reading, words: list[str]) -> None:
    r.open(SERVERS, words[0] if words else "")


SERVERS = View(
    "server template",
    {
        "hwtacacs-server authentication": server("aaa", "shared-key"), "hwtacacs-server authorization": done,
        "hwtacacs-server accounting": done,
        "hwtacacs-server source-ip": done, "hwtacacs-server shared-key": done, "hwtacacs-server": done, "undo hwtacacs-server": done,
        "radius-server authentication": server("aaa", "shared-key"), "radius-server accounting": done, "radius-server shared-key": done,
        "radius-server": done, "undo radius-server": done, "hwtacacs server authentication": server("aaa"), "hwtacacs server": done,
        "radius-attribute": done, "undo radius-attribute": done, "called-station-id": done, "calling-station-id": done, "ldap-server": done,
        "ad-server": done, "description": SCREEN,
    },
)  # fmt: skip


# --- SNMP


def _snmp(r: Reading, words: list[str]) -> None:
    if words:
        raise UnreadError
    _snmp_on(r)


def _snmp_on(r: Reading) -> None:
    found = service(r, "snmp")
    found.enabled, found.ref = True, found.ref or r.ref


def _undo_snmp(r: Reading, words: list[str]) -> None:
    if words:
        raise UnreadError
    found = service(r, "snmp")
    found.enabled, found.ref = False, r.ref


def _acl_in(r: Reading, words: list[str]) -> tuple[Applied, ...]:
    return (Applied(acl_name(r.draft, words[words.index("acl") + 1]), r.ref),) if "acl" in words[:-1] else ()


def _community(r: Reading, words: list[str]) -> None:
    _snmp_on(r)
    write = keyword(words[0], "read", "write") == "write"
    rest = words[1:]
    value = rest[1] if rest[0] in ("cipher", "simple") else rest[0]
    default = value.lower() in ("public", "private")  # after `cipher`, too: people type the name itself there, and no cipher text is one
    r.draft.snmp_communities.append(SnmpCommunity("v2c", write, default, _acl_in(r, rest[1:]), r.ref))


def _versions(on: bool) -> Handler:
    def handler(r: Reading, words: list[str]) -> None:
        _snmp_on(r)
        names = ("v1", "v2c", "v3") if "all" in words else tuple(words)
        for name in names:
            if name not in ("v1", "v2c", "v3"):
                raise UnreadError
            if on:
                r.draft.flags[f"snmp-{name}"] = r.ref
            else:
                r.draft.flags.pop(f"snmp-{name}", None)

    return handler


def _snmp_group(r: Reading, words: list[str]) -> None:
    """``snmp-agent group v3 G privacy read-view A write-view B acl 2000``"""
    _snmp_on(r)
    words = words if words[0] in ("v1", "v2c", "v3") else ["v3", *words]
    security = next((word for word in words[2:3] if word in ("privacy", "authentication", "noauthentication", "noauth")), "none")
    security = "none" if security.startswith("noauth") else security
    r.draft.snmp_groups[words[1]] = SnmpGroup(security, "write-view" in words, _acl_in(r, words), r.ref)


def _snmp_user(r: Reading, words: list[str]) -> None:
    """In one line or one line for each thing."""
    _snmp_on(r)
    if words[0] not in ("v3", "v1", "v2c"):
        raise UnreadError
    user = r.draft.snmp_users.setdefault(words[1], SnmpUser(r.ref))
    rest = words[2:]
    if rest and rest[0] not in ("group", "authentication-mode", "privacy-mode", "acl", "simple", "cipher", "password"):
        user.group, rest = rest[0], rest[1:]
    if "group" in rest:
        user.group = rest[rest.index("group") + 1]
    user.authentication = user.authentication or "authentication-mode" in rest
    user.privacy = user.privacy or "privacy-mode" in rest
    user.filters += _acl_in(r, rest)


def _undo_snmp_user(r: Reading, words: list[str]) -> None:
    r.draft.snmp_users.pop(words[1], None)


def _snmp_acl(r: Reading, words: list[str]) -> None:
    _snmp_on(r)
    service(r, "snmp").filters.append(Applied(acl_name(r.draft, words[0]), r.ref))


MANAGEMENT_TOP: dict[str, Entry] = {
    "telnet server enable": switch("telnet", True), "undo telnet server enable": switch("telnet", False),
    "undo telnet server": switch("telnet", False),
    "telnet server disable": switch("telnet", False), "telnet server port": _port("telnet"), "telnet server acl": _service_acl("telnet"),
    "undo telnet server acl": _undo_service_acl("telnet"), "telnet server-source": done, "undo telnet server-source": done,
    "telnet server permit": done, "stelnet server enable": switch("ssh", True), "undo stelnet server enable": switch("ssh", False),
    "stelnet ipv4 server enable": switch("ssh", True), "undo stelnet ipv4 server enable": switch("ssh", False),
    "ssh server enable": switch("ssh", True),
    "undo ssh server enable": switch("ssh", False), "sftp server enable": switch("sftp", True), "undo sftp server enable": switch("sftp",
    False),
    "sftp ipv4 server enable": switch("sftp", True), "undo sftp ipv4 server enable": switch("sftp", False),
    "scp server enable": switch("sftp", True),
    "undo scp server enable": done, "scp ipv4 server enable": switch("sftp", True), "ssh server port": _port("ssh"),
    "ssh server acl": _service_acl("ssh"),
    "undo ssh server acl": _undo_service_acl("ssh"), "ssh server-source": done, "undo ssh server-source": done, "ssh server permit": done,
    "ssh server compatible-ssh1x enable": flag("ssh-v1"), "undo ssh server compatible-ssh1x enable": no_flag("ssh-v1"),
    "ssh user": done, "undo ssh user": done, "ssh authentication-type default password": done, "ssh authorization-type default": done,
    "http server enable": switch("http", True), "undo http server enable": switch("http", False), "http server": done,
    "http acl": _service_acl("http"),
    "http server load": done, "http secure-server enable": switch("https", True), "undo http secure-server enable": switch("https", False),
    "http secure-server ssl-policy": done, "http server port": _port("http"), "http secure-server port": _port("https"),
    "http server acl": _service_acl("http"),
    "http timeout": SCREEN, "http server-source": done, "http secure-server server-source": done, "http": switch("http", True),
    "undo http acl": _undo_service_acl("http"), "undo http": _no_web,
    "ftp server enable": switch("ftp", True), "undo ftp server enable": switch("ftp", False), "undo ftp server": switch("ftp", False),
    "ftp acl": _service_acl("ftp"),
    "ftp server acl": _service_acl("ftp"), "ftp server": done, "ftp timeout": SCREEN, "undo ftp acl": _undo_service_acl("ftp"),
    "set default ftp-directory": done,
    "tftp-server acl": done, "tftp client": done, "ftp client": done, "telnet client": done, "snetconf server enable": switch("netconf",
    True),
    "snetconf ipv4 server enable": switch("netconf", True), "undo snetconf server enable": switch("netconf", False),
    "netconf": switch("netconf", True),
    "undo snetconf ipv4 server enable": switch("netconf", False), "hwtacacs enable": done,
    "undo hwtacacs enable": done,
    "hwtacacs-server template": _open_servers, "radius-server template": _open_servers, "radius enable": done,
    "ldap-server template": _open_servers,
    "ad-server template": _open_servers, "hwtacacs-server": done, "radius-server": done, "undo hwtacacs-server": done,
    "undo radius-server": done,
    "domain": done, "header login": flag("banner"), "header shell": flag("banner"), "header": flag("banner"),
    "undo header login": no_flag("banner"),
    "ntp-service unicast-server": server("ntp", "authentication-keyid"), "ntp unicast-server": server("ntp", "authentication-keyid"),
    "undo ntp-service unicast-server": undo_server("ntp"), "undo ntp unicast-server": undo_server("ntp"),
    "ntp-service unicast-peer": server("ntp", "authentication-keyid"),
    "ntp-service authentication enable": flag("ntp-authentication"), "ntp authentication enable": flag("ntp-authentication"),
    "ntp-service enable": done,
    "undo ntp-service enable": switch("ntp", False), "undo ntp-service disable": done, "ntp-service disable": switch("ntp", False),
    "ntp-service access": _service_acl("ntp"), "ntp server disable": switch("ntp", False), "ntp-service server disable": switch("ntp",
    False),
    "ntp-service broadcast-server": done, "undo ntp-service server disable": switch("ntp", True),
    "info-center loghost": _loghost, "undo info-center loghost": undo_server("syslog"), "info-center timestamp log": flag("log-timestamps"),
    "dns server": server("dns"), "undo dns server": undo_server("dns"), "ip host": done,
    "snmp-agent": _snmp, "undo snmp-agent": _undo_snmp, "snmp-agent community": _community, "undo snmp-agent community": done,
    "snmp-agent sys-info version": _versions(True), "undo snmp-agent sys-info version": _versions(False), "snmp-agent group": _snmp_group,
    "undo snmp-agent group": done, "snmp-agent usm-user": _snmp_user, "undo snmp-agent usm-user": _undo_snmp_user,
    "snmp-agent acl": _snmp_acl,
    "snmp-agent target-host trap": server("trap", "v3"), "snmp-agent target-host": server("trap", "v3"),
    "undo snmp-agent target-host": undo_server("trap"),
    "snmp-agent local-user": _snmp_user, "snmp-agent protocol": done, "undo snmp-agent protocol": done,
    "snmp-agent community complexity-check": done,
    "undo password-recovery": flag("no-password-recovery"), "password-recovery": done,
}  # fmt: skip


# --- what comes out


def management(draft: Draft) -> Management:
    used = {draft.schemes.get(name) for name in draft.used_schemes} - {None}
    return Management(
        services=_services(draft),
        lines=tuple(_terminal(item, draft) for item in draft.lines),
        users=tuple(
            User(item.name, item.privilege, item.secret, item.default, tuple(item.services), item.ref) for item in draft.users.values()
        ),
        servers=tuple(draft.servers),
        snmp=_accesses(draft),
        aaa=min(
            used,
            default=None,
            key=lambda ref: ref or (),
        )
        if used
        else None,
        flags=tuple(draft.flags.items()),
    )


def _applied(draft: Draft, entries: list[Applied] | tuple[Applied, ...]) -> tuple[Applied, ...]:
    return tuple(Applied(acl_name(draft, entry.filter), entry.ref) for entry in entries)


def _services(draft: Draft) -> tuple[Service, ...]:
    found: list[Service] = []
    for name in ("ssh", "telnet", "http", "https", "ftp", "snmp", "netconf", "ntp", *draft.services):
        if name in {item.name for item in found}:
            continue
        item = draft.services.get(name) or ServiceDraft(False if name in _OFF_BY_DEFAULT else None, PORTS[name])
        found.append(Service(name, item.enabled, item.port, _applied(draft, item.filters), None, item.ref))
    return tuple(found)


def _terminal(item: LineDraft, draft: Draft) -> TerminalLine:
    """Without a line about them, some releases let both protocols in; the console has neither."""
    protocols = item.protocols if item.protocols is not None else ("ssh", "telnet") if item.kind == "vty" else ()
    return TerminalLine(
        item.kind, item.first, item.last, protocols, _applied(draft, item.filters), item.authentication, item.idle_s, item.ref
    )


def _accesses(draft: Draft) -> tuple[SnmpAccess, ...]:
    found = [
        SnmpAccess(item.version, "community", item.write, item.default, _applied(draft, item.filters), item.ref)
        for item in draft.snmp_communities
    ]
    for user in draft.snmp_users.values():
        group = draft.snmp_groups.get(user.group)
        security = "privacy" if user.privacy else "authentication" if user.authentication else "none"
        ref = user.ref
        if group is not None and (admitted := weaker(security, group.security)) != security:
            security, ref = admitted, group.ref
        filters = (*user.filters, *(group.filters if group is not None else ()))
        found.append(SnmpAccess("v3", security, group is None or group.write, False, _applied(draft, filters), ref))
    return tuple(found)
