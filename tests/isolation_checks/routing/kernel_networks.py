"""Random small networks of FRR routers as text: for each router the parts that its daemons read, which together are its config."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

KEY = "ip ospf hello-interval 1\n ip ospf dead-interval 4"


@dataclass
class Router:
    """A router in the making: lines by interface for zebra and ospfd, and whole blocks."""

    name: str
    number: int
    area: int
    addresses: dict[str, str] = field(default_factory=dict)
    ospf: dict[str, list[str]] = field(default_factory=dict)
    process: list[str] = field(default_factory=list)
    statics: list[str] = field(default_factory=list)
    bgp: list[str] = field(default_factory=list)
    family: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)
    asn: int = 64601

    @property
    def loopback(self) -> str:
        return f"10.{self.area}.200.{self.number}"

    def parts(self) -> dict[str, str]:
        """What each daemon reads. The blocks of an interface may stand more than once in a config."""
        start = f"hostname {self.name}\n!\n"
        zebra = "".join(f"interface {name}\n ip address {address}\nexit\n!\n" for name, address in self.addresses.items())
        ospf = "".join(f"interface {name}\n" + "".join(f" {line}\n" for line in lines) + "exit\n!\n" for name, lines in self.ospf.items())
        process = [f"ospf router-id 10.255.0.{self.number}", "timers throttle spf 0 50 200", *self.process]
        ospf += "router ospf\n" + "".join(f" {line}\n" for line in process) + "exit\n!\n"
        policies = "".join(f"{line}\n" for line in self.policies)
        found = {"zebra": start + zebra, "staticd": start + "".join(f"{line}\n" for line in self.statics), "ospfd": start + ospf + policies}
        if self.bgp:
            family = [" address-family ipv4 unicast", *(f"  {line}" for line in self.family), " exit-address-family"]
            lines = [
                f"router bgp {self.asn}",
                f" bgp router-id 10.255.0.{self.number}",
                *(f" {line}" for line in self.bgp),
                *family,
                "exit",
                "!",
            ]
            found["bgpd"] = start + "\n".join(lines) + "\n" + policies
        return found

    def text(self) -> str:
        """The whole config as one file."""
        parts = self.parts()
        policies = "".join(f"{line}\n" for line in self.policies)
        body = "".join(part.replace(f"hostname {self.name}\n!\n", "").replace(policies, "") if policies else part.replace(
            f"hostname {self.name}\n!\n", "") for part in parts.values())  # fmt: skip
        return f"frr version 8.4\nfrr defaults traditional\nhostname {self.name}\n!\n{body}{policies}end\n"


@dataclass
class Drawn:
    """A network: its routers, and links (device, interface, device, interface)."""

    routers: list[Router]
    links: list[tuple[str, str, str, str]] = field(default_factory=list)


def draw(seed: int) -> Drawn:
    """The network of a seed: 3 to 6 routers, the first of them in the backbone."""
    random = Random(seed)
    areas = random.randint(0, 1)
    kind = random.choice(("", "stub", "stub no-summary"))
    routers = [Router(f"r{number}", number, random.randint(0, areas) if number > 1 else 0) for number in range(1, random.randint(4, 7))]
    drawn = Drawn(routers)
    pairs = [(random.choice(routers[:at]), routers[at]) for at in range(1, len(routers))]
    pairs += [pair for pair in (random.sample(routers, 2) for _ in range(2)) if pair[0] is not pair[1]]  # type: ignore[misc]
    for number, (a, b) in enumerate(pairs, 1):
        _link(random, drawn, a, b, number)
    for router in routers:
        _leaf(random, router)
        if kind and any(f"ip ospf area {1}" in line for lines in router.ospf.values() for line in lines):
            router.process.append(f"area 1 {kind}")
    _extras(random, drawn)
    if random.random() < 0.6:
        _bgp(random, drawn)
    return drawn


def _link(random: Random, drawn: Drawn, a: Router, b: Router, number: int) -> None:
    area = max(a.area, b.area)
    ends = []
    shape = ["ip ospf network point-to-point"] if random.random() < 0.6 else []
    for side, router in enumerate((a, b), 1):
        name = f"eth{len([port for port in router.addresses if port.startswith('eth')]) + 1}"
        router.addresses[name] = f"10.{area}.{number}.{side}/30"
        cost = random.choice((1, 2, 5, 10, 10))
        router.ospf[name] = [f"ip ospf area {area}", f"ip ospf cost {cost}", "ip ospf dead-interval 4", "ip ospf hello-interval 1", *shape]
        ends.append((router.name, name))
    drawn.links.append((*ends[0], *ends[1]))


def _leaf(random: Random, router: Router) -> None:
    router.addresses["lo"] = f"{router.loopback}/32"
    router.ospf["lo"] = [f"ip ospf area {router.area}", "ip ospf cost 1", "ip ospf passive"]
    if random.random() < 0.2 and router.area == 0:
        router.process.append("area 0 range 10.0.0.0/17")


def _near(drawn: Drawn, router: Router) -> list[str]:
    """The addresses of its neighbours."""
    found = []
    by_name = {item.name: item for item in drawn.routers}
    for a, port, b, other in drawn.links:
        if router.name == a:
            found.append(by_name[b].addresses[other].partition("/")[0])
        if router.name == b:
            found.append(by_name[a].addresses[port].partition("/")[0])
    return found


def _extras(random: Random, drawn: Drawn) -> None:
    """Statics of all kinds, and what OSPF makes of them."""
    for router in drawn.routers:
        for _ in range(random.randint(0, 2)):
            network = random.choice(("192.168.1.0/24", "192.168.2.0/24", "192.168.0.0/16", "0.0.0.0/0"))
            other = random.choice([item for item in drawn.routers if item is not router])
            target = random.choice((random.choice(_near(drawn, router)), other.loopback, "blackhole"))
            if not (target == "blackhole" and network == "0.0.0.0/0"):
                router.statics.append(f"ip route {network} {target} {random.choice((1, 5, 200))}")
        if random.random() < 0.3:
            router.statics.append("ip route 10.0.0.0/8 blackhole 254")
        if random.random() < 0.5:
            router.process.append(f"redistribute static metric {random.choice((5, 50))} metric-type {random.choice((1, 2))}")
        if random.random() < 0.2:
            router.process.append("default-information originate metric 30 metric-type 2")
        for lines in (router.statics, router.process):
            lines[:] = list(dict.fromkeys(lines))


def _bgp(random: Random, drawn: Drawn) -> None:
    """Two or three internal peers; prefixes that come from statics; brought into OSPF somewhere."""
    chosen = random.sample(drawn.routers, min(len(drawn.routers), random.randint(2, 3)))
    for router in chosen:
        for other in chosen:
            if other is not router:
                router.bgp += [f"neighbor {other.loopback} remote-as 64601", f"neighbor {other.loopback} update-source lo",
                               f"neighbor {other.loopback} timers 1 3", f"neighbor {other.loopback} timers connect 1"]  # fmt: skip
                router.family.append(f"neighbor {other.loopback} next-hop-self")
        block = f"100.6{router.number}.0.0/16"
        router.statics.append(f"ip route {block} blackhole 250")
        router.family.append(f"network {block}")
        router.policies = [
            "ip prefix-list FROM-BGP seq 5 permit 100.64.0.0/10 le 24",
            "ip prefix-list FROM-BGP seq 10 permit 100.0.0.0/8 le 16",
            "!",
            "route-map BGP-TO-OSPF permit 10",
            " match ip address prefix-list FROM-BGP",
            "exit",
            "!",
        ]
        if random.random() < 0.5:
            router.process.append("redistribute bgp metric 20 metric-type 1 route-map BGP-TO-OSPF")
        if random.random() < 0.3:
            router.family.append("aggregate-address 100.60.0.0/14")
