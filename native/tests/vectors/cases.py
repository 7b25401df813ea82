# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""The packet vectors. Addresses and tables: base.tables."""
from compose import *  # noqa: F403: the composer's words
import connection_cases
import ecmp_cases
import encap_cases
import nat_cases
import policy_cases
import service_cases
import stateless_cases
import trap_cases

BIG = bytes(range(256)) * 256


def hop(packet, by=1):
    """The packet one hop later."""
    if packet[0] >> 4 == 6:
        return packet[:7] + bytes([packet[7] - by]) + packet[8:]
    header = (packet[0] & 15) * 4
    head = packet[:8] + bytes([packet[8] - by, packet[9]]) + b"\0\0" + packet[12:header]
    return head[:10] + struct.pack(">H", inet(head)) + head[12:] + packet[header:]


def local():
    u4 = udp(A4, B4, 1000, 2000)
    back4 = udp(B4, A4, 2000, 1000)
    u6 = udp(A6, B6, 1000, 2000)
    cross = udp(A4, C4, 1000, 2000)
    yield Case("local-udp4", "A to B on one host: MACs rewritten, TTL unchanged; the answer uses the same connection.") \
        .into(1, eth(GW, A, u4)).out(2, eth(B, GW, u4)).into(2, eth(GW, B, back4)).out(1, eth(A, GW, back4))
    yield Case("local-udp6", "The same over IPv6.").into(1, eth(GW, A, u6)).out(2, eth(B, GW, u6))
    yield Case("local-padding", "Ethernet padding behind the IP packet is cut.").into(1, eth(GW, A, u4) + b"\0" * 14).out(2, eth(B, GW, u4))
    yield Case("local-cross-network", "Between networks the TTL goes down by one, in both directions.") \
        .into(1, eth(GW, A, cross)).out(3, eth(C, GW, hop(cross))) \
        .into(3, eth(GW, C, udp(C4, A4, 2000, 1000))).out(1, eth(A, GW, hop(udp(C4, A4, 2000, 1000))))
    cross6 = udp(A6, C6, 1000, 2000)
    yield Case("local-cross-network6", "Between networks over IPv6 the hop limit goes down by one.") \
        .into(1, eth(GW, A, cross6)).out(3, eth(C, GW, hop(cross6)))
    options = udp(A4, B4, 1, 2, options=b"\x01\x01\x01\x00")
    yield Case("local-ipv4-options", "IPv4 options pass.").into(1, eth(GW, A, options)).out(2, eth(B, GW, options))
    hbh = ip6(A6, B6, 0, bytes([17, 0, 1, 4, 0, 0, 0, 0]) + udp(A6, B6, 1, 2)[40:])
    yield Case("local-ipv6-extension", "UDP behind a hop-by-hop header.").into(1, eth(GW, A, hbh)).out(2, eth(B, GW, hbh))
    yield Case("local-echo", "Echo request and reply pair up, in both families.") \
        .into(1, eth(GW, A, icmp4(A4, B4, 8))).out(2, eth(B, GW, icmp4(A4, B4, 8))) \
        .into(2, eth(GW, B, icmp4(B4, A4, 0))).out(1, eth(A, GW, icmp4(B4, A4, 0))) \
        .into(1, eth(GW, A, icmp6(A6, B6, 128))).out(2, eth(B, GW, icmp6(A6, B6, 128))) \
        .into(2, eth(GW, B, icmp6(B6, A6, 129))).out(1, eth(A, GW, icmp6(B6, A6, 129)))
    sctp = ip4(A4, B4, 132, struct.pack(">HHII", 7, 8, 1, 0) + b"data")
    esp = ip4(A4, B4, 50, b"\0" * 16)
    yield Case("local-other-protocols", "SCTP by its ports, ESP by its addresses alone.") \
        .into(1, eth(GW, A, sctp)).out(2, eth(B, GW, sctp)).into(1, eth(GW, A, esp)).out(2, eth(B, GW, esp))
    partial = tcp(A4, B4, 1000, 80, 5, b"x" * 100, partial=True)
    yield Case("local-checksum-partial", "A partial checksum stays partial on the same host.") \
        .into(1, eth(GW, A, partial), "csum=34+16").out(2, eth(B, GW, partial), "csum=34+16")
    gso = tcp(A4, B4, 1000, 80, 5, BIG[:5000], partial=True, flags=0x18)
    yield Case("local-gso", "A GSO packet passes untouched on the same host.") \
        .into(1, eth(GW, A, gso), "gso=tcp4/1400 csum=34+16").out(2, eth(B, GW, gso), "gso=tcp4/1400 csum=34+16")


def edges():
    u = udp(A4, B4, 1000, 2000)
    yield Case("edge-short-ethernet", "Shorter than an Ethernet header.").into(1, b"\0" * 13).drop(1, "MALFORMED_ETHERNET")
    yield Case("edge-ethertype", "VLAN tags and other types have no place on a routed port.") \
        .into(1, eth(GW, A, b"\0\1\x08\0" + u, 0x8100)).drop(1, "UNSUPPORTED_ETHERTYPE")
    yield Case("edge-source-mac", "Another port's source MAC.").into(1, eth(GW, B, u)).drop(1, "SPOOFED_SOURCE")
    yield Case("edge-source-ip", "Another port's address, in both families.") \
        .into(1, eth(GW, A, udp(B4, A4, 1, 2))).into(1, eth(GW, A, udp(B6, A6, 1, 2))).drop(1, "SPOOFED_SOURCE", 2)
    yield Case("edge-no-check", "A port without address check may send from anywhere; answers find it.") \
        .into(4, eth(GW, P, udp("10.1.1.77", A4, 1, 2))).out(1, eth(A, GW, udp("10.1.1.77", A4, 1, 2))) \
        .into(1, eth(GW, A, udp(A4, "10.1.1.77", 2, 1))).out(4, eth(P, GW, udp(A4, "10.1.1.77", 2, 1)))
    case = Case("edge-bad-source", "Loopback, multicast, broadcast and unspecified sources.")
    for source in ("127.0.0.1", "224.0.0.5", "255.255.255.255", "0.0.0.0", "::1", "ff02::1", "::"):
        case.into(1, eth(GW, A, udp(source, B6 if ":" in source else B4, 1, 2)))
    yield case.drop(1, "INVALID_SOURCE_ADDRESS", 7)
    yield Case("edge-multicast", "Multicast and broadcast; DHCP discovery, a listener report and mDNS are quiet noise.") \
        .into(1, eth("01:00:5e:00:00:05", A, udp(A4, "224.0.0.5", 1, 2))) \
        .into(1, eth("ff:ff:ff:ff:ff:ff", A, udp("0.0.0.0", "255.255.255.255", 68, 67))) \
        .into(1, eth("33:33:00:00:00:16", A, icmp6("fe80::11", "ff02::16", 143))) \
        .into(1, eth("ff:ff:ff:ff:ff:ff", A, u)).drop(1, "MULTICAST", 4)
    yield Case("edge-ipv4-malformed", "Version, header length, total length.") \
        .into(1, eth(GW, A, b"\x55" + u[1:], 0x0800)).into(1, eth(GW, A, b"\x44" + u[1:])) \
        .into(1, eth(GW, A, udp(A4, B4, 1, 2, total=500))).into(1, eth(GW, A, udp(A4, B4, 1, 2, total=19))).drop(1, "MALFORMED_IPV4", 4)
    yield Case("edge-ipv4-checksum", "Header checksum wrong by one bit.").into(1, eth(GW, A, udp(A4, B4, 1, 2, bad=1))).drop(1, "CHECKSUM")
    v6 = udp(A6, B6, 1, 2)
    chain = b"".join(bytes([60, 0]) + b"\0" * 6 for _ in range(9))
    yield Case("edge-ipv6-malformed", "Version, payload length, an endless chain of extension headers, one that leaves the packet.") \
        .into(1, eth(GW, A, b"\x50" + v6[1:], 0x86DD)).into(1, eth(GW, A, ip6(A6, B6, 17, v6[40:], length=500))) \
        .into(1, eth(GW, A, ip6(A6, B6, 60, chain + v6[40:]))).into(1, eth(GW, A, ip6(A6, B6, 60, bytes([17, 200]) + b"\0" * 14))) \
        .drop(1, "MALFORMED_IPV6", 4)
    short_tcp = ip4(A4, B4, 6, b"\0" * 12)
    offset = ip4(A4, B4, 6, struct.pack(">HHIIBBHHH", 1, 2, 0, 0, 0xF0, 0x10, 0, 0, 0))
    yield Case("edge-transport-malformed", "TCP cut, data offset behind the end, UDP length too long and too short, ICMP cut.") \
        .into(1, eth(GW, A, short_tcp)).into(1, eth(GW, A, offset)).into(1, eth(GW, A, udp(A4, B4, 1, 2, length=99))) \
        .into(1, eth(GW, A, udp(A4, B4, 1, 2, length=7))).into(1, eth(GW, A, ip4(A4, B4, 1, b"\x08\0\0\0"))) \
        .drop(1, "MALFORMED_TRANSPORT", 5)
    gso = tcp(A4, B4, 1000, 80, 5, b"x" * 3000, partial=True)
    yield Case("edge-gso-metadata", "GSO without size, of the wrong family, without a checksum to fill; a checksum outside, or in the place of a port.") \
        .into(1, eth(GW, A, gso), "gso=tcp4/0 csum=34+16").into(1, eth(GW, A, gso), "gso=tcp6/1000 csum=34+16") \
        .into(1, eth(GW, A, gso), "gso=tcp4/1000").into(1, eth(GW, A, u), "csum=34+400").into(1, eth(GW, A, u), "csum=20+6") \
        .into(1, eth(GW, A, u), "csum=34+2").drop(1, "GSO", 6)
    yield Case("edge-tunnel-from-port", "A tenant must not speak a tunnel protocol to a tunnel endpoint; to anybody else it may.") \
        .table("route 1 198.51.100.0/24 nexthop=2").table("route 1 192.0.2.0/24 nexthop=2").table("route 1 2001:db8:2::/64 nexthop=2") \
        .into(1, eth(GW, A, udp(A4, H2, 1, 4789))).into(1, eth(GW, A, udp(A4, H1, 1, 6635))).into(1, eth(GW, A, ip4(A4, H2, 47, b"\0" * 8))) \
        .into(1, eth(GW, A, udp(A6, H26, 1, 4789))) \
        .into(1, eth(GW, A, ip6(A6, H26, 47, b"\0\0\x88\x47" + mpls(100, u)))).drop(1, "TUNNEL_FROM_PORT", 5) \
        .into(1, eth(GW, A, udp(A4, B4, 1, 4789))).out(2, eth(B, GW, udp(A4, B4, 1, 4789)))


def routing():
    yield Case("route-none", "No route, and a link-local destination that no default route may take.") \
        .into(1, eth(GW, A, udp(A4, "203.0.113.1", 1, 2))).into(1, eth(GW, A, udp(A6, "fe80::9", 1, 2))).drop(1, "NO_ROUTE", 2)
    yield Case("route-discard", "The subnet's discard route.").into(1, eth(GW, A, udp(A4, "10.1.1.200", 1, 2))).drop(1, "DISCARD")
    yield Case("route-same-port", "The route leads back.").into(1, eth(GW, A, udp(A4, A4, 1, 2))).drop(1, "SAME_PORT")
    yield Case("route-receive", "The gateway answers echo and nothing else.") \
        .into(1, eth(GW, A, icmp4(A4, "10.1.1.1", 8, ttl=9, payload=b"abc"))).out(1, eth(A, GW, icmp4("10.1.1.1", A4, 0, payload=b"abc"))) \
        .into(1, eth(GW, A, icmp6(A6, "fd00:1::1", 128, payload=b"abc"))).out(1, eth(A, GW, icmp6("fd00:1::1", A6, 129, payload=b"abc"))) \
        .into(1, eth(GW, A, udp(A4, "10.1.1.1", 1, 53))).drop(1, "NO_RECEIVER")
    low = udp(A4, C4, 1000, 2000, ttl=1)
    low6 = udp(A6, C6, 1000, 2000, hops=1)
    yield Case("route-ttl", "TTL 1 between networks: time exceeded from the gateway, in both families; within a network it passes.") \
        .into(1, eth(GW, A, low)).out(1, eth(A, GW, icmp4("10.1.1.1", A4, 11, rest=b"\0" * 4, payload=low, ident=0, frag=0))) \
        .into(1, eth(GW, A, low6)).out(1, eth(A, GW, icmp6("fd00:1::1", A6, 3, rest=b"\0" * 4, payload=low6))).drop(1, "TTL_EXCEEDED", 2) \
        .into(1, eth(GW, A, udp(A4, B4, 1, 2, ttl=1))).out(2, eth(B, GW, udp(A4, B4, 1, 2, ttl=1)))
    case = Case("route-icmp-rate", "ICMP errors are limited: 50 at once, 100 a second.")
    case.line("")
    for _ in range(52):
        case.into(1, eth(GW, A, low))
    for _ in range(50):
        case.out(1, eth(A, GW, icmp4("10.1.1.1", A4, 11, rest=b"\0" * 4, payload=low, ident=0, frag=0)))
    case.drop(1, "TTL_EXCEEDED", 51).drop(1, "ICMP_RATE", 2).line("time 10").into(1, eth(GW, A, low))
    yield case.out(1, eth(A, GW, icmp4("10.1.1.1", A4, 11, rest=b"\0" * 4, payload=low, ident=0, frag=0)))
    df = udp(A4, R4, 1000, 2000, BIG[:1440])
    v6 = udp(A6, R6, 1000, 2000, BIG[:1440])
    yield Case("route-too-big", "Larger than the tunnel takes: too-big with the inner MTU, 1500 - 50, in both families.") \
        .into(1, eth(GW, A, df)) \
        .out(1, eth(A, GW, icmp4("10.1.1.1", A4, 3, 4, rest=struct.pack(">HH", 0, 1450), payload=df[:548], ident=0, frag=0))) \
        .into(1, eth(GW, A, v6)).out(1, eth(A, GW, icmp6("fd00:1::1", A6, 2, rest=struct.pack(">I", 1450), payload=v6[:1232]))) \
        .drop(1, "TOO_BIG", 2)
    big = udp(A4, "10.1.1.5", 1000, 2000, BIG[:700])
    yield Case("route-too-big-port", "Larger than the MTU of the port it goes to.").into(1, eth(GW, A, big)) \
        .out(1, eth(A, GW, icmp4("10.1.1.1", A4, 3, 4, rest=struct.pack(">HH", 0, 600), payload=big[:548], ident=0, frag=0))).drop(1, "TOO_BIG")
    whole = udp(A4, "10.1.1.5", 1000, 2000, BIG[:1000], frag=0)
    body = whole[20:]
    first = ip4(A4, "10.1.1.5", 17, body[:576], frag=0x2000)
    last = ip4(A4, "10.1.1.5", 17, body[576:], frag=72)
    yield Case("route-fragments", "Without DF the packet is cut before a small port, and before a tunnel.").into(1, eth(GW, A, whole)) \
        .out(4, eth(P, GW, first)).out(4, eth(P, GW, last)) \
        .into(1, eth(GW, A, udp(A4, R4, 1000, 2000, BIG[:1440], frag=0))) \
        .tunnel(outer(H1, H2, 4789, vxlan(101, ip4(A4, R4, 17, udp(A4, R4, 1000, 2000, BIG[:1440])[20:1444], frag=0x2000)))) \
        .tunnel(outer(H1, H2, 4789, vxlan(101, ip4(A4, R4, 17, udp(A4, R4, 1000, 2000, BIG[:1440])[1444:], frag=178))))
    sent = udp(A4, B4, 1000, 2000)
    error = icmp4(B4, A4, 3, 3, rest=b"\0" * 4, payload=sent)
    yield Case("route-icmp-error", "An ICMP error follows the connection it is about; one about nothing is dropped.") \
        .into(2, eth(GW, B, error)).drop(2, "POLICY").into(1, eth(GW, A, sent)).out(2, eth(B, GW, sent)) \
        .into(2, eth(GW, B, error)).out(1, eth(A, GW, error))
    yield Case("route-port-gone", "The port goes away under a connection.").into(1, eth(GW, A, sent)).out(2, eth(B, GW, sent)) \
        .table("route 1 10.1.1.4/32 nexthop=0").into(1, eth(GW, A, sent)).drop(1, "DISCARD") \
        .table("route 1 10.1.1.4/32 nexthop=2 proxy same").into(1, eth(GW, A, sent)).out(2, eth(B, GW, sent))
    odd = udp("10.1.1.77", B4, 1000, 2000)
    yield Case("route-change-keeps-answers", "Answers to a port whose address has no route of its own survive a change of the routes near it.") \
        .into(4, eth(GW, P, odd)).out(2, eth(B, GW, odd)).table("route 1 10.1.1.76/32 nexthop=20 label=101 same") \
        .into(2, eth(GW, B, udp(B4, "10.1.1.77", 2000, 1000))).out(4, eth(P, GW, udp(B4, "10.1.1.77", 2000, 1000)))
    yield Case("route-shared-address", "Two ports share an address: the answer goes to the one that asked, also after a route change.") \
        .table("vif 5 virtual vrf=1 mtu=1450 mac=02:00:00:00:00:14 check address=10.1.1.3/24") \
        .into(5, eth(GW, P, sent)).out(2, eth(B, GW, sent)).into(2, eth(GW, B, udp(B4, A4, 2000, 1000))).out(5, eth(P, GW, udp(B4, A4, 2000, 1000))) \
        .table("route 1 10.1.1.2/32 nexthop=20 label=101 same") \
        .into(2, eth(GW, B, udp(B4, A4, 2000, 1000))).out(5, eth(P, GW, udp(B4, A4, 2000, 1000)))
    yield Case("route-vif-gone", "The interface behind the next hop is deleted.") \
        .table("delete vif 2").into(1, eth(GW, A, sent)).drop(1, "INVALID_VIF")
    leaked = udp(A4, "10.3.1.1", 1, 2)
    yield Case("route-into-vrf", "A route leads into another VRF, which is a hop; from there it may not lead on.") \
        .table("route 1 10.3.0.0/16 nexthop=12").into(1, eth(GW, A, leaked)).drop(1, "NO_ROUTE") \
        .table("route 2 10.3.1.1/32 nexthop=3 same").into(1, eth(GW, A, leaked)).out(3, eth(C, GW, hop(leaked))) \
        .table("vif 3 virtual vrf=2 mtu=1450 mac=%s" % C) \
        .into(3, eth(GW, C, udp("10.3.1.1", A4, 2, 1))).out(1, eth(A, GW, hop(udp("10.3.1.1", A4, 2, 1)))) \
        .table("route 2 10.3.1.1/32 nexthop=11 same").into(1, eth(GW, A, leaked)).drop(1, "INVALID_NEXTHOP")
    yield Case("route-moves", "The destination moves to the other host: the connection follows the route, answers come from there.") \
        .into(1, eth(GW, A, sent)).out(2, eth(B, GW, sent)).table("route 1 10.1.1.4/32 nexthop=20 label=101 proxy same") \
        .into(1, eth(GW, A, sent)).tunnel(outer(H1, H2, 4789, vxlan(101, sent))) \
        .into(9, outer(H2, H1, 4789, vxlan(101, udp(B4, A4, 2000, 1000), ROUTER), FABRIC, UPLINK)).out(1, eth(A, GW, udp(B4, A4, 2000, 1000))) \
        .into(2, eth(GW, B, udp(B4, A4, 2000, 1000))).drop(2, "SPOOFED_SOURCE")
    yield Case("route-path-unresolved", "No neighbour for the tunnel destination.").table("path destination=198.51.100.2") \
        .into(1, eth(GW, A, udp(A4, R4, 1, 2))).drop(1, "PATH_UNRESOLVED")
    yield Case("input-unknown-vif", "A packet on an interface that does not exist is nobody's drop.").line("").into(33, eth(GW, A, sent))


def neighbours():
    zero = "00:00:00:00:00:00"
    all_ones = "ff:ff:ff:ff:ff:ff"
    yield Case("arp-answered", "The gateway MAC for every address of the network.") \
        .into(1, eth(all_ones, A, arp(1, A, A4, zero, "10.1.1.1"), 0x0806)).out(1, eth(A, GW, arp(2, GW, "10.1.1.1", A, A4), 0x0806)) \
        .into(1, eth(all_ones, A, arp(1, A, A4, zero, B4), 0x0806)).out(1, eth(A, GW, arp(2, GW, B4, A, A4), 0x0806))
    yield Case("arp-unknown", "An address without a route, and the port's own.") \
        .into(1, eth(all_ones, A, arp(1, A, A4, zero, "203.0.113.1"), 0x0806)) \
        .table("vif 1 virtual vrf=1 mtu=1450 mac=02:00:00:00:00:11 check address=10.1.1.3/24 allow=10.1.1.33/32") \
        .into(1, eth(all_ones, A, arp(1, A, "10.1.1.33", zero, A4), 0x0806)).drop(1, "NEIGHBOUR_UNKNOWN", 2)
    yield Case("arp-ignored", "A reply, a probe, an announcement.") \
        .into(1, eth(GW, A, arp(2, A, A4, GW, "10.1.1.1"), 0x0806)).into(1, eth(all_ones, A, arp(1, A, "0.0.0.0", zero, A4), 0x0806)) \
        .into(1, eth(all_ones, A, arp(1, A, A4, zero, A4), 0x0806)).drop(1, "NEIGHBOUR_IGNORED", 3)
    yield Case("arp-spoofed", "Another sender address, another sender MAC.") \
        .into(1, eth(all_ones, A, arp(1, A, B4, zero, "10.1.1.1"), 0x0806)).into(1, eth(all_ones, A, arp(1, B, A4, zero, "10.1.1.1"), 0x0806)) \
        .drop(1, "SPOOFED_SOURCE", 2)
    yield Case("arp-malformed", "Cut, not Ethernet, no such operation.") \
        .into(1, eth(all_ones, A, arp(1, A, A4, zero, "10.1.1.1")[:27], 0x0806)).into(1, eth(all_ones, A, arp(1, A, A4, zero, B4, hard=6), 0x0806)) \
        .into(1, eth(all_ones, A, arp(9, A, A4, zero, B4), 0x0806)).drop(1, "MALFORMED_ARP", 3)
    slla, tlla = b"\1\1" + mac(A), b"\2\1" + mac(GW)
    node = "ff02::1:ff00:4"

    def ns(src, dst, target, option=slla, **kw):
        kw.setdefault("hops", 255)
        return icmp6(src, dst, **nd(135, 0, target, option), **kw)

    def na(target, to):
        return icmp6(target, to, **nd(136, 0xE0000000, target, tlla), hops=255)

    yield Case("nd-answered", "Multicast with and unicast without a source option; asked from a link-local address too.") \
        .into(1, eth("33:33:ff:00:00:04", A, ns(A6, node, B6))).out(1, eth(A, GW, na(B6, A6))) \
        .into(1, eth(GW, A, ns(A6, B6, B6, b""))).out(1, eth(A, GW, na(B6, A6))) \
        .into(1, eth("33:33:ff:00:00:01", A, ns("fe80::11", "ff02::1:ff00:1", "fd00:1::1"))).out(1, eth(A, GW, na("fd00:1::1", "fe80::11")))
    yield Case("nd-unknown", "No route to the target; the port's own address.") \
        .into(1, eth("33:33:ff:00:00:04", A, ns(A6, node, "fd00:99::4"))) \
        .into(1, eth("33:33:ff:00:00:03", A, ns("fe80::11", "ff02::1:ff00:3", A6))).drop(1, "NEIGHBOUR_UNKNOWN", 2)
    yield Case("nd-ignored", "Duplicate address detection, an advertisement, router solicitation.") \
        .into(1, eth("33:33:ff:00:00:03", A, ns("::", "ff02::1:ff00:3", A6, b""))) \
        .into(1, eth(GW, A, icmp6(A6, "ff02::1", **nd(136, 0x20000000, A6, b"\2\1" + mac(A)), hops=255))) \
        .into(1, eth("33:33:00:00:00:02", A, icmp6("fe80::11", "ff02::2", 133, rest=b"\0" * 4, payload=slla, hops=255))) \
        .drop(1, "NEIGHBOUR_IGNORED", 3)
    yield Case("nd-malformed", "Hop limit, checksum, cut, option of length zero, option behind the end, DAD with source option, multicast target.") \
        .into(1, eth(GW, A, ns(A6, node, B6, hops=64))).into(1, eth(GW, A, ns(A6, node, B6, bad=1))) \
        .into(1, eth(GW, A, icmp6(A6, node, 135, rest=b"\0" * 4, payload=b"\0" * 8, hops=255))) \
        .into(1, eth(GW, A, ns(A6, node, B6, b"\1\0" + mac(A)))).into(1, eth(GW, A, ns(A6, node, B6, b"\1\2" + mac(A)))) \
        .into(1, eth(GW, A, ns("::", "ff02::1:ff00:3", A6))).into(1, eth(GW, A, ns(A6, node, "ff02::1"))).drop(1, "MALFORMED_ND", 7)
    yield Case("nd-spoofed", "Another source address, a source option with another MAC, an advertisement of another's address.") \
        .into(1, eth(GW, A, ns(B6, node, "fd00:1::1"))).into(1, eth(GW, A, ns(A6, node, B6, b"\1\1" + mac(B)))) \
        .into(1, eth(GW, A, icmp6(A6, "ff02::1", **nd(136, 0x20000000, B6), hops=255))).drop(1, "SPOOFED_SOURCE", 3)


def tunnels():
    inner = {4: udp(A4, R4, 1000, 2000), 6: udp(A6, R6, 1000, 2000)}
    back = {4: udp(R4, A4, 2000, 1000), 6: udp(R6, A6, 2000, 1000)}
    for f in (4, 6):
        yield Case("vxlan-ipv%d" % f, "IPv%d to the other host and back over VXLAN." % f) \
            .into(1, eth(GW, A, inner[f])).tunnel(outer(H1, H2, 4789, vxlan(101, inner[f]))) \
            .into(9, outer(H2, H1, 4789, vxlan(101, back[f], ROUTER), FABRIC, UPLINK)).out(1, eth(A, GW, back[f]))
    m4, m6 = udp(A4, "10.1.1.10", 1000, 2000), udp(A6, "fd00:1::10", 1000, 2000)
    n4, n6 = udp("10.1.1.10", A4, 2000, 1000), udp("fd00:1::10", A6, 2000, 1000)
    for f, there, here in ((4, m4, n4), (6, m6, n6)):
        yield Case("mplsoudp-ipv%d" % f, "IPv%d to the other host and back over MPLS in UDP, by the port's label." % f) \
            .into(1, eth(GW, A, there)).tunnel(outer(H1, H2, 6635, mpls(500, there))) \
            .into(9, outer(H2, H1, 6635, mpls(100, here), FABRIC, UPLINK)).out(1, eth(A, GW, here)) \
            .into(9, outer(H2, H1, 6635, mpls(101, here), FABRIC, UPLINK)).out(1, eth(A, GW, here))
    x6, y6 = udp(A6, "fd00:1::11", 1, 2), udp("fd00:1::11", A6, 2, 1)
    yield Case("vxlan-over-ipv6", "VXLAN over IPv6.").into(1, eth(GW, A, x6)).tunnel(outer(H16, H26, 4789, vxlan(101, x6))) \
        .into(9, outer(H26, H16, 4789, vxlan(101, y6, ROUTER), FABRIC, UPLINK)).out(1, eth(A, GW, y6))
    x4, y4 = udp(A4, "10.1.1.12", 1, 2), udp("10.1.1.12", A4, 2, 1)
    yield Case("mplsoudp-over-ipv6", "MPLS in UDP over IPv6.").into(1, eth(GW, A, x4)).tunnel(outer(H16, H26, 6635, mpls(500, x4))) \
        .into(9, outer(H26, H16, 6635, mpls(101, y4), FABRIC, UPLINK)).out(1, eth(A, GW, y4))
    yield Case("tunnel-first-packet", "The other host opens: answers leave by the tunnel it came by.") \
        .into(9, outer(H2, H1, 4789, vxlan(101, back[4], GW), FABRIC, UPLINK)).out(1, eth(A, GW, back[4])) \
        .into(1, eth(GW, A, inner[4])).tunnel(outer(H1, H2, 4789, vxlan(101, inner[4])))
    cross = udp(A4, "10.2.1.9", 1, 2)
    yield Case("tunnel-cross-network", "To another network: its VNI, one hop less.").into(1, eth(GW, A, cross)) \
        .tunnel(outer(H1, H2, 4789, vxlan(102, hop(cross))))
    low = udp(A4, "10.2.1.9", 1, 2, ttl=1)
    yield Case("tunnel-ttl", "Time exceeded before the tunnel.").into(1, eth(GW, A, low)) \
        .out(1, eth(A, GW, icmp4("10.1.1.1", A4, 11, rest=b"\0" * 4, payload=low, ident=0, frag=0))).drop(1, "TTL_EXCEEDED")
    echo, reply = icmp4(R4, "10.1.1.1", 8, ttl=9), icmp4("10.1.1.1", R4, 0)
    yield Case("tunnel-receive", "The gateway answers the other host's echo through the tunnel.") \
        .into(9, outer(H2, H1, 4789, vxlan(101, echo, ROUTER), FABRIC, UPLINK)).tunnel(outer(H1, H2, 4789, vxlan(101, reply)))
    marked = udp(A4, R4, 1, 2, tos=0xB9)
    yield Case("tunnel-dscp", "DSCP and ECN of the inner packet are copied to the outer one.").into(1, eth(GW, A, marked)) \
        .tunnel(outer(H1, H2, 4789, vxlan(101, marked), tos=0xB9))
    ect = udp(R4, A4, 2000, 1000, tos=2)
    yield Case("tunnel-ecn", "RFC 6040 on decapsulation: CE sticks to ECT, ECT(1) over ECT(0), CE over Not-ECT is dropped.") \
        .into(9, outer(H2, H1, 4789, vxlan(101, ect, ROUTER), FABRIC, UPLINK, tos=3)).out(1, eth(A, GW, udp(R4, A4, 2000, 1000, tos=3))) \
        .into(9, outer(H2, H1, 4789, vxlan(101, ect, ROUTER), FABRIC, UPLINK, tos=1)).out(1, eth(A, GW, udp(R4, A4, 2000, 1000, tos=1))) \
        .into(9, outer(H2, H1, 4789, vxlan(101, udp(R6, A6, 2, 1, tc=2), ROUTER), FABRIC, UPLINK, tos=3)).out(1, eth(A, GW, udp(R6, A6, 2, 1, tc=3))) \
        .into(9, outer(H2, H1, 4789, vxlan(101, back[4], ROUTER), FABRIC, UPLINK, tos=3)).drop(9, "CONGESTION_MARK")
    yield Case("tunnel-checksum-completed", "A partial checksum is completed before the tunnel.") \
        .into(1, eth(GW, A, udp(A4, R4, 1, 2, BIG[:333], partial=True)), "csum=34+6").tunnel(outer(H1, H2, 4789, vxlan(101, udp(A4, R4, 1, 2, BIG[:333])))) \
        .into(1, eth(GW, A, tcp(A6, R6, 1, 2, 3, BIG[:333], partial=True)), "csum=54+16") \
        .tunnel(outer(H1, H2, 4789, vxlan(101, tcp(A6, R6, 1, 2, 3, BIG[:333]))))
    sent = udp(R4, A4, 2000, 1000)
    error = icmp4(A4, R4, 3, 3, rest=b"\0" * 4, payload=sent)
    yield Case("tunnel-icmp-error", "An error about a packet of the other host goes back through the tunnel.") \
        .into(9, outer(H2, H1, 4789, vxlan(101, sent, ROUTER), FABRIC, UPLINK)).out(1, eth(A, GW, sent)) \
        .into(1, eth(GW, A, error)).tunnel(outer(H1, H2, 4789, vxlan(101, error)))


def tunnel_drops():
    back = udp(R4, A4, 2000, 1000)

    def from_fabric(payload, port=4789, src=H2, dst=H1, **kw):
        return outer(src, dst, port, payload, FABRIC, UPLINK, **kw)

    good = vxlan(101, back, ROUTER)
    yield Case("fabric-not-for-us", "Another destination, another port, another protocol, ARP, an outer fragment of another protocol, another inner MAC.") \
        .into(9, from_fabric(good, dst="192.0.2.77")).into(9, from_fabric(good, port=53)) \
        .into(9, eth(UPLINK, FABRIC, icmp4(H2, H1, 8))).into(9, eth(UPLINK, FABRIC, arp(1, FABRIC, H2, UPLINK, H1), 0x0806)) \
        .into(9, eth(UPLINK, FABRIC, icmp4(H2, H1, 8, frag=0x0010))).into(9, from_fabric(vxlan(101, back, "02:00:00:00:00:99"))).drop(9, "NOT_FOR_US", 6)
    yield Case("fabric-malformed-tunnel", "Outer UDP length disagrees, VXLAN cut, label cut.") \
        .into(9, from_fabric(good, length=20)).into(9, from_fabric(good, length=900)).into(9, from_fabric(good[:12])) \
        .into(9, from_fabric(mpls(100, back)[:12], 6635)).drop(9, "MALFORMED_TUNNEL", 4)
    yield Case("fabric-vxlan-flags", "I flag clear.").into(9, from_fabric(vxlan(101, back, ROUTER, flags=0))).drop(9, "VXLAN_FLAGS")
    yield Case("fabric-unknown-vni", "VNI not configured.").into(9, from_fabric(vxlan(999, back, ROUTER))).drop(9, "UNKNOWN_VNI")
    yield Case("fabric-mpls-stack", "Bottom of stack clear; a reserved label.") \
        .into(9, from_fabric(mpls(100, back, bottom=0), 6635)).into(9, from_fabric(mpls(3, back), 6635)).drop(9, "MPLS_STACK", 2)
    yield Case("fabric-unknown-label", "Label not configured.").into(9, from_fabric(mpls(777, back), 6635)).drop(9, "UNKNOWN_LABEL")
    yield Case("fabric-unknown-source", "Outer source is no endpoint; checked before anything inside.") \
        .into(9, from_fabric(good, src="203.0.113.9")).into(9, from_fabric(mpls(100, back), 6635, src="203.0.113.9")) \
        .drop(9, "UNKNOWN_TUNNEL_SOURCE", 2)
    other = "nexthop 30 tunnel encap=vxlan source=192.0.2.1 destination=203.0.113.9 inner-mac=02:00:00:00:aa:03"
    yield Case("fabric-source-mismatch", "A known endpoint, but not the one of the inner source; a local port's address; no route at all;\n"
               "also when the connection exists already.").table(other) \
        .into(9, from_fabric(good, src="203.0.113.9")).into(9, from_fabric(vxlan(101, udp(B4, A4, 1, 2), ROUTER))) \
        .into(9, from_fabric(vxlan(101, udp("203.0.113.50", A4, 1, 2), ROUTER))).drop(9, "SOURCE_MISMATCH", 3) \
        .into(9, from_fabric(good)).out(1, eth(A, GW, back)) \
        .into(9, from_fabric(good, src="203.0.113.9")).drop(9, "SOURCE_MISMATCH")
    yield Case("fabric-tunnel-to-tunnel", "The route leads into a tunnel again.") \
        .into(9, from_fabric(vxlan(101, udp(R4, "10.1.1.10", 1, 2), ROUTER))).drop(9, "TUNNEL_TO_TUNNEL")
    yield Case("fabric-inner-broken", "Inner packet malformed, not IP, neighbour discovery, multicast, loopback source.") \
        .into(9, from_fabric(vxlan(101, udp(R4, A4, 1, 2, total=900), ROUTER))).drop(9, "MALFORMED_IPV4") \
        .into(9, from_fabric(vxlan(101, arp(1, A, R4, A, A4), ROUTER, kind=0x0806))).drop(9, "UNSUPPORTED_ETHERTYPE") \
        .into(9, from_fabric(vxlan(101, icmp6(R6, A6, **nd(135, 0, A6), hops=255), ROUTER))).drop(9, "NEIGHBOUR_IGNORED") \
        .into(9, from_fabric(vxlan(101, udp(R4, "224.0.0.1", 1, 2), ROUTER))).drop(9, "MULTICAST") \
        .into(9, from_fabric(vxlan(101, udp("127.0.0.1", A4, 1, 2), ROUTER))).drop(9, "INVALID_SOURCE_ADDRESS") \
        .into(9, from_fabric(vxlan(101, udp(R4, A4, 1, 2, bad=4), ROUTER))).drop(9, "CHECKSUM") \
        .into(9, from_fabric(mpls(100, b"\x75" + back[1:]), 6635)).drop(9, "UNSUPPORTED_ETHERTYPE")
    yield Case("fabric-outer-broken", "Outer header checksum; outer length beyond the frame.") \
        .into(9, from_fabric(good, bad=2)).drop(9, "CHECKSUM").into(9, from_fabric(good, total=2000)).drop(9, "MALFORMED_IPV4")
    yield Case("fabric-isolation", "The other network's VNI: this source has no tunnel route there.") \
        .into(9, from_fabric(vxlan(102, udp(R4, C4, 1, 2), ROUTER))).drop(9, "SOURCE_MISMATCH")
    yield Case("fabric-trailing", "Bytes behind the outer IP packet are cut.").into(9, from_fabric(good) + b"\0" * 9).out(1, eth(A, GW, back))


def segments():
    for name, src, dst, make, gso, csum in (("tcp4", A4, R4, tcp, "tcp4", "34+16"), ("tcp6", A6, R6, tcp, "tcp6", "54+16")):
        whole = make(src, dst, 1000, 80, 0xFFFFF000, BIG[:4100], partial=True, flags=0x99)
        case = Case("segment-%s" % name, "A GSO packet becomes a train: sequence, CWR only first, FIN and PSH only last, checksums.")
        case.into(1, eth(GW, A, whole), "gso=%s/1300 csum=%s" % (gso, csum))
        for i, at in enumerate(range(0, 4100, 1300)):
            flags = 0x10 | (0x80 if i == 0 else 0) | (9 if at + 1300 >= 4100 else 0)
            kw = {"ident": 0x1234 + i} if src == A4 else {}
            part = make(src, dst, 1000, 80, (0xFFFFF000 + at) & 0xFFFFFFFF, BIG[at:min(at + 1300, 4100)], flags=flags, **kw)
            case.tunnel(outer(H1, H2, 4789, vxlan(101, part)), "train" if i else "")
        yield case
    whole = udp(A4, "10.1.1.10", 1000, 80, BIG[:2500], partial=True)
    case = Case("segment-udp4", "UDP GSO over MPLS in UDP: each segment is a datagram.").into(1, eth(GW, A, whole), "gso=udp/1000 csum=34+6")
    for i, at in enumerate(range(0, 2500, 1000)):
        part = udp(A4, "10.1.1.10", 1000, 80, BIG[at:min(at + 1000, 2500)], ident=0x1234 + i)
        case.tunnel(outer(H1, H2, 6635, mpls(500, part)), "train" if i else "")
    yield case
    whole = tcp(A4, R4, 1000, 80, 1, BIG[:3000], partial=True)
    case = Case("segment-path-mtu", "Segments larger than the path takes are cut smaller: 1500 - 50 - 40.").into(1, eth(GW, A, whole), "gso=tcp4/1460 csum=34+16")
    for i, at in enumerate(range(0, 3000, 1410)):
        part = tcp(A4, R4, 1000, 80, 1 + at, BIG[at:min(at + 1410, 3000)], ident=0x1234 + i)
        case.tunnel(outer(H1, H2, 4789, vxlan(101, part)), "train" if i else "")
    yield case
    whole = udp(A4, R4, 1000, 80, BIG[:4000], partial=True)
    yield Case("segment-udp-too-big", "A UDP segment beyond the path with DF: too-big.").into(1, eth(GW, A, whole), "gso=udp/1472 csum=34+6") \
        .out(1, eth(A, GW, icmp4("10.1.1.1", A4, 3, 4, rest=struct.pack(">HH", 0, 1450), payload=whole[:548], ident=0, frag=0))).drop(1, "TOO_BIG")
    one = tcp(A4, R4, 1000, 80, 1, BIG[:100], partial=True)
    yield Case("segment-one", "A GSO packet with one segment's bytes is one packet.").into(1, eth(GW, A, one), "gso=tcp4/1300 csum=34+16") \
        .tunnel(outer(H1, H2, 4789, vxlan(101, tcp(A4, R4, 1000, 80, 1, BIG[:100]))))


def coalescing():
    def arrive(case, packets):
        for packet in packets:
            case.into(9, outer(H2, H1, 4789, vxlan(101, packet, ROUTER), FABRIC, UPLINK))
        return case

    for f, src, dst, gso, csum in ((4, R4, A4, "tcp4", "34+16"), (6, R6, A6, "tcp6", "54+16")):
        parts = [tcp(src, dst, 80, 1000, 100 + i * 500, BIG[i * 500:i * 500 + 500], flags=0x10) for i in range(3)]
        parts.append(tcp(src, dst, 80, 1000, 1600, BIG[1500:1700], flags=0x18))
        yield arrive(Case("coalesce-tcp%d" % f, "Segments in order become one GSO packet; PSH of the last stays."), parts) \
            .out(1, eth(A, GW, tcp(src, dst, 80, 1000, 100, BIG[:1700], flags=0x18, partial=True)), "gso=%s/500 csum=%s" % (gso, csum))
    s = [tcp(R4, A4, 80, 1000, 100 + i * 500, BIG[i * 500:i * 500 + 500]) for i in range(3)]
    gap = tcp(R4, A4, 80, 1000, 5000, b"g" * 500)
    yield arrive(Case("coalesce-gap", "A gap in the sequence numbers: nothing is joined across it."), [s[0], gap]) \
        .out(1, eth(A, GW, s[0])).out(1, eth(A, GW, gap))
    bad = tcp(R4, A4, 80, 1000, 600, BIG[500:1000], bad=1)
    yield arrive(Case("coalesce-bad-checksum", "A segment with a wrong checksum passes as it is, by itself, and in order."), [s[0], bad, s[2]]) \
        .out(1, eth(A, GW, s[0])).out(1, eth(A, GW, bad)).out(1, eth(A, GW, s[2]))
    fin = tcp(R4, A4, 80, 1000, 600, BIG[500:1000], flags=0x11)
    yield arrive(Case("coalesce-fin", "FIN is not joined."), [s[0], fin]).out(1, eth(A, GW, s[0])).out(1, eth(A, GW, fin))
    acks = [tcp(R4, A4, 80, 1000, 100, ack=7 + i) for i in range(3)]
    yield arrive(Case("coalesce-acks", "Pure acknowledgements stay single."), acks) \
        .out(1, eth(A, GW, acks[0])).out(1, eth(A, GW, acks[1])).out(1, eth(A, GW, acks[2]))
    bigger = tcp(R4, A4, 80, 1000, 600, b"b" * 600)
    yield arrive(Case("coalesce-larger", "A segment larger than the first starts anew."), [s[0], bigger]) \
        .out(1, eth(A, GW, s[0])).out(1, eth(A, GW, bigger))
    window = tcp(R4, A4, 80, 1000, 600, BIG[500:1000], options=b"\1\1\1\1")
    yield arrive(Case("coalesce-header-differs", "Other TCP options: not joined."), [s[0], window]) \
        .out(1, eth(A, GW, s[0])).out(1, eth(A, GW, window))
    t = [tcp(R4, A4, 81, 1000, 100 + i * 500, BIG[i * 500:i * 500 + 500]) for i in range(2)]
    yield arrive(Case("coalesce-two-flows", "Two connections interleaved, each joined."), [s[0], t[0], s[1], t[1]]) \
        .out(1, eth(A, GW, tcp(R4, A4, 80, 1000, 100, BIG[:1000], partial=True)), "gso=tcp4/500 csum=34+16") \
        .out(1, eth(A, GW, tcp(R4, A4, 81, 1000, 100, BIG[:1000], partial=True)), "gso=tcp4/500 csum=34+16")


def all_cases():
    for group in (local, edges, routing, neighbours, tunnels, tunnel_drops, segments, coalescing, policy_cases.all_cases, ecmp_cases.all_cases,
                  trap_cases.all_cases, nat_cases.all_cases, connection_cases.all_cases, encap_cases.all_cases,
                  service_cases.all_cases, stateless_cases.all_cases):
        yield from group()
