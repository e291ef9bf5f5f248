"""What a device serves to, and expects from, the management network: SNMP, time, logs."""

from __future__ import annotations

from collections.abc import Iterator

from isolation_checks.case import Case
from isolation_checks.rules.hard_base import AUDIT, TRANSIT, DeviceRule, Fault, fault, input_is_closed, start, unguarded
from isolation_checks.snapshot import DeviceConfig
from isolation_checks.verdicts import Severity
from topology.facts import Device
from topology.i18n import T


class Snmp(DeviceRule):
    id = "HARD-SNMP"
    title = T("SNMP is version 3 with privacy, behind a filter")
    description = T(
        "SNMP answers users of version 3 with authentication and privacy only, and only at addresses that a filter admits. A device "
        "without SNMP passes. A violation sends the device's state, or commands to it, in clear text or to anybody."
    )
    source = (TRANSIT,)
    severity = Severity.HIGH

    def look(self, _case: Case, device: Device, config: DeviceConfig) -> Iterator[Fault]:
        service = next((item for item in config.management.services if item.name == "snmp"), None)
        if service is not None and service.enabled is False:
            return
        for access in config.management.snmp:
            if access.version != "v3":
                what = T("SNMP {version} sends community names in clear text", version=access.version)
                yield fault(device.name, what, T("use SNMP version 3 with authentication and privacy"), access.ref)
            elif access.security != "privacy":
                what = T("SNMP version 3 is admitted without privacy: {level}", level=access.security)
                yield fault(device.name, what, T("use SNMP version 3 with authentication and privacy"), access.ref)
            found = unguarded(config, (*access.filters, *(service.filters if service else ())))
            if found and not input_is_closed(config):
                what = T("SNMP is open to every address: {why}", why=found[0])
                yield fault(device.name, what, T("apply a filter that admits the managers' addresses only"), access.ref, *found[1])


class Ntp(DeviceRule):
    id = "HARD-NTP"
    title = T("The clock follows authenticated time servers")
    description = T(
        "Every device takes the time from the network's time servers and checks that it is they who answer. A violation makes the times in "
        "the logs worthless, or lets an attacker set them."
    )
    source = (AUDIT,)
    severity = Severity.MEDIUM

    def look(self, _case: Case, device: Device, config: DeviceConfig) -> Iterator[Fault]:
        servers = [server for server in config.management.servers if server.kind == "ntp"]
        if not servers:
            yield fault(device.name, T("no time server is named"), T("name the time servers, with authentication"), start(config))
        for server in servers:
            if not server.authenticated:
                what = T("time server {server} is not authenticated", server=server.address)
                yield fault(device.name, what, T("authenticate the time server"), server.ref)


class Syslog(DeviceRule):
    id = "HARD-SYSLOG"
    title = T("Logs go to a log server")
    description = T(
        "Every device sends its log to a server, where it survives the device and whoever broke into it. A violation leaves no trace of "
        "what happened."
    )
    source = (AUDIT,)
    severity = Severity.MEDIUM

    def look(self, _case: Case, device: Device, config: DeviceConfig) -> Iterator[Fault]:
        if not any(server.kind == "syslog" for server in config.management.servers):
            yield fault(device.name, T("no log server is named"), T("send the log to the log server"), start(config))
