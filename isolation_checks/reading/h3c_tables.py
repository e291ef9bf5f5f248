"""Commands of H3C devices that can change neither what packets pass, where they go, nor who may configure the device; and those that carry
packets past the model.
"""

from __future__ import annotations

from isolation_checks.reading.h3c_acl import NOTE, V6_ONLY
from isolation_checks.reading.h3c_views import EXECUTED, KEYS, Handler, Past, View, alike
from isolation_checks.snapshot import FeatureKind
from topology.i18n import T

HARDWARE = T("hardware, power and files of the device itself").msgid
CLOCK = T("how the device tells the time").msgid
LOGS = T("what is counted, logged or reported, and how").msgid
LOOPS = T("finds neighbours, loops and broken links; it can only block a port").msgid
RATES = T("rates, queues and markings: how fast packets pass, not which").msgid
REFUSES = T("checks hosts and frames; it can only refuse some").msgid
LIMITS = T("limits, timers and ageing of tables and sessions").msgid
LEASES = T("which addresses hosts are given; proofs trust no address of a host").msgid
ROLES = T("what somebody who has logged in may type; who may log in is read elsewhere").msgid
PROTECTION = T("defence against floods and attacks; it can only drop packets").msgid
PROPOSALS = T("keys and proposals for tunnels, which count where they are applied").msgid
RADIO = T("how a radio sends; whoever may use it counts where it is switched on").msgid
SNOOPING = T("which ports of one VLAN a multicast frame goes to").msgid
SESSIONS = T("how established sessions are kept, timed out and synchronised").msgid
CLIENT = T("what the device itself asks others for").msgid


INTERFACE_REASONS: dict[str, Handler] = {
    **alike(
        HARDWARE,
        """
        combo; speed; duplex; mdi; mdix-mode; port up-mode; poe; fec; eee; jumboframe; flow-control; virtual-cable-test;
        flow-interval; link-delay; port link-flap; port auto-power-down; port fast-remote-fault; transceiver; media-type; clock;
        bandwidth; async; damp; dampening; itu-channel; priority-flow-control; undo copper; fiber; led; eth-expansion; using;
        shdsl; negotiation; auto-power-down
        """,
    ),
    **alike(
        LOGS,
        """
        enable snmp trap; enable log; sflow; ip netstream; netstream; lldp; counter; statistics; snmp; port traffic-statistics;
        ipv6 netstream; arp-limit
        """,
    ),
    **alike(
        LOOPS,
        """
        stp; loopback-detection; rrpp; smart-link; monitor-link; dldp; bfd; ospf bfd; oam; cfd; link-aggregation; lacp; undo
        lacp; loopback-test; mac-address mac-move; bpdu-drop; bpdu-tunnel shutdown; ndp; ntdp; cluster; ospf mtu-enable; bfd
        min; rip bfd; track; ospf prefix-suppression; ospf ttl-security; keepalive; udld; spanning-tree; mad; port
        link-aggregation port
        """,
    ),
    **alike(
        RATES,
        """
        qos trust; qos wfq; qos wrr; qos sp; qos bandwidth; qos priority; qos car; qos lr; qos gts; qos wred; qos queue; qos
        map-table; qos reserved-bandwidth; qos max-bandwidth; qos fifo; qos cq; qos pq; qos flow-interval; qos qmprofile; qos
        carl; qos band-weight; qos profile; priority; line-rate; qos wred apply; queue; burst-mode; traffic-shape;
        broadcast-suppression; multicast-suppression; unicast-suppression; storm-constrain; storm-control; qos flow-control;
        load-balance
        """,
    ),
    **alike(
        REFUSES,
        """
        port-security; undo dot1x multicast-trigger; undo dot1x handshake; portal; mac-address; ip
        source binding; ip verify source; ip check source; user-bind; arp detection; arp filter; arp authorized; dhcp-snooping
        check; dhcp snooping check; arp rate-limit; arp restricted-forwarding; ipv6 verify source; authentication; web-auth;
        undo dot1x; ip source-check; am; dhcp snooping deny
        """,
    ),
    **alike(
        LIMITS,
        """
        arp timer; tcp mss; ospf timer; arp max-learning-num; mac-address max-mac-count; arp send-gratuitous-arp;
        gratuitous-arp-sending; arp-fast-reply; arp sticky; mac-address timer; ospf trans-delay; arp source-suppression; arp
        ip-conflict; ip fast-forwarding; arp proxy-send; session; arp static; arp learning; undo ip
        fast-forwarding; arp mode; ip subscriber detect
        """,
    ),
    **alike(
        LEASES,
        """
        dhcp client; dhcp server; dhcp select; dhcp relay; dhcp-snooping trust; dhcp snooping trust; dhcp snooping information;
        dhcp-snooping information; dhcp snooping binding; dhcp snooping rate-limit; dhcp snooping max-learning-num;
        dhcp-snooping; dhcp snooping; dhcp update; remote address; dhcp flood-protection
        """,
    ),
    **alike(
        PROTECTION,
        """
        attack-defense; blacklist; anti-attack; attack-protection; aspf apply; firewall aspf; ips apply; undo attack-defense;
        connection-limit; ip reassemble; urpf-statistics; tcp syn-cookie; apr; session-limit
        """,
    ),
    **alike(
        SNOOPING,
        """
        igmp-snooping; mld-snooping; pim-snooping
        """,
    ),
    **alike(
        RADIO,
        """
        channel; max-power; radio; antenna; rrm; service-template; beacon-interval; preamble; wlan
        """,
    ),
    **alike(
        LIMITS,
        """
        ppp authentication-mode; ppp account-statistics; ppp chap; ppp pap; ppp ipcp; ppp timer; ppp mp; ppp lcp; ppp
        compression; mp; timer hold; timer-hold
        """,
    ),
    **alike(
        SESSIONS,
        """
        redundancy
        """,
    ),
    "link-protocol hdlc": HARDWARE,
    "link-protocol fr": Past(FeatureKind.L2VPN),
    "link-protocol atm": HARDWARE,
    "link-protocol ppp": HARDWARE,
    "alias": NOTE,
    "bpdu-tunnel dot1q": Past(FeatureKind.L2VPN),
    "lldp tlv-enable": LOGS,
}

INTERFACE_PAST: dict[str, Handler] = {
    "mpls": Past(FeatureKind.MPLS),
    "mpls enable": Past(FeatureKind.MPLS),
    "ipsec": Past(FeatureKind.IPSEC),
    "ipsec apply": Past(FeatureKind.IPSEC),
    "ipsec no-nat-process": Past(FeatureKind.IPSEC),
    "igmp": Past(FeatureKind.MULTICAST),
    "pim": Past(FeatureKind.MULTICAST),
    "multicast": Past(FeatureKind.MULTICAST),
    "multicast boundary": "keeps multicast from passing",
    "mirroring-group": Past(FeatureKind.MIRROR),
    "mirroring-port": Past(FeatureKind.MIRROR),
    "monitor-port": Past(FeatureKind.MIRROR),
    "qos apply policy-mirror": Past(FeatureKind.MIRROR),
    "mirrored-to": Past(FeatureKind.MIRROR),
    "traffic-mirror": Past(FeatureKind.MIRROR),
    "remote-probe": Past(FeatureKind.MIRROR),
    "service-instance": Past(FeatureKind.L2VPN),
    "xconnect": Past(FeatureKind.L2VPN),
    "l2vpn": Past(FeatureKind.L2VPN),
    "vsi": Past(FeatureKind.L2VPN),
    "gateway": Past(FeatureKind.VXLAN),
    "distributed-gateway": Past(FeatureKind.VXLAN),
    "vxlan": Past(FeatureKind.VXLAN),
    "evpn": Past(FeatureKind.VXLAN),
    "bridge-set": Past(FeatureKind.BRIDGING),
    "port bridge": Past(FeatureKind.BRIDGING),
    "port inline-interfaces": Past(FeatureKind.BRIDGING),
    "qinq": Past(FeatureKind.BRIDGING),
    "vlan-vpn": Past(FeatureKind.BRIDGING),
    "vlan mapping": Past(FeatureKind.BRIDGING),
    "raw-vlan-id": Past(FeatureKind.BRIDGING),
    "nest": Past(FeatureKind.BRIDGING),
    "mac-vlan": Past(FeatureKind.BRIDGING),
    "voice vlan": Past(FeatureKind.BRIDGING),
    "voice-vlan": Past(FeatureKind.BRIDGING),
    "port hybrid protocol-vlan": Past(FeatureKind.BRIDGING),
    "port hybrid ip-subnet-vlan": Past(FeatureKind.BRIDGING),
    "port private-vlan": Past(FeatureKind.BRIDGING),
    "private-vlan": Past(FeatureKind.BRIDGING),
    "port isolate-user-vlan": Past(FeatureKind.BRIDGING),
    "isolate-user-vlan": Past(FeatureKind.BRIDGING),
    "dot1x": Past(FeatureKind.BRIDGING),  # the authentication server names the VLAN
    "mac-authentication": Past(FeatureKind.BRIDGING),
    "port-security port-mode": Past(FeatureKind.BRIDGING),
    "multicast-vlan": Past(FeatureKind.MULTICAST),
    "port multicast-vlan": Past(FeatureKind.MULTICAST),
    "ipv6 multicast-vlan": Past(FeatureKind.MULTICAST),
    "stack": Past(FeatureKind.STACKING),
    "dot1x guest-vlan": Past(FeatureKind.BRIDGING),
    "dot1x auth-fail vlan": Past(FeatureKind.BRIDGING),
    "dot1x critical vlan": Past(FeatureKind.BRIDGING),
    "mac-authentication guest-vlan": Past(FeatureKind.BRIDGING),
    "mac-authentication critical vlan": Past(FeatureKind.BRIDGING),
    "mvrp": Past(FeatureKind.BRIDGING),
    "gvrp": Past(FeatureKind.BRIDGING),
    "pppoe-server": Past(FeatureKind.DIALUP),
    "pppoe-client": Past(FeatureKind.DIALUP),
    "dialer": Past(FeatureKind.DIALUP),
    "dialer-group": Past(FeatureKind.DIALUP),
    "modem": Past(FeatureKind.DIALUP),
    "l2tp": Past(FeatureKind.TUNNEL),
    "source": Past(FeatureKind.TUNNEL),
    "destination": Past(FeatureKind.TUNNEL),
    "tunnel": Past(FeatureKind.TUNNEL),
    "tunnel-protocol": Past(FeatureKind.TUNNEL),
    "gre": Past(FeatureKind.TUNNEL),
    "ospfv3": Past(FeatureKind.IPV6),
    "bind virtual-template": Past(FeatureKind.DIALUP),
    "port connection-mode": Past(FeatureKind.STACKING),
    "load-balance virtual-server": Past(FeatureKind.PROXY),
    "sslvpn": Past(FeatureKind.TUNNEL),
    "ip http-proxy": Past(FeatureKind.PROXY),
    "dns server": CLIENT,
    "redirect": Past(FeatureKind.POLICY_ROUTE),
    "traffic-redirect": Past(FeatureKind.POLICY_ROUTE),
    "reverse-route": Past(FeatureKind.POLICY_ROUTE),
    "packet-filter inbound link-group": Past(FeatureKind.FILTER),
    "packet-filter inbound user-group": Past(FeatureKind.FILTER),
}

VLAN_REASONS: dict[str, Handler] = {
    "description": NOTE,
    "igmp-snooping": SNOOPING,
    "mld-snooping": SNOOPING,
    "pim-snooping": SNOOPING,
    "arp detection": REFUSES,
    "arp-snooping": REFUSES,
    "arp rate-limit": REFUSES,
    "arp proxy-send": LIMITS,
    "dhcp snooping": LEASES,
    "dhcp-snooping": LEASES,
    "ip source binding": REFUSES,
    "ip verify source": REFUSES,
    "loopback-detection": LOOPS,
    "mac-address": LIMITS,
    "stp": LOOPS,
    "ipv6 nd": REFUSES,
    "ipv6 dhcp snooping": REFUSES,
    "nd-snooping": REFUSES,
    "supervlan": Past(FeatureKind.BRIDGING),
    "subvlan": Past(FeatureKind.BRIDGING),
    "private-vlan": Past(FeatureKind.BRIDGING),
    "isolate-user-vlan": Past(FeatureKind.BRIDGING),
    "protocol-vlan": Past(FeatureKind.BRIDGING),
    "ip-subnet-vlan": Past(FeatureKind.BRIDGING),
    "multicast-vlan": Past(FeatureKind.MULTICAST),
    "remote-probe": Past(FeatureKind.MIRROR),
    "remote-span": Past(FeatureKind.MIRROR),
    "l2vpn": Past(FeatureKind.L2VPN),
    "vxlan": Past(FeatureKind.VXLAN),
}

# Blocks whose lines say nothing of packets, by the words that open them.
_BLOCKS: dict[str, tuple[str, str]] = {
    "traffic-policy": (RATES, "rule; profile; description; statistics; parent"),
    "role": (
        ROLES,
        """
        description; rule; interface policy; vlan policy; vpn-instance policy; permit; security-zone policy
        """,
    ),
    "user-group": (ROLES, "group-attribute; authorization-attribute; password-control; bandwidth"),
    "dhcp server ip-pool": (
        LEASES,
        """
        network; gateway-list; dns-list; domain-name; expired; option; static-bind; forbidden-ip; netbios-type; nbns-list;
        tftp-server; bootfile-name; next-server; bims-server; address range; class; valid class; voice-config; address;
        ip-in-use; vpn-instance; default; verify; reserve; forbidden-ip-range; apply-pool
        """,
    ),
    "dhcp class": (LEASES, "if-match"),
    "dhcp option-group": (LEASES, "option"),
    "pki domain": (
        PROPOSALS,
        """
        crl; public-key; certificate; ca; ldap-server; root-certificate; usage; source; state; ip
        """,
    ),
    "pki entity": (
        PROPOSALS,
        """
        common-name; country; locality; organization; organization-unit; state; fqdn; ip
        """,
    ),
    "ike proposal": (
        PROPOSALS,
        """
        encryption-algorithm; dh; authentication-algorithm; authentication-method; sa; prf; description
        """,
    ),
    "ike peer": (
        PROPOSALS,
        """
        pre-shared-key; remote-address; remote-name; local-address; local-name; exchange-mode; id-type; nat; dpd; proposal;
        certificate; peer; local; sub
        """,
    ),
    "ike keychain": (PROPOSALS, "pre-shared-key; match; priority"),
    "ike profile": (
        PROPOSALS,
        """
        keychain; local-identity; match; proposal; exchange-mode; dpd; certificate; priority; inside-vpn;
        client-authentication; description; aaa; sa
        """,
    ),
    "ikev2": (
        PROPOSALS,
        """
        peer; address; pre-shared-key; identity; hostname; encryption; integrity; dh; prf; proposal; match; keychain;
        authentication-method; priority; inside-vrf; dpd; sa; certificate
        """,
    ),
    "ipsec proposal": (PROPOSALS, "encapsulation-mode; esp; ah; transform"),
    "ipsec transform-set": (PROPOSALS, "encapsulation-mode; esp; ah; protocol; pfs; esn"),
    "ipsec policy": (
        PROPOSALS,
        """
        security; ike-peer; proposal; transform-set; tunnel; pfs; sa; remote-address; local-address; ike-profile;
        ikev2-profile; description; connection-name; reverse-route; qos; policy; synchronization; undo sa
        """,
    ),
    "ipsec policy-template": (
        PROPOSALS,
        """
        security; ike-peer; proposal; transform-set; pfs; sa; remote-address; local-address; ike-profile; ikev2-profile;
        description; reverse-route; qos
        """,
    ),
    "ipsec profile": (PROPOSALS, "ike-profile; ike-peer; transform-set; proposal; sa; pfs; description"),
    "ssl server-policy": (
        PROPOSALS,
        """
        pki-domain; ciphersuite; client-verify; session; handshake; close-mode; version; certificate-chain-sending
        """,
    ),
    "ssl client-policy": (PROPOSALS, "pki-domain; prefer-cipher; server-verify; version; certificate-chain-sending"),
    "cwmp": (CLIENT, "cwmp; ssl"),
    "wlan rrm": (RADIO, "dot11a; dot11b; dot11g; dot11n; calibrate"),
    "stp region-configuration": (LOOPS, "region-name; revision-level; instance; active; check; vlan-mapping"),
    "qos map-table": (RATES, "import; export"),
    "qos wred": (RATES, "queue; dscp; precedence; low-limit"),
    "qos qmprofile": (RATES, "queue"),
    "drop-profile": (RATES, "dscp; queue"),
    "nqa entry": (
        LOGS,
        """
        type; destination; frequency; reaction; probe; history-record; source; data-size; statistics; ttl; next-hop;
        operation; url; vpn-instance; description; out; data-fill; icmp-echo; route-option; undo history-record
        """,
    ),
    "nqa template": (LOGS, "destination; frequency; reaction; probe; url; source; expect; description"),
    "time-range": (LIMITS, "periodic; absolute"),
    "attack-defense policy": (
        PROTECTION,
        """
        scan; syn-flood; signature; udp-flood; icmp-flood; dns-flood; http-flood; ack-flood; fin-flood; rst-flood; exempt;
        syn-ack-flood; single-packet; defense; blacklist
        """,
    ),
    "aspf policy": (SESSIONS, "detect; icmp-error; tcp; aging-time"),
    "ips policy": (
        PROTECTION,
        """
        signature; object-dir; protect-target; severity-level; attack-category; action; status
        """,
    ),
    "anti-virus policy": (PROTECTION, "inspect; signature; exception; action"),
    "url-filter policy": (PROTECTION, "category; default-action; add; https-filter; cloud-query; include; rename"),
    "url-filter category": (PROTECTION, "rule; include; rename; description"),
    "app-profile": (PROTECTION, "ips; anti-virus; url-filter; data-filter; file-filter; apt; waf"),
    "rrpp domain": (LOOPS, "control-vlan; protected-vlan; ring; timer; linkup-delay-timer"),
    "smart-link group": (LOOPS, "protected-vlan; port; preemption; flush"),
    "monitor-link group": (LOOPS, "port; uplink; downlink"),
}

_RESTS = frozenset(
    alike(
        "",
        """
    role; pki domain; pki entity; ike proposal; ike keychain; ike profile; ike peer; ikev2; nqa entry;
    cwmp; dhcp server ip-pool; attack-defense policy; ips policy; wlan rrm; nqa template
""",
    )
)
"""Blocks that are so wholly irrelevant that every line indented in them is."""


_REMOTE: dict[str, Handler] = {"cwmp enable": Past(FeatureKind.OTHER), "cwmp acs url": Past(FeatureKind.OTHER)}
_PAST_IN_BLOCKS: dict[str, dict[str, Handler]] = {"cwmp": _REMOTE}
"""Commands of those blocks that do say something: a server of somebody's may configure the device."""


def _block_view(name: str) -> View:
    reason, words = _BLOCKS[name]
    table = alike(reason, words)
    table.setdefault("description", NOTE)
    return View(name, table | _PAST_IN_BLOCKS.get(name, {}), rest=reason if name in _RESTS else None)


BLOCK_VIEWS: dict[str, tuple[View, str]] = {name: (_block_view(name), reason) for name, (reason, _) in _BLOCKS.items()}

SYSTEM_REASONS: dict[str, Handler] = {
    **alike(
        EXECUTED,
        """
        display; di; save; ping; tracert; system-view; sys; terminal; reset; debugging; reboot; dir; more; undo
        debugging; undo terminal; telnet ipv6; language-mode; run; startup; backup; restore; screen-length; archive;
        configuration; schedule reboot; issu; install; refresh; clear
        """,
    ),
    **alike(
        CLOCK,
        """
        clock; ntp-service max-dynamic-sessions; ptp; ntp-service dscp
        """,
    ),
    **alike(
        HARDWARE,
        """
        system-working-mode; fan; temperature-alarm; poe; poe-profile; usb; copyright-info; configuration-file; load;
        boot-loader; card-mode; switch-mode; switch-linkup;  memory-threshold; cpu-usage; mac-address timer;
        hardware-resource; parity-error; forward-path-detection; resource-monitor;   xbar; system-resource; monitor
        cpu-usage; slot; port-group-vlan; ip load-sharing; undo copyright-info; alarm; power-supply; license; transceiver;
        diagnostic;  dying-gasp;
        hardware-failure-protection; hardware-failure-detection;   nms; sysid; jumboframe; flow-interval;
        toggle-button
        """,
    ),
    **alike(
        LOGS,
        """
        info-center; sflow; netstream; ip netstream; nqa; customlog; userlog; performance-management; rmon; track; undo nqa;
        snmp-agent trap; snmp-agent log; snmp-agent local-engineid; snmp-agent sys-info contact; snmp-agent sys-info location;
        snmp-agent mib-view; snmp-agent packet; snmp-agent context; undo snmp-agent trap; snmp-agent port; snmp-agent ifmib;
        snmp-agent calculate-password; info-center timestamp loghost; telemetry; session log; session statistics; cfd; ip
        flow; dac; flow log; monitor-link disable; exception; undo info-center logfile; dpi; inspect
        """,
    ),
    **alike(
        LOOPS,
        """
        stp; lldp; ndp; ntdp; cluster; loopback-detection; dldp; rrpp; bfd; mad; link-aggregation; lacp; smart-link;
        monitor-link; mac-address mac-move; mac-address mac-roaming; bpdu; oam; undo stp; mac-address notification;
        port-loopback; shutdown-interval; error-down; undo lldp
        """,
    ),
    **alike(
        RATES,
        """
        qos trust; qos lr; qos car; qos carl; priority; queue; qos sp; qos dscp; qos burst; qos wrr; queue-scheduler;
        traffic-policy statistics; storm-constrain; storm-control; broadcast-suppression
        """,
    ),
    **alike(
        REFUSES,
        """
        port-security; dot1x; mac-authentication; dhcp-snooping; dhcp snooping; arp detection; arp anti-attack; arp valid;
        portal; arp check; ip source binding; user-bind;  web-authentication; mac-authentication domain; password-control;
        arp source-mac; arp active-ack; arp source-suppression; arp resolving-route; security-enhanced;  user-identity;
        mac-address static; mac-address blackhole; dhcp snooping binding; arp packet-rate; arp rate-limit; ip verify;
        arp-snooping
        """,
    ),
    **alike(
        LIMITS,
        """
        arp; mac-address;  ip ttl-expires; ip unreachables; ip redirects; aaa session-limit; session aging-time; session
        top-statistics; session state-machine; session; connection-limit; ip icmp; ip fast-forwarding; gratuitous-arp; login;
        session-limit; tcp mss; tcp syn-cookie; tcp anti-naptha; tcp state; tcp timer; tcp window;
        tcp path-mtu-discovery; tcp modify-mss; ip option; ip reassemble; undo arp; ip ttl; ip icmp-extensions; web idle-timeout; undo ip
        ttl-expires; ip icmp error-interval; router-limit; ip forwarding-table
        """,
    ),
    **alike(
        LEASES,
        """
        dhcp server forbidden-ip; dhcp server; dhcp enable; dhcp relay; dhcp dscp; dhcp select; dhcp client; dhcp log; dhcp; ip
        pool; undo dhcp; local-server
        """,
    ),
    **alike(
        PROTECTION,
        """
        attack-defense; blacklist; url-filter;  anti-virus;  app-group; dns-filter; ip-reputation; waf; apt;
        data-filter; file-filter; threat-intelligence; domain-reputation; uapp-control;  undo attack-defense;
        undo blacklist; anti-attack; loadbalance link-statistics; app-statistics; undo loadbalance
        """,
    ),
    **alike(
        PROPOSALS,
        """
        ike; ipsec cpu-backup; ipsec sa; ipsec; pki; ssl; public-key local; undo public-key; undo ike
        """,
    ),
    **alike(
        SNOOPING,
        """
        igmp-snooping; mld-snooping; pim-snooping
        """,
    ),
    **alike(
        CLIENT,
        """
        dns domain; dns resolve; dns source-interface; ip host; ip domain; ftp client; tftp client; sftp client; ssh client;
        telnet client; cwmp; ftp source; scp client; ip http-client; undo cwmp; tftp-server; dns timeout
        """,
    ),
    **alike(
        ROLES,
        """
        role default-role; role feature-group; command-alias; command-privilege; hotkey; alias;  undo command-alias;
        undo role
        """,
    ),
    **alike(
        KEYS,
        """
        rsa local-key-pair; dsa local-key-pair
        """,
    ),
    "ipv6 nd": V6_ONLY,
    "snmp-agent trap source": LOGS,
    "irf-fabric authentication-mode": LIMITS,
    "voice vlan mac-address": LIMITS,
    "voice-vlan mac-address": LIMITS,
    "voice vlan aging": LIMITS,
    "voice-vlan aging": LIMITS,
    "wlan country-code": RADIO,
    "wlan auto-ap": RADIO,
}

SYSTEM_PAST: dict[str, Handler] = {
    "ipv6": Past(FeatureKind.IPV6),
    "ospfv3": Past(FeatureKind.IPV6),
    "dhcpv6": Past(FeatureKind.IPV6),
    "mpls": Past(FeatureKind.MPLS),
    "l2vpn": Past(FeatureKind.L2VPN),
    "vsi": Past(FeatureKind.L2VPN),
    "xconnect-group": Past(FeatureKind.L2VPN),
    "vxlan": Past(FeatureKind.VXLAN),
    "evpn": Past(FeatureKind.VXLAN),
    "mirroring-group": Past(FeatureKind.MIRROR),
    "flow-mirror": Past(FeatureKind.MIRROR),
    "multicast": Past(FeatureKind.MULTICAST),
    "pim": Past(FeatureKind.MULTICAST),
    "igmp": Past(FeatureKind.MULTICAST),
    "msdp": Past(FeatureKind.MULTICAST),
    "dvpn": Past(FeatureKind.TUNNEL),
    "advpn": Past(FeatureKind.TUNNEL),
    "vam": Past(FeatureKind.TUNNEL),
    "l2tp": Past(FeatureKind.TUNNEL),
    "l2tp-group": Past(FeatureKind.TUNNEL),
    "sslvpn": Past(FeatureKind.TUNNEL),
    "bridge": Past(FeatureKind.BRIDGING),
    "mvrp": Past(FeatureKind.BRIDGING),
    "gvrp": Past(FeatureKind.BRIDGING),
    "voice vlan": Past(FeatureKind.BRIDGING),
    "voice-vlan": Past(FeatureKind.BRIDGING),
    "mac-vlan": Past(FeatureKind.BRIDGING),
    "qinq": Past(FeatureKind.BRIDGING),
    "vlan-vpn": Past(FeatureKind.BRIDGING),
    "wlan": Past(FeatureKind.OTHER),
    "dialer-rule": Past(FeatureKind.DIALUP),
    "dialer-group": Past(FeatureKind.DIALUP),
    "pppoe-server": Past(FeatureKind.DIALUP),
    "dns proxy": Past(FeatureKind.PROXY),
    "dns spoofing": Past(FeatureKind.PROXY),
    "loadbalance": Past(FeatureKind.PROXY),
    "virtual-server": Past(FeatureKind.PROXY),
    "server-farm": Past(FeatureKind.PROXY),
    "real-server": Past(FeatureKind.PROXY),
    "app-proxy": Past(FeatureKind.PROXY),
    "context": Past(FeatureKind.VIRTUAL_SYSTEM),
    "switchto": Past(FeatureKind.VIRTUAL_SYSTEM),
    "mdc": Past(FeatureKind.VIRTUAL_SYSTEM),
    "vsys": Past(FeatureKind.VIRTUAL_SYSTEM),
    "openflow": Past(FeatureKind.OTHER),
    # What types commands into the device later, or from elsewhere.
    "scheduler": Past(FeatureKind.OTHER),
    "schedule": Past(FeatureKind.OTHER),
    "scheduler logfile": LOGS,
    "rtm": Past(FeatureKind.OTHER),
    "python": Past(FeatureKind.OTHER),
    "automation": Past(FeatureKind.OTHER),
    "embedded": Past(FeatureKind.OTHER),
    "autodeploy": Past(FeatureKind.OTHER),
    **_REMOTE,
    "configuration replace": Past(FeatureKind.OTHER),
    "ip http-proxy": Past(FeatureKind.PROXY),
    "udp-helper": Past(FeatureKind.OTHER),
    "ip forward-broadcast": Past(FeatureKind.OTHER),
    "ip multicast": Past(FeatureKind.MULTICAST),
    "eigrp": Past(FeatureKind.ROUTING),
    "bridge-domain": Past(FeatureKind.L2VPN),
    "service-loopback": HARDWARE,
    "vlan-group": NOTE,
}
