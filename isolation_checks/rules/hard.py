"""HARD: the devices themselves withstand what they meet."""

from __future__ import annotations

from isolation_checks.rules.base import Rule
from isolation_checks.rules.hard_access import Aaa, Idle, Secret, Ssh
from isolation_checks.rules.hard_ports import Ipv6, Port, RoutingAuthentication
from isolation_checks.rules.hard_services import Ntp, Snmp, Syslog

RULES: tuple[type[Rule], ...] = (Ssh, Snmp, Aaa, Ntp, Syslog, Secret, RoutingAuthentication, Port, Ipv6, Idle)
