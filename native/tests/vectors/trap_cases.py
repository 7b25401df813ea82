# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""The packet vectors of the AGENT vif, 8: what ports' packets are trapped, and what the agent injects. Addresses and tables: base.tables."""
from compose import *  # noqa: F403: the composer's words

AGENT = "vif 8 agent vrf=0 mtu=65535"
DHCP, DHCP6, DNS, LINK_LOCAL, NEIGHBOUR, ROUTER_ALERT, ROUTER_SOLICITATION = range(1, 8)
OUT_OF_VIF, ROUTE_IN_VRF = 1, 2
ALL, NOBODY, GW4, GW6, LINK6 = "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "10.1.1.1", "fd00:1::1", "fe80::11"
ALERT4 = b"\x94\x04\x00\x00"


class TrapCase(Case):
    def __init__(self, name, about, agent=True):
        super().__init__(name, about)
        if agent:
            self.table(AGENT)

    def trap(self, reason, frame, vif=1, vrf=1):
        """What the agent gets; the time is free."""
        return self.out(8, struct.pack("<HHIIIQ", reason, 0, vif, vrf, len(frame), 0) + frame, wild=range(16, 24))

    def trapped(self, reason, frame, vif=1, vrf=1):
        return self.into(vif, frame).trap(reason, frame, vif, vrf)

    def inject(self, operation, frame, vif=0, vrf=0, bytes_=None, zero0=0, zero1=0):
        return self.into(8, struct.pack("<HHIIIQ", operation, zero0, vif, vrf, len(frame) if bytes_ is None else bytes_, zero1) + frame)


def alert6(source, target, kind=143):
    body = icmp6(source, target, kind)[40:]
    return ip6(source, target, 0, bytes([58, 0, 5, 2, 0, 0, 1, 0]) + body)


def solicit(source, target, option=b"", **kw):
    return icmp6(source, target, 133, rest=b"\0" * 4, payload=option, **{"hops": 255, **kw})


DISCOVER = eth(ALL, A, udp("0.0.0.0", "255.255.255.255", 68, 67))
SOLICIT6 = eth("33:33:00:01:00:02", A, udp(LINK6, "ff02::1:2", 546, 547))
DNS4, DNS6 = eth(GW, A, udp(A4, GW4, 1000, 53)), eth(GW, A, udp(A6, GW6, 1000, 53))
METADATA = eth(GW, A, tcp(A4, "169.254.169.254", 1000, 80, 5, flags=2))
ARP = eth(ALL, A, arp(1, A, A4, NOBODY, "10.3.3.3"), 0x0806)
NEIGHBOUR6 = eth("33:33:ff:00:00:77", A, icmp6(A6, "ff02::1:ff00:77", hops=255, **nd(135, 0, "fd00:9::77")))
ALERT = eth(GW, A, udp(A4, B4, 1, 2, options=ALERT4))
ROUTERS = eth("33:33:00:00:00:02", A, solicit(LINK6, "ff02::2"))


def services():
    unicast = eth(GW, A, udp(A4, "10.1.1.2", 68, 67))
    yield TrapCase("trap-dhcp", "DHCP to all and to one server; the source is none yet or the port's. Other ports are nobody's.") \
        .trapped(DHCP, DISCOVER).trapped(DHCP, unicast).into(1, eth(GW, A, udp(B4, "10.1.1.2", 68, 67))) \
        .into(1, eth(ALL, B, udp("0.0.0.0", "255.255.255.255", 68, 67))).drop(1, "SPOOFED_SOURCE", 2) \
        .into(1, eth(ALL, A, udp("127.0.0.1", "255.255.255.255", 68, 67))).drop(1, "INVALID_SOURCE_ADDRESS") \
        .into(1, eth(ALL, A, udp("0.0.0.0", "255.255.255.255", 69, 67))).drop(1, "MULTICAST") \
        .into(1, eth(GW, A, udp(A4, B4, 1000, 67))).out(2, eth(B, GW, udp(A4, B4, 1000, 67)))
    yield TrapCase("trap-dhcp-policy", "A policy that allows nothing does not keep a port from its configuration, but from services.") \
        .table("policy 5 deny").table("vif 1 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.3/24 egress=5" % A) \
        .trapped(DHCP, DISCOVER).into(1, DNS4).into(1, METADATA).drop(1, "POLICY", 2)
    yield TrapCase("trap-dhcp6", "DHCPv6 from a link-local address or the port's own.").trapped(DHCP6, SOLICIT6) \
        .trapped(DHCP6, eth(GW, A, udp(A6, "fd00:1::2", 546, 547))) \
        .into(1, eth(GW, A, udp(B6, "fd00:1::2", 546, 547))).drop(1, "SPOOFED_SOURCE") \
        .into(1, eth(GW, A, udp("::", "ff02::1:2", 546, 547))).drop(1, "INVALID_SOURCE_ADDRESS") \
        .into(1, eth(GW, A, udp(LINK6, "ff02::1:2", 547, 547))).drop(1, "MULTICAST")
    syn = eth(GW, A, tcp(A4, GW4, 1000, 53, 5, flags=2))
    yield TrapCase("trap-dns", "UDP and TCP 53 to the gateway; other ports, other addresses and the fabric's packets are not.") \
        .trapped(DNS, DNS4).trapped(DNS, syn).trapped(DNS, DNS6) \
        .into(1, eth(GW, A, udp(A4, GW4, 1000, 54))).drop(1, "NO_RECEIVER") \
        .into(1, eth(GW, A, udp(B4, GW4, 1000, 53))).drop(1, "SPOOFED_SOURCE") \
        .into(1, eth(GW, A, icmp4(A4, GW4, 8))).out(1, eth(A, GW, icmp4(GW4, A4, 0))) \
        .into(1, eth(GW, A, udp(A4, B4, 1000, 53))).out(2, eth(B, GW, udp(A4, B4, 1000, 53))) \
        .into(9, outer(H2, H1, 4789, vxlan(101, udp(R4, GW4, 1000, 53), ROUTER), FABRIC, UPLINK)).drop(9, "NO_RECEIVER")
    yield TrapCase("trap-dns-policy", "Policy lets the port reach one service and not the other.") \
        .table("policy 5 deny rule allow protocol=17 ports=53") \
        .table("vif 1 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.3/24 egress=5" % A) \
        .trapped(DNS, DNS4).into(1, METADATA).into(1, syn).drop(1, "POLICY", 2)
    yield TrapCase("trap-link-local", "A link-local service without a route; one with a route is routed.") \
        .trapped(LINK_LOCAL, METADATA).table("route 1 169.254.169.0/24 nexthop=2 proxy same") \
        .into(1, METADATA).out(2, eth(B, GW, METADATA[14:]))
    yield TrapCase("trap-neighbour", "ARP and ND requests for what no route knows; those the plane can answer it does.") \
        .trapped(NEIGHBOUR, ARP).trapped(NEIGHBOUR, NEIGHBOUR6) \
        .into(1, eth(ALL, A, arp(1, A, B4, NOBODY, "10.3.3.3"), 0x0806)).drop(1, "SPOOFED_SOURCE") \
        .into(1, eth(ALL, A, arp(1, A, A4, NOBODY, B4), 0x0806)).out(1, eth(A, GW, arp(2, GW, B4, A, A4), 0x0806))
    igmp = eth("01:00:5e:00:00:16", A, ip4(A4, "224.0.0.22", 2, b"\x22\0\xf9\x02\0\0\0\1\4\0\0\0\xef\1\1\1", ttl=1, options=ALERT4))
    padded = eth(GW, A, udp(A4, B4, 1, 2, options=b"\x01\x44\x04\x05\x00" + ALERT4[:3]))
    plain = udp(A4, B4, 1, 2, options=b"\x01\x01\x44\x04\x05\x00\x00\x94")
    jumbled = udp(A4, B4, 1, 2, options=b"\x44\x01\x94\x04")
    other6 = ip6(A6, B6, 0, bytes([17, 0, 0, 1, 2, 0, 0, 0]) + udp(A6, B6, 1, 2)[40:])
    yield TrapCase("trap-router-alert", "Router alert in both families, to a group and to a host; other options pass.") \
        .trapped(ROUTER_ALERT, ALERT).trapped(ROUTER_ALERT, igmp).trapped(ROUTER_ALERT, eth("33:33:00:00:00:16", A, alert6(LINK6, "ff02::16"))) \
        .trapped(ROUTER_ALERT, eth("33:33:00:00:00:16", A, alert6("::", "ff02::16"))).trapped(ROUTER_ALERT, eth(GW, A, alert6(A6, B6, 200))) \
        .into(1, eth(GW, A, plain)).out(2, eth(B, GW, plain)).into(1, eth(GW, A, jumbled)).out(2, eth(B, GW, jumbled)) \
        .into(1, padded).out(2, eth(B, GW, padded[14:])).into(1, eth(GW, A, other6)).out(2, eth(B, GW, other6)) \
        .into(1, eth(GW, A, udp(B4, A4, 1, 2, options=ALERT4))).drop(1, "SPOOFED_SOURCE") \
        .into(1, eth(GW, A, udp("0.0.0.0", B4, 1, 2, options=ALERT4))).drop(1, "INVALID_SOURCE_ADDRESS")
    option = b"\x01\x01" + mac(A)
    yield TrapCase("trap-router-solicitation", "From a link-local address, the port's own or none; what RFC 4861 6.1.1 forbids is not.") \
        .trapped(ROUTER_SOLICITATION, ROUTERS).trapped(ROUTER_SOLICITATION, eth(GW, A, solicit(A6, "ff02::2", option))) \
        .trapped(ROUTER_SOLICITATION, eth(GW, A, solicit("::", "ff02::2"))) \
        .into(1, eth(GW, A, solicit("::", "ff02::2", option))).into(1, eth(GW, A, solicit(LINK6, "ff02::2", hops=64))) \
        .into(1, eth(GW, A, solicit(LINK6, "ff02::2", b"\x01\0" + mac(A)))).drop(1, "MALFORMED_ND", 3) \
        .into(1, eth(GW, A, solicit(B6, "ff02::2"))).into(1, eth(GW, A, solicit(LINK6, "ff02::2", b"\x01\x01" + mac(B)))).drop(1, "SPOOFED_SOURCE", 2)


def conditions():
    case = TrapCase("trap-rate", "Per port and reason 50 at once and 100 a second; the rest is dropped.")
    for _ in range(52):
        case.into(1, ARP)
    for _ in range(50):
        case.trap(NEIGHBOUR, ARP)
    other = eth(ALL, B, arp(1, B, B4, NOBODY, "10.3.3.3"), 0x0806)
    yield case.drop(1, "TRAP_RATE", 2).trapped(DHCP, DISCOVER).trapped(NEIGHBOUR, other, 2).line("time 10").trapped(NEIGHBOUR, ARP) \
        .into(1, ARP).drop(1, "TRAP_RATE")
    for name, about, agent in (("trap-no-agent", "Without an AGENT vif each has the fate it would have otherwise.", None),
                               ("trap-agent-gone", "The same when the AGENT vif was deleted.", "delete vif 8")):
        case = TrapCase(name, about, agent is not None)
        if agent:
            case.trapped(DHCP, DISCOVER).table(agent)
        yield case.into(1, DISCOVER).into(1, SOLICIT6).drop(1, "MULTICAST", 2).into(1, DNS4).drop(1, "NO_RECEIVER").into(1, METADATA).drop(1, "NO_ROUTE") \
            .into(1, ARP).into(1, NEIGHBOUR6).drop(1, "NEIGHBOUR_UNKNOWN", 2).into(1, ALERT).out(2, eth(B, GW, ALERT[14:])) \
            .into(1, ROUTERS).drop(1, "NEIGHBOUR_IGNORED")
    partial = eth(GW, A, tcp(A4, GW4, 1000, 53, 5, b"x" * 3000, partial=True, flags=0x18))
    whole = eth(GW, A, tcp(A4, GW4, 1000, 53, 5, b"x" * 3000, flags=0x18))
    many = eth(GW, A, udp(A4, GW4, 1000, 53, b"x" * 3000, partial=True))
    yield TrapCase("trap-checksum", "The agent gets whole checksums; a buffer of several datagrams is not for it.") \
        .into(1, eth(GW, A, udp(A4, GW4, 1000, 53, partial=True)), "csum=34+6").trap(DNS, DNS4) \
        .into(1, partial, "gso=tcp4/1000 csum=34+16").trap(DNS, whole) \
        .into(1, many, "gso=udp/1000 csum=34+6").drop(1, "NO_RECEIVER")
    free = eth(ALL, "02:00:00:00:00:99", udp("10.77.1.1", "255.255.255.255", 68, 67))
    yield TrapCase("trap-no-check", "A port without address check.").trapped(DHCP, free, 4)


def routes_to_the_agent():
    packet = udp(A4, "10.1.1.60", 1, 2)
    yield TrapCase("trap-not-routed", "A route to the AGENT vif leads nowhere: the agent gets nothing that has no trap header.") \
        .table("nexthop 31 local vif=8").table("route 1 10.1.1.60/32 nexthop=31 proxy same") \
        .into(1, eth(GW, A, packet)).drop(1, "INVALID_VIF") \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, packet), vrf=1).drop(8, "INVALID_VIF")


def injections():
    offer = eth(A, GW, udp(GW4, "255.255.255.255", 67, 68))
    reply = eth(A, GW, arp(2, GW, "10.3.3.3", A, A4), 0x0806)
    yield TrapCase("inject-out-of-vif", "A frame of any kind leaves by the port as it is.") \
        .inject(OUT_OF_VIF, offer, 1).out(1, offer).inject(OUT_OF_VIF, reply, 1).out(1, reply).inject(OUT_OF_VIF, offer, 9).out(9, offer)
    answer, answer6 = udp(GW4, A4, 53, 1000), udp(GW6, A6, 53, 1000)
    yield TrapCase("inject-route-local", "Routed to a port without connection: the hop limit stays, between networks too, and no answer is expected.") \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, answer), vrf=1).out(1, eth(A, GW, answer)) \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, answer6), vrf=1).out(1, eth(A, GW, answer6)) \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, udp(GW4, C4, 53, 1000, ttl=1)), vrf=1).out(3, eth(C, GW, udp(GW4, C4, 53, 1000, ttl=1)))
    yield TrapCase("inject-route-policy", "No policy is asked.") \
        .table("policy 5 deny").table("vif 1 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.3/24 ingress=5" % A) \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, answer), vrf=1).out(1, eth(A, GW, answer))
    far, far6 = udp(GW4, R4, 53, 1000), udp(GW4, "10.1.1.10", 53, 1000)
    yield TrapCase("inject-route-tunnel", "Routed into tunnels, with the route's VNI or label.") \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, far), vrf=1).tunnel(outer(H1, H2, 4789, vxlan(101, far))) \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, far6), vrf=1).tunnel(outer(H1, H2, 6635, mpls(500, far6)))
    spread = udp(GW4, "10.1.1.50", 53, 1000)
    yield TrapCase("inject-route-ecmp", "A member that can be used takes it, with its own label.") \
        .table("nexthop 30 ecmp member=1,20,1,102").table("route 1 10.1.1.50/32 nexthop=30 proxy same") \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, spread), vrf=1).tunnel(outer(H1, H2, 4789, vxlan(102, spread))) \
        .table("path destination=%s resolved vif=9 gateway=192.0.2.254 mtu=1500 source-mac=%s destination-mac=%s down" % (H2, UPLINK, FABRIC)) \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, spread), vrf=1).drop(8, "NO_LIVE_MEMBER")
    yield TrapCase("inject-route-drops", "No route, discard, the plane's own address, no IP, an IP packet cut, too big for the port; no ICMP error tells.") \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, udp(GW4, "203.0.113.1", 53, 1)), vrf=1).drop(8, "NO_ROUTE") \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, udp(GW4, "10.1.1.200", 53, 1)), vrf=1).drop(8, "DISCARD") \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, udp(A4, GW4, 53, 1)), vrf=1).drop(8, "NO_RECEIVER") \
        .inject(ROUTE_IN_VRF, reply, vrf=1).drop(8, "UNSUPPORTED_ETHERTYPE") \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, answer[:-1]), vrf=1).drop(8, "MALFORMED_IPV4") \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, udp(GW4, "10.1.1.5", 53, 1, b"x" * 700)), vrf=1).drop(8, "TOO_BIG")
    yield TrapCase("inject-malformed", "Unknown operations, padding that is not zero, another length, no such port or VRF, the agent's own port.") \
        .inject(0, offer, 1, 1).inject(3, offer, 1, 1).inject(OUT_OF_VIF, offer, 1, zero0=1).inject(OUT_OF_VIF, offer, 1, zero1=1 << 63) \
        .inject(OUT_OF_VIF, offer, 1, bytes_=len(offer) - 1).inject(OUT_OF_VIF, offer, 1, bytes_=len(offer) + 1) \
        .inject(OUT_OF_VIF, offer, 77).inject(OUT_OF_VIF, offer, 0xFFFFFFFF).inject(OUT_OF_VIF, offer, 8) \
        .inject(ROUTE_IN_VRF, eth(GW, NOBODY, answer), vrf=77).inject(ROUTE_IN_VRF, eth(GW, NOBODY, answer), vrf=0xFFFFFFFF) \
        .inject(OUT_OF_VIF, offer[:13], 1).drop(8, "INJECTION", 12)


def all_cases():
    for group in (services, conditions, routes_to_the_agent, injections):
        yield from group()
