"""A Linux router as a folder of its files: FRR, nftables, `ip` commands, kernel settings and the services that let somebody in."""

from __future__ import annotations

from isolation_checks.reading import frr, linux_last_hops, linux_services, nft
from isolation_checks.reading.frr_state import FrrState
from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.linux_draft import LinuxDraft, finished, implied_parents
from isolation_checks.reading.linux_links import Ifupdown, Links, is_ifupdown
from isolation_checks.reading.linux_masters import masters
from isolation_checks.reading.linux_sysctl import Sysctl
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import DeviceConfig

_FRR = frozenset(
    {"frr.conf", "vtysh.conf", "zebra.conf", "mgmtd.conf"}
    | {f"{daemon}.conf" for daemon in linux_services.FRR_DAEMONS}
)  # fmt: skip
_SERVICES: dict[str, linux_services.Reader] = {
    "sshd_config": linux_services.sshd,
    "snmpd.conf": linux_services.snmpd,
    "chrony.conf": linux_services.chrony,
    "rsyslog.conf": linux_services.rsyslog,
    "daemons": linux_services.daemons,
    "users": linux_services.users,
    "pam-sshd": linux_services.pam,
    "pam.d/sshd": linux_services.pam,
    "identity": linux_services.identity,
    "hostname": linux_services.hostname,
}


def kind_of_file(source: Source) -> str:
    """What a file is, by its name, else by what stands in it; "" where that says nothing."""
    path = source.name.split("/")
    name = path[-1]
    parent = path[-2] if len(path) > 1 else ""
    if name in _FRR:
        return "frr"
    if name in ("nftables.conf", "ruleset.nft") or name.endswith(".nft"):
        return "nft"
    if name == "sysctl.conf" or parent == "sysctl.d":
        return "sysctl"
    if name.endswith(".ip"):
        return "links"
    if name == "interfaces" or parent == "interfaces.d":
        return "ifupdown" if is_ifupdown(source) else "links"
    if name.endswith(".keys"):
        return "secrets"
    if name in _SERVICES or f"{parent}/{name}" in _SERVICES:
        return f"{parent}/{name}" if f"{parent}/{name}" in _SERVICES else name
    if parent == "rsyslog.d":
        return "rsyslog.conf"
    if nft.looks_like(source) >= 0.5:
        return "nft"
    return "frr" if frr.looks_like(source) >= 0.5 else ""


def is_linux(sources: tuple[Source, ...]) -> bool:
    """Whether a folder is one Linux host: a file of it sets up routing, filters, interfaces or the kernel."""
    return any(kind_of_file(source) in ("frr", "nft", "sysctl", "links", "ifupdown") for source in sources)


def parse(folder: str, sources: tuple[Source, ...]) -> DeviceConfig:
    """What the files of one Linux router say together. Never raises."""
    host = Host(folder, sources)
    host.read()
    return host.built("frr" if any(kind == "frr" for kind, _, _ in host.files) else "nftables")


class Host:
    """The files of a host, read in the order in which they build upon each other."""

    def __init__(self, folder: str, sources: tuple[Source, ...]) -> None:
        self.folder = folder
        self.draft = LinuxDraft()
        self.routing = FrrState(self.draft)
        self.sysctl = Sysctl(self.draft)
        self.files = [(kind_of_file(source), source, Ledger(source.name, len(source.lines))) for source in sources]
        self.ruleset = nft.Ruleset((), (), (), (), ())

    def read(self) -> None:
        for kind in ("frr", "links", "ifupdown", "sysctl"):
            for source, ledger in self._of(kind):
                if kind == "frr":
                    frr.read(self.routing, source, ledger)
                elif kind == "links":
                    Links(self.draft, ledger).file(source)
                elif kind == "ifupdown":
                    Ifupdown(self.draft, ledger).file(source)
                else:
                    self.sysctl.file(source, ledger)
        for kind, source, ledger in self.files:
            reader = _SERVICES.get(kind) or (linux_services.secrets if kind == "secrets" else None)
            if reader is not None:
                reader(self.draft, source, ledger)
        implied_parents(self.draft)
        masters(self.draft)
        self.ruleset = nft.read(self._of("nft"))
        nft.reverse_paths(self.ruleset, self.draft)
        linux_last_hops.conclude(self.draft, self.ruleset.session_marks)
        self.sysctl.conclude()

    def _of(self, kind: str) -> list[tuple[Source, Ledger]]:
        return [(source, ledger) for found, source, ledger in self.files if found == kind]

    def built(self, platform: str, **more: object) -> DeviceConfig:
        draft, ruleset = self.draft, self.ruleset
        kinds = {kind for kind, _, _ in self.files}
        if not kinds & {"links", "ifupdown"} and (len(kinds) > 1 or platform == "host_unit"):
            draft.facts["interfaces"] = "missing"  # bridges, VRFs and tunnels may be there of which no other file knows
        routing = frr.conclude(self.routing)
        features, unknown, coverage = finished([(source, ledger) for _, source, ledger in self.files])
        return DeviceConfig(
            name=draft.name or self.folder, folder=self.folder, platform=platform, files=tuple(source.name for _, source, _ in self.files),
            name_ref=draft.name_ref, version=draft.version, interfaces=tuple(item.built() for item in draft.interfaces.values()),
            vlans=tuple(draft.vlans), vrfs=tuple(draft.vrfs.values()), leaks=tuple(draft.leaks),
            filters=(*ruleset.filters, *draft.filters), hooks=ruleset.hooks, source_nat=ruleset.source_nat,
            destination_nat=ruleset.destination_nat, static_routes=tuple(draft.routes), forwarding=draft.forwarding,
            forwarding_ref=draft.forwarding_ref, management=draft.management(), features=features, unknown=unknown, coverage=coverage,
            facts=tuple(draft.facts.items()), **routing, **more,  # type: ignore[arg-type]
        )  # fmt: skip
