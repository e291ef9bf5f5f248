"""Terminal lines of IOS: `line con`, `line aux`, `line vty` and the lines of modules."""

from __future__ import annotations

from isolation_checks.reading.cisco_model import Terminal
from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_tables import AAA, LOCAL, SESSION
from isolation_checks.reading.cisco_views import Line, View, table
from isolation_checks.snapshot import Applied

ALL_TRANSPORTS = ("lapb-ta", "mop", "pad", "rlogin", "ssh", "telnet", "udptn", "v120")


def terminal(state: State, line: Line) -> bool:
    """``line vty 0 4``, ``line con 0``, ``line 2``, ``line 0/0/0``."""
    words = [word.lower() for word in line.args]
    if not words:
        return False
    kinds = ("console", "vty", "aux", "tty")
    kind = next((name for name in kinds if words[0].isalpha() and name.startswith(words[0])), "tty")
    numbers = words[1:] if words[0].isalpha() else words
    slots = [word.rpartition("/")[2] for word in numbers]
    if (
        not slots
        or len(slots) > 2
        or not all(word.isdigit() for word in slots)
        or (words[0].isalpha() and kind == "tty" and words[0] != "tty")
    ):
        return False
    if line.negated:
        return True
    first, last = int(slots[0]), int(slots[-1])
    if last - first > 4096:
        return False
    key = kind + numbers[0].rpartition("/")[0], first, last
    state.now.lines = _covered(state, key, kind, line)
    return state.enter(LINE_VIEW, f"line {' '.join(line.args)}")


def _covered(state: State, key: tuple[str, int, int], kind: str, line: Line) -> list[Terminal]:
    """The lines that a range is about: those that stand inside it already, and what is new of it."""
    held = state.plane.lines
    if key in held:
        return [held[key]]
    _, first, last = key
    inside = [item for (name, low, high), item in held.items() if name == key[0] and first <= low and high <= last]
    free = [number for number in range(first, last + 1) if not any(item.first <= number <= item.last for item in _same(state, key[0]))]
    if not inside and len(free) == last - first + 1:
        held[key] = Terminal(kind, first, last, line.ref)
        return [held[key]]
    for low, high in _runs(free):
        held[key[0], low, high] = Terminal(kind, low, high, line.ref)
        inside.append(held[key[0], low, high])
    return inside + _split(state, key, inside)


def _same(state: State, name: str) -> list[Terminal]:
    return [item for (kind, _, _), item in state.plane.lines.items() if kind == name]


def _split(state: State, key: tuple[str, int, int], inside: list[Terminal]) -> list[Terminal]:
    """Cut what overlaps the range only in part, and give the part that lies in it."""
    name, first, last = key
    held = state.plane.lines
    parts = []
    for old in [item for item in _same(state, name) if item not in inside and item.first <= last and item.last >= first]:
        del held[name, old.first, old.last]
        for low, high in ((old.first, first - 1), (max(old.first, first), min(old.last, last)), (last + 1, old.last)):
            if low <= high:
                made = Terminal(old.kind, low, high, old.ref, old.protocols, list(old.filters), old.login, old.idle_s, old.password)
                held[name, low, high] = made
                if first <= low and high <= last:
                    parts.append(made)
    return parts


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs


def transport_input(state: State, line: Line) -> bool:
    words = tuple(word.lower() for word in line.args)
    if not words and not line.negated:
        return False
    known = {*ALL_TRANSPORTS, "all", "none", "nasi", "arap", "acercon"}
    if not set(words) <= known:
        return False
    protocols: tuple[str, ...] | None = ALL_TRANSPORTS if "all" in words else () if "none" in words else words
    if line.negated:
        protocols = ()
    for item in state.now.lines:
        item.protocols = protocols
    return bool(state.now.lines)


def access_class(state: State, line: Line) -> bool:
    """``access-class LIST {in|out} [vrf-also|vrfname V]``."""
    words = line.args
    if len(words) < 2 or words[1].lower() not in {"in", "out"}:
        return False
    if words[1].lower() == "out":
        return state.irrelevant(line, LOCAL)
    for item in state.now.lines:
        item.filters = [known for known in item.filters if known.filter != words[0]] if line.negated else [Applied(words[0], line.ref)]
    return [word.lower() for word in words[2:3]] in ([], ["vrf-also"], ["vrfname"])


def line_login(state: State, line: Line) -> bool:
    words = [word.lower() for word in line.args]
    login: str | None = "none"
    if not line.negated:
        login = {"": "password", "local": "local", "authentication": "aaa", "tacacs": "aaa"}.get(words[0] if words else "")
    for item in state.now.lines:
        item.login = login
    return login is not None


def exec_timeout(state: State, line: Line) -> bool:
    numbers = [int(word) for word in line.args if word.isdigit()]
    if len(numbers) != len(line.args) or len(numbers) > 2:
        return False
    seconds = 0 if line.negated and not numbers else sum(part * unit for part, unit in zip(numbers, (60, 1), strict=False))
    for item in state.now.lines:
        item.idle_s = 600 if line.default else seconds
    return bool(numbers) or line.negated


def line_password(state: State, line: Line) -> bool:
    for item in state.now.lines:
        item.password = not line.negated
    return True


def line_privilege(state: State, line: Line) -> bool:
    """``privilege level N``: what everybody gets who comes in here."""
    if not line.negated:
        state.plane.flags["line-privilege"] = line.ref
    return line.negated or line.args[:1] != []


def no_exec(state: State, line: Line) -> bool:
    """`no exec`: nobody gets a session here; what comes in goes out at the port."""
    return not line.args


LINE_VIEW = View(
    "line",
    table(
        {
            "transport input": transport_input, "access-class": access_class, "login": line_login, "exec-timeout": exec_timeout,
            "password": line_password, "exec": no_exec, "transport output": LOCAL, "transport preferred": LOCAL,
            "logging synchronous": SESSION, "stopbits": SESSION, "speed": SESSION, "databits": SESSION, "parity": SESSION,
            "flowcontrol": SESSION, "length": SESSION, "width": SESSION, "history": SESSION, "privilege level": line_privilege,
            "session-timeout": SESSION, "session-limit": SESSION, "absolute-timeout": SESSION, "escape-character": SESSION,
            "activation-character": SESSION, "autoselect": SESSION, "modem": SESSION, "location": SESSION, "notify": SESSION,
            "authorization": AAA, "accounting": AAA, "ipv6 access-class": LOCAL, "rotary": SESSION, "terminal-type": SESSION,
            "usb-inactivity-timeout": SESSION, "media-type": SESSION, "txspeed": SESSION, "rxspeed": SESSION, "monitor": SESSION,
            "international": SESSION, "motd-banner": SESSION, "exec-banner": SESSION, "editing": SESSION, "exec-character-bits": SESSION,
            "domain-lookup": SESSION, "vacant-message": SESSION, "refuse-message": SESSION, "autohangup": SESSION, "exit": SESSION,
            "timeout login": SESSION, "special-character-bits": SESSION, "dispatch-character": SESSION,
            "stty": SESSION, "full-help": SESSION,
        }
    ),
)  # fmt: skip
