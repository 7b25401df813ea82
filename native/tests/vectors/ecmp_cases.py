# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""The packet vectors of ECMP next hops and of the ports' connection limits. Addresses and tables: base.tables."""
from compose import *  # noqa: F403: the composer's words
from policy_cases import port, route

H3, REMOTE3, V4 = "198.51.100.3", "02:00:00:00:aa:03", "10.1.1.100"
TUNNELS = ["nexthop 30 tunnel encap=vxlan source=192.0.2.1 destination=198.51.100.3 inner-mac=02:00:00:00:aa:03",
           "path destination=198.51.100.3 resolved vif=9 gateway=192.0.2.254 mtu=1500 source-mac=02:00:00:00:00:fe "
           "destination-mac=02:00:00:00:00:fd"]


def prepared(name, about, members):
    """10.1.1.100 behind next hop 40, an ECMP of these members."""
    case = Case(name, about)
    for line in TUNNELS:
        case.table(line)
    case.table("nexthop 40 ecmp " + members)
    return case.table(route(V4 + "/32", 40))


def two(packet):
    """The same inner packet as the tunnels to the second and the third host carry it."""
    return outer(H1, H2, 4789, vxlan(101, packet)), outer(H1, H3, 4789, vxlan(101, packet, REMOTE3))


def from_host(host, packet):
    return outer(host, H1, 4789, vxlan(101, packet, ROUTER), FABRIC, UPLINK)


ONE, BOTH = "member=1:20:1:101", "member=1:20:1:101 member=2:30:1:101"


def choices():
    u, v = udp(A4, V4, 1000, 2000), udp(V4, A4, 2000, 1000)
    case = prepared("ecmp-stays", "The connection keeps its member when another one comes, and when the rest of the next hop changes.", ONE)
    case.into(1, eth(GW, A, u)).tunnel(two(u)[0])
    for members in (BOTH, "member=1:20:1:101 member=2:30:1000:101", "member=2:30:1000:101 member=1:20:1:101"):
        case.table("nexthop 40 ecmp " + members).into(1, eth(GW, A, u)).tunnel(two(u)[0])
    yield case.into(9, from_host(H2, v)).out(1, eth(A, GW, v)).into(9, from_host(H3, v)).drop(9, "SOURCE_MISMATCH")
    case = prepared("ecmp-member-removed", "The connection of a removed member moves to one that is left; its answers come from there.", ONE)
    case.into(1, eth(GW, A, u)).tunnel(two(u)[0]).table("nexthop 40 ecmp member=2:30:1:101")
    case.into(9, from_host(H2, v)).drop(9, "SOURCE_MISMATCH").into(1, eth(GW, A, u)).tunnel(two(u)[1])
    yield case.into(9, from_host(H3, v)).out(1, eth(A, GW, v)).into(9, from_host(H2, v)).drop(9, "SOURCE_MISMATCH")
    case = prepared("ecmp-label", "Each member puts its own label on the wire; a changed label takes effect at once.", "member=1:20:1:102")
    case.into(1, eth(GW, A, u)).tunnel(outer(H1, H2, 4789, vxlan(102, u))).table("nexthop 40 ecmp " + ONE)
    yield case.into(1, eth(GW, A, u)).tunnel(two(u)[0])
    case = prepared("ecmp-down", "A host that does not answer loses its connections, and gets none until it does; with no other\n"
                    "there is no way, and a plain tunnel next hop goes on.", ONE)
    case.into(1, eth(GW, A, u)).tunnel(two(u)[0]).table("nexthop 40 ecmp " + BOTH).line("liveness 198.51.100.2 down")
    case.into(1, eth(GW, A, u)).tunnel(two(u)[1]).line("liveness 198.51.100.3 down").into(1, eth(GW, A, u)).drop(1, "NO_LIVE_MEMBER")
    case.line("liveness 198.51.100.2 up").into(1, eth(GW, A, u)).tunnel(two(u)[0])
    case.line("liveness 198.51.100.2 down").into(1, eth(GW, A, udp(A4, R4, 1, 2)))
    yield case.tunnel(outer(H1, H2, 4789, vxlan(101, udp(A4, R4, 1, 2)))).into(1, eth(GW, A, udp(A4, V4, 5, 6))).drop(1, "NO_LIVE_MEMBER")
    case = prepared("ecmp-local", "Members that are ports: the one whose port is gone is not used; the asking port itself neither.",
                    "member=1:2:1 member=2:1:1")
    case.into(1, eth(GW, A, u)).out(2, eth(B, GW, u)).table("delete vif 2").into(1, eth(GW, A, u)).drop(1, "NO_LIVE_MEMBER")
    yield case.table("nexthop 40 ecmp member=1:2:1 member=3:20:1:101").into(1, eth(GW, A, u)).tunnel(two(u)[0])
    shared = "vif %d virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.100/32"
    case = prepared("ecmp-from-fabric", "From a tunnel only ports will do, which may share the address and have zones of their own.", "member=1:20:1000:101")
    case.table(shared % (5, P)).table(shared % (6, B)).table("nexthop 50 local vif=5").table("nexthop 60 local vif=6")
    w, x = udp(R4, V4, 1, 2), udp(V4, R4, 2, 1)
    case.into(9, from_host(H2, w)).drop(9, "TUNNEL_TO_TUNNEL").table("nexthop 40 ecmp member=1:20:1000:101 member=2:50:1")
    case.into(9, from_host(H2, w)).out(5, eth(P, GW, w)).table("nexthop 40 ecmp member=1:20:1000:101 member=2:50:1 member=3:60:1000")
    case.into(9, from_host(H2, w)).out(5, eth(P, GW, w)).into(5, eth(GW, P, x)).tunnel(outer(H1, H2, 4789, vxlan(101, x)))
    y, z = udp(V4, R4, 7, 8), udp(R4, V4, 8, 7)
    case.into(6, eth(GW, B, y)).tunnel(outer(H1, H2, 4789, vxlan(101, y))).into(9, from_host(H2, z)).out(6, eth(B, GW, z))
    yield case


def sources():
    u, v = udp(V4, A4, 2000, 1000), udp(A4, V4, 1000, 2000)
    case = prepared("ecmp-source", "From any member, and back to the very one the first packet came from; another endpoint is a mismatch.", BOTH)
    case.table("nexthop 31 tunnel encap=vxlan source=192.0.2.1 destination=203.0.113.9 inner-mac=02:00:00:00:aa:04")
    case.into(9, from_host(H3, u)).out(1, eth(A, GW, u)).into(1, eth(GW, A, v)).tunnel(two(v)[1])
    other, answer = udp(V4, A4, 2001, 1000), udp(A4, V4, 1000, 2001)
    case.into(9, from_host(H2, other)).out(1, eth(A, GW, other)).into(1, eth(GW, A, answer)).tunnel(two(answer)[0])
    case.into(9, from_host("203.0.113.9", u)).drop(9, "SOURCE_MISMATCH")
    case.into(9, from_host("203.0.113.9", udp(V4, A4, 2002, 1000))).drop(9, "SOURCE_MISMATCH")
    yield case.table("nexthop 40 ecmp member=1:20:1000:101 member=2:30:1:101").into(1, eth(GW, A, v)).tunnel(two(v)[1])
    case = prepared("ecmp-source-other-gateway", "A flow that comes by another member passes; its answers keep their member while it is usable.", BOTH)
    case.into(9, from_host(H3, u)).out(1, eth(A, GW, u)).into(9, from_host(H2, u)).out(1, eth(A, GW, u))
    case.into(1, eth(GW, A, v)).tunnel(two(v)[1]).line("liveness 198.51.100.3 down").into(1, eth(GW, A, v)).tunnel(two(v)[0])
    yield case.into(9, from_host(H3, u)).out(1, eth(A, GW, u)).into(1, eth(GW, A, v)).tunnel(two(v)[0])
    case = prepared("ecmp-source-removed", "The member that opened is gone: its packets are a mismatch, the answers go to one that is left.", BOTH)
    case.into(9, from_host(H3, u)).out(1, eth(A, GW, u)).table("nexthop 40 ecmp " + ONE).into(9, from_host(H3, u)).drop(9, "SOURCE_MISMATCH")
    yield case.into(1, eth(GW, A, v)).tunnel(two(v)[0]).into(9, from_host(H2, u)).out(1, eth(A, GW, u))
    out = Case("ecmp-policy", "Policy judges the destination by the identity of the ECMP's route, and the chosen member's port.")
    for line in TUNNELS:
        out.table(line)
    out.table("identity 10 group:1").table("policy 5 deny rule allow to=group:1").table("policy 6 deny rule allow ports=2000")
    out.table(port(1, "egress=5")).table(port(2, "ingress=6")).table("nexthop 40 ecmp member=1:2:1")
    out.table(route(V4 + "/32", 40, "identity=10"))
    out.into(1, eth(GW, A, v)).out(2, eth(B, GW, v)).into(1, eth(GW, A, udp(A4, V4, 1000, 2001))).drop(1, "POLICY")
    yield out.into(1, eth(GW, A, udp(A4, B4, 1000, 2000))).drop(1, "POLICY")
    echo, reply = icmp4(V4, "10.1.1.1", 8, ttl=9), icmp4("10.1.1.1", V4, 0)
    yield prepared("ecmp-receive", "The gateway answers the member that asked.", BOTH).into(9, from_host(H3, echo)).tunnel(two(reply)[1]) \
        .into(9, from_host(H2, echo)).tunnel(two(reply)[0])


def limits():
    case = Case("vif-limit", "A port may have so many connections that it opened: others still open to it, and a free place is taken again.")
    case.table(port(1, "connections=2"))
    for number in (1, 2):
        case.into(1, eth(GW, A, udp(A4, B4, number, 53))).out(2, eth(B, GW, udp(A4, B4, number, 53)))
    case.into(1, eth(GW, A, udp(A4, B4, 3, 53))).drop(1, "VIF_CONNECTION_LIMIT")
    case.into(2, eth(GW, B, udp(B4, A4, 7, 8))).out(1, eth(A, GW, udp(B4, A4, 7, 8)))
    case.into(1, eth(GW, A, udp(A4, B4, 1, 53))).out(2, eth(B, GW, udp(A4, B4, 1, 53)))
    case.table(port(1, "connections=3")).into(1, eth(GW, A, udp(A4, B4, 3, 53))).out(2, eth(B, GW, udp(A4, B4, 3, 53)))
    yield case.into(1, eth(GW, A, udp(A4, B4, 4, 53))).drop(1, "VIF_CONNECTION_LIMIT")


def all_cases():
    for group in (choices, sources, limits):
        yield from group()
