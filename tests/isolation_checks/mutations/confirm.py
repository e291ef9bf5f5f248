"""Confirms a witness with the boxes engine: at each step where a filter decides, the packet is in what the boxes let through.

The filter is looked up in the config anew, zone policies are put together anew, and the packet is followed over translations by what each
step says that it became.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from isolation_checks.case import Case
from isolation_checks.packets.fields import Context, Packet
from isolation_checks.snapshot import Action, DeviceConfig, Filter, Firewall, Ref
from isolation_checks.verdicts import PacketWitness, Step
from tests.isolation_checks.boxes import Engine, Evaluator


@cache
def engine() -> Engine:
    return Engine(1)


def refuted(case: Case, witness: PacketWitness) -> Iterator[str]:
    """What the boxes do not confirm."""
    packet = _first(witness)
    came_in: str | None = None
    for number, step in enumerate(witness.steps):
        words = dict(step.what.params)
        if step.rewritten is not None:
            packet = step.rewritten
        if "interface" in words and _next_decides(witness.steps, number):
            came_in = str(words["interface"])
        if "filter" not in words or "not defined" in step.what.render("en"):
            continue
        config = case.configs[step.at]
        found = _filter(config, str(words["filter"]), step.ref)
        if found is None:
            yield f"{step.at} has no filter {words['filter']}"
            continue
        for state in ("new", "established", None):
            context = Context(None, came_in, _goes_out(witness.steps, number), state)
            lookup = {item.name: item for item in config.filters}
            permitted = Evaluator(engine(), lookup, context).permits(found, strict=False)
            if engine().contains(permitted, 0, packet):
                break
        else:
            yield f"boxes: {step.at} {words['filter']} does not permit {packet.text()}"
    if witness.opened_by is not None:
        yield from refuted(case, witness.opened_by)


def _first(witness: PacketWitness) -> Packet:
    """The packet as it was sent. ``witness.packet`` is what arrives, which differs where it was translated."""
    sent = dict(witness.steps[0].what.params).get("packet") if witness.steps else None
    if sent is None or sent == witness.packet.text():
        return witness.packet
    return parse(str(sent), witness.packet)


def parse(text: str, like: Packet) -> Packet:
    """A packet from the words of its text; flags and fragment are those of ``like``."""
    _, source, _, target = text.split(" ")[:4]
    (src, sport), (dst, dport) = (_end(part) for part in (source, target))
    if not sport and not dport:
        sport, dport = like.sport, like.dport
    return like._replace(src=src, dst=dst, sport=sport, dport=dport)


def _end(text: str) -> tuple[int, int]:
    address, _, port = text.partition(":")
    value = 0
    for part in address.split("."):
        value = value << 8 | int(part)
    return value, int(port or 0)


def _next_decides(steps: tuple[Step, ...], number: int) -> bool:
    return "comes in" in steps[number].what.render("en")


def _goes_out(steps: tuple[Step, ...], number: int) -> str | None:
    """The interface by which the packet leaves the device in which it is."""
    for step in steps[number:]:
        if step.at != steps[number].at:
            return None
        if "leaves by" in step.what.render("en"):
            return str(dict(step.what.params)["interface"])
    return None


def _filter(config: DeviceConfig, name: str, ref: Ref | None) -> Filter | None:
    for item in config.filters:
        if item.name == name:
            return item
    firewall = config.firewall
    source, arrow, target = name.partition(" -> ")
    if firewall is None or not arrow:
        return None
    return _policy(firewall, source, target, ref or Ref("", 0))


def _policy(firewall: Firewall, source: str, target: str, ref: Ref) -> Filter:
    """The rules between two zones, as the firewall's own description says."""
    default = firewall.between if source != target else firewall.within
    if source[0] == "?" or target[0] == "?":
        default = firewall.unzoned
    elif target == firewall.local:
        default = firewall.to_local
    rules = [
        item.rule
        for item in firewall.rules
        if (source != target or firewall.within_checked)
        and source in (item.from_zones or (source,))
        and target in (item.to_zones or (target,))
    ]
    return Filter(f"{source} -> {target}", "policy", tuple(rules), Action(default), ref)
