"""Commands of VRP that cannot change what passes, where it goes, or who configures the device; and views of which that is true as a whole.

Only what is known to be so stands here; a command that is in no table is not understood.
"""

from __future__ import annotations

from isolation_checks.reading.huawei_views import Entry, swallow
from topology.i18n import T

PEOPLE = T("descriptions and names for people").msgid
CLOCK = T("clock and time zone").msgid
LOGS = T("formats, levels and storage of logs and alarms").msgid
HARDWARE = T("boards, optics, fans, power and lamps").msgid
LOOPS = T("spanning tree and loop protection only close ports").msgid
RATES = T("queues, rates and marking change how fast, not what passes").msgid
TIMERS = T("timers and limits that pass nothing").msgid
ONLY_DROPS = T("protection that only ever drops packets").msgid
CRYPTO = T("keys and proposals; what uses them is a feature where it is bound").msgid
DHCP = T("hands out addresses to hosts; passes nothing between networks").msgid
SCREEN = T("how a session on the console or a terminal looks").msgid
IPV6_ONLY = T("IPv6 only; lines that switch IPv6 on are features of their own").msgid
WIRELESS = T("radio settings; what lets wireless hosts in is a feature").msgid
UPDATES = T("updates of signatures and licences").msgid
UNUSED = T("definitions that matter only where they are bound").msgid
DETECTION = T("link detection; what it tracks counts as conditional").msgid
SCHEDULE = T("time ranges; what refers to them counts as conditional").msgid

_INTERFACE: dict[str, str] = {
    PEOPLE: """alias""",
    HARDWARE: """negotiation auto|negotiation disable|duplex|speed|flow-control|transceiver|device transceiver|combo-port|
        combo enabled-type|
        combo-enable|jumboframe enable|mdi|crc|clock|port media type|port mode|port crc-statistics|energy-efficient-ethernet|
        virtual-cable-test|
        single-fiber|fec|carrier up-hold-time|carrier down-hold-time|carrier|control-flap|port priority|poe|undo poe|am isolate|dampening|
        port-alarm|damp-interface|port-auto-sleep|auto speed|undo negotiation auto|lan-mac|wavelength-channel|undo jumboframe""",
    LOOPS: """stp|loopback-detect|loop-detect|loop-detection|bpdu enable|bpdu disable|undo stp|loopback-detection|rrpp|erps ring""",
    RATES: """qos|trust|priority|port priority-flow-control|dcb|port-queue|diffserv-mode|car|traffic-shape|line-rate|bandwidth|
        storm-control|
        broadcast-suppression|multicast-suppression|unicast-suppression|storm suppression|broadcast suppression|multicast suppression|
        weight|
        traffic-limit|traffic-statistic|traffic-remark|load-balance|reservable-bandwidth|undo qos|undo trust|flow-statistics|pfc|ecn|
        set flow-stat|traffic-queue|undo storm-control|statistic enable|statistics enable|unknown-unicast-suppression""",
    TIMERS: """arp expire-time|arp timeout|arp aging-time|arp detect-times|tcp adjust-mss|tcp mss|hold-time|lacp|mode lacp|mode lacp-static|
        mode lacp-dynamic|mode manual|least active-linknumber|max active-linknumber|max bandwidth-affected-linknumber|mac-limit|
        undo mac-limit|
        mac-address|undo mac-address|lldp tlv-enable|lldp compliance|lldp management-address|lldp admin-status|undo lldp tlv-enable|
        keepalive|
        ppp timer|timer hold|isis cost|isis circuit-type|isis circuit-level|isis timer|isis dis-priority|isis authentication-mode|
        isis peer|isis bfd|
        isis small-hello|ppp mru|gratuitous-arp|rip metricin|rip metricout|rip poison-reverse|rip authentication-mode|
        icmp port-unreachable send|
        icmp ttl-exceeded send|icmp host-unreachable send|undo icmp port-unreachable send|undo icmp ttl-exceeded send|
        undo icmp host-unreachable send|
        arp gratuitous-arp|ntdp enable|ndp enable|undo ntdp enable|undo ndp enable|ntdp|ndp|cdp|undo cdp|admin-vrrp|vrrp advertise-mode|
        vrrp version|vrrp track|vrrp un-check|vrrp arp|direct-route|arp learning|arp max-learning-number|arp learn|arp broadcast|
        undo arp broadcast|arp broadcast enable|undo arp broadcast enable|arp detect|mac-forced-forwarding|undo dcn|load-interval|
        port-security max-mac-num|port-security protect-action|port-security mac-address|port-security aging-time|port-security|garp timer|
        set l2-efficiency|undo lacp|gre checksum|trust upstream|ospf timer retransmit|link-flap|efm|undo efm|cfm|arp-miss|mpls mtu|
        mpls ldp timer|arp static|undo arp expire-time""",
    LOGS: """enable snmp trap|undo enable snmp trap|trap-threshold|log-threshold|input-rate|undo trap|trap enable|undo trap enable|
        set record|
        undo enable snmp trap updown|ip accounting|alarm""",
    DHCP: """dhcp select|dhcp server|dhcp client|undo dhcp server|undo dhcp select|dns-list|dhcp option|dhcp relay information|
        dhcp relay gateway|
        dhcp relay source-ip-address""",
    ONLY_DROPS: """anti-ddos|mac-address limit|igmp-snooping|mld-snooping|multicast drop-unknown|arp limit|port discard|port-isolate mode|
        arp anti-attack|
        dhcp snooping max-user-number|dhcp snooping check|dhcp snooping alarm|arp-limit|anti-attack|blacklist enable|undo dhcp snooping|
        ip source check|arp learn-strict|arp validate|ip source check user-bind|undo arp anti-attack|undo ip source check|dhcp snooping""",
}

_TOP: dict[str, str] = {
    CLOCK: """clock timezone|clock daylight-saving-time|clock|ntp-service sync-interval|ntp-service refclock-master|
        ntp-service max-dynamic-sessions|
        ntp-service source-interface|ntp-service ipv6|ntp-service discard|ntp-service server source-interface|ntp-service source|ptp|
        ntp-service max-distance|ntp-service authentication-keyid|ntp authentication-keyid|ntp-service reliable|ntp reliable|
        undo ntp-service ipv6|
        ntp source-interface|ntp ipv6|ntp-service server-source|ntp server-source|ntp refclock-master""",
    LOGS: """info-center enable|undo info-center|info-center source|info-center channel|info-center console|info-center logbuffer|
        info-center monitor|info-center trapbuffer|info-center logfile|info-center filter-id|info-center statistic-suppress|
        info-center snmp|
        info-center local|info-center rate-limit|info-center max-logfile-number|info-center log|info-center security|info-center binary-log|
        info-center timestamp trap|info-center timestamp debugging|info-center timestamp|snmp-agent local-engineid|
        snmp-agent sys-info contact|
        snmp-agent sys-info location|snmp-agent trap|snmp-agent packet|snmp-agent notify-filter-profile|snmp-agent notification-log|
        undo snmp-agent trap|snmp-agent engineid|snmp-agent extend|snmp-agent statistics|snmp-agent mib-view|undo snmp-agent mib-view|
        snmp-agent packet-priority|snmp-agent session|snmp-agent session-rate|snmp-agent inform|snmp-agent protocol source-status|
        undo log type|log type|mac-address flapping|
        mac-address update|trap|undo trap|netstream export|netstream timeout|ip netstream export|ip netstream timeout|undo ips log|
        firewall log|
        undo firewall log|firewall session log-type|firewall statistic|disk-usage|set disk-scan|undo cpu-usage|mac-flapping|
        undo dataflow enable|kpi|dataflow enable|snmp-agent sys-info|undo snmp-agent sys-info contact|undo snmp-agent sys-info location|
        snmp-agent target-host trap-paramsname|undo info-center enable|info-center loghost source|logging|telemetry-log|configuration""",
    HARDWARE: """board|device board|device|set cpu-usage|set memory-usage|temperature|fan speed|power|system resource|system tcam|
        undo factory-configuration|factory-configuration|undo device|cpu-usage|license|undo pnp|energy|undo energy|
        wlan ac-global|ssl renegotiation-rate|assign forward|assign resource-template|assign resource-mode|slave auto-update|slave|patch|
        startup|undo autoconfig|undo ztp|firewall ids|undo nap|nap|memory-usage|set transceiver|set device|transceiver|
        undo usb|usb|undo ftp-usb|set poe|poe|undo poe|set save-configuration|undo set save-configuration|system jumboframe|devm|
        set flow-stat|system switchover|undo system switchover|reset-button|undo reset-button|port-optic|set high-temperature""",
    LOOPS: """stp|undo stp|loop-detect|loop-detection|loopback-detect|rrpp enable|error-down|undo error-down|loop-detection enable|
        bpdu mac-address|
        errdisable|erps tcn-propagation""",
    RATES: """qos|undo qos|dcb|undo dcb|cpu-defend-policy|load-balance|undo load-balance|ecmp|traffic-limit|traffic-statistic|
        traffic-remark|
        traffic-queue|undo traffic-limit|undo traffic-statistic|dscp|mpls-qos|storm-control|undo storm-control|acl-queue""",
    TIMERS: """arp expire-time|arp timeout|arp aging-time|mac-address aging-time|mac-address|undo mac-address|gratuitous-arp|lacp|undo lacp|
        arp detect-times|tcp timer|tcp window|tcp max-mss|tcp adjust-mss|ip tcp|icmp rate-limit|icmp port-unreachable|icmp ttl-exceeded|
        icmp host-unreachable|icmp name|undo icmp|icmp|lldp message-transmission|lldp management-address|lldp restart-delay|lldp compliance|
        lldp fast-count|lldp mdn|lldp trap-interval|ntdp|ndp|undo ntdp|undo ndp|undo cluster|garp timer|ip ttl-expires|undo ip ttl-expires|
        vrrp recover-delay|vrrp virtual-ip|vrrp gratuitous-arp|vrrp version|undo vrrp|ip route-static default-preference|
        ip route-static default-bfd|ip route-static bfd|ip route-static frr|ip route-static selection-rule|firewall session aging-time|
        session aging-time|firewall fragment-cache|ip rpf|link-flap|ip domain-name|dns domain|dns resolve|undo dns resolve|l2tp domain|
        undo l2tp sendaccm|l2tp sendaccm|
        firewall session link-state|undo firewall session link-state|firewall session|mtu|path-mtu|decoding|undo decoding|ip redirect|
        undo ip redirect|arp-miss|arp strict-learning|undo arp-miss|arp static|undo arp static|mpls-forwarding|arp gratuitous-arp|
        ip icmp|vrrp timer|vrrp track-bfd|firewall hash-mode|nat session|nat arp-gratuitous|arp|undo arp|fib regularly|undo vrrp timer""",
    ONLY_DROPS: """firewall defend|undo firewall defend|firewall blacklist|undo firewall blacklist|firewall mac-binding|firewall dataplane|
        drop illegal-mac|undo drop illegal-mac|cpu-defend|anti-attack|undo anti-attack|dhcp snooping|undo dhcp snooping|arp anti-attack|
        undo arp anti-attack|arp speed-limit|arp-limit|arp learning|arp validate|auto-defend|dhcp server detect|urpf-log|arp detect-mode|
        user-bind|ip source check|igmp-snooping|undo igmp-snooping|port-isolate mode|undo port-isolate|blacklist|port-security|
        ip anti-attack|undo rbl-filter|rbl-filter|icmp-attack|mac-spoofing|mac-spoofing-defend|undo ip source""",
    DHCP: """dhcp server|undo dhcp server|dhcp enable|undo dhcp enable|dhcp relay|dhcp client|undo dhcp relay|dhcp anti-attack""",
    CRYPTO: """ipsec sha2|ipsec authentication|ipsec df-bit|ipsec sa|ipsec anti-replay|ipsec fragmentation|undo ipsec sha2|undo ike|
        ike local-name|ike dpd|ike nat-keepalive-timer|ike heartbeat|undo pki|pki import|ssh client|undo ssh client|ssh server cipher|
        ssh server hmac|ssh server key-exchange|ssh server dh-exchange|ssh server publickey|ssh server secure-algorithms|rsa local-key-pair|
        ssh server rekey-interval|ssh server dscp|ssh server keepalive|ssh server assign|ssh server timeout|
        ssh server authentication-retries|
        ssh server rsa-key|ssh server login-failed|ssh server ip-block|rsa key-pair|ecc local-key-pair|dsa local-key-pair|ssl minimum|
        undo ssh server publickey|undo ssh server keepalive|ssh server security-banner|ssh server compatible-ssh1x disable|
        undo ssh server rekey-interval|
        ssh authentication-type default|ecc key-pair|undo rsa|ssh server exchange-mode""",
    SCREEN: """user-interface maximum-vty|banner enable|undo banner|screen-length|undo screen-length|language-mode|header shell-hint|
        undo privacy-statement|privacy-statement|undo terminal|terminal|history-command|cli|mmi-mode|undo cli|
        undo password complexity-check""",
    IPV6_ONLY: """ipv6 route-static|undo ipv6 route-static|undo ipv6 nd|ipv6 nd|ipv6 pathmtu|ipv6 icmp-error|ipv6 fib|undo telnet ipv6|
        undo stelnet ipv6|undo ftp ipv6|telnet ipv6 server disable|undo sftp ipv6|undo snetconf ipv6|telnet ipv6|snetconf ipv6|stelnet ipv6|
        sftp ipv6|ip ipv6-prefix|dhcpv6|undo dhcpv6|mld-snooping|nd user-bind|ssh ipv6|http ipv6|undo http ipv6|undo ssh ipv6|ipv6 host|
        firewall ipv6 statistic|undo tftp ipv6|firewall ipv6 session|undo scp ipv6|ssh ipv6 server-source|ftp ipv6""",
    UPDATES: """license-server|update|undo update|isp name|sa-sdb|engine""",
    DETECTION: """ip-link check enable|healthcheck enable|undo ip-link|undo bfd|undo nqa""",
    UNUSED: """undo sa|resource-class|portal local-server load""",
}

_VIEWS: dict[str, str] = {
    LOOPS: """stp region-configuration|stp process|rrpp domain|erps ring|smart-link group""",
    RATES: """diffserv domain|dcb ets-profile|dcb pfc|drop-profile|qos-profile|flow-queue|flow-mapping|qos queue-profile|
        qos schedule-profile|
        qos drop-profile|qos map-table|qos group|cpu-defend policy|qos red|port-queue-template|quota-policy""",
    DHCP: """ip pool|dhcp server ip-pool|dhcp option-template|dhcp server group|vlan pool|dhcp server database""",
    CRYPTO: """ike proposal|ike peer|ipsec proposal|ipsec policy|ipsec profile|ipsec policy-template|pki realm|pki entity|pki domain|
        ssl policy|keychain|rsa peer-public-key|dsa peer-public-key|ecc peer-public-key|ike identity|pki certificate|ike user-table|
        ipsec transform""",
    WIRELESS: """hsb-group|hsb-service|hsb-service-type|wmm-profile|wlan mobility""",
    UNUSED: """authentication-profile name|portal-access-profile name|mac-access-profile name|dot1x-access-profile name|
        portal-access-profile|
        free-rule-template name|user-profile|right-manager server-group|device-classification|sa|page-setting|location|password-policy|
        user-manage|user-group|task-group|multi-interface|multi-linkif|portal web-authen-server|auth-policy|rightm-policy|role|
        web-auth-server|domain-set|authentication-profile|mac-access-profile|dot1x-access-profile|sms""",
    ONLY_DROPS: """profile type|audit-policy|decryption-policy|cpu-defend-policy|attack-defend|soc""",
    DETECTION: """bfd|nqa test-instance|ip-link name|ip-link|healthcheck name|track|cfm md|twamp client|twamp server|nqa-jitter""",
    SCHEDULE: """time-range""",
    LOGS: """info-center filter|netstream record|undo info-center filter""",
    IPV6_ONLY: """ospfv3|ripng|dhcpv6 pool|ipv6 pool""",
}


def _spread(table: dict[str, str]) -> dict[str, Entry]:
    return {key.strip(): reason for reason, keys in table.items() for key in keys.split("|")}


INTERFACE_REASONS: dict[str, Entry] = _spread(_INTERFACE)


def top_reasons() -> dict[str, Entry]:
    """Of the system view. Where both tables name a command it opens a view."""
    table = _spread(_TOP)
    table.update({key.strip(): swallow(reason) for reason, keys in _VIEWS.items() for key in keys.split("|")})
    return table
