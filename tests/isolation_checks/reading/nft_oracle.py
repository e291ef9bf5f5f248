"""nft's own translation of rules into the kernel's instructions, and a small machine that runs them: what a rule really matches.

``nft -c --debug=netlink`` prints the instructions without loading anything.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, field

from isolation_checks.packets.fields import Packet

CT = {"invalid": 1, "established": 2, "related": 4, "new": 8, "untracked": 64}
_INSTRUCTION = re.compile(r"\[ (.*?) \]")


def available() -> str:
    """ "" where nft can be asked, else the reason why not."""
    if shutil.which("nft") is None:
        return "nft is not installed"
    answer = ask("table ip t {\n}\n")
    return "" if answer.returncode == 0 else f"nft cannot be asked: {answer.stderr.strip()[:80]}"


def ask(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["nft", "-c", "--debug=netlink", "-f", "-"], input=text, capture_output=True, text=True, check=False, timeout=60)


@dataclass
class Program:
    """One rule."""

    instructions: list[list[str]]
    sets: list[list[tuple[bytes, bytes | None, bool, str]]] = field(default_factory=list)  # low, high, end marker, what it maps to


def programs(rules: list[str], family: str = "inet") -> list[Program]:
    """The rules of one chain, translated. Raises AssertionError where nft refuses one."""
    chains = "".join(f"chain {name} {{\n}}\n" for name in ("there",))
    answer = ask(f"table {family} t {{\n{chains}chain c {{\n" + "\n".join(rules) + "\n}\n}\n")
    assert answer.returncode == 0, answer.stderr
    result: list[Program] = []
    sets: list[list[tuple[bytes, bytes | None, bool, str]]] = []
    for line in answer.stdout.splitlines():
        if line.startswith("\telement"):
            sets.append(_elements(line))
        elif line.startswith(f"{family} t c"):
            result.append(Program([], sets))
            sets = []
        elif line.startswith("  [") and result:
            found = _INSTRUCTION.search(line)
            assert found
            result[-1].instructions.append(found[1].split())
    assert len(result) == len(rules), answer.stdout
    return result


def _bytes(words: list[str]) -> bytes:
    return b"".join(int(word, 16).to_bytes(4, "little") for word in words)


def _elements(line: str) -> list[tuple[bytes, bytes | None, bool, str]]:
    found = []
    for part in line.split("element ")[1:]:
        key, _, rest = part.partition(" : ")
        low, _, high = key.partition(" - ")
        words = rest.split()
        end = bool(int(words[-2])) if words[-2].isdigit() else False
        found.append((_bytes(low.split()), _bytes(high.split()) if high.strip() else None, end, words[0] if len(words) > 2 else ""))
    return found


def verdict(program: Program, packet: Packet, state: str, iif: str, oif: str) -> str | None:
    """accept, drop, jump …; None where the rule does not match. The packet is one of IPv4."""
    registers: dict[str, bytes] = {}
    for words in program.instructions:
        if words[0] in ("meta", "payload", "ct"):
            loaded = _load(words, packet, state, iif, oif)
            if loaded is None:
                return None
            registers[words[-1]] = loaded
        elif words[0] == "bitwise":
            value, mask, xor = registers[words[2]], int(words[8], 16), int(words[11], 16)
            number = int.from_bytes(value.ljust(4, b"\0"), "little") & mask ^ xor
            registers[words[2]] = number.to_bytes(4, "little")[: max(len(value), 1)]
        elif words[0] == "cmp":
            if not _compare(words[1], registers[words[3]], _bytes(words[4:])):
                return None
        elif words[0] == "range":
            value = registers[words[3]]
            inside = _bytes([words[4]])[: len(value)] <= value <= _bytes([words[5]])[: len(value)]
            if inside != (words[1] == "eq"):
                return None
        elif words[0] == "lookup":
            found = _lookup(program, words, registers)
            if "dreg" in words:
                return found
            if (found is not None) == ("0x1" in words):
                return None
        elif words[0] == "immediate":
            return words[3]
        else:
            raise AssertionError(words)
    return "continue"


def _load(words: list[str], packet: Packet, state: str, iif: str, oif: str) -> bytes | None:
    if words[0] == "ct":
        return CT[state].to_bytes(4, "little")
    if words[0] == "meta":
        names = {"iifname": iif, "oifname": oif}
        if words[2] in names:
            return names[words[2]].encode().ljust(16, b"\0")
        return {"nfproto": b"\2", "l4proto": bytes([packet.protocol]), "protocol": b"\x08\x00"}[words[2]]
    size, start, offset = int(words[2].removesuffix("b")), words[4], int(words[7])
    header = _network(packet) if start == "network" else _transport(packet)
    return header[offset : offset + size] if len(header) >= offset + size else None


def _network(packet: Packet) -> bytes:
    return bytes([0x45, 0, 0, 40, 0, 0, 0, 0, 64, packet.protocol, 0, 0]) + packet.src.to_bytes(4, "big") + packet.dst.to_bytes(4, "big")


def _transport(packet: Packet) -> bytes:
    if packet.protocol == 1:
        return bytes([packet.dport >> 8, packet.dport & 255, 0, 0])
    ports = packet.sport.to_bytes(2, "big") + packet.dport.to_bytes(2, "big")
    return ports + bytes(9) + bytes([packet.flags]) + bytes(6)


def _compare(operator: str, value: bytes, wanted: bytes) -> bool:
    if len(value) == 16 and len(wanted) < 16:  # the beginning of an interface's name
        wanted = wanted.rstrip(b"\0")
        value = value[: len(wanted)]
    wanted = wanted[: len(value)]
    return {
        "eq": value == wanted, "neq": value != wanted, "lt": value < wanted, "lte": value <= wanted, "gt": value > wanted,
        "gte": value >= wanted,
    }[operator]  # fmt: skip


def _lookup(program: Program, words: list[str], registers: dict[str, bytes]) -> str | None:
    """What the key maps to, "" where it is in a set, None where it is not."""
    assert len(program.sets) >= 1
    lookups = [item for item in program.instructions if item[0] == "lookup"]
    items = program.sets[next(index for index, item in enumerate(lookups) if item is words)]
    start = int(words[2])
    key, wanted = b"", len(items[0][0])
    for name in sorted((name for name in registers if int(name) >= start), key=int):
        if len(key) < wanted:
            key += registers[name].ljust(4 * ((len(registers[name]) + 3) // 4), b"\0")
    if items[0][1] is not None:
        for low, high, _, data in items:
            assert high is not None
            if all(low[at : at + 4] <= key[at : at + 4] <= high[at : at + 4] for at in range(0, len(low), 4)):
                return data
        return None
    if any(end for _, _, end, _ in items):
        best = max((item for item in items if item[0] <= key[: len(item[0])]), key=lambda item: (item[0], not item[2]), default=None)
        return None if best is None or best[2] else best[3]
    return next((data for low, _, _, data in items if low == key[: len(low)]), None)
