"""What a lab changes in a rendered stand-in, and nothing else: timers, so that it converges in seconds, and secrets, which it invents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from hashlib import sha256

from lab.plan import File, LabPlan

HELLO_S = 2
DEAD_S = 20
"""Seconds. Long beside the hello: many routers that start on few processors must not lose each other meanwhile."""

BGP_KEEPALIVE_S, BGP_HOLD_S, BGP_CONNECT_S = 5, 20, 3
SPF_MS = "0 50 200"
STP = "forward_delay 200 hello_time 100 max_age 600"
"""Hundredths of seconds; the shortest forward delay that the kernel allows while spanning tree is on."""

_SECRET = re.compile(r"@@([^@\s]+)@@")
_TIMERS = (
    (re.compile(r"^( ip ospf hello-interval) \d+$", re.MULTILINE), rf"\1 {HELLO_S}"),
    (re.compile(r"^( ip ospf dead-interval) \d+$", re.MULTILINE), rf"\1 {DEAD_S}"),
    (re.compile(r"^( timers throttle spf) .+$", re.MULTILINE), rf"\1 {SPF_MS}\n timers throttle lsa all 0\n timers lsa min-arrival 0"),
    (re.compile(r"^( timers bgp) .+$", re.MULTILINE), rf"\1 {BGP_KEEPALIVE_S} {BGP_HOLD_S}"),
    (
        re.compile(r"^( neighbor (\S+)) remote-as .+$", re.MULTILINE),
        rf"\g<0>\n\1 advertisement-interval 0\n\1 timers connect {BGP_CONNECT_S}",
    ),
    (re.compile(r"( type bridge stp_state 1 priority \d+)$", re.MULTILINE), rf"\1 {STP}"),
)


def secret(reference: str) -> str:
    """The lab's word for a secret: the same at both ends, at most 16 characters as OSPF's MD5 key is, and of no use elsewhere."""
    return "lab-" + sha256(reference.encode()).hexdigest()[:12]


def adapted(text: str) -> str:
    """A stand-in's file with the lab's timers and secrets."""
    for pattern, replacement in _TIMERS:
        text = pattern.sub(replacement, text)
    return _SECRET.sub(lambda found: secret(found[1]), text)


def diff(plan: LabPlan, nodes: Iterable[str] = ()) -> Iterator[str]:
    """The lines of a unified diff from the rendered stand-ins to what the lab runs, of all nodes or some."""
    wanted = frozenset(nodes)
    for node in plan.nodes:
        if wanted and node.name not in wanted and node.device not in wanted:
            continue
        for file in node.files:
            yield from file_diff(node.name, file)


def file_diff(node: str, file: File) -> Iterator[str]:
    if file.rendered is not None and file.rendered != file.text:
        name = f"{node}/{file.name}"
        yield from unified_diff(file.rendered.splitlines(), file.text.splitlines(), f"stand-in/{name}", f"lab/{name}", lineterm="", n=1)


def counts(plan: LabPlan) -> dict[str, int]:
    """How many lines the lab changed, by kind: ``timers`` and ``secrets``."""
    found: Counter[str] = Counter(timers=0, secrets=0)
    for node in plan.nodes:
        for file in node.files:
            for line in (file.rendered or "").splitlines():
                if _SECRET.search(line):
                    found["secrets"] += 1
                elif adapted(line) != line:
                    found["timers"] += 1
    return dict(found)
