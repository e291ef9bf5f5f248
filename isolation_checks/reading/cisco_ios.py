"""Cisco IOS and IOS-XE: routers and Catalyst switches.

A config is read line by line, as the device itself takes it: a line belongs to the view that is open where it is indented under it, or
where nothing is indented at all and the view (else the global one) knows the command.
"""

from __future__ import annotations

import re
from functools import cache

from isolation_checks.reading import (
    cisco_bgp,
    cisco_interfaces,
    cisco_lists,
    cisco_management,
    cisco_nat,
    cisco_ospf,
    cisco_policies,
    cisco_routes,
    cisco_switching,
    cisco_zones,
)
from isolation_checks.reading.cisco_commands import GLOBAL_VIEW
from isolation_checks.reading.cisco_detect import likeness
from isolation_checks.reading.cisco_port_commands import INTERFACE_VIEW
from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_tables import BLOCK_WORDS, EXEC, KEYS, NAMES, listed
from isolation_checks.reading.cisco_views import UNKNOWN_VIEW, Action, Block, Line, Spelled, View, spelled, table
from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import DeviceConfig, FeatureKind, LineCode, Ref

_PROMPT = re.compile(r"[\w.:@/-]+(\([\w-]+\))?[#>] ?(.*)")
_HEADERS = ("building configuration", "current configuration", "using ", "show running-config", "show run", "show startup-config")
_LEFT_BY_NAME = ("address-family", "template", "vrrp")  # views that `exit-…` closes
_BANNER_LIMIT = 200
_CERTIFICATE_LIMIT = 400


class _Frame:
    """An open view. ``deep``: a line was indented under it; ``weak``: a separator came since, so the global view is tried first."""

    __slots__ = ("deep", "indent", "title", "view", "weak")

    def __init__(self, view: View, indent: int, title: str) -> None:
        self.view = view
        self.indent = indent
        self.title = title
        self.deep = False
        self.weak = False


class _Reader:
    """Reads the lines of one file into a State."""

    def __init__(self, source: Source) -> None:
        self.lines = source.lines
        self.ledger = Ledger(source.name, len(source.lines))
        self.state = State(self.ledger)
        self.frames: list[_Frame] = []
        self.flat = not _indents(source.lines)
        self.ended = False
        self.headers = 0  # how often the device said that its config follows
        self.listing = any(line.startswith(("Building configuration", "Current configuration", "version ")) for line in source.lines[:60])

    def run(self) -> None:
        number = 0
        while number < len(self.lines):
            number += 1
            number = self._read(number, self.lines[number - 1])

    def _read(self, number: int, text: str) -> int:
        """Read a line; the number of the last line that it took (banners take several)."""
        stripped = text.lstrip()
        if not stripped or stripped[0] == "!":
            self.ledger.blank(number)
            if stripped and text[0] == "!":
                self._separator()
            return number
        indent = len(text) - len(stripped)
        frames = self.frames
        if frames and indent > frames[-1].indent:
            quick = frames[-1].view.quick
            if quick is not None and quick(self.state, number, stripped):
                frames[-1].deep = True
                return number
        if self.ended or stripped[0] in "BCUbcu%" or "#" in stripped or ">" in stripped:
            shown = self._framing(number, stripped)
            if shown is None:
                return number
            if shown is not stripped:
                stripped, indent = shown, 0
        return self._command(number, stripped, indent)

    def _separator(self) -> None:
        if self.flat:
            for frame in self.frames:
                frame.weak = True
        else:
            self.frames.clear()

    def _framing(self, number: int, text: str) -> str | None:
        """What a device says around its config; the text of the command, or None where the line is none."""
        lowered = text.lower()
        if lowered.startswith(_HEADERS):
            self.headers += lowered.startswith("building configuration")
            if self.ended or self.headers > 1:
                self._rest(number)
            else:
                self._session(number)
            return None
        prompt = _PROMPT.fullmatch(text) if "#" in text or ">" in text else None
        if prompt is not None and " " not in text[: prompt.start(2)].rstrip():
            if not prompt[1]:
                self.ended = self.ended and not prompt[2].lower().startswith("conf")
            if prompt[1] and prompt[2]:
                return str(prompt[2])
            self._session(number)
            return None
        if not self.ended:
            return text
        if lowered.split()[0] in {"version", "hostname", "interface"}:
            self._rest(number)
        elif lowered in {"end", "exit"} or lowered.startswith(("wr", "copy ", "conf")):
            self.ended = not lowered.startswith("conf")
            self._session(number)
        else:
            self.ledger.not_understood(number, text)
        return None

    def _session(self, number: int) -> None:
        self.ledger.irrelevant(number, EXEC)

    def _rest(self, number: int) -> None:
        """A second device begins: nothing from here on is of the first."""
        self.state.facts["several-devices"] = "yes"
        for later in range(number, len(self.lines) + 1):
            text = self.lines[later - 1].strip()
            if not text or text[0] == "!":
                self.ledger.blank(later)
            else:
                self.ledger.not_understood(later, text)
        self.lines = self.lines[:number]

    def _command(self, number: int, text: str, indent: int) -> int:
        if " !" in text:
            text = _uncommented(text)
        self._close(indent)
        top = self.frames[-1] if self.frames else None
        nested = top is not None and indent > top.indent
        read = spelled(top.view.commands if top is not None and nested else GLOBAL_VIEW.commands, text)
        line = Line(number, self.ledger.ref(number), text, read.words, read.negated)
        if read.special:
            last = self._special(line)
            if last:
                return last
        if top is not None and nested:
            top.deep = True
            self._apply(line, indent, top, read.found if read.full or not self.listing else None)
        else:
            self._dispatch(line, indent, read)
        if read.special and read.words[0].lower() == "certificate":
            return self._certificate(number)
        return number

    def _special(self, line: Line) -> int:
        """Lines that end a view, or that others belong to: the last line that was taken, 0 where the line is an ordinary one."""
        head = line.words[0].lower()
        if head in {"exit", "quit", "end"} and len(line.words) == 1 and not line.negated:
            self._leave(line.number, head)
            return line.number
        if head.startswith("exit-"):
            self.ledger.irrelevant(line.number, EXEC)
            if self.frames and self.frames[-1].title.startswith(_LEFT_BY_NAME):
                self.frames.pop()
            return line.number
        if head == "hostname" and self._second_hostname(line):
            self._rest(line.number)
            return line.number
        return self._delimited(line)

    def _leave(self, number: int, word: str) -> None:
        self.ledger.irrelevant(number, EXEC)
        if word == "end":
            self.frames.clear()
            self.ended = True
            return
        if self.frames:
            self.frames.pop()

    def _second_hostname(self, line: Line) -> bool:
        known = self.state.hostname
        return bool(known) and not line.negated and line.words[1:] != [known]

    def _close(self, indent: int) -> None:
        """Leave the views that this line is no longer indented under, unless nothing ever was."""
        frames = self.frames
        while frames and indent <= frames[-1].indent and (frames[-1].deep or indent < frames[-1].indent):
            frames.pop()

    def _dispatch(self, line: Line, indent: int, read: Spelled) -> None:
        """A line that is indented under nothing: of the open view that knows it best, else global. ``read``: in the global view.

        A command in full goes before an abbreviated one, then one of more keywords, then the inner view before the outer.
        """
        frames = self.frames
        top = frames[-1] if frames else None
        best: tuple[Action, int] | None = None
        rank: tuple[bool, int, int] | None = None
        place = -1
        for index in range(-1, len(frames)):
            known = read if index < 0 else spelled(frames[index].view.commands, line.text)
            if known.found is None or (self.listing and not known.full):
                continue
            order = 0 if index >= 0 and frames[index].weak else index + 2 if index >= 0 else 1
            this = known.full, known.found[1], order
            if rank is None or this > rank:
                best, rank, place = known.found, this, index
        if best is None and top is not None and top.view.other is not None and not top.weak:
            self._apply(line, indent, top, None)
            return
        if best is not None or not self.flat:
            del frames[place + 1 :]
        self._apply(line, indent, frames[place] if place >= 0 else None, best)

    def _apply(self, line: Line, indent: int, frame: _Frame | None, found: tuple[Action, int] | None) -> None:
        state = self.state
        if frame is None:
            state.now.ports = []
        if found is not None:
            action, taken = found
            line.args = line.words[taken:]
            done = self._act(line, action, frame)
        elif frame is None or (frame.view.other is None and frame.view.rest is None):
            done = False
        elif frame.view.other is not None:
            done = frame.view.other(state, line)
        else:
            done = self._unread(line, frame.view.rest)
        entered = state.entered
        state.entered = None
        if not done:
            self._unknown(line, indent)
        else:
            if self.ledger.codes[line.number - 1] == LineCode.UNKNOWN:
                self.ledger.understood(line.number)
            if entered is not None:
                self.frames.append(_Frame(entered[0], indent, entered[1]))

    def _act(self, line: Line, action: Action, frame: _Frame | None) -> bool:
        state = self.state
        if isinstance(action, str) and not isinstance(action, FeatureKind):
            return state.irrelevant(line, action)
        if isinstance(action, FeatureKind):
            return state.feature(line, action)
        if isinstance(action, Block):
            why = action.why
            if line.negated:
                return True
            done = state.feature(line, why) if isinstance(why, FeatureKind) else state.irrelevant(line, why)
            return done and state.enter(_block_view(action), line.text.strip())
        if line.default and line.words[0].lower() != "interface" and (frame is None or frame.view is not INTERFACE_VIEW):
            return False
        return action(state, line)

    def _unread(self, line: Line, rest: str | FeatureKind | None) -> bool:
        """A line of a view of which nothing is read. In a flat file nobody knows where such a view ends."""
        if isinstance(rest, FeatureKind):
            return self.state.unmodelled(line)
        return rest is not None and self.state.irrelevant(line, rest)

    def _unknown(self, line: Line, indent: int) -> None:
        self.ledger.not_understood(line.number, line.text, tuple(frame.title for frame in self.frames))
        if not self.flat:
            self.frames.append(_Frame(UNKNOWN_VIEW, indent, line.text.strip()[:80]))
            self.frames[-1].deep = True  # only what is indented under it is its own

    def _delimited(self, line: Line) -> int:
        """A banner: up to the delimiter that its first character is. 0 where the line is none, or the delimiter never comes again."""
        skip = _banner_words(line.words)
        if not skip or line.negated:
            return 0
        rest = line.text.split(None, skip)[-1] if len(line.words) > skip else ""
        if not rest:
            return 0
        mark = "^C" if rest.startswith("^C") else rest[0]
        if mark in rest[len(mark) :]:
            return self._banner(line.number, line.number)
        for later in range(line.number + 1, min(len(self.lines), line.number + _BANNER_LIMIT) + 1):
            if mark in self.lines[later - 1]:
                return self._banner(line.number, later)
        return 0

    def _banner(self, first: int, last: int) -> int:
        for number in range(first, last + 1):
            self.ledger.irrelevant(number, NAMES)
        self.state.plane.flags.setdefault("banner", self.ledger.ref(first))
        return last

    def _certificate(self, number: int) -> int:
        """The hexadecimal text of a certificate ends with `quit`, however it is indented."""
        for later in range(number + 1, min(len(self.lines), number + _CERTIFICATE_LIMIT) + 1):
            text = self.lines[later - 1].strip()
            if text == "quit":
                for inner in range(number + 1, later + 1):
                    self.ledger.irrelevant(inner, KEYS)
                return later
            if text and not all((len(word) <= 8 and _hexadecimal(word)) or word.isupper() for word in text.split()):
                break
        return number


@cache
def _block_view(block: Block) -> View:
    why = block.why
    known: Action = State.unmodelled if isinstance(why, FeatureKind) else why
    return View("block", table(dict.fromkeys(listed(BLOCK_WORDS[why]) if why in BLOCK_WORDS else (), known)), rest=why)


def _hexadecimal(word: str) -> bool:
    return all(character in "0123456789abcdefABCDEF" for character in word)


def _indents(lines: tuple[str, ...]) -> bool:
    """Whether lines are indented under what they belong to."""
    openers = (
        "interface ",
        "router ",
        "line ",
        "ip access-list ",
        "vlan ",
        "route-map ",
        "vrf ",
        "object-group ",
        "policy-map ",
        "crypto ",
    )
    previous = ""
    for line in lines:
        if line[:1] in {" ", "\t"} and previous.startswith(openers):
            return True
        if line.strip():
            previous = line
    return False


def _uncommented(text: str) -> str:
    """Without a comment at the end, save where the text is free."""
    first, _, rest = text.partition(" ")
    if (
        first in {"description", "remark", "banner", "name", "username", "enable", "snmp-server", "password", "neighbor", "key"}
        or "remark" in rest
    ):
        return text
    return text.partition(" !")[0].rstrip() or text


def _banner_words(words: list[str]) -> int:
    """How many words come before the delimiter; 0 where the line begins no banner."""
    head = words[0].lower()
    if head.startswith("ban") and "banner".startswith(head) and len(words) > 1:
        kinds = ("exec", "incoming", "login", "motd", "prompt-timeout", "slip-ppp", "config-save")
        return 2 if words[1].lower() in kinds else 1
    if words[:2] == ["aaa", "authentication"] and len(words) > 3 and words[2] in {"banner", "fail-message"}:
        return 3
    if head in {"vacant-message", "refuse-message"}:
        return 1
    return 0


def looks_like(source: Source) -> float:
    """How sure it is, 0 to 1, that the text is of IOS; see `cisco_detect`."""
    return likeness(source.lines)


def parse(folder: str, sources: tuple[Source, ...]) -> DeviceConfig:
    """Read one device's config."""
    if not sources:
        return DeviceConfig(name=folder, folder=folder, platform="cisco_ios", files=())
    reader = _Reader(sources[0])
    reader.run()
    told = {item.ref.line for item in reader.ledger.unknown}
    for number, code in enumerate(reader.ledger.codes, 1):
        if code == LineCode.UNKNOWN and number not in told:
            reader.ledger.not_understood(number, sources[0].lines[number - 1])
    return _device(folder, sources, reader)


def _device(folder: str, sources: tuple[Source, ...], reader: _Reader) -> DeviceConfig:
    state = reader.state
    if not reader.ended and (reader.listing or not reader.flat):  # only what somebody types may leave `end` out
        state.facts["truncated"] = "yes"
    lists = cisco_lists.filters(state)
    by_name = {item.name: item for item in lists}
    translations = cisco_nat.Translations(state, by_name)
    leaks = dict.fromkeys((*cisco_routes.leaks(state), *translations.leaks()))
    ledger = reader.ledger
    return DeviceConfig(
        name=state.hostname or folder,
        folder=folder,
        platform="cisco_ios",
        files=tuple(source.name for source in sources),
        name_ref=state.hostname_ref,
        version=state.version,
        interfaces=cisco_interfaces.interfaces(state),
        vlans=cisco_switching.vlans(state),
        vrfs=cisco_routes.vrfs(state),
        leaks=tuple(leaks),
        filters=(*lists, *cisco_switching.map_filters(state, by_name)),
        firewall=cisco_zones.firewall(state, by_name),
        source_nat=translations.source(),
        destination_nat=translations.destination(),
        static_routes=cisco_routes.statics(state),
        ospf=cisco_ospf.processes(state),
        bgp=cisco_bgp.processes(state),
        prefix_lists=cisco_policies.prefix_lists(state),
        route_policies=cisco_policies.route_policies(state),
        forwarding=state.forwarding,
        forwarding_ref=state.forwarding_ref,
        management=cisco_management.build(state, Ref(sources[0].name, 1)),
        features=tuple(ledger.features),
        unknown=tuple(sorted(ledger.unknown)),
        coverage=(ledger.coverage(),),
        facts=tuple(sorted(state.facts.items())),
    )
