"""What the rules do to packets: the firewall's and the router's stand-ins in network namespaces, with real sockets around them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from templates.engine import Renderer
from templates.platforms import Platforms
from tests.templates import samples

SYSTEM_PATH = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
NEEDED = ("ip", "nft", "sysctl", "unshare")

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or any(shutil.which(name, path=SYSTEM_PATH) is None for name in NEEDED),
    reason="needs root and ip, nft, sysctl, unshare: packets go through network namespaces",
)

WIRES = """
set -e
mount -t tmpfs none /run
for n in dut inside outside dmz; do ip netns add $n; ip -n $n link set lo up; done
wire() { # device's port, its address, neighbour, neighbour's address, neighbour's default gateway
  ip -n dut link add $1 type veth peer name uplink netns $3
  ip -n dut addr add $2 dev $1; ip -n dut link set $1 up
  ip -n $3 addr add $4 dev uplink; ip -n $3 link set uplink up; ip -n $3 route add default via $5
}
virtual() { # as links.ip does for VRRP: port, group, address
  ip -n dut link add $1v$2 link $1 type macvlan mode bridge
  ip -n dut link set $1v$2 address 00:00:5e:00:01:0$2
  ip -n dut addr add $3/32 dev $1v$2; ip -n dut link set $1v$2 up
}
"""

# One question a line of input: namespace, kind, source address, address, port. Answers: what the other end saw, or null.
PROBE = '''
import json, os, socket, struct, sys, threading

WAIT = 0.5

def enter(name):
    import ctypes
    fd = os.open(f"/run/netns/{name}", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(fd, 0x40000000):
        raise OSError(ctypes.get_errno(), "setns")

def socket_in(name, *kind):
    box = []
    def make():
        enter(name)
        box.append(socket.socket(*kind))
    thread = threading.Thread(target=make); thread.start(); thread.join()
    return box[0]

def tcp(server, client, bind, source, target, port, bound_port):
    listener = socket_in(server, socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((bind, bound_port)); listener.listen(); listener.settimeout(WAIT)
    caller = socket_in(client, socket.AF_INET, socket.SOCK_STREAM)
    caller.settimeout(WAIT); caller.bind((source, 0))
    try:
        caller.connect((target, port))
        return listener.accept()[1][0]
    except OSError:
        return None
    finally:
        listener.close(); caller.close()

def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff

def bare(server, client, source, target, port, sport, flags, seen_port=None):
    """A lone TCP segment: does it arrive?"""
    watch = socket_in(server, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP); watch.settimeout(WAIT)
    send = socket_in(client, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP); send.bind((source, 0))
    segment = struct.pack("!HHIIBBHHH", sport, port, 7, 7, 5 << 4, flags, 1024, 0, 0)
    pseudo = socket.inet_aton(source) + socket.inet_aton(target) + struct.pack("!BBH", 0, 6, len(segment))
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    send.sendto(segment, (target, 0))
    try:
        while True:
            packet = watch.recv(2000)
            if struct.unpack("!HH", packet[20:24]) == (sport, seen_port or port):
                return True
    except TimeoutError:
        return False
    finally:
        watch.close(); send.close()

for name, kind, arguments in json.load(open("questions.json")):
    print(json.dumps([name, {"tcp": tcp, "bare": bare}[kind](*arguments)]), flush=True)
'''


def answers(tmp_path: Path, setup: str, questions: list[tuple[str, str, list[object]]]) -> dict[str, object]:
    """Builds the network of ``setup`` around the device ``dut``, loads its files, asks."""
    (tmp_path / "probe.py").write_text(PROBE)
    (tmp_path / "questions.json").write_text(json.dumps(questions))
    load = "ip netns exec dut nft -f nftables.conf\nip netns exec dut sysctl -qp sysctl.conf\n"
    script = WIRES + setup + load + f"{sys.executable} probe.py\n"
    command = ["unshare", "--net", "--mount", "bash", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env={"PATH": SYSTEM_PATH}, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(line) for line in done.stdout.splitlines())


def write_stand_in(tmp_path: Path, name: str) -> None:
    for file in Renderer(Platforms()).render(samples.SAMPLES[name](), "frr").files:
        (tmp_path / Path(file.name).name).write_text(file.text)


SYN, ACK = 2, 16


def test_firewall(tmp_path: Path) -> None:
    write_stand_in(tmp_path, "firewall")
    setup = """
wire eth1 10.2.0.2/29 inside 10.2.0.6/29 10.2.0.1
wire eth2 203.0.113.2/29 outside 203.0.113.6/29 203.0.113.1
wire eth3 10.2.1.2/24 dmz 10.2.1.10/24 10.2.1.1
virtual eth1 1 10.2.0.1; virtual eth2 2 203.0.113.1; virtual eth3 3 10.2.1.1
ip -n inside addr add 10.64.1.5/32 dev lo; ip -n dut route add 10.64.0.0/10 via 10.2.0.6
ip -n outside addr add 59.255.1.1/32 dev lo; ip -n dut route add default via 203.0.113.6
ip -n outside addr add 10.64.9.9/32 dev lo
"""
    found = answers(
        tmp_path,
        setup,
        [
            ("to the internet", "tcp", ["outside", "inside", "203.0.113.6", "10.64.1.5", "203.0.113.6", 80, 80]),
            ("to the province, left alone", "tcp", ["outside", "inside", "59.255.1.1", "10.64.1.5", "59.255.1.1", 80, 80]),
            ("published server", "tcp", ["dmz", "outside", "10.2.1.10", "203.0.113.6", "203.0.113.20", 443, 8443]),
            ("its real address", "tcp", ["dmz", "outside", "10.2.1.10", "203.0.113.6", "10.2.1.10", 22, 22]),
            ("from outside to inside", "tcp", ["inside", "outside", "10.64.1.5", "203.0.113.6", "10.64.1.5", 80, 80]),
            ("undeclared, to the DMZ", "tcp", ["dmz", "inside", "10.2.1.10", "10.64.1.5", "10.2.1.10", 80, 80]),
            ("from the DMZ inwards", "tcp", ["inside", "dmz", "10.64.1.5", "10.2.1.10", "10.64.1.5", 80, 80]),
            ("SYN to the published server", "bare", ["dmz", "outside", "203.0.113.6", "203.0.113.20", 443, 4003, SYN, 8443]),
            ("the same from a spoofed source", "bare", ["dmz", "outside", "10.64.9.9", "203.0.113.20", 443, 4004, SYN, 8443]),
            ("SYN", "bare", ["outside", "inside", "10.64.1.5", "59.255.1.1", 81, 4001, SYN]),
            ("ACK without a session", "bare", ["outside", "inside", "10.64.1.5", "59.255.1.1", 82, 4002, ACK]),
            ("ssh from elsewhere", "tcp", ["dut", "inside", "10.2.0.2", "10.64.1.5", "10.2.0.2", 22, 22]),
        ],
    )
    assert found.pop("to the internet") in ("203.0.113.17", "203.0.113.18", "203.0.113.19")
    assert found == {
        "to the province, left alone": "10.64.1.5",
        "published server": "203.0.113.6",
        "its real address": None,
        "from outside to inside": None,
        "undeclared, to the DMZ": None,
        "from the DMZ inwards": None,
        "SYN to the published server": True,
        "the same from a spoofed source": False,
        "SYN": True,
        "ACK without a session": False,
        "ssh from elsewhere": None,
    }


def test_filters_of_a_switch_behind_vrrp(tmp_path: Path) -> None:
    """The agency's packets come in at the virtual address' device; filters and the reverse path check hold there as on the SVI."""
    write_stand_in(tmp_path, "l3_switch")
    setup = """
wire vlan110 10.64.10.2/24 inside 10.64.10.5/24 10.64.10.1
virtual vlan110 9 10.64.10.1
ip -n dut link set vlan110v9 name vlan110v10
wire eth1 10.1.5.1/31 outside 10.1.5.0/31 10.1.5.1
ip -n outside addr add 10.8.1.10/32 dev lo; ip -n outside addr add 10.64.20.7/32 dev lo; ip -n outside addr add 192.0.2.1/32 dev lo
ip -n dut route add default via 10.1.5.0
ip -n inside addr add 10.64.30.1/32 dev lo
"""
    found = answers(
        tmp_path,
        setup,
        [
            ("declared", "tcp", ["outside", "inside", "10.8.1.10", "10.64.10.5", "10.8.1.10", 443, 443]),
            ("another port", "tcp", ["outside", "inside", "10.8.1.10", "10.64.10.5", "10.8.1.10", 80, 80]),
            ("another agency", "tcp", ["outside", "inside", "10.64.20.7", "10.64.10.5", "10.64.20.7", 443, 443]),
            ("return shape", "bare", ["outside", "inside", "10.64.10.5", "10.64.20.7", 5000, 8443, ACK]),
            ("the same without ACK", "bare", ["outside", "inside", "10.64.10.5", "10.64.20.7", 5001, 8443, SYN]),
            ("somebody else's source", "bare", ["outside", "inside", "10.64.30.1", "10.8.1.10", 443, 5002, SYN]),
            ("internet, outward", "bare", ["outside", "inside", "10.64.10.5", "192.0.2.1", 443, 5003, SYN]),
            ("inward without a flow", "bare", ["inside", "outside", "192.0.2.1", "10.64.10.5", 5003, 443, ACK]),
        ],
    )
    assert found == {
        "declared": "10.64.10.5",
        "another port": None,
        "another agency": None,
        "return shape": True,
        "the same without ACK": False,
        "somebody else's source": False,
        "internet, outward": True,
        "inward without a flow": False,
    }
