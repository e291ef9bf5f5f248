"""ACL: filters say what they mean, and mean what they do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from isolation_checks.case import Case
from isolation_checks.packets.filters import named
from isolation_checks.rules.acl_overlap import POLICY, Kind, Superfluous, implied, is_everything
from isolation_checks.rules.acl_references import dangling
from isolation_checks.rules.base import Rule
from isolation_checks.rules.words import ACTION
from isolation_checks.snapshot import Action, DeviceConfig, Filter, Interface
from isolation_checks.snapshot import Rule as Entry
from isolation_checks.verdicts import Finding, Outcome, Place, Scope, Severity
from topology.i18n import T, Text

_ON_THE_WAY = frozenset({"ingress", "prerouting", "forward", "postrouting"})
"""Where a Linux host's chains meet packets that it forwards."""

DEFAULT_DENY = T("GB/T 22239-2019 8.1.3.2")


class _FilterRule(Rule):
    """A rule on the filters of each device. Its subjects are the devices that have any."""

    source = (DEFAULT_DENY,)
    scope = Scope.AS_WRITTEN

    def check(self, case: Case) -> Outcome:
        subjects = tuple(config.folder for config in case.snapshot.devices if config.filters or config.firewall)
        return Outcome(subjects, tuple(self.findings(case)))

    def findings(self, case: Case) -> Iterator[Finding]:
        raise NotImplementedError


class _Superfluous(_FilterRule):
    kind: ClassVar[Kind]
    fix: ClassVar[Text]

    def findings(self, case: Case) -> Iterator[Finding]:
        for item in case.superfluous:
            if item.kind is self.kind:
                places = (item.rule.ref, item.by.ref) if item.by else (item.rule.ref,)
                yield Finding(f"{item.device}:{item.filter}", self.wording(item), self.fix, places)

    def wording(self, item: Superfluous) -> Text:
        raise NotImplementedError


class Shadowed(_Superfluous):
    id = "ACL-SHADOWED"
    title = T("No entry of a filter stands behind others that do the same")
    description = T(
        "Every entry of every filter decides for some packet. An entry all of whose packets earlier entries take, doing the same with "
        "them, is never reached: whoever reads it believes in something that it does not do."
    )
    severity = Severity.LOW
    kind = Kind.SHADOWED
    fix = T("delete the entry")

    def wording(self, item: Superfluous) -> Text:
        if item.by is None:
            return T("entry {entry} is never reached: earlier entries together take all that it matches", entry=_name(item.rule))
        return T("entry {entry} is never reached: entry {by} takes all that it matches", entry=_name(item.rule), by=_name(item.by))


class Contradictory(_Superfluous):
    id = "ACL-CONTRADICTORY"
    title = T("No entry of a filter is undone by earlier ones")
    description = T(
        "No entry stands behind earlier ones that take all its packets and do the opposite. Such a filter either lets through what "
        "somebody meant to stop, or stops what somebody meant to let through."
    )
    severity = Severity.MEDIUM
    kind = Kind.CONTRADICTED
    fix = T("move the entry up if it is meant, delete it if it is not")

    def wording(self, item: Superfluous) -> Text:
        action = ACTION.get(item.rule.action, item.rule.action.value)
        if item.by is None:
            return T(
                "entry {entry} ({action}) has no effect: earlier entries together do the opposite", entry=_name(item.rule), action=action
            )
        return T(
            "entry {entry} ({action}) has no effect: entry {by} does the opposite before it",
            entry=_name(item.rule),
            action=action,
            by=_name(item.by),
        )


class Redundant(_Superfluous):
    id = "ACL-REDUNDANT"
    title = T("No entry of a filter is contained in a later one")
    description = T(
        "No entry is contained in a single later one that does the same, with nothing in between that decides otherwise. A final entry for "
        "everything, written out though it equals the default, is good practice and makes nothing redundant."
    )
    severity = Severity.LOW
    kind = Kind.REDUNDANT
    fix = T("delete the entry, or the wider one if it was not meant")

    def wording(self, item: Superfluous) -> Text:
        by = _name(item.by) if item.by else ""
        return T("entry {entry} changes nothing: entry {by} after it does the same for all that it matches", entry=_name(item.rule), by=by)


class Dangling(_FilterRule):
    id = "ACL-DANGLING"
    title = T("Whatever a config refers to is defined")
    description = T(
        "Every filter, zone, list, route policy, VRF and interface that a line names exists in the same config, and no entry of a filter "
        "names a set without members. What a device does with an undefined name differs from maker to maker: some let everything pass. "
        "Definitions that nothing refers to are no violation."
    )
    severity = Severity.HIGH

    def findings(self, case: Case) -> Iterator[Finding]:
        for config in case.snapshot.devices:
            for kind, name, ref in dangling(config):
                what = T("{kind} {name} is used, but not defined", kind=kind, name=name)
                yield Finding(f"{config.folder}:{name}", what, T("define it, or remove the reference"), (ref,))
            for filter_name, rule in _all_entries(config):
                if rule.matches and () in rule.matches[0] and all(() in match for match in rule.matches):
                    what = T("entry {entry} can never match: a set that it names has no members", entry=_name(rule))
                    yield Finding(f"{config.folder}:{filter_name}", what, T("define the set, or delete the entry"), (rule.ref,))

    def check(self, case: Case) -> Outcome:
        outcome = super().check(case)
        return Outcome(tuple(config.folder for config in case.snapshot.devices), outcome.findings)


class AnyAny(_FilterRule):
    id = "ACL-ANY"
    title = T("No filter at an edge and no policy between zones lets everything through")
    description = T(
        "No policy between zones and no filter towards a party or an external network has an entry, or a default, that permits every "
        "packet. A violation is a door that is always open."
    )
    severity = Severity.HIGH

    def findings(self, case: Case) -> Iterator[Finding]:
        edges = _edges(case)
        for config in case.snapshot.devices:
            yield from _open_policy(config)
            yield from _open_chains(config, edges)
            opened = _OpenFilters(config)
            for item in config.interfaces:
                if (config.folder, item.name) in edges:
                    yield from opened.at(item)


def _open_policy(config: DeviceConfig) -> Iterator[Finding]:
    firewall = config.firewall
    if firewall is None:
        return
    subject = f"{config.folder}:{POLICY}"
    fix = T("permit only what is declared")
    platform = implied(config)
    for policy in firewall.rules:
        inside = policy.from_zones is not None and policy.from_zones == policy.to_zones and len(policy.from_zones) == 1
        own = policy.from_zones == (firewall.local,)  # what the firewall itself sends
        if _permits_all(policy.rule) and not inside and not own and policy.rule.ref not in platform:
            zones = T("{source} to {target}", source=_zones(policy.from_zones), target=_zones(policy.to_zones))
            yield Finding(
                subject, T("entry {entry} permits everything from {zones}", entry=_name(policy.rule), zones=zones), fix, (policy.rule.ref,)
            )
    if firewall.between is Action.PERMIT:
        places: tuple[Place, ...] = (firewall.default_ref,) if firewall.default_ref else (firewall.zones[0].ref,) if firewall.zones else ()
        yield Finding(subject, T("what no entry names passes between zones"), fix, places)


def _open_chains(config: DeviceConfig, edges: set[tuple[str, str]]) -> Iterator[Finding]:
    """Entries of a Linux host's own forwarding chains, and of those where these or earlier ones send what crosses an edge."""
    reached = {hook.filter for hook in config.hooks if hook.stage == "forward"} | _sent_to(config, edges)
    for item in config.filters:
        for rule in item.rules if item.name in reached else ():
            if _permits_all(rule):
                what = T("entry {entry} of {filter} permits everything", entry=_name(rule), filter=item.name)
                yield Finding(f"{config.folder}:{item.name}", what, T("permit only what is declared"), (rule.ref,))


def _sent_to(config: DeviceConfig, edges: set[tuple[str, str]]) -> set[str]:
    """The chains to which packets on their way over an edge are sent, by a chain that is hooked there or by another."""
    filters = {item.name: item for item in config.filters}
    found: set[str] = set()
    todo = [hook.filter for hook in config.hooks if hook.stage in _ON_THE_WAY]
    while todo:
        for rule in filters[name].rules if (name := todo.pop()) in filters else ():
            if rule.action in (Action.JUMP, Action.GOTO) and rule.target not in found and _of_an_edge(config.folder, rule, edges):
                found.add(rule.target)
                todo.append(rule.target)
    return found


def _of_an_edge(device: str, rule: Entry, edges: set[tuple[str, str]]) -> bool:
    """Whether the jump is for everything that comes in or goes out somewhere, and somewhere is an edge."""
    own = [name for config, name in edges if config == device]
    for match in rule.matches:
        names = match.in_interfaces or match.out_interfaces
        if names is None or any(named(names, name) for name in own):
            return True
    return False


class _OpenFilters:
    """The filters of a device that end by permitting everything, where they stand at an edge."""

    def __init__(self, config: DeviceConfig) -> None:
        self._device = config.folder
        self._filters = {item.name: item for item in config.filters}

    def at(self, interface: Interface) -> Iterator[Finding]:
        fix = T("permit only what is declared")
        for use in (*interface.filters_in, *interface.filters_out):
            item = self._filters.get(use.filter)
            if item is None:
                continue
            subject = f"{self._device}:{item.name}"
            decisive = _decisive(item, interface.vrf or "")
            if decisive is not None and decisive.action is Action.PERMIT:
                what = T(
                    "entry {entry} of {filter} permits everything at {interface}",
                    entry=_name(decisive),
                    filter=item.name,
                    interface=interface.name,
                )
                yield Finding(subject, what, fix, (decisive.ref, use.ref))
            elif decisive is None and item.default is Action.PERMIT:
                what = T("what no entry of {filter} names passes at {interface}", filter=item.name, interface=interface.name)
                yield Finding(subject, what, fix, (item.ref, use.ref))


def _decisive(item: Filter, vrf: str) -> Entry | None:
    """The first entry that decides about everything that is left."""
    for rule in item.rules:
        if rule.action in (Action.PERMIT, Action.DENY) and is_everything(rule, vrf):
            return rule
    return None


def _edges(case: Case) -> set[tuple[str, str]]:
    """The routed interfaces behind which a party or an external network is."""
    return {endpoint[:2] for segment in case.layer2.segments if segment.senders or segment.peers for endpoint in segment.endpoints}


def _permits_all(rule: Entry) -> bool:
    return rule.action is Action.PERMIT and is_everything(rule)


def _all_entries(config: DeviceConfig) -> Iterator[tuple[str, Entry]]:
    for item in config.filters:
        for rule in item.rules:
            yield item.name, rule
    for policy in config.firewall.rules if config.firewall else ():
        yield POLICY, policy.rule


def _zones(zones: tuple[str, ...] | None) -> str:
    return ", ".join(zones) if zones else "*"


def _name(rule: Entry) -> str:
    return rule.name or str(rule.ref.line)


RULES: tuple[type[Rule], ...] = (Shadowed, Redundant, Contradictory, Dangling, AnyAny)
