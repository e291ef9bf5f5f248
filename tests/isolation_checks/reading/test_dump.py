"""The JSON of a device."""

from __future__ import annotations

import json
from pathlib import Path

from isolation_checks.reading import frr, host_unit, nft
from isolation_checks.reading.dump import as_json, ternary
from isolation_checks.reading.source import read_source
from isolation_checks.snapshot import Ternary

HERE = Path(__file__).parent


def test_a_ruleset_in_full() -> None:
    text = b"""table ip t {
 chain c {
  type filter hook forward priority 0; policy drop;
  ip saddr 10.0.0.0/8 ip daddr & 255.0.255.0 == 10.0.7.0 tcp dport { 80, 1024-65535 } tcp flags & (syn | ack) == syn accept comment "in"
  icmp type destination-unreachable icmp code 4 drop
  iifname != { "a", "b*" } return
 }
}
"""
    assert as_json(nft.parse("x", (read_source("x.nft", text),))) == {
        "name": "x",
        "folder": "x",
        "platform": "nftables",
        "files": ["x.nft"],
        "filters": [
            {
                "name": "ip t c",
                "kind": "chain",
                "rules": [
                    {
                        "action": "permit",
                        "matches": [
                            {
                                "src": ["10.0.0.0/8"],
                                "dst": ["10.0.7.0/0.255.0.255"],
                                "protocols": ["6"],
                                "dports": ["80", "1024-65535"],
                                "flags": ["+syn -ack"],
                            }
                        ],
                        "ref": "x.nft:4",
                        "name": "in",
                    },
                    {"action": "deny", "matches": [{"protocols": ["1"], "icmp": ["3/4"]}], "ref": "x.nft:5"},
                    {"action": "return", "matches": [{"in_interfaces": {"names": ["a", "b*"], "negated": True}}], "ref": "x.nft:6"},
                ],
                "default": "deny",
                "ref": "x.nft:3",
            }
        ],
        "hooks": [{"stage": "forward", "priority": 0, "filter": "ip t c", "ref": "x.nft:3"}],
        "forwarding": True,
        "coverage": [{"file": "x.nft", "lines": 8, "understood": 8}],
    }


def test_forms_of_a_router() -> None:
    path = HERE / "frr" / "border.conf"
    found = as_json(frr.parse("border", (read_source("border.conf", path.read_bytes()),)))
    assert found["interfaces"][0]["addresses"] == [{"address": "198.51.100.2/30", "ref": "border.conf:27"}]
    assert found["interfaces"][1]["virtual"] == [{"ip": "10.1.0.254", "group": 5, "priority": 120, "ref": "border.conf:40"}]
    assert found["static_routes"][0] == {
        "network": "0.0.0.0/0", "next_hop": "198.51.100.1", "preference": 20, "tag": 7, "ref": "border.conf:12",
    }  # fmt: skip
    assert found["ospf"][0]["router_id"] == "10.1.0.1"
    assert found["prefix_lists"][0]["entries"][0]["network"] == "203.0.113.0/24"
    assert found["bgp"][0]["networks"] == [{"network": "203.0.113.0/24", "policy": "OWN", "ref": "border.conf:73"}]
    assert found["facts"] == {"next-hop-by-default": "yes"}


def test_all_of_it_is_json_and_stable() -> None:
    for name, parse in (("frr/border.conf", frr.parse), ("nft/border.nft", nft.parse), ("host_unit/unit-a/tasks.yaml", host_unit.parse)):
        path = HERE / name
        one = json.dumps(as_json(parse("x", (read_source(path.name, path.read_bytes()),))), ensure_ascii=False)
        assert one == json.dumps(as_json(parse("x", (read_source(path.name, path.read_bytes()),))), ensure_ascii=False)
        assert "null" not in one


def test_wildcards() -> None:
    assert ternary(Ternary(0x0A000000, 0xFF000000)) == "10.0.0.0/8"
    assert ternary(Ternary(0x0A000001, 0xFF0000FF)) == "10.0.0.1/0.255.255.0"
    assert ternary(Ternary(0, 0)) == "0.0.0.0/0"
