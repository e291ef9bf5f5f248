"""A city, one change to it, and what the proof says then.

A base is parsed once. A draft is a change in the making: config lines, facts, the date. Only the devices whose text a draft changes are
read again.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import SequenceMatcher
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any, NamedTuple

from isolation_checks.case import Case
from isolation_checks.judge import judge
from isolation_checks.reading.folder import read_folder
from isolation_checks.rules.registry import select
from isolation_checks.snapshot import DeviceConfig, Ref, Snapshot
from isolation_checks.verdicts import Finding, PacketWitness, Result, Verdict
from templates.engine import Renderer
from templates.platforms import Platforms
from tests.city import CityPlan, documents, write
from topology.facts import Device, Facts, Party, PartyKind, Realm, Role
from topology.network import load

AS_OF = date(2026, 12, 1)
CITY = Path(__file__).parents[3] / "inventory" / "guiyang"
FIREWALL_MODELS = {"frr": 0, "h3c_secpath": 2, "huawei_usg": 4}
"""Which of the models that fit is of this platform; see `tests.city`."""

BASES = {
    "vrp": ("huawei_vrp", "huawei_usg"),
    "comware": ("h3c_comware", "h3c_secpath"),
    "ios": ("cisco_ios", "huawei_usg"),
    "frr": ("frr", "frr"),
}
"""Small cities: the platform of routers and switches, and that of firewalls."""

ROUTERS = {"huawei_vrp": "vrp", "h3c_comware": "comware", "cisco_ios": "ios", "frr": "frr"}
FIREWALLS = {"huawei_usg": "vrp", "h3c_secpath": "comware", "frr": "frr"}
SWITCHES = {"huawei_vrp": "vrp", "h3c_comware": "comware", "cisco_ios": "ios"}
DECREED = {"facts": "guiyang"}
"""Platform -> the base that has it."""


class NoSuchLineError(AssertionError):
    """The construct that an operator changes is not in the config."""


@dataclass(frozen=True)
class Base:
    """A city before any change."""

    name: str
    facts: Facts
    folder: Path
    snapshot: Snapshot
    _results: dict[str, Result] = field(default_factory=dict, compare=False)

    @cached_property
    def case(self) -> Case:
        return Case(self.facts, self.snapshot, AS_OF)

    def result(self, rule: str) -> Result:
        if rule not in self._results:
            self._results.update((item.rule.id, item) for item in judge(self.case, select([rule])).results)
        return self._results[rule]

    @cached_property
    def everything(self) -> dict[str, Result]:
        return {rule.id: self.result(rule.id) for rule in select([], failures=None)}

    @cached_property
    def configs(self) -> dict[str, DeviceConfig]:
        return {item.folder: item for item in self.snapshot.devices}


def small_base(name: str, folder: Path) -> Base:
    """A city of 32 devices in which nearly everything is of one maker."""
    platform, firewall = BASES[name]
    number = FIREWALL_MODELS[firewall]
    picks = dict.fromkeys(("egress-firewall", "hosting-firewall", "exit-firewall"), number)
    files = documents(CityPlan(counties=1, townships=2, agencies=2, platform=platform, verticals=2, exit=True, picks=picks))
    peers = files["outer/network.yaml"]["peers"]
    for carrier in files["outer/municipal.yaml"]["municipal"]["egress"]["carriers"].values():
        peers[carrier["peer"]]["announces"] = [carrier["block"]]
    return base_of(name, write(folder / "inventory", files), folder / "configs")


def base_of(name: str, city: Path, folder: Path) -> Base:
    network, renderer = load(city), Renderer(Platforms())
    for design in network.design.devices:
        for file in renderer.render(design, None).files:
            path = folder / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
    return Base(name, network.facts, folder, read_folder(folder))


class Lan(NamedTuple):
    """Where a party's packets enter a device, as its config spells it."""

    device: str
    file: str
    interface: str
    party: Party
    filter_in: str
    filter_out: str

    @property
    def prefix(self) -> IPv4Network:
        return self.party.prefixes[0]


@dataclass
class Draft:
    """A change in the making."""

    base: Base
    platform: str
    facts: Facts
    as_of: date = AS_OF
    texts: dict[str, list[str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    raw: dict[str, bytes] = field(default_factory=dict)

    # What is there

    def devices(self, role: Role, platform: str | None = None, realm: Realm = Realm.OUTER) -> list[Device]:
        wanted = platform or self.platform
        found = [item for item in self.facts.devices if item.role == role and item.platform == wanted and item.realm == realm]
        if not found:
            raise NoSuchLineError(f"{self.base.name}: no {role} of {platform or self.platform}")
        return found

    def file(self, device: str, linux: str = "nftables.conf") -> str:
        """The file of a device that has filters and, but for Linux hosts, everything else."""
        return f"{device}/{linux}" if (self.base.folder / device).is_dir() else f"{device}.cfg"

    def lines(self, file: str) -> list[str]:
        if file not in self.texts:
            self.texts[file] = (self.base.folder / file).read_text(encoding="utf-8").split("\n")
        return self.texts[file]

    def find(self, file: str, pattern: str, start: int = 0, end: int | None = None) -> int:
        for number, line in enumerate(self.lines(file)[start:end], start):
            if re.search(pattern, line):
                return number
        raise NoSuchLineError(f"{file}: {pattern}")

    def find_all(self, file: str, pattern: str, start: int = 0, end: int | None = None) -> list[int]:
        found = [number for number, line in enumerate(self.lines(file)[start:end], start) if re.search(pattern, line)]
        if not found:
            raise NoSuchLineError(f"{file}: {pattern}")
        return found

    def block(self, file: str, pattern: str) -> tuple[int, int]:
        """The first and the last line (not included) of the block that a line opens: what is indented below it."""
        lines = self.lines(file)
        first = self.find(file, pattern)
        depth = len(lines[first]) - len(lines[first].lstrip())
        last = first + 1
        while last < len(lines) and (not lines[last].strip() or len(lines[last]) - len(lines[last].lstrip()) > depth):
            last += 1
        return first, last

    # Changes

    def insert(self, file: str, at: int, *new: str) -> None:
        self.lines(file)[at:at] = new

    def append(self, file: str, *new: str) -> None:
        """At the end, before ``return`` or ``end`` where the file has that."""
        lines = self.lines(file)
        at = len(lines)
        while at and lines[at - 1].strip() in ("", "return", "end"):
            at -= 1
        self.insert(file, at, *new)

    def drop(self, file: str, *numbers: int) -> None:
        for number in sorted(numbers, reverse=True):
            del self.lines(file)[number]

    def drop_block(self, file: str, pattern: str) -> None:
        first, last = self.block(file, pattern)
        del self.lines(file)[first:last]

    def edit(self, file: str, number: int, pattern: str, new: str | Callable[[re.Match[str]], str]) -> None:
        changed = re.sub(pattern, new, self.lines(file)[number], count=1)
        if changed == self.lines(file)[number]:
            raise NoSuchLineError(f"{file}:{number + 1}: {pattern}")
        self.lines(file)[number] = changed

    def edit_all(self, file: str, pattern: str, new: str, start: int = 0, end: int | None = None) -> None:
        for number in self.find_all(file, pattern, start, end):
            self.edit(file, number, pattern, new)

    def facts_with(self, **changed: Any) -> None:
        self.facts = replace(self.facts, **changed)

    def swap(self, kind: str, old: Any, **changed: Any) -> None:
        """One object of the facts with other values."""
        listed = getattr(self.facts, kind)
        assert old in listed
        self.facts_with(**{kind: tuple(replace(item, **changed) if item is old else item for item in listed)})

    def add(self, kind: str, *new: object) -> None:
        self.facts_with(**{kind: (*getattr(self.facts, kind), *new)})

    # What was changed

    def changed(self) -> dict[str, set[int]]:
        """File -> numbers of the lines that are new or follow what is gone, from 1."""
        found: dict[str, set[int]] = {}
        for file, lines in self.texts.items():
            path = self.base.folder / file
            old = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
            if old == lines:
                continue
            numbers = found.setdefault(file, set())
            for tag, _, _, low, high in SequenceMatcher(None, old, lines, autojunk=False).get_opcodes():
                if tag != "equal":
                    numbers |= set(range(low + 1, high + 1)) or {low + 1}
        return found

    def new_lines(self) -> set[Ref]:
        return {Ref(file, line) for file, numbers in self.changed().items() for line in numbers}

    def case(self, scratch: Path) -> Case:
        """The changed city; only what is changed is read."""
        touched = {name.partition("/")[0] for name in (*self.changed(), *self.gone, *self.raw)}
        if not touched:
            return Case(self.facts, self.base.snapshot, self.as_of)
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        for name in touched:
            self._write(name, scratch)
        read = read_folder(scratch) if any(scratch.iterdir()) else Snapshot(())
        stems = {name.removesuffix(".cfg") for name in touched}
        kept = [item for item in self.base.snapshot.devices if item.folder not in stems]
        devices = sorted((*kept, *read.devices), key=lambda item: item.name)
        return Case(self.facts, Snapshot(tuple(devices), (*self.base.snapshot.problems, *read.problems)), self.as_of)

    def _write(self, name: str, scratch: Path) -> None:
        source = self.base.folder / name
        if source.is_dir():
            shutil.copytree(source, scratch / name)
        elif source.exists():
            shutil.copy(source, scratch / name)
        for file, lines in self.texts.items():
            if file.partition("/")[0] == name:
                (scratch / file).parent.mkdir(exist_ok=True)
                (scratch / file).write_text("\n".join(lines), encoding="utf-8")
        for file, content in self.raw.items():
            if file.partition("/")[0] == name:
                (scratch / file).write_bytes(content)
        for file in self.gone:
            if file.partition("/")[0] == name:
                path = scratch / file
                shutil.rmtree(path) if path.is_dir() else path.unlink()


Change = Callable[[Draft], None]


@dataclass(frozen=True)
class Operator:
    """One way to break something. ``rules``: all of them must find it, where it is, with that verdict.

    ``names``: words of which each finding names one, where no line is at fault. ``near``: the changed device is enough, because what is
    wrong is that a line is gone.
    """

    id: str
    what: str
    rules: tuple[str, ...]
    platforms: dict[str, str]
    change: Change
    verdict: Verdict = Verdict.VIOLATED
    names: tuple[str, ...] = ()
    near: bool = False

    def cases(self) -> Iterator[tuple[str, str]]:
        yield from self.platforms.items()


class Outcome(NamedTuple):
    """What one rule says about a changed city."""

    rule: str
    result: Result
    new: tuple[Finding, ...]


def drafted(base: Base, platform: str, change: Change) -> Draft:
    draft = Draft(base, platform, base.facts)
    change(draft)
    return draft


def outcomes(case: Case, base: Base, wanted: Iterable[str]) -> list[Outcome]:
    found = []
    for result in judge(case, select(list(wanted))).results:
        before = {said(item) for item in base.result(result.rule.id).findings}
        found.append(Outcome(result.rule.id, result, tuple(item for item in result.findings if said(item) not in before)))
    return found


def said(finding: Finding) -> tuple[str, str]:
    return finding.subject, re.sub(r":\d+", ":", finding.what.render("en"))


def witnesses(finding: Finding) -> Iterator[PacketWitness]:
    if isinstance(finding.witness, PacketWitness):
        yield finding.witness


# --- where parties plug in -----------------------------------------------------------------------------------------------------------

ADDRESS = re.compile(r"^ ip address (?P<ip>[\d.]+)(?:[ /](?P<mask>[\d.]+))")
FILTERS = {
    "huawei_vrp": r" traffic-filter {way}bound acl name (\S+)",
    "h3c_comware": r" packet-filter (\S+) {way}bound",
    "cisco_ios": r" ip access-group (\S+) {way}$",
}


def lans(draft: Draft, device: Device, kinds: Iterable[PartyKind] = (PartyKind.AGENCY,)) -> list[Lan]:
    """The LANs of parties on a router or a routing switch, found by the addresses of its interfaces."""
    config = draft.file(device.name, "frr.conf")
    found = []
    parties = [item for item in draft.facts.parties if item.kind in kinds and item.realm == device.realm]
    lines = draft.lines(config)
    for at in draft.find_all(config, r"^interface \S"):
        _, end = draft.block(config, "^" + re.escape(lines[at]) + "$")
        for line in lines[at:end]:
            match = ADDRESS.match(line)
            party = match and next((item for item in parties if any(IPv4Address(match["ip"]) in net for net in item.prefixes)), None)
            if party:
                found.append(_lan(draft, device, lines[at].split()[1], party))
    if not found:
        raise NoSuchLineError(f"{device.name}: no LAN")
    return found


def _lan(draft: Draft, device: Device, interface: str, party: Party) -> Lan:
    file = draft.file(device.name)
    names = []
    for way in ("in", "out"):
        if device.platform == "frr":
            text = next(
                (line for line in draft.lines(file) if re.search(rf'{way[0]}.?.?ifname.*"{re.escape(interface)}".* jump', line)), ""
            )
            names.append(text.split()[-1] if text else "")
        else:
            low, high = draft.block(file, rf"^interface {re.escape(interface)}$")
            pattern = FILTERS[device.platform].format(way=way)
            names.append(next((match[1] for line in draft.lines(file)[low:high] if (match := re.match(pattern, line))), ""))
    return Lan(device.name, file, interface, party, *names)


# --- filters, as each platform spells them -------------------------------------------------------------------------------------------

HEADS = {
    "huawei_vrp": r"^acl name {name} \d+$|^acl (number )?{name}$",
    "h3c_comware": r"^acl (basic|advanced) (name )?{name}$",
    "cisco_ios": r"^ip access-list (extended|standard) {name}$",
    "frr": r"^ *chain {name} \{{$",
}


def rules_of(draft: Draft, platform: str, file: str, name: str) -> tuple[int, int]:
    """The first rule of a filter and the line behind its last."""
    first, last = draft.block(file, HEADS[platform].format(name=re.escape(name)))
    first += 1
    while re.match(r" *(description|remark|type filter|step) ?", draft.lines(file)[first]) and first < last - 1:
        first += 1
    return first, last


def network(platform: str, prefix: IPv4Network | None) -> str:
    if prefix is None:
        return "any"
    return f"{prefix.network_address} {prefix.hostmask if prefix.prefixlen < 32 else '0'}"


def permit(
    platform: str,
    protocol: str = "ip",
    source: IPv4Network | None = None,
    target: IPv4Network | None = None,
    *,
    port: str = "",
    established: bool = False,
    number: int = 1,
    action: str = "permit",
) -> str:
    """A line of a filter that permits this."""
    if platform == "frr":
        parts = [f"ip saddr {source}" if source else "", f"ip daddr {target}" if target else ""]
        if protocol != "ip":
            parts.append(f"{protocol} dport {port}" if port else f"ip protocol {protocol}")
        if established:
            parts.append("tcp flags & (ack | rst) != 0")
        return "    " + " ".join(filter(None, (*parts, "accept" if action == "permit" else "drop")))
    if platform == "cisco_ios":
        ends = [f"host {net.network_address}" if net and net.prefixlen == 32 else network(platform, net) for net in (source, target)]
        return f" {number} {action} {protocol} {ends[0]} {ends[1]}" + (f" eq {port}" if port else "") + " established" * established
    text = f" rule {number} {action} {protocol}"
    text += f" source {network(platform, source)}" if source else ""
    text += f" destination {network(platform, target)}" if target else ""
    text += f" destination-port eq {port}" if port else ""
    return text + (" tcp-flag established" if platform == "huawei_vrp" else " established") * established


def put_first(draft: Draft, lan: Lan, way: str, line: str, platform: str | None = None) -> None:
    """A line in front of all others of a LAN's filter."""
    first, _ = rules_of(draft, platform or draft.platform, lan.file, lan.filter_in if way == "in" else lan.filter_out)
    draft.insert(lan.file, first, line)


def unfilter(draft: Draft, lan: Lan, way: str, platform: str | None = None) -> None:
    """Take the filter off the interface."""
    name = lan.filter_in if way == "in" else lan.filter_out
    if (platform or draft.platform) == "frr":
        draft.drop(lan.file, *draft.find_all(lan.file, rf'"{re.escape(lan.interface)}".* jump {name}$'))
        return
    low, high = draft.block(lan.file, rf"^interface {re.escape(lan.interface)}$")
    draft.drop(lan.file, draft.find(lan.file, FILTERS[platform or draft.platform].format(way=way), low, high))
