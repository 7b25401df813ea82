# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""The packet vectors of ECMP next hops, liveness and limits of ports. Addresses and tables: base.tables; a third host, H3."""
from compose import *  # noqa: F403: the composer's words

V4 = "10.1.1.50"  # behind the ECMP next hop 30
P4 = "10.1.1.5"  # port 4
H3, H4 = "198.51.100.3", "198.51.100.4"
ROUTER3 = "02:00:00:00:aa:03"  # base's other host has ...:02

HOST3 = "nexthop 24 tunnel encap=vxlan source=192.0.2.1 destination=%s inner-mac=%s" % (H3, ROUTER3)
PATH = "path destination=%s resolved vif=9 gateway=192.0.2.254 mtu=1500 source-mac=02:00:00:00:00:fe destination-mac=02:00:00:00:00:fd%s"
ON_H2, ON_H3, ON_B = "member=1,20,1,101", "member=2,24,1,101", "member=3,2,1"


def ecmp(*members):
    return "nexthop 30 ecmp " + " ".join(members)


def case(name, text, *members):
    return Case(name, text).table(HOST3).table(PATH % (H3, "")).table(ecmp(*members)).table("route 1 %s/32 nexthop=30 proxy same" % V4)


def to(host, packet):
    """What goes to the host over the fabric."""
    return outer(H1, host, 4789, vxlan(101, packet, ROUTER3) if host == H3 else vxlan(101, packet))


def came(host, packet):
    return outer(host, H1, 4789, vxlan(101, packet, ROUTER), FABRIC, UPLINK)


def members():
    u, v = udp(A4, V4, 1000, 2000), udp(A4, V4, 1001, 2000)
    yield case("ecmp-member-stays", "A new member, however heavy, takes no connection away.", ON_H2) \
        .into(1, eth(GW, A, u)).tunnel(to(H2, u)).table(ecmp(ON_H2, "member=2,24,1000,101")).into(1, eth(GW, A, u)).tunnel(to(H2, u))
    yield case("ecmp-member-removed", "The connection of a member that went chooses again, and stays there when it comes back.", ON_H2) \
        .into(1, eth(GW, A, u)).tunnel(to(H2, u)).table(ecmp(ON_H3)).into(1, eth(GW, A, u)).tunnel(to(H3, u)) \
        .table(ecmp(ON_H2, ON_H3)).into(1, eth(GW, A, u)).tunnel(to(H3, u))
    yield case("ecmp-label-of-member", "A member's new label is used at once by the connections it has.", ON_H2) \
        .into(1, eth(GW, A, u)).tunnel(to(H2, u)).table(ecmp("member=1,20,1,102")) \
        .into(1, eth(GW, A, u)).tunnel(outer(H1, H2, 4789, vxlan(102, u)))
    yield case("ecmp-member-down", "A plane that fell silent gets no connection and loses those it has; one that is back takes none away.", ON_H2) \
        .into(1, eth(GW, A, u)).tunnel(to(H2, u)).table(ecmp(ON_H2, ON_H3)).table(PATH % (H2, " down")) \
        .into(1, eth(GW, A, v)).tunnel(to(H3, v)).into(1, eth(GW, A, u)).tunnel(to(H3, u)) \
        .table(PATH % (H2, " up")).into(1, eth(GW, A, u)).tunnel(to(H3, u))
    yield case("ecmp-none-live", "No member can be used.", ON_H2).table(PATH % (H2, " down")) \
        .into(1, eth(GW, A, u)).drop(1, "NO_LIVE_MEMBER")
    plain = udp(A4, R4, 1000, 2000)
    yield case("ecmp-plain-tunnel-down", "A plain tunnel has no other way: it is tried.", ON_H2).table(PATH % (H2, " down")) \
        .into(1, eth(GW, A, plain)).tunnel(outer(H1, H2, 4789, vxlan(101, plain)))
    yield case("ecmp-member-gone-with-its-port", "A local member whose port was deleted is no member.", ON_B, ON_H3).table("delete vif 2") \
        .into(1, eth(GW, A, u)).tunnel(to(H3, u))


def sources():
    asks, answer = udp(V4, A4, 2000, 1000), udp(A4, V4, 1000, 2000)
    asks2, answer2 = udp(V4, A4, 2001, 1000), udp(A4, V4, 1000, 2001)
    yield case("ecmp-source-of-any-member", "Each member may be the source; its answers go back to it and to no other.", ON_H2, ON_H3) \
        .into(9, came(H3, asks)).out(1, eth(A, GW, asks)).into(9, came(H2, asks2)).out(1, eth(A, GW, asks2)) \
        .into(1, eth(GW, A, answer)).tunnel(to(H3, answer)).into(1, eth(GW, A, answer2)).tunnel(to(H2, answer2))
    yield case("ecmp-source-of-no-member", "A host that is no member is not believed.", ON_H3) \
        .into(9, came(H2, asks)).drop(9, "SOURCE_MISMATCH")
    back = udp(V4, A4, 2000, 1000)
    yield case("ecmp-answer-of-another-member", "The answer to a connection comes from its own member.", ON_H2) \
        .into(1, eth(GW, A, answer)).tunnel(to(H2, answer)).into(9, came(H2, back)).out(1, eth(A, GW, back)) \
        .table(ecmp(ON_H2, ON_H3)).into(9, came(H3, back)).drop(9, "SOURCE_MISMATCH").into(9, came(H2, back)).out(1, eth(A, GW, back))


def answers_of_the_plane():
    vip, echo, echoed = "10.96.0.10", icmp4(V4, "10.96.0.10", 8, payload=b"abc"), icmp4("10.96.0.10", V4, 0, payload=b"abc")
    asks, low, big = udp(V4, vip, 1000, 80), udp(V4, C4, 1, 2, ttl=1), udp(V4, P4, 1, 2, bytes(700))

    def about(source, kind, code, rest, packet):
        return icmp4(source, V4, kind, code, rest, packet[:548], ident=0, frag=0)
    story = case("ecmp-answers-of-the-plane", "Echo replies and errors go back to the member that the packet came from, however light, and to no other.",
                 "member=1,20,1,101", "member=2,24,1000,101", "member=4,22,1000,101") \
        .table("service 1 vrf=1 udp address=%s port=80" % vip)
    for host in (H2, H3):
        story.into(9, came(host, echo)).tunnel(to(host, echoed)) \
            .into(9, came(host, asks)).tunnel(to(host, about(vip, 3, 3, b"\0" * 4, asks))) \
            .into(9, came(host, low)).tunnel(to(host, about("10.2.1.1", 11, 0, b"\0" * 4, low))) \
            .into(9, came(host, big)).tunnel(to(host, about(P4, 3, 4, struct.pack(">HH", 0, 600), big)))
    yield story.drop(9, "NO_BACKEND", 2).drop(9, "TTL_EXCEEDED", 2).drop(9, "TOO_BIG", 2)


def local_members():
    asks, answer = udp(R4, V4, 7, 8), udp(V4, R4, 8, 7)
    own_b = "vif 2 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.4/24 address=10.1.1.50/32" % B
    yield case("ecmp-fabric-takes-local", "What came from the fabric goes to a local member, never back into a tunnel.", ON_H3, ON_B).table(own_b) \
        .into(9, came(H2, asks)).out(2, eth(B, GW, asks)).into(2, eth(GW, B, answer)).tunnel(to(H2, answer))
    yield case("ecmp-fabric-without-local", "No local member: nothing for the fabric.", ON_H3).into(9, came(H2, asks)).drop(9, "NO_LIVE_MEMBER")
    opens, back = udp(V4, A4, 9, 10), udp(A4, V4, 10, 9)
    yield case("ecmp-local-member-opens", "A port that shares the address opens a connection: answers come back to it.", ON_H3, ON_B).table(own_b) \
        .into(2, eth(GW, B, opens)).out(1, eth(A, GW, opens)).into(1, eth(GW, A, back)).out(2, eth(B, GW, back))


def limits():
    one, two = udp(A4, B4, 1, 2), udp(A4, B4, 3, 4)
    yield Case("vif-connection-limit", "A port opens as many connections as it may; those it has go on, and others open theirs.") \
        .table("vif 1 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.3/24 connections=1" % A) \
        .into(1, eth(GW, A, one)).out(2, eth(B, GW, one)).into(1, eth(GW, A, two)).drop(1, "VIF_CONNECTION_LIMIT") \
        .into(1, eth(GW, A, one)).out(2, eth(B, GW, one)).into(2, eth(GW, B, udp(B4, A4, 5, 6))).out(1, eth(A, GW, udp(B4, A4, 5, 6)))


def all_cases():
    for group in (members, sources, answers_of_the_plane, local_members, limits):
        yield from group()
