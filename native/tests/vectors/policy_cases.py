# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""The packet vectors of identities and policy sets. Addresses and tables: base.tables."""
from compose import *  # noqa: F403: the composer's words

SYN, SYNACK = 2, 18


def port(number, more=""):
    """The line of a base port with policy behind it."""
    last, net, mac_of = {1: (3, 1, A), 2: (4, 1, B), 3: (3, 2, C)}[number]
    return ("vif %d virtual vrf=%d mtu=1450 mac=%s check address=10.%d.1.%d/24 address=fd00:%d::%d/64 gateway=10.%d.1.1/24 "
            "gateway=fd00:%d::1/64 %s") % (number, net, mac_of, net, last, net, last, net, net, more)


def route(address, nexthop, more=""):
    return "route 1 %s nexthop=%s proxy same %s" % (address, nexthop, more)


def there(case, packet):
    """A to B on one host."""
    return case.into(1, eth(GW, A, packet)).out(2, eth(B, GW, packet))


def back(case, packet):
    return case.into(2, eth(GW, B, packet)).out(1, eth(A, GW, packet))


def refused(case, packet, count=1):
    return case.into(1, eth(GW, A, packet)).drop(1, "POLICY", count)


def decisions():
    case = Case("policy-allow", "An allowed connection passes in both directions: the answers need no rule.")
    case.table("policy 5 deny rule allow protocol=17 ports=2000").table(port(1, "egress=5"))
    yield back(there(case, udp(A4, B4, 1000, 2000)), udp(B4, A4, 2000, 1000))
    case = Case("policy-answers-open-nothing", "B may not open to A, though it may answer.")
    case.table("policy 5 deny rule allow protocol=17 ports=2000").table(port(1, "ingress=5"))
    case.into(2, eth(GW, B, udp(B4, A4, 2000, 1000))).drop(2, "POLICY")
    yield back(there(case, udp(A4, B4, 1000, 2000)), udp(B4, A4, 2000, 1000))
    case = Case("policy-default", "No rule matches: the set's default decides, here once each way.")
    case.table("policy 5 deny").table("policy 6 allow rule deny protocol=17 ports=53").table(port(1, "egress=5 ingress=6"))
    refused(case, udp(A4, B4, 1000, 2000)).into(2, eth(GW, B, udp(B4, A4, 1, 2))).out(1, eth(A, GW, udp(B4, A4, 1, 2)))
    yield case.into(2, eth(GW, B, udp(B4, A4, 1, 53))).drop(2, "POLICY")
    case = Case("policy-order", "The first rule that matches decides, whatever stands behind it.")
    case.table("policy 5 deny rule deny protocol=17 ports=2000 rule allow protocol=17 ports=1999-2001 rule deny rule allow")
    case.table(port(1, "egress=5"))
    there(refused(there(case, udp(A4, B4, 1, 1999)), udp(A4, B4, 1, 2000)), udp(A4, B4, 1, 2001))
    yield refused(case, udp(A4, B4, 1, 2002))
    case = Case("policy-prefix", "Prefixes of either end, in both families; a rule of one family does not match the other.")
    case.table("policy 5 deny rule allow from=10.1.1.3/32 to=10.1.1.4/31 rule allow to=fd00:1::4/127 rule allow family=6 protocol=6")
    case.table(port(1, "egress=5"))
    there(there(case, udp(A4, B4, 1, 2)), udp(A6, B6, 1, 2)).into(1, eth(GW, A, udp(A4, C4, 1, 2))).drop(1, "POLICY")
    yield case.into(1, eth(GW, A, udp(A6, C6, 1, 2))).drop(1, "POLICY")
    case = Case("policy-ports", "Ranges are inclusive at both ends, source and destination; a protocol without ports matches no range.")
    case.table("policy 5 deny rule allow source-ports=1000-1010 ports=80-90").table(port(1, "egress=5"))
    for source, destination in ((1000, 80), (1010, 90)):
        there(case, tcp(A4, B4, source, destination, 1, flags=SYN))
    for source, destination in ((999, 80), (1011, 90), (1000, 79), (1010, 91)):
        refused(case, tcp(A4, B4, source, destination, 1, flags=SYN))
    yield refused(case, ip4(A4, B4, 50, b"\0" * 16))
    case = Case("policy-icmp", "Of ICMP the destination port is the type and the source port the code; the reply belongs to the request.")
    case.table("policy 5 deny rule allow protocol=1 source-ports=0 ports=8 rule allow protocol=1 source-ports=3 ports=42 "
               "rule allow protocol=58 ports=128").table(port(1, "egress=5"))
    back(there(case, icmp4(A4, B4, 8)), icmp4(B4, A4, 0))
    refused(there(case, icmp4(A4, B4, 42, 3)), icmp4(A4, B4, 42, 2))
    refused(back(there(case, icmp6(A6, B6, 128)), icmp6(B6, A6, 129)), icmp4(A4, B4, 13))
    sent = udp(A4, B4, 1000, 2000)
    yield case.table("policy 5 deny rule allow protocol=17").into(1, eth(GW, A, sent)).out(2, eth(B, GW, sent)) \
        .into(2, eth(GW, B, icmp4(B4, A4, 3, 3, rest=b"\0" * 4, payload=sent))) \
        .out(1, eth(A, GW, icmp4(B4, A4, 3, 3, rest=b"\0" * 4, payload=sent)))


def identities():
    group = "identity 10 network:7 group:8000001"
    other = "identity 11 network:7 group:8000002"
    case = Case("policy-group", "A security group as source: by the port's own identity, and by its route from another host.")
    case.table(group).table(other).table("policy 5 deny rule allow from=group:8000001").table(port(2, "ingress=5"))
    case.table(port(1, "identity=11")).table(route("10.1.1.3/32", 1, "identity=11"))
    refused(case, udp(A4, B4, 1, 2)).table(port(1, "identity=10")).table(route("10.1.1.3/32", 1, "identity=10"))
    there(case, udp(A4, B4, 1, 2)).table(route("10.1.1.9/32", 20, "label=101 identity=11"))
    far = udp(R4, B4, 1, 2)
    case.into(9, outer(H2, H1, 4789, vxlan(101, far, ROUTER), FABRIC, UPLINK)).drop(9, "POLICY")
    case.table(route("10.1.1.9/32", 20, "label=101 identity=10"))
    yield case.into(9, outer(H2, H1, 4789, vxlan(101, far, ROUTER), FABRIC, UPLINK)).out(2, eth(B, GW, far))
    case = Case("policy-group-destination", "A security group as destination: of a port here, and of an address behind a tunnel.")
    case.table(group).table("policy 5 deny rule allow to=group:8000001").table(port(1, "egress=5"))
    refused(case, udp(A4, B4, 1, 2)).table(route("10.1.1.4/32", 2, "identity=10"))
    there(case, udp(A4, B4, 1, 2)).into(1, eth(GW, A, udp(A4, R4, 1, 2))).drop(1, "POLICY")
    case.table(route("10.1.1.9/32", 20, "label=101 identity=10"))
    yield case.into(1, eth(GW, A, udp(A4, R4, 1, 2))).tunnel(outer(H1, H2, 4789, vxlan(101, udp(A4, R4, 1, 2))))
    case = Case("policy-group-and-prefix", "Both conditions of an end must hold.")
    case.table(group).table("policy 5 deny rule allow to=group:8000001,10.1.1.4/32").table(port(1, "egress=5"))
    case.table(route("10.1.1.9/32", 20, "label=101 identity=10")).table(route("10.1.1.4/32", 2, "identity=10"))
    yield there(case, udp(A4, B4, 1, 2)).into(1, eth(GW, A, udp(A4, R4, 1, 2))).drop(1, "POLICY")
    case = Case("policy-unknown", "An address without a route is UNKNOWN: only any and prefixes match it, no group, and not the node.")
    odd = udp("10.7.7.7", B4, 1, 2)
    case.table("policy 5 deny rule allow from=group:0 rule allow from=network:0 rule allow from=identity:1").table(port(2, "ingress=5"))
    case.into(4, eth(GW, P, odd)).drop(4, "POLICY").table("policy 5 deny rule allow from=10.7.0.0/16")
    case.into(4, eth(GW, P, odd)).out(2, eth(B, GW, odd)).table("policy 5 deny rule deny from=10.0.0.0/9 rule allow")
    yield case.into(4, eth(GW, P, odd)).drop(4, "POLICY")
    case = Case("policy-cross-network", "The destination's port sees the source by its own VRF, each port its peer by its own.")
    case.table("identity 10 network:1").table("identity 11 network:2").table("policy 5 deny rule allow from=network:1 to=network:2")
    case.table(port(1, "identity=10 egress=5")).table(port(3, "identity=11 ingress=5"))
    case.into(1, eth(GW, A, udp(A4, C4, 1, 2, ttl=64))).drop(1, "POLICY").table("route 1 10.2.1.3/32 nexthop=3 proxy identity=11")
    gone, answer = udp(A4, C4, 1, 2), udp(C4, A4, 2, 1)
    from cases import hop
    case.into(1, eth(GW, A, gone)).out(3, eth(C, GW, hop(gone)))
    yield case.into(3, eth(GW, C, answer)).out(1, eth(A, GW, hop(answer)))


def changes():
    case = Case("policy-removed", "An established connection is blocked in both directions when its rule goes, and passes again when it\n"
                "is back; a port's new sets count at once as well.")
    open_set, closed = "policy 5 deny rule allow protocol=6 ports=80", "policy 5 deny rule allow protocol=6 ports=81"
    case.table(open_set).table(port(1, "egress=5"))
    syn, answer, ack = tcp(A4, B4, 9, 80, 1, flags=SYN), tcp(B4, A4, 80, 9, 1, flags=SYNACK), tcp(A4, B4, 9, 80, 2)
    there(back(there(case, syn), answer), ack).table(closed)
    case.into(2, eth(GW, B, tcp(B4, A4, 80, 9, 2))).drop(2, "POLICY")
    refused(refused(case, ack), ack).into(2, eth(GW, B, tcp(B4, A4, 80, 9, 2))).drop(2, "POLICY")
    case.table(open_set)
    there(back(case, tcp(B4, A4, 80, 9, 2)), ack).table("policy 6 deny").table(port(1, "egress=5 ingress=6"))
    there(back(case, tcp(B4, A4, 80, 9, 2)), ack).table(port(1, "egress=6,5"))
    yield refused(case, ack)
    case = Case("policy-both-sets", "Both sets of a direction must allow, and both ports.")
    case.table("policy 5 deny rule allow protocol=17").table("policy 6 deny rule allow ports=2000").table("policy 7 allow rule deny ports=2000 source-ports=7")
    case.table(port(1, "egress=5,6")).table(port(2, "ingress=0,7"))
    refused(there(case, udp(A4, B4, 1, 2000)), udp(A4, B4, 1, 2001))
    refused(case, tcp(A4, B4, 1, 2000, 1, flags=SYN))
    yield refused(case, udp(A4, B4, 7, 2000))
    case = Case("policy-route-identity", "The identity of a route changes under a connection.")
    case.table("identity 10 group:1").table("identity 11 group:2").table("policy 5 deny rule allow to=group:1").table(port(1, "egress=5"))
    case.table(route("10.1.1.4/32", 2, "identity=10"))
    back(there(case, udp(A4, B4, 1, 2)), udp(B4, A4, 2, 1)).table(route("10.1.1.4/32", 2, "identity=11"))
    case.into(2, eth(GW, B, udp(B4, A4, 2, 1))).drop(2, "POLICY")
    yield refused(case, udp(A4, B4, 1, 2))


def midstream():
    about = "A TCP packet without SYN whose own direction is denied, but whose connection may have been opened from the other side:"
    rules = "policy 5 deny rule allow protocol=6 ports=80"
    answer, request = tcp(B4, A4, 80, 9, 5), tcp(A4, B4, 9, 80, 5)
    case = Case("midstream-plane-started", about + "\nit passes soon after the plane's start. One that neither side may open does not.")
    case.table(rules).table(port(1, "egress=5 ingress=5"))
    there(back(case, answer), request)
    case.into(2, eth(GW, B, tcp(B4, A4, 81, 9, 5))).drop(2, "POLICY").into(2, eth(GW, B, tcp(B4, A4, 80, 10, 5, flags=SYN))).drop(2, "POLICY")
    yield case.into(2, eth(GW, B, udp(B4, A4, 80, 11))).drop(2, "POLICY")
    case = Case("midstream-late", about + "\nnot 60 s after the plane's start; its own direction always counts.")
    case.table(rules).table(port(1, "egress=5 ingress=5")).line("time 61000")
    yield there(case.into(2, eth(GW, B, answer)).drop(2, "POLICY"), request)
    case = Case("midstream-port-arrived", about + "\nwithin 60 s after either port came.").table(rules).line("time 61000")
    case.table("delete vif 1").table(port(1, "egress=5 ingress=5"))
    there(back(case, answer), request).line("time 60000").into(2, eth(GW, B, tcp(B4, A4, 80, 10, 5))).drop(2, "POLICY")
    yield case
    far, near = tcp(R4, A4, 80, 9, 5), tcp(A4, R4, 9, 80, 5)
    case = Case("midstream-tunnel", about + "\nfrom the other host.").table(rules).table(port(1, "egress=5 ingress=5"))
    case.into(9, outer(H2, H1, 4789, vxlan(101, far, ROUTER), FABRIC, UPLINK)).out(1, eth(A, GW, far))
    yield case.into(1, eth(GW, A, near)).tunnel(outer(H1, H2, 4789, vxlan(101, near)))


def all_cases():
    for group in (decisions, identities, changes, midstream):
        yield from group()
