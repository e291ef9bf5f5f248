"""The configs of a lab are the rendered ones, cut to the namespace that runs them."""

import pytest

from lab.changes import adapted, secret
from lab.frr_text import UnknownLineError, of_daemons, of_vrf
from lab.links_text import Place, kept, made
from lab.nft_merge import merged
from lab.nft_text import of_interfaces
from lab.plan import Kernel

FRR = """\
frr version 8.4
hostname r1
!
ip route 10.0.0.0/8 blackhole 254
!
vrf red
 ip route 0.0.0.0/0 10.9.9.1 60
exit-vrf
!
interface eth1
 ip address 10.1.1.1/30
 ip ospf area 0
 ip ospf hello-interval 10
 ip ospf message-digest-key 1 md5 @@vault:x/ospf@@
exit
!
interface eth1.30
 ip address 10.1.2.1/30
 ip ospf area 0
exit
!
router ospf
 ospf router-id 1.1.1.1
exit
!
router ospf vrf red
 ospf router-id 2.2.2.2
exit
!
end
"""

LINKS = """\
link add dev red type vrf table 1001
link set dev red up
route add vrf red unreachable default metric 4278198272
link add link eth1 name eth1.30 type vlan id 30
link add dev vlan40 type bridge stp_state 1 priority 4096
link set dev eth2 master vlan40
link set dev eth1.30 master red
link add dev eth1.30v1 link eth1.30 type macvlan mode bridge
address add 10.1.2.9/32 dev eth1.30v1
link set dev eth1 up
link set dev eth1.30 up
"""


def test_each_daemon_reads_its_own_part() -> None:
    parts = of_daemons(FRR)
    assert list(parts) == ["zebra", "staticd", "ospfd"]
    assert "ip address" not in parts["ospfd"]
    assert "ip ospf" not in parts["zebra"]
    assert parts["ospfd"].count("router ospf") == 2
    assert all("hostname r1" in text for text in parts.values())


def test_a_line_that_no_daemon_reads_is_named_with_its_number() -> None:
    with pytest.raises(UnknownLineError) as caught:
        of_daemons(FRR.replace(" ip ospf area 0\n", " mpls enable\n", 1))
    assert caught.value.number == 12


def test_a_namespace_for_a_vrf_has_its_routes_interfaces_and_process_without_its_name() -> None:
    text = of_vrf(FRR, "red", {"eth1.30"})
    assert "ip route 0.0.0.0/0 10.9.9.1 60\n" in text
    assert "interface eth1.30\n" in text
    assert "interface eth1\n" not in text
    assert "2.2.2.2" in text
    assert "1.1.1.1" not in text
    assert "vrf" not in text
    rest = of_vrf(FRR, None, {"eth1.30"})
    assert "eth1.30" not in rest
    assert "10.0.0.0/8" in rest
    assert "2.2.2.2" not in rest


def test_only_timers_and_secrets_change() -> None:
    text = adapted(FRR)
    assert " ip ospf hello-interval 2\n" in text
    assert secret("vault:x/ospf") in text
    assert "@@" not in text
    untouched = [line for line in FRR.splitlines() if "hello" not in line and "@@" not in line]
    assert [line for line in untouched if line not in text.splitlines()] == []


def test_a_secret_fits_an_ospf_key_and_is_the_same_at_both_ends() -> None:
    assert secret("vault:x/ospf") == secret("vault:x/ospf") != secret("vault:y/ospf")
    assert len(secret("vault:x/ospf")) <= 16


def test_a_full_kernel_runs_every_line() -> None:
    assert kept(LINKS, Place(Kernel(), frozenset({"eth1", "eth2"}), frozenset())) == LINKS


def test_what_the_kernel_lacks_is_left_to_the_lab() -> None:
    poor = Kernel(vlan=False, vrf=False, dummy=False, bond=False)
    red = kept(LINKS, Place(poor, frozenset({"eth1.30"}), frozenset({"vlan40"})))
    assert red.splitlines() == [
        "link add dev eth1.30v1 link eth1.30 type macvlan mode bridge",
        "address add 10.1.2.9/32 dev eth1.30v1",
        "link set dev eth1.30 up",
    ]
    assert kept("link add dev lo2 type dummy\n", Place(poor, frozenset(), frozenset())).startswith(
        "link add dev lo2 type veth peer name xlo2"
    )


def test_what_is_not_plugged_is_not_configured() -> None:
    assert "eth2" not in kept(LINKS, Place(Kernel(), frozenset({"eth1"}), frozenset()))


def test_made_names_every_interface_with_its_type() -> None:
    assert made(LINKS) == {"red": "vrf", "eth1.30": "vlan", "vlan40": "bridge", "eth1.30v1": "macvlan"}


NFT = """\
table ip filter {
  chain acl-a-in {
    drop
  }
  chain acl-b-in {
    drop
  }
  chain prerouting {
    type filter hook prerouting priority raw; policy accept;
    iifname "eth1" jump acl-a-in
    iifname { "eth1.30", "eth1.30v1" } jump acl-b-in
  }
  chain input {
    type filter hook input priority filter; policy drop;
    ip saddr 10.0.0.1 accept
  }
}
"""


def test_a_namespace_filters_for_its_own_interfaces_and_keeps_what_is_bound_to_none() -> None:
    text = of_interfaces(NFT, {"eth1.30"})
    assert "acl-b-in {" in text
    assert "acl-a-in" not in text
    assert "ip saddr 10.0.0.1 accept" in text
    assert "policy drop" in text


def _listed(text: str) -> str:
    return text.replace("  ", "\t")


def test_rulesets_of_a_devices_namespaces_are_one_again() -> None:
    whole = _listed(NFT)
    changed = _listed(of_interfaces(NFT, {"eth1.30", "eth1.30v1"})).replace("\t\tdrop\n", "\t\taccept\n")
    text = merged(whole, [(changed, {"eth1.30", "eth1.30v1"})])
    assert "\tchain acl-a-in {\n\t\tdrop\n" in text
    assert "\tchain acl-b-in {\n\t\taccept\n" in text
    assert merged(whole, [(_listed(of_interfaces(NFT, {"eth1.30"})), {"eth1.30"})]).splitlines() == whole.splitlines()
