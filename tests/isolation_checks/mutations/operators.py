"""All operators."""

from __future__ import annotations

from tests.isolation_checks.mutations import decreed, entries, filters, firewall, hardening, hygiene, networks, policy, routing, units
from tests.isolation_checks.mutations.harness import Operator

ALL: tuple[Operator, ...] = tuple(
    operator
    for module in (decreed, policy, filters, entries, firewall, networks, routing, units, hardening, hygiene)
    for operator in module.OPERATORS
)
