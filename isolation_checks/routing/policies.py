"""Route policies and prefix lists of a device, applied to single routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from isolation_checks.routing.platforms import defaults
from isolation_checks.routing.prefixes import Key, address, mask
from isolation_checks.snapshot import Action, DeviceConfig, Filter, PolicyEntry, PrefixList, Ref, RoutePolicy


@dataclass(frozen=True, slots=True)
class Subject:
    """A route on its way through a policy. None and () where it has no such attribute."""

    prefix: Key
    protocol: str = ""
    metric: int | None = None
    metric_type: int | None = None
    tag: int | None = None
    interface: str | None = None
    next_hop: int | None = None
    local_preference: int | None = None
    weight: int | None = None
    path: tuple[str, ...] = ()
    origin: str | None = None
    communities: frozenset[str] = frozenset()
    preference: int | None = None
    refs: tuple[Ref, ...] = ()


class Policies:
    """``unknown`` collects conditions that are not modelled where a route met one: (policy, condition, line)."""

    def __init__(self, config: DeviceConfig) -> None:
        self.config = config
        self.lists: Mapping[str, PrefixList] = {item.name: item for item in config.prefix_lists}
        self.policies: Mapping[str, RoutePolicy] = {item.name: item for item in config.route_policies if item.kind != "policy-route"}
        self.unknown: dict[tuple[str, str, Ref], None] = {}

    @cached_property
    def _filters(self) -> Mapping[str, Filter]:
        return {item.name: item for item in self.config.filters}

    def permits_prefix(self, name: str, prefix: Key) -> bool:
        """By a prefix list or, of that name, an ACL or a policy; `missing` says what an undefined name does."""
        if name in self.lists:
            return self.in_list(name, prefix)
        if name in self.policies:
            return self.apply(name, Subject(prefix)) is not None
        if name in self._filters:
            return self._in_acl(name, prefix)
        return self.missing(name)

    def missing(self, name: str) -> bool:
        """What an undefined list or policy does: on VRP, Comware and IOS a filter that is not there filters nothing; FRR denies."""
        return defaults(self.config.platform).forwards_any is False

    def in_list(self, name: str, prefix: Key) -> bool:
        network, length = prefix >> 6, prefix & 63
        for entry in self.lists[name].entries:
            if entry.length <= length and entry.ge <= length <= entry.le and network & mask(entry.length) == entry.network:
                return entry.action == Action.PERMIT
        return False

    def _in_acl(self, name: str, prefix: Key) -> bool:
        held = self._filters[name]
        network, bits = prefix >> 6, mask(prefix & 63)
        for rule in held.rules:
            for match in rule.matches:
                source = match.src is None or any(network & item.mask == item.value for item in match.src)
                target = match.dst is None or any(bits & item.mask == item.value for item in match.dst)
                if source and target:
                    return rule.action == Action.PERMIT
        return False

    def apply(self, name: str, subject: Subject) -> Subject | None:
        """The route as the policy leaves it, or None where it denies it. No entry matches: denied."""
        policy = self.policies.get(name)
        if policy is None:
            return subject if self.missing(name) else None
        going = subject
        permitted = False
        skip: int | None = None
        for entry in policy.entries:
            if skip is not None and entry.number < skip:
                continue
            if not self._matches(policy, entry, going):
                continue
            if entry.action == Action.DENY:
                return None
            going = replace(_set(entry, going), refs=(*going.refs, entry.ref))
            permitted = True
            onward = dict(entry.sets)
            if "call" in onward:
                called = self.apply(onward["call"][0], going)
                if called is None:
                    return None
                going = called
            if "continue" in onward or "on-match" in onward:
                words = [word for word in (*onward.get("continue", ()), *onward.get("on-match", ())) if word.isdigit()]
                skip = int(words[0]) if words else entry.number + 1
                continue
            return going
        return going if permitted else None

    def _matches(self, policy: RoutePolicy, entry: PolicyEntry, subject: Subject) -> bool:
        for what, values in entry.matches:
            held = self._holds(what, values, subject)
            if held is None:
                self.unknown[policy.name, what, entry.ref] = None
                return False
            if not held:
                return False
        return True

    def _holds(self, what: str, values: tuple[str, ...], subject: Subject) -> bool | None:
        """Whether a condition holds; None where it is not modelled."""
        if what == "prefix-list":
            return any(self.in_list(name, subject.prefix) if name in self.lists else self.missing(name) for name in values)
        if what in ("acl", "ip address"):
            return any(self._in_acl(name, subject.prefix) if name in self._filters else self.missing(name) for name in values)
        if what == "tag":
            return subject.tag is not None and str(subject.tag) in values
        if what in ("metric", "cost"):
            return subject.metric is not None and str(subject.metric) in values
        if what == "interface":
            return subject.interface is not None and "".join(values).lower() == subject.interface.lower()
        if what == "source-protocol":
            return subject.protocol in values
        if what == "local-preference":
            return str(100 if subject.local_preference is None else subject.local_preference) in values
        return None


def _set(entry: PolicyEntry, subject: Subject) -> Subject:
    for what, values in entry.sets:
        first = values[0] if values else ""
        number = int(first) if first.isdigit() else None
        if what in ("metric", "cost"):
            signed = first[:1] in "+-" and first[1:].isdigit()
            subject = replace(subject, metric=(subject.metric or 0) + int(first) if signed else number)
        elif what == "metric-type":
            digits = "".join(char for char in first if char.isdigit())
            subject = replace(subject, metric_type=int(digits) if digits else None)
        elif what == "tag":
            subject = replace(subject, tag=number)
        elif what == "local-preference":
            subject = replace(subject, local_preference=number)
        elif what == "weight":
            subject = replace(subject, weight=number)
        elif what == "origin":
            subject = replace(subject, origin=first.lower())
        elif what == "preference":
            subject = replace(subject, preference=number)
        elif what in ("as-path", "as-path prepend"):
            words = tuple(word for word in values if word.replace(".", "").isdigit())
            subject = replace(subject, path=words if "overwrite" in values else (*words, *subject.path))
        elif what in ("next-hop", "ip next-hop"):
            found = next((address(word) for word in values if address(word) is not None), None)
            subject = replace(subject, next_hop=found if found is not None else subject.next_hop)
        elif what == "community":
            added = frozenset(word for word in values if word not in ("additive", "none"))
            subject = replace(subject, communities=added | (subject.communities if "additive" in values else frozenset()))
    return subject
