# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""Ports without policy: packets go by the routes alone. Their limit of one connection shows that no second one was made."""
from compose import *  # noqa: F403: the composer's words
from nat_cases import hop
from connection_cases import SYN, frag4
from service_cases import VIP, ping, service

OTHERS = {1: (A, A4, A6), 2: (B, B4, B6)}


def free(number, more="stateless connections=1", mtu=1450):
    m, four, six = OTHERS[number]
    return "vif %d virtual vrf=1 mtu=%d mac=%s check address=%s/24 address=%s/64 gateway=10.1.1.1/24 gateway=fd00:1::1/64 %s" % (number, mtu, m, four, six, more)


def case(name, about, *ports):
    made = Case(name, about)
    for number in ports:
        made.table(free(number))
    return made


def to_fabric(case, packet, wrap):
    return case.into(1, eth(GW, A, packet)).tunnel(wrap(packet))


def from_fabric(payload, port=4789, src=H2, dst=H1):
    return outer(src, dst, port, payload, FABRIC, UPLINK)


def tunnels():
    wraps = ((A4, R4, lambda p: outer(H1, H2, 4789, vxlan(101, p)), lambda p: from_fabric(vxlan(101, p, ROUTER))),
             (A4, "10.1.1.10", lambda p: outer(H1, H2, 6635, mpls(500, p)), lambda p: from_fabric(mpls(101, p), 6635)),
             (A6, R6, lambda p: outer(H1, H2, 4789, vxlan(101, p)), lambda p: from_fabric(vxlan(101, p, ROUTER))),
             (A6, "fd00:1::11", lambda p: outer(H16, H26, 4789, vxlan(101, p)), lambda p: from_fabric(vxlan(101, p, ROUTER), src=H26, dst=H16)))
    for number, (near, far, out, back) in enumerate(wraps):
        made = case("stateless-tunnel-%d" % number, "Any number of flows, of one burst and of several, to another host and back; TCP with and without its beginning.", 1)
        there = [udp(near, far, 1000, 2000), udp(near, far, 1001, 2000), tcp(near, far, 1000, 80, 5), tcp(near, far, 1001, 80, 5, flags=SYN)]
        for packet in there:
            made.into(1, eth(GW, A, packet))
        for packet in there:
            made.tunnel(out(packet))
        made.line("time 90000")
        for packet in (udp(far, near, 2000, 1000), udp(far, near, 7, 8), tcp(far, near, 80, 1000, 9), tcp(far, near, 80, 1003, 9, flags=SYN)):
            made.into(9, back(packet)).out(1, eth(A, GW, packet))
        for packet in there:
            to_fabric(made, packet, out)
        yield made
    label = from_fabric(mpls(100, udp(R4, A4, 2000, 1000)), 6635)
    yield case("stateless-label", "By the label of the port, from the host that its source's route leads to.", 1) \
        .into(9, label).out(1, eth(A, GW, udp(R4, A4, 2000, 1000))).into(9, from_fabric(mpls(100, udp("10.1.1.77", A4, 2, 1)), 6635)).drop(9, "SOURCE_MISMATCH")


def local():
    there, back = [tcp(A4, B4, 1000 + i, 80, 5) for i in range(3)], [tcp(B4, A4, 80, 1000 + i, 9) for i in range(3)]
    made = case("stateless-both", "Between two ports without policy nothing is remembered, in either direction.", 1, 2).line("time 90000")
    for t, b in zip(there, back):
        made.into(1, eth(GW, A, t)).out(2, eth(B, GW, t)).into(2, eth(GW, B, b)).out(1, eth(A, GW, b))
    yield made
    one, two = udp(A4, B4, 1000, 80), udp(A4, B4, 1001, 80)
    yield case("stateless-one-end", "The other port's policy is asked as ever, and its connection counts for both.", 1) \
        .table("policy 5 deny rule allow protocol=17 ports=80").table(free(2, "ingress=5")) \
        .into(1, eth(GW, A, one)).out(2, eth(B, GW, one)).into(2, eth(GW, B, udp(B4, A4, 80, 1000))).out(1, eth(A, GW, udp(B4, A4, 80, 1000))) \
        .into(1, eth(GW, A, two)).drop(1, "VIF_CONNECTION_LIMIT").into(1, eth(GW, A, udp(A4, B4, 1002, 81))).drop(1, "POLICY")


def refused():
    u = udp(A4, R4, 1, 2)
    low = udp(A4, "10.2.1.9", 1, 2, ttl=1)
    yield case("stateless-edges", "What is checked at any port is checked here: source, group, route, TTL; what is back to the port itself.", 1) \
        .into(1, eth(GW, A, udp(B4, R4, 1, 2))).drop(1, "SPOOFED_SOURCE").into(1, eth(GW, A, udp(A4, "224.0.0.5", 1, 2))).drop(1, "MULTICAST") \
        .into(1, eth(GW, A, udp(A4, "10.9.9.9", 1, 2))).drop(1, "NO_ROUTE").into(1, eth(GW, A, low)).drop(1, "TTL_EXCEEDED") \
        .out(1, eth(A, GW, icmp4("10.1.1.1", A4, 11, rest=b"\0" * 4, payload=low, ident=0, frag=0))) \
        .table("path destination=198.51.100.2").into(1, eth(GW, A, u)).drop(1, "PATH_UNRESOLVED")
    yield case("stateless-source", "From another host only what its addresses say; from a host that is none nothing.", 1) \
        .into(9, from_fabric(vxlan(101, udp(B4, A4, 1, 2), ROUTER))).into(9, from_fabric(vxlan(101, udp("10.9.9.9", A4, 1, 2), ROUTER))).drop(9, "SOURCE_MISMATCH", 2) \
        .into(9, from_fabric(vxlan(101, udp(R4, A4, 1, 2), ROUTER), src="198.51.100.99")).drop(9, "UNKNOWN_TUNNEL_SOURCE")


def errors():
    sent = udp(A4, R4, 1000, 2000)
    told = icmp4("10.1.1.1", A4, 3, 4, rest=struct.pack(">HH", 0, 1400), payload=sent[:40])
    forged = icmp4(R4, A4, 3, 3, rest=b"\0" * 4, payload=udp(A4, B4, 1000, 2000)[:40])
    back = icmp4(A4, R4, 3, 3, rest=b"\0" * 4, payload=udp(R4, A4, 7, 8)[:40])
    yield case("stateless-icmp-error", "An error is believed of the host that has who was not reached, whoever says it; the port's own go by their route.", 1) \
        .into(9, from_fabric(vxlan(101, told, ROUTER))).out(1, eth(A, GW, told)).into(9, from_fabric(vxlan(101, forged, ROUTER))).drop(9, "POLICY") \
        .into(1, eth(GW, A, back)).tunnel(outer(H1, H2, 4789, vxlan(101, back)))
    big = udp(A4, R4, 1, 2, bytes(range(256)) * 5 + bytes(150))
    yield Case("stateless-too-big", "The tunnel's MTU holds.").table(free(1, mtu=1500)).into(1, eth(GW, A, big)).drop(1, "TOO_BIG") \
        .out(1, eth(A, GW, icmp4("10.1.1.1", A4, 3, 4, rest=struct.pack(">HH", 0, 1450), payload=big[:548], ident=0, frag=0)))


def fragments():
    body = udp(A4, B4, 5, 6, bytes(range(200)))[20:]
    first, last = (frag4(A4, B4, body, at, end, end == len(body)) for at, end in ((0, 80), (80, len(body))))
    yield case("stateless-fragments", "Later fragments go behind the first one.", 1, 2) \
        .into(1, eth(GW, A, last)).line("time 10").into(1, eth(GW, A, first)).out(2, eth(B, GW, first)).out(2, eth(B, GW, last))


def translated():
    ask, got, answer, seen = udp(A4, VIP, 1000, 80), udp(A4, B4, 1000, 8080), udp(B4, A4, 8080, 1000), udp(VIP, A4, 80, 1000)
    yield case("stateless-service", "A service's connections are remembered, at ports without policy too; what is beside them is not.", 1, 2) \
        .table(service("1,%s,8080" % B4)).into(1, eth(GW, A, ask)).out(2, eth(B, GW, got)).into(2, eth(GW, B, answer)).out(1, eth(A, GW, seen)) \
        .into(1, eth(GW, A, udp(A4, VIP, 1001, 80))).drop(1, "VIF_CONNECTION_LIMIT") \
        .into(1, eth(GW, A, udp(A4, B4, 1, 2))).out(2, eth(B, GW, udp(A4, B4, 1, 2))).into(1, eth(GW, A, udp(A4, B4, 3, 2))).out(2, eth(B, GW, udp(A4, B4, 3, 2)))
    inside, outside = udp(A4, "203.0.113.9", 1000, 53), udp("203.0.113.10", "203.0.113.9", 1000, 53)
    yield case("stateless-floating-ip", "A floating IP's connections are remembered.", 1).table("vrf 3 vni=103").table("nexthop 13 lookup vrf=3") \
        .table("route 3 203.0.113.9/32 nexthop=20 label=103").table("route 1 203.0.113.0/24 nexthop=13").table("floating-ip 1 vrf=3 vif=1 floating=203.0.113.10 fixed=%s" % A4) \
        .into(1, eth(GW, A, inside)).tunnel(outer(H1, H2, 4789, vxlan(103, outside[:8] + bytes([63]) + outside[9:10] + struct.pack(">H", struct.unpack(">H", outside[10:12])[0] + 0x100) + outside[12:]))) \
        .into(1, eth(GW, A, udp(A4, "203.0.113.9", 1001, 53))).drop(1, "VIF_CONNECTION_LIMIT")


def remembered():
    """Where the answers' route alone would lead them astray."""
    shared = "10.1.1.50"
    opened, answer = udp(shared, A4, 1000, 2000), udp(A4, shared, 2000, 1000)
    members = "nexthop 24 tunnel encap=vxlan source=192.0.2.1 destination=198.51.100.3 inner-mac=02:00:00:00:aa:03", \
        "path destination=198.51.100.3 resolved vif=9 gateway=192.0.2.254 mtu=1500 source-mac=%s destination-mac=%s" % (UPLINK, FABRIC), \
        "nexthop 30 ecmp member=1,20,1,101 member=2,24,1,101", "route 1 %s/32 nexthop=30 same" % shared
    made = Case("stateless-ecmp", "Who comes by a member of an ECMP next hop is answered by it; what is sent to one keeps its member.").table(free(1, "stateless"))
    for line in members:
        made.table(line)
    for port in range(1000, 1008):
        there, back = udp(shared, A4, port, 2000), udp(A4, shared, 2000, port)
        host, inner = ((H2, REMOTE), ("198.51.100.3", "02:00:00:00:aa:03"))[port % 2]
        made.into(9, from_fabric(vxlan(101, there, ROUTER), src=host)).out(1, eth(A, GW, there)).into(1, eth(GW, A, back))
        made.tunnel(outer(H1, host, 4789, vxlan(101, back, inner)))
    yield made
    made = Case("stateless-ecmp-local", "The same when the member is a port here.").table(free(1)).table(members[0]).table(members[1]) \
        .table("nexthop 30 ecmp member=2,24,1,101 member=3,2,1").table(members[3]) \
        .table("vif 2 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.4/24 address=%s/32" % (B, shared))
    yield made.into(2, eth(GW, B, opened)).out(1, eth(A, GW, opened)).into(1, eth(GW, A, answer)).out(2, eth(B, GW, answer))
    cross, back = udp(A4, "10.3.0.5", 1000, 2000), udp("10.3.0.5", A4, 2000, 1000)
    yield Case("stateless-looked-up", "Answers to who came by a lookup from another VRF go back there, though the port's VRF has a route for his address.") \
        .table("vrf 3 vni=103").table("nexthop 13 lookup vrf=3").table("route 1 10.3.0.0/16 nexthop=13").table("route 3 10.3.0.5/32 nexthop=3") \
        .table("route 3 0.0.0.0/0 nexthop=20 label=103") \
        .table("vif 3 virtual vrf=3 mtu=1450 mac=%s check address=10.3.0.5/24 gateway=10.3.0.1/24 stateless" % C) \
        .into(1, eth(GW, A, cross)).out(3, eth(C, GW, hop(cross))).into(3, eth(GW, C, back)).out(1, eth(A, GW, hop(back)))
    twins = free(1, "stateless"), "vif 2 virtual vrf=1 mtu=1450 mac=%s check address=%s/24 stateless" % (B, A4)
    mine = udp(A4, R4, 1000, 2000), udp(R4, A4, 2000, 1000)
    made = Case("stateless-shared-address", "Ports that share an address get the answers to what each has sent.").table(twins[0]).table(twins[1]) \
        .table("nexthop 30 ecmp member=1,1,1 member=2,2,1").table("route 1 %s/32 nexthop=30 same" % A4)
    made.into(2, eth(GW, B, mine[0])).tunnel(outer(H1, H2, 4789, vxlan(101, mine[0])))
    yield made.into(9, from_fabric(vxlan(101, mine[1], ROUTER))).out(2, eth(B, GW, mine[1]))
    asked, routed = ping(A4, VIP)
    yield Case("stateless-service-echo", "A service's address answers, though a default route leads elsewhere.").table(free(1)).table("route 1 0.0.0.0/0 nexthop=20 label=101") \
        .table(service("1,%s,8080" % B4)).into(1, eth(GW, A, asked)).out(1, eth(A, GW, routed))
    plain = udp(A4, R4, 1000, 2000)
    yield Case("stateless-order", "Packets of a burst leave in the order they came, with a connection or without.").table(free(1, "stateless")) \
        .table("nexthop 30 ecmp member=1,20,1,101").table("route 1 10.1.1.51/32 nexthop=30 same") \
        .into(1, eth(GW, A, udp(A4, "10.1.1.51", 5, 6))).into(1, eth(GW, A, plain)) \
        .tunnel(outer(H1, H2, 4789, vxlan(101, udp(A4, "10.1.1.51", 5, 6)))).tunnel(outer(H1, H2, 4789, vxlan(101, plain)))


def changes():
    talk, back = tcp(A4, B4, 1000, 80, 5), tcp(B4, A4, 80, 1000, 9)
    late = tcp(A4, B4, 1001, 80, 5)
    yield case("stateless-ends", "A port that gets policy takes up what was under way without it, for a minute.", 1, 2).line("time 90000") \
        .into(1, eth(GW, A, talk)).out(2, eth(B, GW, talk)).table("policy 5 deny rule allow protocol=6").table(free(1, "egress=5 strict")) \
        .into(1, eth(GW, A, talk)).out(2, eth(B, GW, talk)).into(2, eth(GW, B, back)).out(1, eth(A, GW, back)) \
        .line("time 61000").into(1, eth(GW, A, late)).drop(1, "CONNECTION_STATE")
    yield case("stateless-begins", "Connections from before end by themselves; others are not made any more.").table(free(1, "connections=1")).table(free(2)) \
        .into(1, eth(GW, A, udp(A4, B4, 1, 2))).out(2, eth(B, GW, udp(A4, B4, 1, 2))).into(1, eth(GW, A, udp(A4, B4, 3, 2))).drop(1, "VIF_CONNECTION_LIMIT") \
        .table(free(1)).into(1, eth(GW, A, udp(A4, B4, 3, 2))).out(2, eth(B, GW, udp(A4, B4, 3, 2))) \
        .into(2, eth(GW, B, udp(B4, A4, 2, 1))).out(1, eth(A, GW, udp(B4, A4, 2, 1)))


def all_cases():
    for group in (tunnels, local, refused, errors, fragments, translated, remembered, changes):
        yield from group()
