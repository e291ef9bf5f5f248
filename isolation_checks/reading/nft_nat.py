"""Chains of nftables that translate addresses, laid flat: jumps are followed, and what is left out before a rule counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from isolation_checks.reading.nft_condition import conjunction
from isolation_checks.reading.nft_lexer import Place, RawRule, RawTable
from isolation_checks.reading.nft_match import Alternative
from isolation_checks.reading.nft_rule import Nat, Parsed
from isolation_checks.snapshot import Action, DestinationNat, FeatureKind, Match, Names, Ranges, Ref, SourceNat

LOOPBACK = 0x7F000001
_DEEPEST = 16
_MANY = 16
"""Addresses of a range that destinations are spread over, each of which becomes a translation of its own."""


class NatChain(NamedTuple):
    name: str
    stage: str
    priority: int
    ref: Ref


@dataclass(slots=True)
class Translations:
    source: list[SourceNat] = field(default_factory=list)
    destination: list[DestinationNat] = field(default_factory=list)
    features: list[tuple[Place, FeatureKind, str]] = field(default_factory=list)


ParsedRules = dict[str, list[tuple[Parsed, RawRule]]]


def translations(table: RawTable, chains: list[NatChain], parsed: ParsedRules) -> Translations:
    result = Translations()
    stages = [chain.stage for chain in chains]
    for chain in sorted(chains, key=lambda item: item.priority):
        walk = _Walk(result, parsed, chain.stage, final=stages.count(chain.stage) == 1)
        walk.chain(chain.name, [(Match(), False)], 0)
    return result


class _Walk:
    """``final``: what this chain accepts untranslated, no other chain of the stage looks at."""

    def __init__(self, result: Translations, parsed: ParsedRules, stage: str, final: bool) -> None:
        self.result, self.parsed, self.stage, self.final = result, parsed, stage, final
        self.doubt = False  # something before may have taken the packet out

    def chain(self, name: str, before: list[Alternative], depth: int) -> None:
        for rule, raw in self.parsed.get(name, ()):
            here = conjunction(before, rule.alternatives)
            for nat in rule.nat:
                self._nat(nat, conjunction(here, list(nat.matches)) if nat.matches else here, raw, rule.comment)
            for beside, action, target in rule.steps:
                self._step(conjunction(here, beside) if beside else here, action, target, raw, depth)

    def _step(self, here: list[Alternative], action: Action, target: str, raw: RawRule, depth: int) -> None:
        if not here or action == Action.CONTINUE:
            return
        if action in (Action.JUMP, Action.GOTO):
            if depth < _DEEPEST:
                self.chain(target, here, depth + 1)
            self.doubt = self.doubt or action == Action.GOTO
        elif action == Action.DENY:
            self.result.features.append((raw.place, FeatureKind.FILTER, " ".join(raw.words)))
        elif self.stage == "postrouting" and self.final and (action == Action.PERMIT or depth == 0):
            for matches, narrow in _grouped(here):
                self.result.source.append(
                    SourceNat("", "exempt", matches, None, None, None, (), False, False, narrow or self.doubt, raw.place.ref)
                )
        else:
            self.doubt = True

    def _nat(self, nat: Nat, here: list[Alternative], raw: RawRule, comment: str) -> None:
        if nat.kind in ("snat", "masquerade") and self.stage == "postrouting":
            for matches, narrow in _grouped(here):
                self._source(nat, matches, narrow, raw.place.ref, comment)
        elif nat.kind in ("dnat", "redirect") and self.stage == "prerouting":
            if nat.kind == "redirect":
                self.result.features.append((raw.place, FeatureKind.PROXY, " ".join(raw.words)))
            for matches, narrow in _grouped(here):
                self._destination(nat, matches, narrow, raw, comment)
        else:  # of packets that the host sends or gets itself
            self.result.features.append((raw.place, FeatureKind.NAT, " ".join(raw.words)))

    def _source(self, nat: Nat, matches: tuple[Match, ...], narrow: bool, ref: Ref, comment: str) -> None:
        pool: Ranges = () if nat.low is None or nat.high is None else ((nat.low, nat.high),)
        for interface, those in _by_interface(matches):
            self.result.source.append(
                SourceNat(comment, "translate", those, interface, None, None, pool, not pool, True, narrow or self.doubt, ref)
            )

    def _destination(self, nat: Nat, matches: tuple[Match, ...], narrow: bool, raw: RawRule, comment: str) -> None:
        low, high = (LOOPBACK, LOOPBACK) if nat.low is None or nat.high is None else (nat.low, nat.high)
        if high - low >= _MANY:
            self.result.features.append((raw.place, FeatureKind.NAT, " ".join(raw.words)))
            return
        for address in range(low, high + 1):
            doubt = narrow or self.doubt or high > low
            self.result.destination.append(
                DestinationNat(
                    comment, matches, _only_name(matches, 10), None, (address, address), nat.ports, False, False, doubt, raw.place.ref
                )
            )


def _grouped(here: list[Alternative]) -> list[tuple[tuple[Match, ...], bool]]:
    """Those that hold exactly, and those that narrow by something the model lacks."""
    return [
        (matches, narrow)
        for narrow in (False, True)
        if (matches := tuple(dict.fromkeys(match for match, found in here if found is narrow)))
    ]


def _only_name(matches: tuple[Match, ...], index: int) -> str | None:
    """The one interface that all matches name."""
    found = {match[index] for match in matches}
    names = found.pop() if len(found) == 1 else None
    assert names is None or isinstance(names, Names)
    return names.names[0] if names is not None and not names.negated and len(names.names) == 1 and "*" not in names.names[0] else None


def _by_interface(matches: tuple[Match, ...]) -> list[tuple[str | None, tuple[Match, ...]]]:
    """For each interface that packets leave by; all in one where they are not listed by name."""
    out = {match.out_interfaces for match in matches}
    names = out.pop() if len(out) == 1 else None
    if names is None or names.negated or any("*" in name for name in names.names):
        return [(None, matches)]
    return [(name, tuple(match._replace(out_interfaces=names._replace(names=(name,))) for match in matches)) for name in names.names]
