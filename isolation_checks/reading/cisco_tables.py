"""Commands of IOS that cannot change what passes, where it goes, or who configures the device; and those that stand for what is unmodelled.

Only what is known to be so stands here: a command that is in no table is not understood. Commands of one reason are parted by semicolons.
"""

from __future__ import annotations

from isolation_checks.reading.cisco_views import Action, Block
from isolation_checks.snapshot import FeatureKind
from topology.i18n import T

NAMES = T("names and descriptions").msgid
LOGS = T("what is logged and counted, and how").msgid
HARDWARE = T("hardware, boot, licences and redundancy of the chassis").msgid
LINK = T("speed, framing and signalling of a link").msgid
RATES = T("queueing, rates and marking of traffic").msgid
SPANNING = T("spanning tree and its like only close ports").msgid
NEIGHBOURS = T("entries and timers of neighbours' addresses, and discovery of neighbours").msgid
NARROWS = T("limits that only narrow what is accepted").msgid
DHCP = T("addresses handed out to clients").msgid
ROUTING = T("timers, keys and pacing of routing protocols").msgid
PATHS = T("choices among routes that are known anyway").msgid
GATEWAY = T("timers and tracking of virtual gateways").msgid
KEYS = T("certificates, keys and parameters of encryption").msgid
TUNNEL = T("details of tunnels, label switching and multicast routing, which other lines turn on").msgid
IPV6 = T("settings of IPv6 that turn nothing on").msgid
TELEPHONY = T("telephony and dial-up details").msgid
CLOCK = T("the clock's zone and sources").msgid
AAA = T("accounting and details of AAA").msgid
LOCAL = T("traffic of the device's own, and its limits").msgid
SESSION = T("comfort of a terminal session").msgid
EXEC = T("commands of a session, not of a config").msgid
TESTS = T("probes, and times: what depends on them is taken both ways").msgid
UNUSED = T("definitions that matter only where they are used").msgid

PORT_IRRELEVANT = {
    LINK: """atm; backup; bandwidth; carrier-delay; channel-protocol; clock; compress; crc; crypto engine; dcbx; delay; dsl; duplex; eapol;
        encapsulation ppp; encapsulation hdlc; encapsulation frame-relay; encapsulation slip; encapsulation lapb; encapsulation aal5snap;
        encapsulation aal5mux; esmc; ethernet; flowcontrol; frame-relay; framing; ignore-dcd; invert; ip broadcast-address; ip cef;
        ip header-compression; ip load-sharing; ip mroute-cache; ip mtu; ip route-cache; ip rtp; ip tcp; keepalive; lacp;
        link-noise-monitor; mac-address; macsec; mdix; media-type; mka; mpls mtu; negotiation; pagp; physical-layer; plim;
        port-channel; pos; power; pvc; scramble; serial; speed; switchport autostate; switchport nonegotiate;
        switchport trunk encapsulation; synchronous; udld""",
    NARROWS: """access-session; authentication; device-tracking; dot1x; errdisable; ip arp inspection limit; ip dhcp snooping limit;
        ip multicast boundary; ip multicast rate-limit; ip multicast ttl-threshold; ip urlfilter; ip virtual-reassembly; mab; storm-control;
        switchport block""",
    LOGS: """flow; flow-sampler; ip accounting; ip bgp; ip flow; ip nbar; load-interval; logging; snmp""",
    NEIGHBOURS: """arp; cdp; ip arp gratuitous; ip arp timeout; ip device tracking; ip gratuitous-arps; ip irdp;
        ip probe; ip sticky-arp; lldp;
        mop; nmsp; ntp""",
    DHCP: """ip dhcp client; ip dhcp relay; ip dhcp server; ip dhcp smart-relay""",
    ROUTING: """bfd; dampening; eigrp; ip authentication; ip bandwidth-percent; ip dampening-change; ip hello-interval; ip hold-time;
        ip next-hop-self; ip rip; ip split-horizon; ip summary-address; isis""",
    SPANNING: "spanning-tree; switchport trunk pruning",
    RATES: """auto qos; custom-queue-list; fair-queue; hold-queue; max-reserved-bandwidth; mls qos; priority-group; priority-queue; qos;
        random-detect; rate-limit; rcv-queue; service-policy; srr-queue; switchport priority; switchport voice detect; traffic-shape; trust;
        tx-queue-limit; tx-ring-limit; wrr-queue""",
    NAMES: "lan-name; location; macro description",
    GATEWAY: "fhrp; track",
    TUNNEL: """crypto ipsec; if-state nhrp; ip cgmp; ip igmp; ip nhrp; nhrp; tunnel""",
    TELEPHONY: """async; dialer; dialer-group; group-range; h323-gateway; isdn; peer default; ppp; pulse-time; routing dynamic;
        virtual-template""",
    IPV6: """ipv6 dhcp guard; ipv6 mld; ipv6 mtu; ipv6 nd; ipv6 redirects; ipv6 snooping; ipv6 source-guard; ipv6 tcp; ipv6 traffic-filter;
        ipv6 unreachables; ipv6 verify; ipv6 virtual-reassembly""",
}
PORT_BLOCKS: dict[str | FeatureKind, str] = {FeatureKind.FILTER: "cts manual", FeatureKind.OTHER: "vnet trunk; vnet name"}
PORT_FEATURES = {
    FeatureKind.POLICY_ROUTE: "ip vrf select source",
    FeatureKind.OTHER: """access-session port-control; authentication port-control; dot1x port-control; ip mobile;
        ip vrf sitemap; macro auto;
        service-module; service-policy type control; source template; switchport access vlan dynamic; switchport backup; switchport host;
        transmit-interface; vnet""",
    FeatureKind.MULTICAST: "ip igmp helper-address; ip igmp join-group; ip igmp static-group; ip pim; ipv6 pim",
    FeatureKind.ROUTING: "ip router isis",
    FeatureKind.MPLS: "ip rsvp; mpls; tag-switching",
    FeatureKind.FILTER: "cts; ip admission; ip auth-proxy; ip inspect; ip ips; ip security; mac access-group",
    FeatureKind.TUNNEL: "ip lisp",
    FeatureKind.PROXY: "ip wccp",
    FeatureKind.MIRROR: "ip traffic-export",
    FeatureKind.BRIDGING: """authentication event; dot1x auth-fail; dot1x critical; dot1x guest-vlan; bridge-group;
        switchport mode private-vlan; switchport private-vlan; switchport vlan mapping; vlan-id;
        vlan-range""",
    FeatureKind.L2VPN: "l2protocol-tunnel; otv; xconnect",
    FeatureKind.STACKING: "dual-active; stackwise-virtual",
    FeatureKind.IPSEC: "crypto map; tunnel protection",
    FeatureKind.VXLAN: "host-reachability; member; source-interface",
    FeatureKind.DIALUP: "pppoe; pppoe-client",
    FeatureKind.NAT: "ip nat enable; nat64",
}

GLOBAL_IRRELEVANT = {
    LOGS: """avc; crypto logging; facility-alarm; ip access-list log-update; ip access-list logging; ip access-list persistent;
        ip accounting-list; ip accounting-threshold; ip flow; ip flow-cache; ip flow-export; ip nat log; ip nbar; login on-failure;
        login on-success; rmon; service call-home; service counters; service pt-vty-logging; service sequence-numbers; service slave-log;
        service timestamps; snmp ifmib; snmp mib; snmp-server cache; snmp-server chassis-id; snmp-server contact; snmp-server context;
        snmp-server drop; snmp-server enable; snmp-server engineid; snmp-server file-transfer; snmp-server ifindex; snmp-server inform;
        snmp-server ip; snmp-server location; snmp-server logging; snmp-server packetsize; snmp-server queue-length;
        snmp-server queue-limit; snmp-server source-interface; snmp-server tftp-server-list; snmp-server trap; snmp-server trap-source;
        snmp-server trap-timeout; snmp-server usm; snmp-server view; vlan accounting""",
    NAMES: """ip bgp-community new-format; ip classless; ip domain; ip domain list; ip domain name; ip domain-list; ip domain-name; ip host;
        ip hosts; ip dns name-list; ip dns view; ip ospf name-lookup; ip prefix-list sequence-number; ip subnet-zero;
        macro global description; vlan group""",
    HARDWARE: """access-list compiled; boot bootstrap; boot system; boot-end-marker; boot-start-marker; boot enable-break;
        buffers; card; config-register; crypto engine; diagnostic; environment; exception; ip cef; lacp; license; memory; memory-size; mmi;
        module; multilink bundle-name; partition; platform; port-channel; power; process; process-max-time; scheduler; sdm;
        secure boot-config; secure boot-image; service alignment; service compress-config; service disable-ip-fast-frag; service internal;
        service unsupported-transceiver; stack-mac; subscriber templating; switch; system mtu; upgrade; warm-reboot""",
    RATES: """access-list rate-limit; auto qos; mls aclmerge; mls cef; mls flow; mls netflow; mls qos; mls rate-limit; qos""",
    PATHS: """ip as-path access-list; ip bgp fast-external-fallover; ip community-list; ip extcommunity-list""",
    ROUTING: "bfd; fhrp",
    NEIGHBOURS: """arp; cdp; ip arp; ip device tracking; lldp; mac address-table; mac-address-table; mop; nmsp; udld""",
    NARROWS: """access-session; authentication; dot1x; errdisable; ip options; ip reflexive-list; ip source binding; ip urlfilter;
        ip verify source; login delay; login quiet-mode; password encryption; security authentication; security passwords; storm-control""",
    DHCP: """ip dhcp; ip dhcp-server; ip local pool""",
    TUNNEL: "ip igmp; ip pim; mpls label; mpls ldp",
    KEYS: "crypto call; crypto xauth",
    TELEPHONY: """async-bootp; call; ccm-manager; chat-script; codec; isdn; modemcap; num-exp; sdspfarm; tone""",
    IPV6: """ipv6 cef; ipv6 hop-limit; ipv6 host; ipv6 icmp; ipv6 inspect; ipv6 ioam; ipv6 local; ipv6 mfib; ipv6 mld; ipv6 nd;
        ipv6 neighbor; ipv6 prefix-list; ipv6 snooping; ipv6 source-route""",
    LOCAL: """ftp-server; ip forward-protocol; ip ftp; ip gratuitous-arps; ip icmp; ip mtu; ip nat service;
        ip nat translation; ip scp; ip spd;
        ip tcp; ip telnet; ip tftp; netconf lock-time; netconf max-message; netconf max-sessions; netconf-yang cisco-ia;
        netconf-yang feature; service nagle; service tcp-keepalives-in; service tcp-keepalives-out; service telnet-zeroidle;
        standby redirect""",
    AAA: """aaa authentication; aaa authorization; aaa local; aaa max-sessions; aaa memory; aaa nas; aaa password;
        aaa processes; aaa session-id; ip http authentication; radius-server; tacacs-server""",
    CLOCK: "clock; network-clock; network-clock-participate; network-clock-select; ntp; sntp",
    SESSION: """alias; ip http; prompt; service exec-callback; service hide-telnet-addresses; service linenumber; service prompt""",
    SPANNING: "rep; spanning-tree",
    LINK: "frame-relay",
    EXEC: "clear; conf; configure; copy; disable; do; exit; ping; quit; reload; show; terminal; wr; write",
}
GLOBAL_FEATURES = {
    FeatureKind.OTHER: """boot config; boot host; boot network; cns; configure replace; frame-relay switching; ip mobile;
    ip ssh port; macro auto; tcl; transport-map;
        transport; vlan configuration; x25""",
    FeatureKind.NAT: """ip casa; ip nat create; ip nat inside destination; ip nat portmap; ip nat settings; ip nat sip-sbc; ip nat source;
        ip nat stateful; ip slb; nat64""",
    FeatureKind.FILTER: "cts; ip admission; ip auth-proxy; ip inspect; ip ips; ip port-map",
    FeatureKind.ROUTING: "ip default-network; ip host-routing; ip policy-list",
    FeatureKind.POLICY_ROUTE: "ip local policy; ip vrf autoclassify; ip vrf select; vrf selection source",
    FeatureKind.MULTICAST: "ip dvmrp; ip mroute; ip msdp; ip multicast; ip multicast-routing; ip sap",
    FeatureKind.PROXY: "ip wccp; mdns-sd",
    FeatureKind.MPLS: "ip rsvp; mpls; tag-switching",
    FeatureKind.BRIDGING: "bridge; bridge irb",
    FeatureKind.L2VPN: "connect; l2; l2protocol-tunnel",
    FeatureKind.MIRROR: "monitor session",
    FeatureKind.TUNNEL: "lisp; vpdn",
    FeatureKind.DIALUP: "dialer; dialer-list",
    FeatureKind.IPV6: "ipv6 multicast; ipv6 route; ipv6 unicast-routing",
    FeatureKind.VIRTUAL_SYSTEM: "iox",
    FeatureKind.VXLAN: "vxlan",
    FeatureKind.STACKING: "stackwise-virtual",
}
GLOBAL_BLOCKS: dict[str | FeatureKind, str] = {
    UNUSED: "arp access-list; mac access-list; pseudowire-class",
    IPV6: "ipv6 access-list; ipv6 dhcp; object-group v6-network; object-group v6-service",
    TESTS: "ip sla; time-range; track",
    ROUTING: "bfd-template; key chain",
    NARROWS: "parameter-map; parser view",
    RATES: "class-map; table-map",
    KEYS: "crypto ca; crypto ikev2; crypto ipsec; crypto isakmp; crypto key; crypto keyring; crypto pki",
    LOGS: """archive; call-home; dot11; flow exporter; flow monitor; flow record; flow-sampler-map; ip flow-top-talkers; sampler; telemetry;
        transceiver""",
    NEIGHBOURS: "device-tracking",
    AAA: "aaa accounting; aaa attribute; aaa common-criteria",
    DHCP: "ip dhcp class; ip dhcp pool",
    LOCAL: "control-plane",
    SPANNING: "spanning-tree mst configuration",
    HARDWARE: "hw-module; redundancy; stack-power",
    LINK: "controller; ethernet; map-class",
    TELEPHONY: """application; call-manager-fallback; credentials; dial-peer; dspfarm; ephone; ephone-dn;
        ephone-dn-template; ephone-template;
        gatekeeper; gateway; mgcp; sccp; sip-ua; telephony-service; translation-rule; voice; voice-card; voice-port""",
    FeatureKind.FILTER: "ip access-list role-based",
    FeatureKind.IPV6: "ipv6 router",
    FeatureKind.ROUTING: "router ospfv3",
    FeatureKind.TUNNEL: "router lisp; vpdn-group",
    FeatureKind.OTHER: """aaa server radius; ap; event manager; kron; pnp; router mobile; service-template; template; wireless""",
    FeatureKind.MPLS: "ip explicit-path; segment-routing",
    FeatureKind.MULTICAST: "ip igmp profile",
    FeatureKind.L2VPN: "bridge-domain; l2 vfi; l2vpn; template type pseudowire",
    FeatureKind.IPSEC: """crypto dynamic-map; crypto gdoi; crypto ikev2 authorization; crypto ipsec client; crypto isakmp client;
        crypto map""",
    FeatureKind.PROXY: "crypto ssl; crypto vpn; webvpn",
    FeatureKind.DIALUP: "bba-group",
    FeatureKind.VIRTUAL_SYSTEM: "app-hosting; virtual-service",
    FeatureKind.STACKING: "switch virtual",
    FeatureKind.MIRROR: "ip traffic-export",
}
DHCP_POOL = """address; bootfile; class; client-identifier; client-name; default-router; dns-server; domain-name; hardware-address; host;
    import; lease; netbios-name-server; netbios-node-type; network; next-server; option; relay; subnet; update; utilization; vrf"""
"""Commands of the view of a DHCP pool, which typed scripts hold without indentation."""


BLOCK_WORDS: dict[str | FeatureKind, str] = {
    KEYS: """encryption; encr; hash; authentication; group; lifetime; integrity; prf; mode; pre-shared-key; keyring; enrollment;
        revocation-check; rsakeypair; subject-name; subject-alt-name; fqdn; serial-number; self-identity; match identity; match certificate;
        set; local-address; peer; proposal; address; identity""",
    FeatureKind.IPSEC: "set; match address; description; reverse-route; qos pre-classify",
    RATES: "match; description",
    TESTS: """periodic; absolute; icmp-echo; udp-echo; udp-jitter; tcp-connect; http; frequency; timeout; threshold; delay; tag; object;
        owner; vrf""",
    LOGS: "path; log config; logging enable; hidekeys; notify syslog; write-memory; maximum; time-period",
    ROUTING: "key; key-string; accept-lifetime; send-lifetime; cryptographic-algorithm",
}
"""Commands of views of which nothing is read: where a script is not indented, only these are known to belong there."""


def listed(text: str) -> list[str]:
    """The commands of a list parted by semicolons."""
    return [" ".join(command.split()) for command in text.split(";")]


def commands(
    irrelevant: dict[str, str],
    features: dict[FeatureKind, str],
    handlers: dict[str, Action],
    blocks: dict[str | FeatureKind, str] | None = None,
) -> dict[str, Action]:
    """One table of a view's commands; what a handler reads stands before what the other tables say."""
    table: dict[str, Action] = {}
    for why, text in (blocks or {}).items():
        table |= dict.fromkeys(listed(text), Block(why))
    for kind, text in features.items():
        table |= dict.fromkeys(listed(text), kind)
    for reason, text in irrelevant.items():
        table |= dict.fromkeys(listed(text), reason)
    return table | handlers
