# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""The packet vectors of translation: floating IPs and source address pools. Addresses and tables: base.tables; a public VRF 3."""
from compose import *  # noqa: F403: the composer's words

F1, F2, POOL = "203.0.113.10", "203.0.113.11", "203.0.113.100"
X, FAR, ROUTER_FAR = "203.0.113.9", "8.8.8.8", "198.18.0.7"  # outside, behind the other host
F61, X6 = "2001:db8:f::10", "2001:db8:f::9"
BOUND = "floating-ip 1 vrf=3 vif=1 floating=%s fixed=%s" % (F1, A4)
BOUND6 = "floating-ip 6 vrf=3 vif=1 floating=%s fixed=%s" % (F61, A6)
CRC = [0] * 256
for byte in range(256):
    value = byte
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    CRC[byte] = value


def hop(packet):
    """The packet one hop later."""
    if packet[0] >> 4 == 6:
        return packet[:7] + bytes([packet[7] - 1]) + packet[8:]
    header = (packet[0] & 15) * 4
    head = packet[:8] + bytes([packet[8] - 1, packet[9]]) + b"\0\0" + packet[12:header]
    return head[:10] + struct.pack(">H", inet(head)) + head[12:] + packet[header:]


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def sctp(src, dst, sport, dport, payload, bad=0, **kw):
    head = struct.pack(">HHI", sport, dport, 77)
    crc = crc32c(head + b"\0\0\0\0" + payload) ^ bad
    return ip(src, dst, 132, head + struct.pack("<I", crc) + payload, **kw)


def blank_udp(src, dst, sport, dport, payload=b"weft"):
    return ip4(src, dst, 17, struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload)


def case(name, text, *tables):
    made = Case(name, text).table("vrf 3 vni=103").table("nexthop 13 lookup vrf=3").table("vni 103 nexthop=13") \
        .table("route 3 %s/32 nexthop=1 proxy same" % F1).table("route 3 %s/32 nexthop=3 proxy same" % F2) \
        .table("route 3 %s/128 nexthop=1 proxy same" % F61).table("route 3 %s/128 nexthop=20 label=103 proxy same" % X6) \
        .table("route 3 0.0.0.0/0 nexthop=20 label=103")
    for line in tables:
        made.table(line)
    return made


def sent(packet, vni=103):
    return outer(H1, H2, 4789, vxlan(vni, packet))


def came(packet, vni=103):
    return outer(H2, H1, 4789, vxlan(vni, packet, ROUTER), FABRIC, UPLINK)


def floating():
    asks, asked = udp(X, F1, 40000, 53), udp(X, A4, 40000, 53)
    says, said = udp(A4, X, 53, 40000), udp(F1, X, 53, 40000)
    yield case("nat-floating-inbound", "From outside to the floating address: the port gets it at its own; answers leave as the floating one.", BOUND) \
        .into(9, came(asks)).out(1, eth(A, GW, hop(asked))).into(1, eth(GW, A, says)).tunnel(sent(hop(said))) \
        .into(9, came(asks)).out(1, eth(A, GW, hop(asked)))
    opens, opened = udp(A4, FAR, 1000, 53), udp(F1, FAR, 1000, 53)
    back, came_back = udp(FAR, F1, 53, 1000), udp(FAR, A4, 53, 1000)
    yield case("nat-floating-outbound", "The port's VRF has no route: it leaves as the floating address, by that one's VRF.", BOUND) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))).into(9, came(back)).out(1, eth(A, GW, hop(came_back))) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened)))
    yield case("nat-floating-own-route", "The longer match decides; of equals the port's own VRF. What is open keeps its address.",
               BOUND, "route 1 0.0.0.0/0 nexthop=20 label=101") \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opens), 101)) \
        .table("route 3 8.0.0.0/8 nexthop=20 label=103").into(1, eth(GW, A, opens)).tunnel(sent(hop(opens), 101)) \
        .into(1, eth(GW, A, udp(A4, FAR, 1001, 53))).tunnel(sent(hop(udp(F1, FAR, 1001, 53)))) \
        .table("route 1 8.8.8.0/24 nexthop=20 label=101") \
        .into(1, eth(GW, A, udp(A4, FAR, 1001, 53))).tunnel(sent(hop(udp(F1, FAR, 1001, 53)))) \
        .into(1, eth(GW, A, udp(A4, FAR, 1002, 53))).tunnel(sent(hop(udp(A4, FAR, 1002, 53)), 101))
    yield case("nat-floating-other-address", "Only what is sent from the fixed address leaves as the floating one.",
               "vif 1 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.3/24 address=10.1.1.33/24" % A, BOUND) \
        .into(1, eth(GW, A, udp("10.1.1.33", FAR, 1, 2))).drop(1, "NO_ROUTE")
    yield case("nat-floating-several", "Of several in one VRF the lowest address; a connection keeps the one it has.", BOUND) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))) \
        .table("floating-ip 2 vrf=3 vif=1 floating=203.0.113.2 fixed=%s" % A4) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))).into(9, came(back)).out(1, eth(A, GW, hop(came_back))) \
        .into(1, eth(GW, A, udp(A4, FAR, 1001, 53))).tunnel(sent(hop(udp("203.0.113.2", FAR, 1001, 53))))
    yield case("nat-floating-gone", "Without its floating IP a connection has nowhere to go, either way; back again, it goes on.", BOUND) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))).table("delete floating-ip 1") \
        .into(1, eth(GW, A, opens)).drop(1, "NO_ROUTE").into(9, came(back)).drop(9, "NO_ROUTE") \
        .table(BOUND).into(9, came(back)).out(1, eth(A, GW, hop(came_back)))
    other = "floating-ip 1 vrf=3 vif=1 floating=203.0.113.2 fixed=%s" % A4
    yield case("nat-floating-changed", "Another floating address: the connection goes on under it; an answer to the old one is for nobody.", BOUND) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))).table(other).into(9, came(back)).drop(9, "TRANSLATION_GONE") \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(udp("203.0.113.2", FAR, 1000, 53))))


def scopes():
    asks, asked = udp(X, F1, 40000, 53), udp(X, A4, 40000, 53)
    opens, opened = udp(A4, FAR, 1000, 53), udp(F1, FAR, 1000, 53)
    yield case("nat-floating-ingress-only", "Takes connections, opens none.", BOUND + " ingress") \
        .into(9, came(asks)).out(1, eth(A, GW, hop(asked))).into(1, eth(GW, A, opens)).drop(1, "NO_ROUTE")
    yield case("nat-floating-egress-only", "Opens connections and gets their answers; takes none.", BOUND + " egress") \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))).into(9, came(udp(FAR, F1, 53, 1000))) \
        .out(1, eth(A, GW, hop(udp(FAR, A4, 53, 1000)))).into(9, came(asks)).drop(9, "NAT_DIRECTION")
    mapped = BOUND + " map=6,8080,80,2"
    yield case("nat-floating-ports", "Ports 8080 and 8081 are 80 and 81; nothing else is there.", mapped) \
        .into(9, came(tcp(X, F1, 40000, 8081, 5, flags=2))).out(1, eth(A, GW, hop(tcp(X, A4, 40000, 81, 5, flags=2)))) \
        .into(1, eth(GW, A, tcp(A4, X, 81, 40000, 9, flags=18))).tunnel(sent(hop(tcp(F1, X, 8081, 40000, 9, flags=18)))) \
        .into(9, came(tcp(X, F1, 40000, 8082, 5, flags=2))).drop(9, "NAT_NOT_MAPPED", 3) \
        .into(9, came(udp(X, F1, 40000, 8080))).into(9, came(icmp4(X, F1, 8))) \
        .into(1, eth(GW, A, tcp(A4, X, 80, 7, 5, flags=2))).tunnel(sent(hop(tcp(F1, X, 8080, 7, 5, flags=2)))) \
        .into(1, eth(GW, A, tcp(A4, X, 82, 7, 5, flags=2))).drop(1, "NO_ROUTE")
    yield case("nat-floating-shared", "Two floating IPs of one address and port, each with ports of its own, to two fixed addresses.",
               BOUND + " map=17,53,53,1", "floating-ip 2 vrf=3 vif=1 floating=%s fixed=10.1.1.33 map=17,54,54,1" % F1) \
        .into(9, came(asks)).out(1, eth(A, GW, hop(asked))) \
        .into(9, came(udp(X, F1, 40000, 54))).out(1, eth(A, GW, hop(udp(X, "10.1.1.33", 40000, 54))))
    yield case("nat-floating-by-label", "The fabric's label names the port: the packet is of the floating IP's VRF all the same.", BOUND) \
        .into(9, outer(H2, H1, 6635, mpls(100, asks), FABRIC, UPLINK)).out(1, eth(A, GW, hop(asked))) \
        .into(1, eth(GW, A, udp(A4, X, 53, 40000))).tunnel(sent(hop(udp(F1, X, 53, 40000)))) \
        .into(9, outer(H2, H1, 6635, mpls(100, asks), FABRIC, UPLINK)).out(1, eth(A, GW, hop(asked)))
    yield case("nat-floating-label-answers", "Answers by the port's label to the floating address.", BOUND) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))) \
        .into(9, outer(H2, H1, 6635, mpls(100, udp(FAR, F1, 53, 1000)), FABRIC, UPLINK)).out(1, eth(A, GW, hop(udp(FAR, A4, 53, 1000))))
    twin = "vif 3 virtual vrf=2 mtu=1450 mac=%s check address=10.1.1.3/24" % C
    yield case("nat-floating-overlap", "Two networks with one address, each its floating IP: same ports, same far end.",
               twin, BOUND, "floating-ip 2 vrf=3 vif=3 floating=%s fixed=%s" % (F2, A4)) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))).into(3, eth(GW, C, opens)).tunnel(sent(hop(udp(F2, FAR, 1000, 53)))) \
        .into(9, came(udp(FAR, F2, 53, 1000))).out(3, eth(C, GW, hop(udp(FAR, A4, 53, 1000)))) \
        .into(9, came(udp(FAR, F1, 53, 1000))).out(1, eth(A, GW, hop(udp(FAR, A4, 53, 1000)))) \
        .into(9, came(udp(X, F2, 9, 53))).out(3, eth(C, GW, hop(udp(X, A4, 9, 53))))
    both = (BOUND, "floating-ip 2 vrf=3 vif=3 floating=%s fixed=%s" % (F2, C4))
    yield case("nat-floating-to-floating", "From one floating IP to another on this host: both ends are translated.", *both) \
        .into(1, eth(GW, A, udp(A4, F2, 1000, 53))).out(3, eth(C, GW, hop(udp(F1, C4, 1000, 53)))) \
        .into(3, eth(GW, C, udp(C4, F1, 53, 1000))).out(1, eth(A, GW, hop(udp(F2, A4, 53, 1000))))
    yield case("nat-floating-hairpin", "A port reaches itself by its floating address, seen from there.", BOUND) \
        .into(1, eth(GW, A, udp(A4, F1, 1000, 53))).out(1, eth(A, GW, hop(udp(F1, A4, 1000, 53)))) \
        .into(1, eth(GW, A, udp(A4, F1, 53, 1000))).out(1, eth(A, GW, hop(udp(F1, A4, 53, 1000)))) \
        .into(1, eth(GW, A, udp(A4, F1, 7, 7))).drop(1, "SAME_PORT")
    yield case("nat-floating-imported", "A network that imports the floating address's route reaches it, and is answered by it.",
               "route 2 %s/32 nexthop=1" % F1, BOUND) \
        .into(3, eth(GW, C, udp(C4, F1, 9, 53))).out(1, eth(A, GW, hop(udp(C4, A4, 9, 53)))) \
        .into(1, eth(GW, A, udp(A4, C4, 53, 9))).out(3, eth(C, GW, hop(udp(F1, C4, 53, 9))))
    asks6, says6 = udp(X6, F61, 9, 53), udp(A6, X6, 53, 9)
    yield case("nat-floating6", "IPv6, in and out.", BOUND6) \
        .into(9, came(asks6)).out(1, eth(A, GW, hop(udp(X6, A6, 9, 53)))).into(1, eth(GW, A, says6)).tunnel(sent(hop(udp(F61, X6, 53, 9)))) \
        .into(1, eth(GW, A, tcp(A6, X6, 5, 6, 7, flags=2))).tunnel(sent(hop(tcp(F61, X6, 5, 6, 7, flags=2))))


def headers():
    yield case("nat-echo", "Echo and its reply, both families.", BOUND, BOUND6) \
        .into(9, came(icmp4(X, F1, 8))).out(1, eth(A, GW, hop(icmp4(X, A4, 8)))) \
        .into(1, eth(GW, A, icmp4(A4, X, 0))).tunnel(sent(hop(icmp4(F1, X, 0)))) \
        .into(9, came(icmp6(X6, F61, 128))).out(1, eth(A, GW, hop(icmp6(X6, A6, 128)))) \
        .into(1, eth(GW, A, icmp6(A6, X6, 129))).tunnel(sent(hop(icmp6(F61, X6, 129))))
    yield case("nat-udp-without-checksum", "A UDP checksum that was not made is not made.", BOUND) \
        .into(9, came(blank_udp(X, F1, 9, 53))).out(1, eth(A, GW, hop(blank_udp(X, A4, 9, 53))))
    broken = tcp(X, F1, 9, 80, 5, flags=2, bad=0x0101)
    fixed = tcp(X, A4, 9, 80, 5, flags=2)
    at = 36
    wrong = struct.unpack(">H", broken[at:at + 2])[0]
    good, now = struct.unpack(">H", tcp(X, F1, 9, 80, 5, flags=2)[at:at + 2])[0], struct.unpack(">H", fixed[at:at + 2])[0]
    total = (0xFFFF ^ wrong) + good + (0xFFFF ^ now)  # the error is carried along
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    carried = fixed[:at] + struct.pack(">H", 0xFFFF ^ total) + fixed[at + 2:]
    yield case("nat-checksum-stays-wrong", "What came broken leaves broken.", BOUND).into(9, came(broken)).out(1, eth(A, GW, hop(carried)))
    yield case("nat-sctp", "SCTP: ports and CRC32c; a CRC that came wrong stays so.", BOUND + " map=132,5000,36412,1") \
        .into(9, came(sctp(X, F1, 9, 5000, b"\1" + b"chunk" * 31))).out(1, eth(A, GW, hop(sctp(X, A4, 9, 36412, b"\1" + b"chunk" * 31)))) \
        .into(1, eth(GW, A, sctp(A4, X, 36412, 9, b""))).tunnel(sent(hop(sctp(F1, X, 5000, 9, b"")))) \
        .into(9, came(sctp(X, F1, 9, 5000, b"abc", bad=0x80))).out(1, eth(A, GW, hop(sctp(X, A4, 9, 36412, b"abc", bad=0x80))))
    partial, twin = "vif 3 virtual vrf=2 mtu=1450 mac=%s" % C, "floating-ip 2 vrf=3 vif=3 floating=%s fixed=%s" % (F2, C4)
    yield case("nat-checksum-partial", "Port to port on this host: a partial checksum stays partial, of the new addresses.", partial, BOUND, twin) \
        .into(1, eth(GW, A, tcp(A4, F2, 5, 80, 1, b"x" * 60, partial=True)), "csum=34+16") \
        .out(3, eth(C, GW, hop(tcp(F1, C4, 5, 80, 1, b"x" * 60, partial=True))), "csum=34+16")
    big = bytes(range(250)) * 12
    yield case("nat-gso", "A GSO packet is cut into segments of the translated connection.", BOUND) \
        .into(1, eth(GW, A, tcp(A4, FAR, 5, 80, 1, big[:2000], partial=True)), "gso=tcp4/1000 csum=34+16") \
        .tunnel(sent(hop(tcp(F1, FAR, 5, 80, 1, big[:1000])))) \
        .tunnel(sent(hop(tcp(F1, FAR, 5, 80, 1001, big[1000:2000], ident=0x1235))), "train")
    whole = udp(X, F1, 9, 53, b"f" * 40)
    after = udp(X, A4, 9, 53, b"f" * 40)
    yield case("nat-fragments", "The first fragment has the checksum, later ones addresses alone.", BOUND) \
        .into(9, came(ip4(X, F1, 17, whole[20:52], frag=0x2000))).out(1, eth(A, GW, hop(ip4(X, A4, 17, after[20:52], frag=0x2000)))) \
        .into(9, came(ip4(X, F1, 17, whole[52:], frag=4))).out(1, eth(A, GW, hop(ip4(X, A4, 17, after[52:], frag=4))))
    cut = sctp(X, F1, 9, 5000, b"c" * 36)
    yield case("nat-sctp-fragment", "The CRC of a fragmented SCTP packet cannot follow its ports.", BOUND + " map=132,5000,36412,1") \
        .into(9, came(ip4(X, F1, 132, cut[20:52], frag=0x2000))).drop(9, "UNTRANSLATABLE")
    trap = "floating-ip 2 vrf=3 vif=3 floating=%s fixed=%s map=17,99,4789,1" % (F2, H2)
    yield case("nat-tunnel-from-port", "A destination that becomes a tunnel endpoint's by translation.", BOUND, trap) \
        .into(1, eth(GW, A, udp(A4, F2, 1, 99))).drop(1, "TUNNEL_FROM_PORT", 2).into(1, eth(GW, A, udp(A4, F2, 1, 99)))


def errors():
    opens, opened = udp(A4, FAR, 1000, 53, b"question" * 4), udp(F1, FAR, 1000, 53, b"question" * 4)
    for name, about, source, quoted in (
            ("nat-icmp-error-inside", "A router's error about what left is told to the port about what it sent.", ROUTER_FAR, 28),
            ("nat-icmp-error-of-end", "The far end's error, with more of the packet.", FAR, 52)):
        yield case(name, about, BOUND).into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))) \
            .into(9, came(icmp4(source, F1, 3, 3, b"\0" * 4, hop(opened)[:quoted]))) \
            .out(1, eth(A, GW, hop(icmp4(source, A4, 3, 3, b"\0" * 4, hop(opens)[:quoted]))))
    asks, asked = tcp(X, F1, 9, 80, 5, b"data" * 5, flags=2), tcp(X, A4, 9, 80, 5, b"data" * 5, flags=2)
    yield case("nat-icmp-error-outside", "A port's error is told outside about the floating address, the quoted checksum included.", BOUND) \
        .into(9, came(asks)).out(1, eth(A, GW, hop(asked))) \
        .into(1, eth(GW, A, icmp4(A4, X, 3, 3, b"\0" * 4, hop(asked)))).tunnel(sent(hop(icmp4(F1, X, 3, 3, b"\0" * 4, hop(asks)))))
    asks6, asked6 = udp(X6, F61, 9, 53, b"q" * 9), udp(X6, A6, 9, 53, b"q" * 9)
    yield case("nat-icmp6-error", "The same over IPv6.", BOUND6).into(9, came(asks6)).out(1, eth(A, GW, hop(asked6))) \
        .into(1, eth(GW, A, icmp6(A6, X6, 1, 4, b"\0" * 4, hop(asked6)))).tunnel(sent(hop(icmp6(F61, X6, 1, 4, b"\0" * 4, hop(asks6)))))
    yield case("nat-icmp-error-echo", "An error about an echo.", BOUND) \
        .into(1, eth(GW, A, icmp4(A4, FAR, 8))).tunnel(sent(hop(icmp4(F1, FAR, 8)))) \
        .into(9, came(icmp4(ROUTER_FAR, F1, 11, 0, b"\0" * 4, hop(icmp4(F1, FAR, 8))))) \
        .out(1, eth(A, GW, hop(icmp4(ROUTER_FAR, A4, 11, 0, b"\0" * 4, hop(icmp4(A4, FAR, 8))))))
    big = udp(A4, FAR, 1000, 53, b"b" * 1450)
    yield case("nat-too-big", "The plane's own error quotes what the port sent.", BOUND).into(1, eth(GW, A, big)).drop(1, "TOO_BIG") \
        .out(1, eth(A, GW, icmp4("10.1.1.1", A4, 3, 4, struct.pack(">HH", 0, 1450), big[:548], ident=0, frag=0, ttl=64)))
    dying = udp(X, F1, 9, 53, ttl=1)
    yield case("nat-ttl", "Time exceeded goes outside, about the floating address.", BOUND).into(9, came(dying)).drop(9, "TTL_EXCEEDED") \
        .tunnel(sent(icmp4("10.1.1.1", X, 11, 0, b"\0" * 4, dying, ident=0, frag=0, ttl=64)))


def pools():
    pool = ("nat-pool 1 vrf=3 first=%s ports=5000-5000" % POOL, "nexthop 14 lookup vrf=3 pool=1", "route 1 0.0.0.0/0 nexthop=14")
    opens, opened = udp(A4, FAR, 1000, 53), udp(POOL, FAR, 5000, 53)
    back, came_back = udp(FAR, POOL, 53, 5000), udp(FAR, A4, 53, 1000)
    yield case("nat-pool", "A route by a pool: another source address and port, and answers find their way back.", *pool) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))).into(9, came(back)).out(1, eth(A, GW, hop(came_back))) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened)))
    yield case("nat-pool-exhausted", "One port of each protocol and no more; what is not an answer comes to nobody.", *pool) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))).into(1, eth(GW, A, udp(A4, FAR, 1001, 53))).drop(1, "NAT_EXHAUSTED") \
        .into(1, eth(GW, A, tcp(A4, FAR, 9, 80, 5, flags=2))).tunnel(sent(hop(tcp(POOL, FAR, 5000, 80, 5, flags=2)))) \
        .table("route 3 %s/32 nexthop=5" % POOL).into(9, came(udp(X, POOL, 53, 5000))).drop(9, "NO_RECEIVER")
    yield case("nat-pool-echo", "An echo's identifier is its port.", *pool) \
        .into(1, eth(GW, A, icmp4(A4, FAR, 8))).tunnel(sent(hop(icmp4(POOL, FAR, 8, rest=struct.pack(">HH", 5000, 1))))) \
        .into(9, came(icmp4(FAR, POOL, 0, rest=struct.pack(">HH", 5000, 1)))).out(1, eth(A, GW, hop(icmp4(FAR, A4, 0)))) \
        .into(9, came(icmp4(ROUTER_FAR, POOL, 11, 0, b"\0" * 4, hop(icmp4(POOL, FAR, 8, rest=struct.pack(">HH", 5000, 1)))))) \
        .out(1, eth(A, GW, hop(icmp4(ROUTER_FAR, A4, 11, 0, b"\0" * 4, hop(icmp4(A4, FAR, 8))))))
    sctp_out = sctp(A4, FAR, 7, 8, b"chunks" * 40)
    yield case("nat-pool-sctp", "SCTP.", *pool).into(1, eth(GW, A, sctp_out)).tunnel(sent(hop(sctp(POOL, FAR, 5000, 8, b"chunks" * 40))))
    yield case("nat-pool-icmp-error", "An error about what left with a pool's port.", *pool) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))) \
        .into(9, came(icmp4(ROUTER_FAR, POOL, 3, 1, b"\0" * 4, hop(opened)))) \
        .out(1, eth(A, GW, hop(icmp4(ROUTER_FAR, A4, 3, 1, b"\0" * 4, hop(opens)))))
    esp = ip4(A4, FAR, 50, b"e" * 16)
    yield case("nat-pool-without-ports", "A protocol without ports takes the address; a second one to the same end finds no room.",
               *pool, "route 1 10.1.1.4/32 nexthop=2 same") \
        .into(1, eth(GW, A, esp)).tunnel(sent(hop(ip4(POOL, FAR, 50, b"e" * 16)))) \
        .into(9, came(ip4(FAR, POOL, 50, b"e" * 16))).out(1, eth(A, GW, hop(ip4(FAR, A4, 50, b"e" * 16)))) \
        .into(2, eth(GW, B, ip4(B4, FAR, 50, b"e" * 16))).drop(2, "NAT_EXHAUSTED")
    yield case("nat-pool-keeps", "Routes change: the connection keeps its port.", *pool) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))).table("route 1 8.8.0.0/16 nexthop=14") \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))).table("route 3 8.8.8.0/24 nexthop=20 label=104") \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened), 104)).into(9, came(back)).out(1, eth(A, GW, hop(came_back)))
    other = "nat-pool 1 vrf=3 first=203.0.113.101 ports=6000-6000"
    yield case("nat-pool-changed", "The pool loses the address: the connection takes another, answers to the old one are for nobody.", *pool) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))).table(other).into(9, came(back)).drop(9, "TRANSLATION_GONE") \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(udp("203.0.113.101", FAR, 6000, 53))))
    second = ("vrf 4 vni=104", "nat-pool 2 vrf=4 first=%s ports=5000-5000" % POOL, "nexthop 17 lookup vrf=4 pool=2", "route 4 0.0.0.0/0 nexthop=20 label=104")
    again = udp(A4, "9.9.9.9", 1001, 53)
    yield case("nat-pool-other-vrf", "The route moves to another VRF, whose pool has the same address and port: it is that pool's now, and the first one's is free.",
               *pool, *second) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))).table("route 1 0.0.0.0/0 nexthop=17") \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened), 104)).into(1, eth(GW, A, again)).drop(1, "NAT_EXHAUSTED") \
        .table("route 1 9.0.0.0/8 nexthop=14").into(1, eth(GW, A, again)).tunnel(sent(hop(udp(POOL, "9.9.9.9", 5000, 53))))
    yield case("nat-pool-family", "IPv6 by a pool of IPv4 addresses.", *pool, "route 1 ::/0 nexthop=14") \
        .into(1, eth(GW, A, udp(A6, "2001:db8:ffff::1", 1, 2))).drop(1, "NAT_NO_POOL")
    pool6 = ("nat-pool 6 vrf=3 first=2001:db8:f::100 ports=5000-5000", "nexthop 16 lookup vrf=3 pool=6", "route 1 ::/0 nexthop=16")
    yield case("nat-pool6", "IPv6.", *pool6).into(1, eth(GW, A, tcp(A6, X6, 1, 80, 2, flags=2))) \
        .tunnel(sent(hop(tcp("2001:db8:f::100", X6, 5000, 80, 2, flags=2)))) \
        .into(9, came(tcp(X6, "2001:db8:f::100", 80, 5000, 9, flags=18))).out(1, eth(A, GW, hop(tcp(X6, A6, 80, 1, 9, flags=18))))
    yield case("nat-pool-behind-floating", "The floating IP's VRF knows no better than the default route: the pool has it; where it does, the floating IP.",
               BOUND, *pool).into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))) \
        .table("route 3 9.0.0.0/8 nexthop=20 label=103") \
        .into(1, eth(GW, A, udp(A4, "9.9.9.9", 1, 53))).tunnel(sent(hop(udp(F1, "9.9.9.9", 1, 53))))


def services():
    """Link-local services: a route by a pool into a VRF of services, where the address is a port-mapped floating IP of the port behind."""
    link, host = "169.254.169.254", "10.9.0.2"
    tables = ("vrf 4", "vif 5 virtual vrf=4 mtu=1450 mac=%s check address=%s/24" % (P, host), "nexthop 50 local vif=5",
              "route 4 %s/32 nexthop=50" % link, "floating-ip 9 vrf=4 vif=5 floating=%s fixed=%s ingress map=6,80,8097,1" % (link, host),
              "nat-pool 2 vrf=4 first=10.9.0.1 ports=5000-5001", "nexthop 51 lookup vrf=4 pool=2",
              "route 1 %s/32 nexthop=51 proxy" % link, "route 2 %s/32 nexthop=51 proxy" % link)
    asks = tcp(A4, link, 1000, 80, 5, flags=2)
    yield case("nat-link-local", "169.254.169.254:80 of a network is port 8097 of a process behind a port of another VRF.", *tables) \
        .table("nat-pool 2 vrf=4 first=10.9.0.1 ports=5000-5000") \
        .into(1, eth(GW, A, asks)).out(5, eth(P, GW, hop(tcp("10.9.0.1", host, 5000, 8097, 5, flags=2)))) \
        .into(5, eth(GW, P, tcp(host, "10.9.0.1", 8097, 5000, 9, flags=18))).out(1, eth(A, GW, hop(tcp(link, A4, 80, 1000, 9, flags=18)))) \
        .into(1, eth(GW, A, tcp(A4, link, 1000, 81, 5, flags=2))).drop(1, "NAT_NOT_MAPPED")


def policies():
    web = "policy 7 deny rule allow to=10.1.1.3/32 ports=80"
    port = "vif 1 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.3/24 ingress=7" % A
    yield case("nat-policy-destination", "Policy sees the destination as the port knows it.", web, port, BOUND + " map=6,8080,80,1 map=6,80,81,1") \
        .into(9, came(tcp(X, F1, 9, 8080, 5, flags=2))).out(1, eth(A, GW, hop(tcp(X, A4, 9, 80, 5, flags=2)))) \
        .into(9, came(tcp(X, F1, 9, 80, 5, flags=2))).drop(9, "POLICY")
    own = "policy 8 deny rule allow from=10.1.1.3/32"
    port = "vif 1 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.3/24 egress=8" % A
    opens, opened = udp(A4, FAR, 1000, 53), udp(F1, FAR, 1000, 53)
    yield case("nat-policy-source", "Policy sees the source before it is translated; what it denies later is denied both ways.", own, port, BOUND) \
        .into(1, eth(GW, A, opens)).tunnel(sent(hop(opened))).table("policy 8 deny") \
        .into(1, eth(GW, A, opens)).drop(1, "POLICY").into(9, came(udp(FAR, F1, 53, 1000))).drop(9, "POLICY")
    outside = ("identity 5 network:77", "route 3 203.0.113.0/24 nexthop=20 label=103 identity=5", "policy 9 deny rule allow from=network:77")
    port = "vif 1 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.3/24 ingress=9" % A
    yield case("nat-policy-identity", "Who opens is what the floating IP's VRF says of it.", *outside, port, BOUND) \
        .into(9, came(udp(X, F1, 9, 53))).out(1, eth(A, GW, hop(udp(X, A4, 9, 53)))) \
        .into(9, came(udp(FAR, F1, 9, 53))).drop(9, "POLICY")
    stray = tcp(A4, X, 80, 9, 5, flags=16)
    port = "vif 1 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.3/24 egress=10" % A
    yield case("nat-midstream", "An answer of a connection older than the plane opens it the other way round.", "policy 10 deny", port, BOUND) \
        .into(1, eth(GW, A, stray)).tunnel(sent(hop(tcp(F1, X, 80, 9, 5, flags=16)))) \
        .into(9, came(tcp(X, F1, 9, 80, 7))).out(1, eth(A, GW, hop(tcp(X, A4, 9, 80, 7))))


def all_cases():
    for group in (floating, scopes, headers, errors, pools, services, policies):
        yield from group()
