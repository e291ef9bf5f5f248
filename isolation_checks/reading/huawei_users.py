"""Terminal lines, users and AAA of VRP."""

from __future__ import annotations

from isolation_checks.reading.huawei_acl import acl_name
from isolation_checks.reading.huawei_draft import LineDraft, UserDraft
from isolation_checks.reading.huawei_irrelevant import IPV6_ONLY, LOGS, SCREEN, UNUSED
from isolation_checks.reading.huawei_views import Entry, Reading, UnreadError, View, done, keyword, swallow
from isolation_checks.snapshot import Applied

_SHIPPED = {"admin@huawei.com", "admin@123", "changeme_123", "admin", "huawei", "huawei@123"}


def _open_line(r: Reading, words: list[str]) -> None:
    """``user-interface vty 0 4``; without a kind, the absolute number."""
    kind = "tty"
    if not words[0].isdigit():
        kind = {"con": "console", "console": "console", "current": "tty"}.get(words[0].lower(), words[0].lower())
        words = words[1:]
    if kind not in ("console", "vty", "aux", "tty", "ucon", "ui"):
        raise UnreadError
    first = int(words[0])
    last = int(words[-1])
    if len(words) > 2:
        raise UnreadError
    draft = next((item for item in r.draft.lines if (item.kind, item.first, item.last) == (kind, first, last)), None)
    if draft is None:
        draft = LineDraft(kind, first, last, r.ref)
        r.draft.lines.append(draft)
    r.open(LINE, draft)


def _line(r: Reading) -> LineDraft:
    subject = r.here
    if not isinstance(subject, LineDraft):
        raise UnreadError
    return subject


def _line_acl(r: Reading, words: list[str]) -> None:
    line = _line(r)
    if words[0] == "ipv6":
        r.irrelevant(IPV6_ONLY)
        return
    if words[0] in ("name", "number"):
        words = words[1:]
    if keyword(words[1], "inbound", "outbound") == "inbound":
        line.filters.append(Applied(acl_name(r.draft, words[0]), r.ref))


def _undo_line_acl(r: Reading, _words: list[str]) -> None:
    _line(r).filters.clear()


def _line_authentication(r: Reading, words: list[str]) -> None:
    _line(r).authentication = keyword(words[0], "aaa", "password", "none", "local")


def _line_protocol(r: Reading, words: list[str]) -> None:
    kind = keyword(words[0], "all", "ssh", "telnet", "pad", "none")
    _line(r).protocols = {"all": ("ssh", "telnet"), "none": ()}.get(kind, (kind,))


def _undo_line_protocol(r: Reading, _words: list[str]) -> None:
    _line(r).protocols = None


def _line_idle(r: Reading, words: list[str]) -> None:
    _line(r).idle_s = int(words[0]) * 60 + (int(words[1]) if len(words) > 1 else 0)


def _undo_line_idle(r: Reading, _words: list[str]) -> None:
    _line(r).idle_s = None


LINE = View(
    "user-interface",
    {
        "acl": _line_acl, "undo acl": _undo_line_acl, "authentication-mode": _line_authentication, "undo authentication-mode": done,
        "protocol inbound": _line_protocol, "undo protocol inbound": _undo_line_protocol, "idle-timeout": _line_idle,
        "undo idle-timeout": _undo_line_idle, "user privilege": done, "undo user privilege": done, "set authentication password": done,
        "shell": done, "undo shell": done, "history-command": SCREEN, "screen-length": SCREEN, "screen-width": SCREEN, "databits": SCREEN,
        "parity": SCREEN, "speed": SCREEN, "stopbits": SCREEN, "flow-control": SCREEN, "auto-execute command": SCREEN,
        "description": SCREEN,
        "undo history-command": SCREEN, "undo screen-length": SCREEN, "modem": done, "redirect": done, "terminal-type": SCREEN,
        "set password": done,
    },
)  # fmt: skip


# --- users


def secret_of(words: list[str]) -> str:
    """How ``cipher X``, ``irreversible-cipher X``, ``simple X`` keeps it."""
    if not words:
        return "hash"
    value = words[-1]
    if "@@" in value:
        return "reference"
    kind = words[0] if len(words) > 1 else ""
    if kind == "simple":
        return "plain"
    if kind in ("irreversible-cipher", "hash") or value.startswith(("$1", "$2")):
        return "hash"
    return "reversible"


def user_of(r: Reading, name: str) -> UserDraft:
    return r.draft.users.setdefault(name, UserDraft(name, r.ref))


def _local_user(r: Reading, words: list[str]) -> None:
    user = user_of(r, words[0])
    what, rest = words[1], words[2:]
    if what == "password":
        _set_password(user, rest)
        if "privilege" in rest[2:]:
            user.privilege = rest[rest.index("privilege") + 2]
    elif what == "privilege":
        user.privilege = rest[-1]
    elif what == "level":
        user.privilege = rest[0]
    elif what == "service-type":
        user.services = (
            [word for word in rest if word not in user.services] if not user.services else list(dict.fromkeys(user.services + rest))
        )
    elif what not in _USER_EXTRAS:
        raise UnreadError


_USER_EXTRAS = {
    "ftp-directory", "state", "access-limit", "idle-timeout", "user-type", "user-group", "http-directory", "callback-nocheck", "bind-ip",
    "device-type",
    "expire-date", "idle-cut", "time-range", "role", "callback-number", "call-number", "vpn-instance", "bind", "login-delay",
    "valid-period",
}  # fmt: skip


def _set_password(user: UserDraft, rest: list[str]) -> None:
    value = rest[:2]
    user.secret = secret_of(value)
    user.default = user.secret == "plain" and value[-1].strip('"').lower() in _SHIPPED  # noqa: S105


def _undo_local_user(r: Reading, words: list[str]) -> None:
    if len(words) == 1:
        r.draft.users.pop(words[0], None)
    elif words[1] == "service-type":
        user_of(r, words[0]).services = []
    elif words[1] not in _USER_EXTRAS and words[1] != "privilege":
        raise UnreadError


def _open_manager(r: Reading, words: list[str]) -> None:
    r.open(MANAGER, user_of(r, words[0]))


def _manager(r: Reading) -> UserDraft:
    subject = r.here
    if not isinstance(subject, UserDraft):
        raise UnreadError
    return subject


def _manager_password(r: Reading, words: list[str]) -> None:
    _set_password(_manager(r), words)


def _manager_services(r: Reading, words: list[str]) -> None:
    _manager(r).services = list(words)


def _manager_level(r: Reading, words: list[str]) -> None:
    _manager(r).privilege = words[0]


def _manager_scheme(r: Reading, words: list[str]) -> None:
    r.draft.used_schemes.append(words[0])


MANAGER = View(
    "manager-user",
    {
        "password": _manager_password, "service-type": _manager_services, "level": _manager_level, "authentication-scheme": _manager_scheme,
        "access-limit": done, "description": SCREEN, "ssh authentication-type": done, "ssh service-type": done, "acl-number": done,
        "lock": done, "sftp-directory": done, "ftp-directory": done, "state": done, "email": SCREEN, "undo password": done,
    },
)  # fmt: skip


# --- AAA


def _open_aaa(r: Reading, _words: list[str]) -> None:
    r.open(AAA, r.draft)


def _scheme(r: Reading, words: list[str]) -> None:
    r.draft.schemes.setdefault(words[0], None)
    r.open(SCHEME, words[0])


def _mode(r: Reading, words: list[str]) -> None:
    name = r.here
    if not isinstance(name, str):
        raise UnreadError
    if any(word not in ("local", "hwtacacs", "radius", "none", "ad", "ldap", "local-case", "radius-proxy", "case-sensitive",
    "if-authenticated",
                        "server", "hacker", "securid") for word in words):  # fmt: skip
        raise UnreadError
    r.draft.schemes[name] = r.ref if words[0] not in ("local", "none", "local-case") else None
    if words[0] == "none":
        r.draft.flags["aaa-none"] = r.ref


def _domain(r: Reading, words: list[str]) -> None:
    r.open(DOMAIN, words[0] if words else "")


def _domain_scheme(r: Reading, words: list[str]) -> None:
    r.draft.used_schemes.append(words[0])


SCHEME = View(
    "authentication-scheme",
    {"authentication-mode": _mode, "undo authentication-mode": done, "authentication-super": done, "authentication-type": done},
)
_SIDE = View(
    "scheme",
    {
        "authorization-mode": done, "accounting-mode": done, "accounting": done, "authorization-cmd": done, "accounting start-fail": done,
        "accounting interim-fail": done, "accounting realtime": done, "undo authorization-cmd": done, "recording-mode": done,
    },
)  # fmt: skip
DOMAIN = View(
    "domain",
    {
        "authentication-scheme": _domain_scheme, "authorization-scheme": done, "accounting-scheme": done, "hwtacacs-server": done,
        "radius-server": done, "service-type": done, "internet-access": done, "reference user": done, "undo": UNUSED, "state": done,
        "service-scheme": done, "user-group": done, "statistic": LOGS, "access-limit": done, "idle-cut": done, "new-user": done,
        "dns": done,
        "auto-sign": done, "description": SCREEN, "authentication-type": done, "permit-domain": done, "ldap-server": done,
        "ad-server": done, "ip pool": UNUSED,
        "l2tp-user": UNUSED, "user": UNUSED, "ip-pool": UNUSED,
    },
)  # fmt: skip


_role = swallow(UNUSED)


def _side_scheme(r: Reading, _words: list[str]) -> None:
    r.open(_SIDE, None)


AAA = View(
    "aaa",
    {
        "authentication-scheme": _scheme, "authorization-scheme": _side_scheme, "accounting-scheme": _side_scheme, "domain": _domain,
        "local-user": _local_user, "undo local-user": _undo_local_user, "manager-user": _open_manager, "bind manager-user": done,
        "role": _role, "manager-user password-modify": done,
        "lock-authentication": done,
        "recording-scheme": _side_scheme, "service-scheme": _domain, "default-domain": done, "local-aaa-user": done,
        "undo local-aaa-user": done,
        "user-password": done, "undo user-password": done, "undo manager-user": done, "remote-user": done, "undo local-user policy": done,
        "user-group": _domain, "task-group": _domain, "local-user policy": done, "undo user-security-policy": done,
        "local-user-template": _domain,
        "domain-name": done, "domainname-parse-direction": done, "domain-location": done, "undo domain": done, "default-user": done,
        "undo default-domain": done, "access-user": done, "remote-aaa-user": done, "aaa-author": done, "local-aaa-user password": done,
        "outbound recording-scheme": done, "cmd recording-scheme": done, "system recording-scheme": done, "undo admin-user": done,
        "task": done, "user": done,
    },
)  # fmt: skip

USERS_TOP: dict[str, Entry] = {"user-interface": _open_line, "aaa": _open_aaa}
