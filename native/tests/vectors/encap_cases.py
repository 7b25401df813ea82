# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""The packet vectors of encapsulations, outer headers, path MTU and what leaves without a tunnel. Tables: encap.tables."""
from compose import *  # noqa: F403: the composer's words

BIG = bytes(range(256)) * 256
G4, G6 = "10.1.1.13", "fd00:1::13"  # behind MPLS in GRE over IPv4
S4, S6 = "10.1.1.14", "fd00:1::14"  # the same over IPv6
W4 = "203.0.113.7"  # outside
W6 = "2001:db8:ff::7"
PLANE = "plane underlay4=192.0.2.1 underlay6=2001:db8:1::1 router-mac=02:00:00:00:aa:01 "
NATIVE = "vif 9 physical vrf=%d mtu=1500 mac=02:00:00:00:00:fe native"


def case(name, text):
    return Case(name, text, "encap")


def gre(src, dst, payload, smac=UPLINK, dmac=FABRIC, tos=0, flags=0, fields=b"", proto=0x8847, ident=0, ttl=64, **kw):
    """MPLS in GRE; `fields`: behind the header. With flag 0x8000 their first four bytes are the checksum, made here."""
    body = struct.pack(">HH", flags, proto) + fields + payload
    if flags & 0x8000:
        body = body[:4] + struct.pack(">H", inet(body[:4] + b"\0\0" + body[6:]) ^ kw.pop("bad_sum", 0)) + body[6:]
    if ":" in src:
        return eth(dmac, smac, ip6(src, dst, 47, body, tc=tos, hops=ttl, **kw))
    return eth(dmac, smac, ip4(src, dst, 47, body, tos=tos, ident=ident, ttl=ttl, **kw))


def flow(case, frame, meta=""):
    """An outer IPv6 frame whose flow label is free: the low 20 bits behind the class."""
    return case.out(9, frame, meta, (16, 17))


def there(frame):
    """The frame as the other host sends it: the outer MACs turned round."""
    return frame[6:12] + frame[:6] + frame[12:]


def from_fabric(payload, port=4789, src=H2, dst=H1, **kw):
    return outer(src, dst, port, payload, FABRIC, UPLINK, **kw)


def gres():
    for f, near, far in ((4, A4, G4), (6, A6, G6)):
        u, v = udp(near, far, 1000, 2000), udp(far, near, 2000, 1000)
        yield case("mplsogre-ipv%d" % f, "IPv%d to the other host and back over MPLS in GRE, by the port's label and by the network's." % f) \
            .into(1, eth(GW, A, u)).out(9, gre(H1, H2, mpls(500, u))) \
            .into(9, there(gre(H2, H1, mpls(100, v)))).out(1, eth(A, GW, v)).into(9, there(gre(H2, H1, mpls(101, v)))).out(1, eth(A, GW, v))
    u, v = udp(A4, S4, 1000, 2000), udp(S4, A4, 2000, 1000)
    yield flow(case("mplsogre-over-ipv6", "The same over IPv6: the flow label carries the entropy.").into(1, eth(GW, A, u)),
               gre(H16, H26, mpls(500, u))).into(9, there(gre(H26, H16, mpls(100, v)))).out(1, eth(A, GW, v))
    v = udp(G4, A4, 2000, 1000)
    yield case("mplsogre-optional-fields", "Checksum (right), key, sequence number, and all of them; bits that RFC 2784 has ignored.") \
        .into(9, there(gre(H2, H1, mpls(100, v), flags=0x8000, fields=b"\0\0\0\0"))).out(1, eth(A, GW, v)) \
        .into(9, there(gre(H2, H1, mpls(100, v), flags=0x2000, fields=b"key!"))).out(1, eth(A, GW, v)) \
        .into(9, there(gre(H2, H1, mpls(100, v), flags=0x1000, fields=b"\0\0\0\1"))).out(1, eth(A, GW, v)) \
        .into(9, there(gre(H2, H1, mpls(100, v), flags=0xb000, fields=b"\0" * 12))).out(1, eth(A, GW, v)) \
        .into(9, there(gre(H2, H1, mpls(100, v), flags=0x0308))).out(1, eth(A, GW, v)) \
        .into(9, there(gre(H26, H16, mpls(100, udp(S4, A4, 2000, 1000)), flags=0x8000, fields=b"\0" * 4))) \
        .out(1, eth(A, GW, udp(S4, A4, 2000, 1000)))
    yield case("mplsogre-refused", "Wrong checksum; routing, recursion and version bits; IP, Ethernet and MPLS multicast inside; fields cut.") \
        .into(9, there(gre(H2, H1, mpls(100, v), flags=0x8000, fields=b"\0" * 4, bad_sum=4))).drop(9, "OUTER_CHECKSUM") \
        .into(9, there(gre(H2, H1, mpls(100, v), flags=0x4000))).into(9, there(gre(H2, H1, mpls(100, v), flags=0x0400))) \
        .into(9, there(gre(H2, H1, mpls(100, v), flags=0x0001))).into(9, there(gre(H2, H1, v, proto=0x0800))) \
        .into(9, there(gre(H2, H1, v, proto=0x6558))).into(9, there(gre(H2, H1, mpls(100, v), proto=0x8848))).drop(9, "GRE_HEADER", 6) \
        .into(9, there(gre(H2, H1, b"", flags=0x2000, fields=b"key!"))).into(9, there(gre(H2, H1, b"\0"))).drop(9, "MALFORMED_TUNNEL", 2)
    yield case("mplsogre-edges", "An unknown source, an unknown label, an open stack, another network's address, the endpoint of another route.") \
        .into(9, there(gre("203.0.113.99", H1, mpls(100, v)))).drop(9, "UNKNOWN_TUNNEL_SOURCE") \
        .into(9, there(gre(H2, H1, mpls(777, v)))).drop(9, "UNKNOWN_LABEL").into(9, there(gre(H2, H1, mpls(100, v, bottom=0)))).drop(9, "MPLS_STACK") \
        .into(9, there(gre(H2, "192.0.2.9", mpls(100, v)))).drop(9, "NOT_FOR_US") \
        .into(9, there(gre(H2, H1, mpls(101, udp(S4, A4, 1, 2))))).into(9, there(gre(H2, H1, mpls(101, udp(B4, A4, 1, 2))))).drop(9, "SOURCE_MISMATCH", 2)
    whole = tcp(A4, G4, 1000, 80, 1, BIG[:3000], partial=True)
    segments = case("mplsogre-segments", "A GSO packet leaves as single packets: no device segments GRE. Larger ones are cut smaller: 1500 - 28 - 40.") \
        .into(1, eth(GW, A, whole), "gso=tcp4/1460 csum=34+16")
    for i, at in enumerate(range(0, 3000, 1432)):
        segments.out(9, gre(H1, H2, mpls(500, tcp(A4, G4, 1000, 80, 1 + at, BIG[at:min(at + 1432, 3000)], ident=0x1234 + i))))
    yield segments
    parts = [tcp(G6, A6, 80, 1000, 100 + i * 500, BIG[i * 500:i * 500 + 500]) for i in range(3)]
    joined = case("mplsogre-coalesce", "Segments that come over GRE become one packet for the port.")
    for part in parts:
        joined.into(9, there(gre(H2, H1, mpls(100, part))))
    yield joined.out(1, eth(A, GW, tcp(G6, A6, 80, 1000, 100, BIG[:1500], partial=True)), "gso=tcp6/500 csum=54+16")
    df = udp(A4, G4, 1000, 2000, BIG[:1460])
    yield case("mplsogre-too-big", "Larger than 1500 - 28.").into(1, eth(GW, A, df)).drop(1, "TOO_BIG") \
        .out(1, eth(A, GW, icmp4("10.1.1.1", A4, 3, 4, rest=struct.pack(">HH", 0, 1472), payload=df[:548], ident=0, frag=0)))


def over_ipv6():
    """Trains and coalescing with an IPv6 underlay."""
    far = "10.1.1.11"
    whole = tcp(A4, far, 1000, 80, 1, BIG[:3000], partial=True)
    train = case("segment-over-ipv6", "A train over IPv6: 1500 - 70 - 40.").into(1, eth(GW, A, whole), "gso=tcp4/1460 csum=34+16")
    for i, at in enumerate(range(0, 3000, 1390)):
        part = tcp(A4, far, 1000, 80, 1 + at, BIG[at:min(at + 1390, 3000)], ident=0x1234 + i)
        train.tunnel(outer(H16, H26, 4789, vxlan(101, part)), "train" if i else "")
    yield train
    parts = [tcp(far, A4, 80, 1000, 100 + i * 500, BIG[i * 500:i * 500 + 500]) for i in range(3)]
    joined = case("coalesce-over-ipv6", "Segments that come over IPv6 become one packet for the port.")
    for part in parts:
        joined.into(9, from_fabric(vxlan(101, part, ROUTER), src=H26, dst=H16))
    yield joined.out(1, eth(A, GW, tcp(far, A4, 80, 1000, 100, BIG[:1500], partial=True)), "gso=tcp4/500 csum=34+16")


def checksums():
    def with_sum(src, dst, port, payload, bad=0, partial=False, **kw):
        """UDP with its checksum; `partial`: only the pseudo header's sum, as a kernel leaves it to the device."""
        body = l4(src, dst, 17, struct.pack(">HHHH", 50000, port, 8 + len(payload), 0) + payload, 6, partial)
        body = body[:6] + struct.pack(">H", struct.unpack(">H", body[6:8])[0] ^ bad) + body[8:]
        return eth(UPLINK, FABRIC, (ip6 if ":" in src else ip4)(src, dst, 17, body, **kw))

    six, four = udp("10.1.1.11", A4, 2000, 1000), udp(R4, A4, 2000, 1000)
    for version, src, dst, inner, start in ((6, H26, H16, six, 54), (4, H2, H1, four, 34)):
        frame = vxlan(101, inner, ROUTER)
        rfc = "RFC 6936: over IPv6" if version == 6 else "RFC 768, RFC 7348 5: over IPv4"
        yield case("outer-udp-checksum%s" % ("" if version == 6 else "4"),
                   rfc + " an outer checksum is zero or right; the device may have verified it, or it never left this\n"
                   "machine and is still to be written.") \
            .into(9, with_sum(src, dst, 4789, frame)).out(1, eth(A, GW, inner)) \
            .into(9, from_fabric(frame, src=src, dst=dst)).out(1, eth(A, GW, inner)) \
            .into(9, with_sum(src, dst, 4789, frame, bad=1)).drop(9, "OUTER_CHECKSUM") \
            .into(9, with_sum(src, dst, 4789, frame, bad=0x8000)).drop(9, "OUTER_CHECKSUM") \
            .into(9, with_sum(src, dst, 4789, frame, bad=1), "valid").out(1, eth(A, GW, inner)) \
            .into(9, with_sum(src, dst, 4789, frame, partial=True), "csum=%d+6" % start).out(1, eth(A, GW, inner)) \
            .into(9, with_sum(src, dst, 4789, frame, partial=True)).drop(9, "OUTER_CHECKSUM") \
            .into(9, with_sum(src, dst, 4789, frame, partial=True), "csum=%d+6" % (start + 50)).drop(9, "OUTER_CHECKSUM") \
            .into(9, with_sum(src, dst, 4789, frame)[:-1] + b"!").drop(9, "OUTER_CHECKSUM")
    segments = [tcp(R4, A4, 80, 1000, 100 + i * 500, BIG[i * 500:i * 500 + 500]) for i in range(3)]
    odd = udp(R4, A4, 2000, 1000, BIG[:333])
    story = case("outer-udp-checksum4-each", "The same by MPLS, of an odd length, behind trailing bytes, with outer options, in fragments; and TCP segments, whose\n"
                 "outer checksums are verified before they become one packet.")
    story.into(9, with_sum(H2, H1, 6635, mpls(100, four))).out(1, eth(A, GW, four)) \
        .into(9, with_sum(H2, H1, 6635, mpls(100, four), bad=2)).drop(9, "OUTER_CHECKSUM") \
        .into(9, with_sum(H2, H1, 4789, vxlan(101, odd, ROUTER))).out(1, eth(A, GW, odd)) \
        .into(9, with_sum(H2, H1, 4789, vxlan(101, odd, ROUTER), bad=1)).drop(9, "OUTER_CHECKSUM") \
        .into(9, with_sum(H2, H1, 6635, mpls(100, four)) + b"\xee\xee\xee").out(1, eth(A, GW, four)) \
        .into(9, with_sum(H2, H1, 6635, mpls(100, four), options=b"\1" * 4)).out(1, eth(A, GW, four)) \
        .into(9, with_sum(H2, H1, 6635, mpls(100, four), bad=2, options=b"\1" * 4)).drop(9, "OUTER_CHECKSUM")
    for bad in (0, 1):
        for piece in pieces(with_sum(H2, H1, 4789, vxlan(101, odd, ROUTER), bad=bad), 200, 70 + bad):
            story.into(9, piece)
        story.drop(9, "OUTER_FRAGMENT")
        story.drop(9, "OUTER_CHECKSUM") if bad else story.out(1, eth(A, GW, odd))
    story.line("play")
    for segment in segments:
        story.into(9, with_sum(H2, H1, 4789, vxlan(101, segment, ROUTER)))
    story.out(1, eth(A, GW, tcp(R4, A4, 80, 1000, 100, BIG[:1500], partial=True)), "gso=tcp4/500 csum=34+16")
    for i, segment in enumerate(segments):
        story.into(9, with_sum(H2, H1, 4789, vxlan(101, segment, ROUTER), bad=i == 1))
    yield story.drop(9, "OUTER_CHECKSUM").out(1, eth(A, GW, segments[0])).out(1, eth(A, GW, segments[2]))


def marks():
    """RFC 6040: every combination, both inner families, each encapsulation once a combination."""
    # rows: what the inner packet has; columns: Not-ECT, ECT(1), ECT(0), CE of the outer header, by their codes 0 .. 3. None: dropped.
    table = {0: (0, 0, 0, None), 1: (1, 1, 1, 3), 2: (2, 1, 2, 3), 3: (3, 3, 3, 3)}
    for f in (4, 6):
        far, near = (R4, A4) if f == 4 else (R6, A6)
        name = "tos" if f == 4 else "tc"
        ecn = case("ecn-decapsulation-ipv%d" % f, "RFC 6040 4.2, figure 4: inner and outer ECN, all sixteen; DSCP of the outer packet goes with it.")
        for inner, row in table.items():
            for mark, result in enumerate(row):
                ecn.into(9, from_fabric(vxlan(101, udp(far, near, 2000, 1000, **{name: 0x28 | inner}), ROUTER), tos=0xB8 | mark))
                if result is None:
                    ecn.drop(9, "CONGESTION_MARK")
                else:
                    ecn.out(1, eth(A, GW, udp(far, near, 2000, 1000, **{name: 0x28 | result})))
        yield ecn
    for f in (4, 6):
        name = "tos" if f == 4 else "tc"
        ecn = case("ecn-encapsulation-ipv%d" % f, "RFC 6040 4.1, normal mode: ECN is copied, over either underlay and by every encapsulation.")
        for mark in range(4):
            for far4, far6, make in ((R4, R6, lambda p, m: outer(H1, H2, 4789, vxlan(101, p), tos=m)),
                                     ("10.1.1.10", "fd00:1::10", lambda p, m: outer(H1, H2, 6635, mpls(500, p), tos=m)),
                                     ("10.1.1.11", "fd00:1::11", lambda p, m: outer(H16, H26, 4789, vxlan(101, p), tos=m))):
                u = udp(A4 if f == 4 else A6, far4 if f == 4 else far6, 1, 2, **{name: mark})
                ecn.into(1, eth(GW, A, u)).tunnel(make(u, mark))
            u = udp(A4 if f == 4 else A6, G4 if f == 4 else G6, 1, 2, **{name: mark})
            ecn.into(1, eth(GW, A, u)).out(9, gre(H1, H2, mpls(500, u), tos=mark))
        yield ecn
    u, w = udp(A4, R4, 1, 2, tos=0x28 | 2), udp(A6, "fd00:1::11", 1, 2, tc=0x28 | 3)
    g = udp(A4, G4, 1, 2, tos=0x28)
    yield case("outer-dscp-pipe", "A DSCP of the tunnel's own; ECN is copied all the same.").table(PLANE + "dscp=46") \
        .into(1, eth(GW, A, u)).tunnel(outer(H1, H2, 4789, vxlan(101, u), tos=46 << 2 | 2)) \
        .into(1, eth(GW, A, w)).tunnel(outer(H16, H26, 4789, vxlan(101, w), tos=46 << 2 | 3)) \
        .into(1, eth(GW, A, g)).out(9, gre(H1, H2, mpls(500, g), tos=46 << 2)) \
        .table(PLANE + "dscp=0").into(1, eth(GW, A, u)).tunnel(outer(H1, H2, 4789, vxlan(101, u), tos=2)) \
        .table(PLANE).into(1, eth(GW, A, u)).tunnel(outer(H1, H2, 4789, vxlan(101, u), tos=0x28 | 2))
    plain = udp(A4, R4, 1, 2)
    yield case("outer-ttl", "TTL and hop limit of the outer header as set; 64 when not.").table(PLANE + "ttl=9") \
        .into(1, eth(GW, A, plain)).tunnel(outer(H1, H2, 4789, vxlan(101, plain), ttl=9)) \
        .into(1, eth(GW, A, udp(A6, "fd00:1::11", 1, 2))).tunnel(outer(H16, H26, 4789, vxlan(101, udp(A6, "fd00:1::11", 1, 2)), hops=9)) \
        .into(1, eth(GW, A, udp(A4, G4, 1, 2))).out(9, gre(H1, H2, mpls(500, udp(A4, G4, 1, 2)), ttl=9)) \
        .table(PLANE).into(1, eth(GW, A, plain)).tunnel(outer(H1, H2, 4789, vxlan(101, plain)))


def clamps():
    def syn(src, dst, mss, flags=2, options=None, **kw):
        return tcp(src, dst, 1000, 80, 1, flags=flags, options=struct.pack(">BBH", 2, 4, mss) if options is None else options, **kw)

    yield case("mss-lowered", "Into a tunnel: SYN and SYN/ACK, both families, each encapsulation; the tunnel's MTU less 40 or 60.") \
        .into(1, eth(GW, A, syn(A4, R4, 1460))).tunnel(outer(H1, H2, 4789, vxlan(101, syn(A4, R4, 1410)))) \
        .into(1, eth(GW, A, syn(A6, R6, 1440))).tunnel(outer(H1, H2, 4789, vxlan(101, syn(A6, R6, 1390)))) \
        .into(1, eth(GW, A, syn(A4, "10.1.1.10", 1460))).tunnel(outer(H1, H2, 6635, mpls(500, syn(A4, "10.1.1.10", 1428)))) \
        .into(1, eth(GW, A, syn(A4, "10.1.1.11", 1460))).tunnel(outer(H16, H26, 4789, vxlan(101, syn(A4, "10.1.1.11", 1390)))) \
        .into(1, eth(GW, A, syn(A4, G4, 1460))).out(9, gre(H1, H2, mpls(500, syn(A4, G4, 1432)))) \
        .into(9, from_fabric(vxlan(101, syn(R4, B4, 500), ROUTER))).out(2, eth(B, GW, syn(R4, B4, 500))) \
        .into(2, eth(GW, B, tcp(B4, R4, 80, 1000, 1, flags=0x12, options=struct.pack(">BBH", 2, 4, 8960)))) \
        .tunnel(outer(H1, H2, 4789, vxlan(101, tcp(B4, R4, 80, 1000, 1, flags=0x12, options=struct.pack(">BBH", 2, 4, 1410)))))
    yield case("mss-lowered-on-arrival", "Out of a tunnel: what the other end offers is lowered to what goes back.") \
        .into(9, from_fabric(vxlan(101, syn(R4, A4, 1460), ROUTER))).out(1, eth(A, GW, syn(R4, A4, 1410))) \
        .into(9, from_fabric(vxlan(101, syn(R6, A6, 9000), ROUTER))).out(1, eth(A, GW, syn(R6, A6, 1390))) \
        .into(9, there(gre(H2, H1, mpls(100, syn(G4, A4, 1460))))).out(1, eth(A, GW, syn(G4, A4, 1432))) \
        .into(9, from_fabric(vxlan(101, syn("10.1.1.11", A4, 1460), ROUTER), src=H26, dst=H16)).out(1, eth(A, GW, syn("10.1.1.11", A4, 1390)))
    odd = b"\1" + struct.pack(">BBH", 2, 4, 1460) + b"\1\1\1"
    odd_low = b"\1" + struct.pack(">BBH", 2, 4, 1410) + b"\1\1\1"
    far = b"\4\2\3\3\7" + struct.pack(">BBH", 2, 4, 1460) + b"\1\1\0"
    far_low = b"\4\2\3\3\7" + struct.pack(">BBH", 2, 4, 1410) + b"\1\1\0"
    yield case("mss-odd-offset", "The option lies across two words of the checksum, behind others.") \
        .into(1, eth(GW, A, syn(A4, R4, 0, options=odd))).tunnel(outer(H1, H2, 4789, vxlan(101, syn(A4, R4, 0, options=odd_low)))) \
        .into(1, eth(GW, A, syn(A4, R4, 0, options=far))).tunnel(outer(H1, H2, 4789, vxlan(101, syn(A4, R4, 0, options=far_low))))
    yield case("mss-partial-checksum", "A partial checksum stays what it is and is completed over the lowered value.") \
        .into(1, eth(GW, A, syn(A4, R4, 1460, partial=True)), "csum=34+16").tunnel(outer(H1, H2, 4789, vxlan(101, syn(A4, R4, 1410))))
    keep = case("mss-kept", "Small enough, not a SYN, none, cut or of another length: untouched. Never between ports of one host.")
    for options, flags in ((struct.pack(">BBH", 2, 4, 1410), 2), (struct.pack(">BBH", 2, 4, 536), 2), (struct.pack(">BBH", 2, 4, 1460), 0x10), (b"", 2),
                           (b"\0\2\4\5", 2), (b"\2\3\5\xb4", 2), (b"\1\1\1\2", 2), (b"\3\0\2\4", 2), (b"\2\1\5\xb4", 2)):
        packet = syn(A4, R4, 0, flags, options)
        keep.into(1, eth(GW, A, packet)).tunnel(outer(H1, H2, 4789, vxlan(101, packet)))
    yield keep.into(1, eth(GW, A, syn(A4, B4, 1460))).out(2, eth(B, GW, syn(A4, B4, 1460)))


def too_big4(mtu, about, router="192.0.2.254", dst=H1, kind=3, code=4, bad=0, bytes=None):
    data = icmp4(router, dst, kind, code, rest=struct.pack(">HH", 0, mtu), payload=about[:bytes])
    data = data[:22] + struct.pack(">H", struct.unpack(">H", data[22:24])[0] ^ bad) + data[24:]
    return eth(UPLINK, FABRIC, data)


def too_big6(mtu, about, router="2001:db8:1::fe", dst=H16, **kw):
    return eth(UPLINK, FABRIC, icmp6(router, dst, 2, rest=struct.pack(">I", mtu), payload=about, **kw))


def path_mtu():
    u = udp(A4, R4, 1000, 2000, BIG[:1400])
    sent = outer(H1, H2, 4789, vxlan(101, u))[14:]
    tenant = icmp4("10.1.1.1", A4, 3, 4, rest=struct.pack(">HH", 0, 1350), payload=u[:548], ident=0, frag=0)
    yield case("path-mtu-learned", "A too-big of the underlay lowers the tunnel for ten minutes: the tenant hears of it by the next packet.\n"
               "A larger one after it changes nothing.") \
        .into(1, eth(GW, A, u)).tunnel(outer(H1, H2, 4789, vxlan(101, u))) \
        .into(9, too_big4(1400, sent[:28])).drop(9, "PATH_MTU").into(1, eth(GW, A, u)).out(1, eth(A, GW, tenant)).drop(1, "TOO_BIG") \
        .into(9, too_big4(1450, sent[:28])).drop(9, "PATH_MTU").into(1, eth(GW, A, u)).out(1, eth(A, GW, tenant)).drop(1, "TOO_BIG") \
        .line("time 599000").into(1, eth(GW, A, u)).out(1, eth(A, GW, tenant)).drop(1, "TOO_BIG") \
        .line("time 3000").into(1, eth(GW, A, u)).tunnel(outer(H1, H2, 4789, vxlan(101, u)))
    w = udp(A6, "fd00:1::12", 1000, 2000, BIG[:1380])
    sent6 = outer(H16, H26, 6635, mpls(500, w))[14:]
    g, sent_gre = udp(A4, G4, 1000, 2000, BIG[:1400]), gre(H1, H2, mpls(500, udp(A4, G4, 1000, 2000, BIG[:1400])))[14:]
    yield case("path-mtu-learned-others", "About MPLS in UDP over IPv6 and MPLS in GRE; segments follow; a MSS too.") \
        .into(9, too_big6(1300, sent6[:200])).drop(9, "PATH_MTU").into(1, eth(GW, A, w)).drop(1, "TOO_BIG") \
        .out(1, eth(A, GW, icmp6("fd00:1::1", A6, 2, rest=struct.pack(">I", 1300 - 52), payload=w[:1232]))) \
        .into(9, too_big4(1000, sent_gre[:28])).drop(9, "PATH_MTU").into(1, eth(GW, A, g)).drop(1, "TOO_BIG") \
        .out(1, eth(A, GW, icmp4("10.1.1.1", A4, 3, 4, rest=struct.pack(">HH", 0, 972), payload=g[:548], ident=0, frag=0))) \
        .into(1, eth(GW, A, tcp(A4, G4, 1, 2, 3, flags=2, options=b"\2\4\5\xb4"))) \
        .out(9, gre(H1, H2, mpls(500, tcp(A4, G4, 1, 2, 3, flags=2, options=struct.pack(">BBH", 2, 4, 932)))))
    old = icmp4("10.1.1.1", A4, 3, 4, rest=struct.pack(">HH", 0, 1006 - 50), payload=u[:548], ident=0, frag=0)
    yield case("path-mtu-plateau", "A router that does not say its MTU: the plateau below the packet (1478 bytes: 1006).") \
        .into(9, too_big4(0, sent[:28])).drop(9, "PATH_MTU").into(1, eth(GW, A, u)).out(1, eth(A, GW, old)).drop(1, "TOO_BIG")
    yield case("path-mtu-and-route", "The smaller of the route's MTU and the learned one counts, whichever comes last.") \
        .into(9, too_big4(1400, sent[:28])).drop(9, "PATH_MTU") \
        .table("path destination=198.51.100.2 resolved vif=9 gateway=192.0.2.254 mtu=1450 source-mac=02:00:00:00:00:fe destination-mac=02:00:00:00:00:fd") \
        .into(1, eth(GW, A, u)).out(1, eth(A, GW, tenant)).drop(1, "TOO_BIG") \
        .table("path destination=198.51.100.2 resolved vif=9 gateway=192.0.2.254 mtu=1300 source-mac=02:00:00:00:00:fe destination-mac=02:00:00:00:00:fd") \
        .into(1, eth(GW, A, u)).drop(1, "TOO_BIG") \
        .out(1, eth(A, GW, icmp4("10.1.1.1", A4, 3, 4, rest=struct.pack(">HH", 0, 1250), payload=u[:548], ident=0, frag=0)))

    def quoting(src=H1, dst=H2, proto=17, sport=50000, dport=4789, frag=0x4000, total=1478):
        return ip4(src, dst, proto, struct.pack(">HHHH", sport, dport, 1458, 0), frag=frag, total=total)

    forged = case("path-mtu-forged", "Another source or destination, another protocol or port, without DF, a later fragment, not larger than it says,\n"
                  "below 576, a wrong checksum, a quotation that is cut; over IPv6 below 1280. Nothing changes.")
    wrong = [quoting(src="192.0.2.2"), quoting(dst="203.0.113.9"), quoting(proto=6), quoting(dport=53), quoting(sport=1000), quoting(frag=0),
             quoting(frag=0x4001), quoting(total=1400), sent[:27]]
    for about in wrong:
        forged.into(9, too_big4(1400, about))
    forged.into(9, too_big4(575, sent[:28])).into(9, too_big4(1400, sent[:28], bad=1)).into(9, too_big6(1279, sent6[:200])) \
        .into(9, too_big6(1300, sent6[:200], bad=1)).into(9, too_big6(1300, sent6[:47])).drop(9, "PATH_MTU_FORGED", len(wrong) + 5)
    yield forged.into(9, too_big4(1400, sent[:28], code=1)).into(9, too_big4(1400, sent[:28], dst="192.0.2.9")).drop(9, "NOT_FOR_US", 2) \
        .into(1, eth(GW, A, u)).tunnel(outer(H1, H2, 4789, vxlan(101, u))) \
        .into(1, eth(GW, A, udp(A6, "fd00:1::12", 1000, 2000, BIG[:1380]))).tunnel(outer(H16, H26, 6635, mpls(500, w)))


def pieces(frame, room, ident, order=None):
    """The frame's IP packet in fragments of `room` bytes behind the IP (and fragment) header."""
    six = frame[12] == 0x86
    head, body = frame[14:14 + (40 if six else 20)], frame[14 + (40 if six else 20):]
    out = []
    for at in range(0, len(body), room):
        part, more = body[at:at + room], at + room < len(body)
        if six:
            data = struct.pack(">BBHI", head[6], 0, at | more, ident) + part
            out.append(frame[:14] + head[:4] + struct.pack(">HB", len(data), 44) + head[7:] + data)
        else:
            fresh = head[:2] + struct.pack(">HHH", 20 + len(part), ident, at // 8 | (0x2000 if more else 0)) + head[8:10] + b"\0\0" + head[12:]
            out.append(frame[:14] + fresh[:10] + struct.pack(">H", inet(fresh)) + fresh[12:] + part)
    return [out[i] for i in order] if order else out


def reassembly():
    v = udp(R4, A4, 2000, 1000, BIG[:2000])
    v6 = udp("10.1.1.11", A4, 2000, 1000, BIG[:2000])
    table = "vif 1 virtual vrf=1 mtu=9000 mac=02:00:00:00:00:11 check address=10.1.1.3/24 address=fd00:1::3/64 gateway=10.1.1.1/24"
    for f, frame, packet in ((4, from_fabric(vxlan(101, v, ROUTER)), v), (6, from_fabric(vxlan(101, v6, ROUTER), src=H26, dst=H16), v6)):
        story = case("reassembly-ipv%d" % f, "Outer fragments over IPv%d in order, in reverse, mixed with another packet's." % f).table(table)
        for ident, order in ((7, None), (8, [2, 1, 0]), (9, [1, 2, 0])):
            for piece in pieces(frame, 800, ident, order):
                story.into(9, piece)
            story.out(1, eth(A, GW, packet)).drop(9, "OUTER_FRAGMENT", 2)
        one, two = pieces(frame, 800, 20), pieces(frame, 800, 21)
        for i in range(3):
            story.into(9, one[i]).into(9, two[2 - i])
        yield story.out(1, eth(A, GW, packet)).out(1, eth(A, GW, packet)).drop(9, "OUTER_FRAGMENT", 4)
    whole = udp(G4, A4, 2000, 1000, BIG[:1200])
    story = case("reassembly-gre", "MPLS in GRE, whose checksum covers all of it.").table(table)
    for piece in pieces(there(gre(H2, H1, mpls(100, whole), flags=0x8000, fields=b"\0" * 4)), 504, 5):
        story.into(9, piece)
    yield story.out(1, eth(A, GW, whole)).drop(9, "OUTER_FRAGMENT", 2)
    small = udp("10.1.1.11", A4, 2000, 1000)
    atomic = pieces(from_fabric(vxlan(101, small, ROUTER), src=H26, dst=H16), 800, 30)[0]
    first = pieces(from_fabric(vxlan(101, v6, ROUTER), src=H26, dst=H16), 800, 30)
    yield case("reassembly-atomic", "RFC 6946: a packet in one fragment is no part of those that carry its id.").table(table) \
        .into(9, first[0]).into(9, atomic).out(1, eth(A, GW, small)).into(9, first[1]).into(9, first[2]).out(1, eth(A, GW, v6)).drop(9, "OUTER_FRAGMENT", 2)
    parts = pieces(from_fabric(vxlan(101, v, ROUTER)), 800, 40)
    yield case("reassembly-time", "Two seconds, and it is as if it had never come.").table(table).into(9, parts[0]).into(9, parts[1]).line("time 2001") \
        .into(9, parts[2]).drop(9, "OUTER_FRAGMENT", 3).into(9, parts[0]).into(9, parts[1]).drop(9, "OUTER_FRAGMENT").out(1, eth(A, GW, v))
    wider = pieces(from_fabric(vxlan(101, v, ROUTER)), 808, 40)
    yield case("reassembly-overlap", "RFC 5722: fragments that overlap take the whole packet with them, the ones still to come too; a repetition as well.\n"
               "The next packet with that id after two seconds passes.").table(table) \
        .into(9, parts[0]).drop(9, "OUTER_FRAGMENT").into(9, wider[1]).drop(9, "OUTER_FRAGMENT").into(9, parts[1]).into(9, parts[2]) \
        .drop(9, "OUTER_FRAGMENT_OVERLAP", 2).line("time 2001") \
        .into(9, parts[0]).drop(9, "OUTER_FRAGMENT").into(9, parts[0]).into(9, parts[1]).into(9, parts[2]).drop(9, "OUTER_FRAGMENT_OVERLAP", 3) \
        .line("time 2001").into(9, parts[0]).into(9, parts[1]).into(9, parts[2]).drop(9, "OUTER_FRAGMENT", 2).out(1, eth(A, GW, v))
    short = pieces(from_fabric(vxlan(101, udp(R4, A4, 2000, 1000, BIG[:1100]), ROUTER)), 800, 41)
    long = pieces(from_fabric(vxlan(101, v, ROUTER)), 800, 41)
    yield case("reassembly-ends", "Two ends, and bytes behind the end.").table(table) \
        .into(9, short[1]).drop(9, "OUTER_FRAGMENT").into(9, long[2]).drop(9, "OUTER_FRAGMENT_OVERLAP") \
        .line("time 2001").into(9, long[2]).drop(9, "OUTER_FRAGMENT").into(9, short[1]).drop(9, "OUTER_FRAGMENT_OVERLAP")
    huge = eth(UPLINK, FABRIC, ip4(H2, H1, 17, b"x" * 800, ident=50, frag=9200 // 8))
    gaps = case("reassembly-limits", "Beyond 9,202 bytes; too many gaps; nothing inside, or of a length that no sender makes; a stranger's; not a tunnel's.") \
        .into(9, huge).drop(9, "OUTER_FRAGMENT_LIMIT")
    for i in range(9):
        gaps.into(9, eth(UPLINK, FABRIC, ip4(H2, H1, 17, b"x" * 8, ident=51, frag=0x2000 | 2 * i + 1)))
    yield gaps.drop(9, "OUTER_FRAGMENT", 8).drop(9, "OUTER_FRAGMENT_LIMIT") \
        .into(9, eth(UPLINK, FABRIC, ip4(H2, H1, 17, b"", ident=52, frag=0x2000))).into(9, eth(UPLINK, FABRIC, ip4(H2, H1, 17, b"x" * 9, ident=52, frag=0x2000))) \
        .into(9, eth(UPLINK, FABRIC, ip4(H2, H1, 17, b"x" * 80, ident=52, frag=0x1fff))).drop(9, "OUTER_FRAGMENT_MALFORMED", 3) \
        .into(9, eth(UPLINK, FABRIC, ip4("203.0.113.9", H1, 17, b"x" * 80, frag=0x2000))).drop(9, "UNKNOWN_TUNNEL_SOURCE") \
        .into(9, eth(UPLINK, FABRIC, ip4(H2, H1, 1, b"x" * 80, frag=0x2000))).into(9, eth(UPLINK, FABRIC, ip4(H2, "192.0.2.9", 17, b"x" * 80, frag=0x2000))) \
        .drop(9, "NOT_FOR_US", 2)
    marked = pieces(from_fabric(vxlan(101, udp(R4, A4, 2000, 1000, BIG[:1100], tos=2), ROUTER), tos=2), 800, 60)
    ce = pieces(from_fabric(vxlan(101, udp(R4, A4, 2000, 1000, BIG[:1100], tos=2), ROUTER), tos=3), 800, 60)
    none = pieces(from_fabric(vxlan(101, udp(R4, A4, 2000, 1000, BIG[:1100], tos=2), ROUTER), tos=0), 800, 60)
    yield case("reassembly-ecn", "RFC 3168 5.3: congestion marked on one fragment is marked on the packet; beside Not-ECT it is dropped.") \
        .into(9, marked[0]).into(9, ce[1]).drop(9, "OUTER_FRAGMENT").out(1, eth(A, GW, udp(R4, A4, 2000, 1000, BIG[:1100], tos=3))) \
        .into(9, none[0]).into(9, ce[1]).drop(9, "OUTER_FRAGMENT").drop(9, "CONGESTION_MARK")
    full = case("reassembly-many", "A worker keeps 32 packets; one more takes the place of the oldest.").table(table)
    for i in range(33):
        full.into(9, pieces(from_fabric(vxlan(101, v, ROUTER)), 1200, 100 + i)[0]).line("time 1")
    full.drop(9, "OUTER_FRAGMENT", 33).into(9, pieces(from_fabric(vxlan(101, v, ROUTER)), 1200, 101)[1]).out(1, eth(A, GW, v))
    yield full.into(9, pieces(from_fabric(vxlan(101, v, ROUTER)), 1200, 100)[1]).drop(9, "OUTER_FRAGMENT")


def outer_df():
    table = "vif 1 virtual vrf=1 mtu=9500 mac=02:00:00:00:00:11 check address=10.1.1.3/24 address=fd00:1::3/64 gateway=10.1.1.1/24 gateway=fd00:1::1/64"
    u, loose = udp(A4, R4, 1000, 2000), udp(A4, R4, 1000, 2000, frag=0)
    w, v6 = udp(A6, R6, 1000, 2000), udp(A4, "10.1.1.11", 1000, 2000)
    yield case("outer-df-copy", "DF as the inner IPv4 packet has it; set over inner IPv6. What is not protected has ids of its own.").table(PLANE + "df=copy") \
        .into(1, eth(GW, A, u)).tunnel(outer(H1, H2, 4789, vxlan(101, u))) \
        .into(1, eth(GW, A, loose)).tunnel(outer(H1, H2, 4789, vxlan(101, loose), frag=0, ident=0)) \
        .into(1, eth(GW, A, loose)).tunnel(outer(H1, H2, 4789, vxlan(101, loose), frag=0, ident=1)) \
        .into(1, eth(GW, A, w)).tunnel(outer(H1, H2, 4789, vxlan(101, w)))
    big = udp(A4, R4, 1000, 2000, BIG[:3000])
    yield case("outer-df-copy-too-big", "Nothing goes into outer fragments: too-big, or cut before the tunnel.").table(PLANE + "df=copy").table(table) \
        .into(1, eth(GW, A, big)).drop(1, "TOO_BIG") \
        .out(1, eth(A, GW, icmp4("10.1.1.1", A4, 3, 4, rest=struct.pack(">HH", 0, 1450), payload=big[:548], ident=0, frag=0)))
    story = case("outer-df-clear", "DF clear; what must not be cut goes whole into outer fragments, over IPv4 and IPv6; what may be is cut before.") \
        .table(PLANE + "df=clear").table(table).into(1, eth(GW, A, u)).tunnel(outer(H1, H2, 4789, vxlan(101, u), frag=0, ident=0)).into(1, eth(GW, A, big))
    frame = outer(H1, H2, 4789, vxlan(101, big), frag=0)
    for i, piece in enumerate(pieces(frame, 1480, 1)):
        story.out(9, piece, "", (34, 35) if i == 0 else ())
    inside = udp(A6, "fd00:1::11", 1000, 2000, BIG[:2000])
    story.into(1, eth(GW, A, inside))
    for i, piece in enumerate(pieces(outer(H16, H26, 4789, vxlan(101, inside)), 1448, 2)):
        story.out(9, piece, "", (16, 17, 62, 63) if i == 0 else (16, 17))
    cuttable = udp(A4, R4, 1000, 2000, BIG[:1440], frag=0)
    yield story.into(1, eth(GW, A, cuttable)) \
        .tunnel(outer(H1, H2, 4789, vxlan(101, ip4(A4, R4, 17, cuttable[20:1444], frag=0x2000)), frag=0, ident=3)) \
        .tunnel(outer(H1, H2, 4789, vxlan(101, ip4(A4, R4, 17, cuttable[1444:], frag=178)), frag=0, ident=4))
    g = udp(A4, G4, 1000, 2000, BIG[:2000])
    story = case("outer-df-clear-gre", "The same by MPLS in GRE, and a UDP GSO packet whose datagrams do not fit.").table(PLANE + "df=clear").table(table) \
        .into(1, eth(GW, A, g))
    for piece in pieces(gre(H1, H2, mpls(500, g), frag=0), 1480, 0):
        story.out(9, piece)
    story.into(1, eth(GW, A, udp(A4, G4, 1000, 2000, BIG[:3000], partial=True)), "gso=udp/1500 csum=34+6")
    for i in range(2):
        for piece in pieces(gre(H1, H2, mpls(500, udp(A4, G4, 1000, 2000, BIG[i * 1500:i * 1500 + 1500], ident=0x1234 + i)), frag=0), 1480, 1 + i):
            story.out(9, piece)
    yield story
    limit = udp(A4, R4, 1000, 2000, BIG[:9153 - 28])
    yield case("outer-df-clear-limit", "Beyond 9,202 outer bytes the tenant hears what does go: 9202 - 50.").table(PLANE + "df=clear").table(table) \
        .into(1, eth(GW, A, limit)).drop(1, "TOO_BIG") \
        .out(1, eth(A, GW, icmp4("10.1.1.1", A4, 3, 4, rest=struct.pack(">HH", 0, 9152), payload=limit[:548], ident=0, frag=0)))


def natives():
    def go(packet):
        return eth(FABRIC, UPLINK, packet)

    def come(packet):
        return eth(UPLINK, FABRIC, packet)

    def hop(packet, by=1):
        import cases
        return cases.hop(packet, by)

    u, v = udp(A4, W4, 1000, 2000), udp(W4, A4, 2000, 1000)
    u6, v6 = udp(A6, W6, 1000, 2000), udp(W6, A6, 2000, 1000)
    routes = ("route 0 10.1.1.3/32 nexthop=1", "route 0 fd00:1::3/128 nexthop=1", "route 0 203.0.113.0/24 nexthop=60", "route 0 2001:db8:ff::/64 nexthop=61")

    def outside(name, text, vrf=0):
        story = case(name, text).table(NATIVE % vrf)
        for route in routes:
            story.table(route)
        return story

    yield case("native-off", "An uplink takes nothing outside tunnels unless it is told to.").table("route 0 10.1.1.3/32 nexthop=1") \
        .into(9, come(v)).drop(9, "NOT_FOR_US")
    yield outside("native-opened-inside", "To the gateway without a tunnel, a hop less; the answers come by the uplink's VRF.") \
        .into(1, eth(GW, A, u)).out(9, go(hop(u))).into(9, come(v)).out(1, eth(A, GW, hop(v))) \
        .into(1, eth(GW, A, u6)).out(9, go(hop(u6))).into(9, come(v6)).out(1, eth(A, GW, hop(v6)))
    yield outside("native-opened-outside", "An outsider opens, the port answers.") \
        .into(9, come(v)).out(1, eth(A, GW, hop(v))).into(1, eth(GW, A, u)).out(9, go(hop(u))) \
        .into(9, come(v6)).out(1, eth(A, GW, hop(v6))).into(1, eth(GW, A, u6)).out(9, go(hop(u6)))
    policy = "vif 1 virtual vrf=1 mtu=1450 mac=02:00:00:00:00:11 check address=10.1.1.3/24 gateway=10.1.1.1/24 ingress=%d"
    yield outside("native-identity", "Who comes by an uplink outside a tunnel is EXTERNAL, whatever routes say of the address.") \
        .table("identity 7 network:1").table("route 0 203.0.113.0/24 nexthop=60 identity=7").table("route 1 203.0.113.0/24 nexthop=60 identity=7") \
        .table("policy 5 deny rule allow from=identity:2").table("policy 6 deny rule allow from=network:1") \
        .table(policy % 6).into(9, come(v)).drop(9, "POLICY").table(policy % 5).into(9, come(v)).out(1, eth(A, GW, hop(v)))
    yield outside("native-refused", "No route; a local port's address, a tunnel's, the plane's own as source; a group; for another MAC's group; back out\n"
                  "by an uplink; loopback; an ICMP error about nothing.") \
        .table("route 0 10.1.1.9/32 nexthop=20 label=101").table("route 0 10.1.1.1/32 nexthop=5") \
        .into(9, come(udp(W4, "10.9.9.9", 1, 2))).into(9, come(udp(W4, "224.0.0.5", 1, 2))).into(9, eth("ff:ff:ff:ff:ff:ff", FABRIC, v)) \
        .into(9, come(udp(W4, "203.0.113.9", 1, 2))).drop(9, "NOT_FOR_US", 4) \
        .into(9, come(udp(A4, A4, 1, 2))).into(9, come(udp(R4, A4, 1, 2))).into(9, come(udp("10.1.1.1", A4, 1, 2))).drop(9, "SOURCE_MISMATCH", 3) \
        .into(9, come(udp("127.0.0.1", A4, 1, 2))).drop(9, "INVALID_SOURCE_ADDRESS") \
        .into(9, come(icmp4(W4, A4, 3, 3, rest=b"\0" * 4, payload=u))).drop(9, "POLICY")
    yield outside("native-echo", "An outsider pings the plane's address; time exceeded goes back to him.") \
        .table("route 0 10.1.1.1/32 nexthop=5").into(9, come(icmp4(W4, "10.1.1.1", 8, ttl=9))).out(9, go(icmp4("10.1.1.1", W4, 0))) \
        .into(9, come(udp(W4, A4, 1, 2, ttl=1))).drop(9, "TTL_EXCEEDED") \
        .out(9, go(icmp4("10.1.1.1", W4, 11, rest=b"\0" * 4, payload=udp(W4, A4, 1, 2, ttl=1), ident=0, frag=0)))
    yield outside("native-tunnel-source", "Tunnel packets of a gateway: it is no tunnel endpoint for anybody's address.") \
        .into(9, from_fabric(vxlan(101, udp(W4, A4, 1, 2), ROUTER), src="192.0.2.254")).drop(9, "SOURCE_MISMATCH")
    big, cut = udp(A4, W4, 1000, 2000, BIG[:1480]), udp(A4, W4, 1000, 2000, BIG[:1480], frag=0)
    whole = tcp(A4, W4, 1000, 80, 1, BIG[:3000], partial=True)
    story = outside("native-sizes", "The uplink's MTU: too-big, fragments, segments and MSS; a partial checksum is completed.") \
        .table("vif 1 virtual vrf=1 mtu=9000 mac=02:00:00:00:00:11 check address=10.1.1.3/24 gateway=10.1.1.1/24") \
        .into(1, eth(GW, A, big)).drop(1, "TOO_BIG") \
        .out(1, eth(A, GW, icmp4("10.1.1.1", A4, 3, 4, rest=struct.pack(">HH", 0, 1500), payload=big[:548], ident=0, frag=0))) \
        .into(1, eth(GW, A, cut)).out(9, go(ip4(A4, W4, 17, cut[20:1500], frag=0x2000, ttl=63))).out(9, go(ip4(A4, W4, 17, cut[1500:], frag=185, ttl=63))) \
        .into(1, eth(GW, A, tcp(A4, W4, 1000, 80, 1, flags=2, options=struct.pack(">BBH", 2, 4, 8960)))) \
        .out(9, go(tcp(A4, W4, 1000, 80, 1, flags=2, options=struct.pack(">BBH", 2, 4, 1460), ttl=63))) \
        .into(1, eth(GW, A, udp(A4, W4, 1, 2, BIG[:99], partial=True)), "csum=34+6").out(9, go(udp(A4, W4, 1, 2, BIG[:99], ttl=63))) \
        .into(1, eth(GW, A, whole), "gso=tcp4/8000 csum=34+16")
    for i, at in enumerate(range(0, 3000, 1460)):
        story.out(9, go(tcp(A4, W4, 1000, 80, 1 + at, BIG[at:min(at + 1460, 3000)], ident=0x1234 + i, ttl=63)))
    yield story
    yield outside("native-unresolved", "The gateway does not answer; the uplink has gone.").table("path destination=192.0.2.254") \
        .into(1, eth(GW, A, u)).drop(1, "PATH_UNRESOLVED").table("delete vif 9").into(1, eth(GW, A, u)).drop(1, "INVALID_VIF")
    gso = tcp(W4, A4, 80, 1000, 1, BIG[:3000], partial=True)
    yield outside("native-gso", "A GSO packet of an uplink passes to the port as it is; one that says it is a tunnel's does not.") \
        .into(9, come(gso), "gso=tcp4/1400 csum=34+16").out(1, eth(A, GW, hop(gso)), "gso=tcp4/1400 csum=34+16") \
        .into(9, from_fabric(vxlan(101, v, ROUTER)), "gso=udp/100 csum=34+6").drop(9, "GSO")


def ways():
    second = "vif 8 physical vrf=0 mtu=1500 mac=02:00:00:00:00:ee"
    one = "path destination=198.51.100.2 resolved vif=9 gateway=192.0.2.254 mtu=1500 source-mac=02:00:00:00:00:fe destination-mac=02:00:00:00:00:fd"
    two = one + " way=8,02:00:00:00:00:ee,02:00:00:00:00:ed"
    story = case("ways-two-uplinks", "Two equal ways: connections are spread by their entropy, each stays on its own; when an uplink goes, all leave\n"
                 "by the other at once.").table(second).table(two)
    # which way a connection takes is the plane's choice; that both are taken and that none changes is what the unit test checks
    story.table("delete vif 9")
    for port in range(4):
        u = udp(A4, R4, 1000 + port, 2000)
        story.into(1, eth(GW, A, u)).out(8, outer(H1, H2, 4789, vxlan(101, u), "02:00:00:00:00:ee", "02:00:00:00:00:ed"), "", (34, 35))
    yield story
    table = one + " weight=256 way=8,02:00:00:00:00:ee,02:00:00:00:00:ed,256"
    for name, lost, vif, macs in (("ways-weight-one-uplink", 9, 8, ("02:00:00:00:00:ee", "02:00:00:00:00:ed")), ("ways-weight-other-uplink", 8, 9, ())):
        u = udp(A4, R4, 1000, 2000)
        yield case(name, "Ways with weights: without the other's uplink all leave by this one, with headers of their own.").table(second).table(table) \
            .table("delete vif %d" % lost).into(1, eth(GW, A, u)).out(vif, outer(H1, H2, 4789, vxlan(101, u), *macs), "", (34, 35))
    u = udp(A4, R4, 1000, 2000)
    yield case("ways-one-left", "The mirror takes a way back.").table(second).table(two).table(one).into(1, eth(GW, A, u)).tunnel(outer(H1, H2, 4789, vxlan(101, u)))


def all_cases():
    for group in (gres, over_ipv6, checksums, marks, clamps, path_mtu, reassembly, outer_df, natives, ways):
        yield from group()
