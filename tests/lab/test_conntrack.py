"""Between rounds of probes kernels forget what earlier ones left behind, and nothing else. A second."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.namespaces import inside, run
from lab.probes.conntrack import forget_sessions

NAMESPACE = f"govnet.sessions-{os.getpid()}"
TRACKING = "table ip t { chain c { type filter hook input priority 0; policy accept; ct state established accept; }; }"


def _missing() -> str:
    if os.geteuid():
        return "it needs root"
    if tool := next((tool for tool in ("ip", "nft") if shutil.which(tool) is None), ""):
        return f"{tool} is missing"
    tracks = ["unshare", "-n", "sh", "-c", f"nft '{TRACKING}' && cat /proc/net/nf_conntrack"]
    return "" if subprocess.run(tracks, capture_output=True, check=False).returncode == 0 else "the kernel lists no sessions"


MISSING = _missing()
pytestmark = [pytest.mark.netns, pytest.mark.skipif(bool(MISSING), reason=MISSING)]


@pytest.fixture
def namespace() -> Iterator[str]:
    run(["ip", "netns", "add", NAMESPACE])
    try:
        run(["ip", "-n", NAMESPACE, "link", "set", "dev", "lo", "up"])
        with inside(NAMESPACE):
            run(["nft", "-f", "-"], text=TRACKING)
        yield NAMESPACE
    finally:
        run(["ip", "netns", "del", NAMESPACE])


def _known() -> list[tuple[str, str]]:
    """Protocol and first port of the sessions of the calling thread's namespace."""
    rows = [line.split() for line in Path("/proc/thread-self/net/nf_conntrack").read_text().splitlines()]
    return sorted((row[2], next(word for word in row if word.startswith("dport="))) for row in rows)


def test_a_session_of_the_devices_own_is_kept_and_all_others_are_forgotten(namespace: str) -> None:
    with (
        inside(namespace),
        socket.create_server(("127.0.0.1", 179)) as routing,
        socket.create_server(("127.0.0.1", 80)) as web,
        socket.create_connection(("127.0.0.1", 179)) as near,
        routing.accept()[0] as far,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        socket.create_connection(("127.0.0.1", 80)).close()
        web.accept()[0].close()
        sender.sendto(b"lost", ("127.0.0.1", 5000))
        assert _known() == [("tcp", "dport=179"), ("tcp", "dport=80"), ("udp", "dport=5000")]
        forget_sessions(namespace)
        assert _known() == [("tcp", "dport=179")]
        near.sendall(b"still there")
        assert far.recv(20) == b"still there"


def test_a_namespace_without_sessions_is_left_as_it_is(namespace: str) -> None:
    forget_sessions(namespace)
    with inside(namespace):
        assert _known() == []
