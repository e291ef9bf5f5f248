"""Who gets into a device, and how."""

from __future__ import annotations

from collections.abc import Iterator

from isolation_checks.case import Case
from isolation_checks.rules.base import PLAN_345
from isolation_checks.rules.hard_base import TRANSIT, DeviceRule, Fault, fault, input_is_closed, line_name, start, unguarded
from isolation_checks.snapshot import Applied, DeviceConfig, TerminalLine
from isolation_checks.verdicts import Doubt, Severity
from topology.facts import Device
from topology.i18n import T

NOT_SSH = frozenset({"telnet", "http", "https", "ftp", "tftp", "rlogin", "rsh", "rcp", "restconf", "web"})
"""Services that log people in, or move files, by something other than SSH."""

LINUX = frozenset({"frr"})
"""Platforms whose SSH server has no terminal lines in front of it."""

IDLE_LIMIT_S = 15 * 60
STRONG_SECRETS = frozenset({"hash", "reference"})
WEAK_SECRETS = {
    "none": T("has no password"),
    "plain": T("has its password in clear text"),
    "reversible": T("has a password that can be turned back into clear text"),
}


class Ssh(DeviceRule):
    id = "HARD-SSH"
    title = T("Remote login is by SSH only")
    description = T(
        "Devices are configured over SSH version 2 and nothing else: no telnet, web pages or plain file transfer; terminal lines admit ssh "
        "only, ask for a login through AAA and stand behind a filter. A violation lets a password be read on the way, or lets anybody try."
    )
    source = (TRANSIT, PLAN_345)
    severity = Severity.HIGH

    def look(self, _case: Case, device: Device, config: DeviceConfig) -> Iterator[Fault]:
        yield from self._services(device, config)
        lines = [line for line in config.management.lines if line.kind == "vty"]
        for line in lines:
            yield from self._line(device, config, line)
        if not lines:
            yield from self._without_lines(device, config)
        for name, ref in config.management.flags:
            if name == "ssh-v1":
                yield fault(device.name, T("SSH version 1 is admitted"), T("admit SSH version 2 only"), ref)

    def _services(self, device: Device, config: DeviceConfig) -> Iterator[Fault]:
        for service in config.management.services:
            if service.name not in NOT_SSH or service.enabled is False:
                continue
            place = service.ref or start(config)
            if service.enabled is None:
                what = T(
                    "whether {service} is on depends on the release, and the config of {device} does not say",
                    service=service.name,
                    device=device.name,
                )
                yield Doubt(what, place)
            else:
                yield fault(device.name, T("{service} is on", service=service.name), T("turn {service} off", service=service.name), place)

    def _line(self, device: Device, config: DeviceConfig, line: TerminalLine) -> Iterator[Fault]:
        name = line_name(line)
        if not line.protocols:
            return
        if others := [protocol for protocol in line.protocols if protocol != "ssh"]:
            what = T("{line} admits {protocols}", line=name, protocols=", ".join(others))
            yield fault(device.name, what, T("let {line} admit ssh only", line=name), line.ref)
        if not line.authentication:
            yield Doubt(T("how people log in on {line} of {device} depends on the release", line=name, device=device.name), line.ref)
        elif line.authentication != "aaa":
            what = T("{line} does not ask for a login through AAA but for: {method}", line=name, method=line.authentication)
            yield fault(device.name, what, T("let {line} authenticate through AAA", line=name), line.ref)
        found = unguarded(config, (*line.filters, *_ssh_filters(config)))
        if found:
            what = T("{line} is open to every address: {why}", line=name, why=found[0])
            yield fault(device.name, what, T("apply a filter that admits the operators' addresses only"), line.ref, *found[1])

    def _without_lines(self, device: Device, config: DeviceConfig) -> Iterator[Fault]:
        ssh = [service for service in config.management.services if service.name == "ssh"]
        if ssh and all(service.enabled is False for service in ssh):
            return
        if config.platform not in LINUX:
            yield Doubt(T("the config of {device} says nothing about its terminal lines", device=device.name), start(config))
            return
        found = None if input_is_closed(config) else unguarded(config, _ssh_filters(config))
        if found:
            what = T("{line} is open to every address: {why}", line="ssh", why=found[0])
            yield fault(
                device.name,
                what,
                T("apply a filter that admits the operators' addresses only"),
                (ssh[0].ref if ssh else None) or start(config),
                *found[1],
            )


def _ssh_filters(config: DeviceConfig) -> tuple[Applied, ...]:
    return tuple(use for service in config.management.services if service.name == "ssh" for use in service.filters)


class Aaa(DeviceRule):
    id = "HARD-AAA"
    title = T("Logins are checked by AAA servers, and by local users when these fail")
    description = T(
        "Every login is checked by the AAA servers first; a local user stands by for the day when they cannot be reached, and no console "
        "or auxiliary line lets anybody in without a name. A violation means that nobody can be held to account for a change, or that "
        "nobody gets in."
    )
    source = (TRANSIT, PLAN_345)
    severity = Severity.HIGH

    def look(self, _case: Case, device: Device, config: DeviceConfig) -> Iterator[Fault]:
        management = config.management
        if management.aaa is None:
            yield fault(
                device.name, T("logins are not checked by AAA servers"), T("let AAA servers check logins, then local users"), start(config)
            )
        elif not any(server.kind == "aaa" for server in management.servers):
            yield fault(device.name, T("AAA is on, but no AAA server is named"), T("name the AAA servers"), management.aaa)
        if not management.users:
            yield fault(
                device.name, T("there is no local user for the day when the AAA servers fail"), T("add a local user"), start(config)
            )
        for line in management.lines:
            if line.kind == "vty" or line.authentication in ("aaa", "local"):
                continue  # terminal lines of the network are the business of HARD-SSH
            name = line_name(line)
            if not line.authentication:
                yield Doubt(T("how people log in on {line} of {device} depends on the release", line=name, device=device.name), line.ref)
            else:
                what = T("{line} does not ask for a login through AAA but for: {method}", line=name, method=line.authentication)
                yield fault(device.name, what, T("let {line} authenticate through AAA", line=name), line.ref)


class Secret(DeviceRule):
    id = "HARD-SECRET"
    title = T("No default, readable or missing passwords")
    description = T(
        "Passwords of local users are stored as hashes, or as references that are filled in at deployment; no user and no SNMP community "
        "is one that the maker ships. A violation is a password that anybody can look up or read from a backup."
    )
    source = (TRANSIT, PLAN_345)
    severity = Severity.CRITICAL

    def look(self, _case: Case, device: Device, config: DeviceConfig) -> Iterator[Fault]:
        for user in config.management.users:
            if user.default:
                what = T("user {user} is one that the maker ships", user=user.name)
                yield fault(device.name, what, T("delete the user, or change its name and password"), user.ref)
            weak = WEAK_SECRETS.get(user.secret)
            if weak:
                what = T("user {user} {fault}", user=user.name, fault=weak)
                yield fault(device.name, what, T("store the password as a hash"), user.ref)
            elif user.secret not in STRONG_SECRETS:
                what = T(
                    "how the password of user {user} of {device} is stored is not known: {kind}",
                    user=user.name,
                    device=device.name,
                    kind=user.secret,
                )
                yield Doubt(what, user.ref)
        for access in config.management.snmp:
            if access.default:
                yield fault(device.name, T("an SNMP community has the name that the maker ships"), T("delete the community"), access.ref)


class Idle(DeviceRule):
    id = "HARD-IDLE"
    title = T("Sessions that nobody uses are closed")
    description = T(
        "Every terminal line closes a session that was idle for a quarter of an hour or less; a line that does not say so keeps the "
        "platform's ten minutes. A violation leaves a session open to whoever sits down at it."
    )
    source = (PLAN_345,)
    severity = Severity.LOW

    def concerns(self, _device: Device, config: DeviceConfig) -> bool:
        return bool(config.management.lines)

    def look(self, _case: Case, device: Device, config: DeviceConfig) -> Iterator[Fault]:
        for line in config.management.lines:
            if line.idle_s is None or 0 < line.idle_s <= IDLE_LIMIT_S:
                continue
            name = line_name(line)
            if line.idle_s == 0:
                what = T("{line} never closes an idle session", line=name)
            else:
                what = T("{line} closes an idle session after {seconds} s only", line=name, seconds=line.idle_s)
            yield fault(device.name, what, T("close idle sessions after {minutes} minutes or sooner", minutes=IDLE_LIMIT_S // 60), line.ref)
