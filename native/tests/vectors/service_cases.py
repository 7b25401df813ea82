# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""Services: virtual addresses, the backend of each connection, draining, limits, affinity, hairpin. Which backend is expected comes from
this file's own table (Maglev, weights, the hash that all hosts agree on), not from the core."""
import functools
import ipaddress
import struct
from fractions import Fraction

from compose import A, A4, A6, B, B4, B6, C, C4, FABRIC, GW, H1, H2, P, R4, ROUTER, UPLINK, Case, addr, eth, icmp4, icmp6, ip4, l4, outer, tcp, udp, vxlan

MASK = (1 << 64) - 1
VIP, VIP6 = "10.96.0.10", "fd00:96::10"
B50, B51 = "10.1.1.50", "10.1.1.51"  # more addresses of port 2


def mix(x):
    x = ((x ^ x >> 30) * 0xbf58476d1ce4e5b9) & MASK
    x = ((x ^ x >> 27) * 0x94d049bb133111eb) & MASK
    return x ^ x >> 31


def words(data):
    data += b"\0" * (16 - len(data))
    return int.from_bytes(data[:8], "little"), int.from_bytes(data[8:], "little")


def mix_address(h, address):
    one, other = words(address)
    return mix(mix(h ^ one) ^ other)


def connection_hash(proto, src, dst, sport, dport, client_only=False):
    h = mix_address(0x9e3779b97f4a7c15, addr(src))
    if client_only:
        return h >> 32
    h = mix_address(h, addr(dst))
    return mix(h ^ (proto << 32 | sport << 16 | dport)) >> 32


@functools.lru_cache(maxsize=None)
def maglev(backends):
    """backends: (key number, weight); a list of key numbers, one per slot."""
    want = -(-sum(w for _, w in backends) * 100 // min(w for _, w in backends))
    size = next(p for p in (251, 1021, 4093, 16381, 65537) if p >= want)
    state = {}
    for number, weight in backends:
        key = bytes(12) + struct.pack(">I", number)
        one, other = words(key)
        h = mix(mix((one + 0x9e3779b97f4a7c15) & MASK) ^ other)
        state[number] = [h % size, mix((h + 0x9e3779b97f4a7c15) & MASK) % (size - 1) + 1, 0, weight, key]
    table = [None] * size
    for _ in range(size):
        number = min(state, key=lambda n: (Fraction(state[n][2] + 1, state[n][3]), state[n][4]))
        s = state[number]
        while table[s[0]] is not None:
            s[0] = (s[0] + s[1]) % size
        table[s[0]] = number
        s[2] += 1
    return table


def pick(backends, *connection, **kw):
    table = maglev(tuple(backends))
    return table[connection_hash(*connection, **kw) * len(table) >> 32]


def service(*backends, sid=1, vrf=1, proto="udp", address=VIP, port=80, more=""):
    return "service %d vrf=%d %s address=%s port=%d%s%s" % (sid, vrf, proto, address, port, more and " " + more,
                                                        "".join(" backend=" + b for b in backends))


def base(name, about):
    """Port 2 has two addresses more, so that three backends are local."""
    return Case(name, about).table("vif 2 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.4/24 address=%s/32 address=%s/32 "
                                   "address=fd00:1::4/64" % (B, B50, B51)) \
        .table("route 1 %s/32 nexthop=2 same" % B50).table("route 1 %s/32 nexthop=2 same" % B51)


ADDRESS = {1: B4, 2: B50, 3: B51}
LOCAL = {n: "%d,%s,8080" % (n, a) for n, a in ADDRESS.items()}


def ask(sport, to=VIP, port=80, src=A4):
    return udp(src, to, sport, port)


def there(case, sport, number, vip=VIP):
    """A's packet to the service comes out at backend `number`, and its answer at A."""
    one, back = udp(A4, ADDRESS[number], sport, 8080), udp(ADDRESS[number], A4, 8080, sport)
    return case.into(1, eth(GW, A, ask(sport, vip))).out(2, eth(B, GW, one)).into(2, eth(GW, B, back)).out(1, eth(A, GW, udp(vip, A4, 80, sport)))


def chosen(keys, sport, client_only=False):
    return pick([(k, w) for k, w in keys], 17, A4, VIP, sport, 80, client_only=client_only)


def unreachable(packet):
    """What the sender of a packet to a service without a backend is told."""
    if packet[0] >> 4 == 6:
        return icmp6(VIP6, A6, 1, 4, b"\0" * 4, packet[:1232])
    return icmp4(VIP, str(ipaddress.ip_address(packet[12:16])), 3, 3, b"\0" * 4, packet[:548], ident=0, frag=0)


def basics():
    t, b = tcp(A4, B4, 1000, 8080, 5, flags=2), tcp(B4, A4, 8080, 1000, 9, flags=0x12)
    yield Case("service-tcp4", "A connection to a virtual address goes to its backend, and the answers seem to come from the address.") \
        .table(service("1,%s,8080" % B4, proto="tcp")).into(1, eth(GW, A, tcp(A4, VIP, 1000, 80, 5, flags=2))).out(2, eth(B, GW, t)) \
        .into(2, eth(GW, B, b)).out(1, eth(A, GW, tcp(VIP, A4, 80, 1000, 9, flags=0x12))) \
        .into(1, eth(GW, A, tcp(A4, VIP, 1000, 80, 6, b"x" * 9))).out(2, eth(B, GW, tcp(A4, B4, 1000, 8080, 6, b"x" * 9)))
    yield Case("service-udp6", "The same for IPv6.").table(service("1,%s,8080" % B6, address=VIP6)) \
        .into(1, eth(GW, A, udp(A6, VIP6, 1000, 80))).out(2, eth(B, GW, udp(A6, B6, 1000, 8080))) \
        .into(2, eth(GW, B, udp(B6, A6, 8080, 1000))).out(1, eth(A, GW, udp(VIP6, A6, 80, 1000)))
    one, back = udp(A4, R4, 1000, 8080), udp(R4, A4, 8080, 1000)
    yield Case("service-remote", "The backend is on another host: translated before the tunnel.").table(service("1,%s,8080" % R4)) \
        .into(1, eth(GW, A, ask(1000))).tunnel(outer(H1, H2, 4789, vxlan(101, one))) \
        .into(9, outer(H2, H1, 4789, vxlan(101, back, ROUTER), FABRIC, UPLINK)).out(1, eth(A, GW, udp(VIP, A4, 80, 1000)))
    yield Case("service-from-fabric", "A client on another host, a backend here.").table(service("1,%s,8080" % B4)) \
        .into(9, outer(H2, H1, 4789, vxlan(101, udp(R4, VIP, 1000, 80), ROUTER), FABRIC, UPLINK)).out(2, eth(B, GW, udp(R4, B4, 1000, 8080))) \
        .into(2, eth(GW, B, udp(B4, R4, 8080, 1000))).tunnel(outer(H1, H2, 4789, vxlan(101, udp(VIP, R4, 80, 1000))))
    low, low_back = udp(A4, C4, 1000, 8080, ttl=63), udp(VIP, A4, 80, 1000, ttl=63)
    yield Case("service-other-network", "The backend is in another VRF: one hop.").table(service("1,%s,8080,vrf=2" % C4)) \
        .into(1, eth(GW, A, ask(1000))).out(3, eth(C, GW, low)).into(3, eth(GW, C, udp(C4, A4, 8080, 1000))).out(1, eth(A, GW, low_back))
    yield Case("service-other-port", "Another port, protocol or VRF of the address is no service.").table(service("1,%s,8080" % B4)) \
        .into(1, eth(GW, A, ask(1000, port=81))).into(1, eth(GW, A, tcp(A4, VIP, 1000, 80, 5, flags=2))).drop(1, "NO_ROUTE", 2) \
        .into(3, eth(GW, C, ask(1000, src=C4))).drop(3, "NO_ROUTE")


def spread():
    keys = [(1, 1), (2, 1), (3, 2)]
    case = base("service-spread", "Twelve connections, each to the backend that every host would choose.") \
        .table(service(LOCAL[3] + ",weight=2", LOCAL[1], LOCAL[2]))
    for sport in range(1000, 1012):
        there(case, sport, chosen(keys, sport))
    yield case
    light, heavy = [(1, 1), (2, 1)], [(1, 1), (2, 50)]
    moved = next(s for s in range(1000, 9999) if chosen(light, s) == 1 and chosen(heavy, s) == 2)
    new = next(s for s in range(moved + 1, 9999) if chosen(light, s) == 1 and chosen(heavy, s) == 2)
    case = base("service-weight", "A weight acts on new connections at once and moves no other.").table(service(LOCAL[1], LOCAL[2]))
    there(case, moved, 1).table(service(LOCAL[1], LOCAL[2] + ",weight=50"))
    yield there(there(there(case, moved, 1), new, 2), moved, 1)
    case = base("service-draining", "A draining backend keeps its connections and gets no other; up again, it does.").table(service(LOCAL[1], LOCAL[2]))
    olds = [s for s in range(1000, 9999) if chosen(light, s) == 1][:3]
    there(case, olds[0], 1).table(service(LOCAL[1] + ",draining", LOCAL[2]))
    there(there(case, olds[1], 2), olds[0], 1).table(service(LOCAL[1], LOCAL[2]))
    yield there(there(case, olds[2], 1), olds[1], 2)


def gone():
    light = [(1, 1), (2, 1)]
    ones = [s for s in range(1000, 9999) if chosen(light, s) == 1][:2]
    twos = [s for s in range(1000, 9999) if chosen(light, s) == 2][:1]
    case = base("service-backend-gone", "Connections of a backend that went choose again; the others stay. Its late answers are nobody's.") \
        .table(service(LOCAL[1], LOCAL[2]))
    there(there(case, ones[0], 1), twos[0], 2).table(service(LOCAL[2]))
    late = udp(B4, A4, 8080, ones[0])
    case.into(2, eth(GW, B, late)).drop(2, "TRANSLATION_GONE")
    yield there(there(case, ones[0], 2), twos[0], 2)
    case = base("service-backend-moved", "The same backend at another address: its connections follow.").table(service(LOCAL[1]))
    there(case, 1000, 1).table(service("1,%s,8080" % B50))
    yield there(case, 1000, 2)
    case = base("service-deleted", "Without the service the address is what its route says; with it again, a service.").table(service(LOCAL[1]))
    there(case, 1000, 1).table("delete " + service()).table("route 1 %s/32 nexthop=0" % VIP)
    case.into(1, eth(GW, A, ask(1000))).drop(1, "DISCARD").table(service(LOCAL[1]))
    yield there(case, 1000, 1)
    case = base("service-none", "No backend takes new connections: port unreachable, from the virtual address.").table(service())
    case.into(1, eth(GW, A, ask(1000))).out(1, eth(A, GW, unreachable(ask(1000)))).drop(1, "NO_BACKEND", 2).table(service(LOCAL[1]))
    there(case, 1000, 1).table(service(LOCAL[1] + ",draining"))
    yield there(case, 1000, 1).into(1, eth(GW, A, ask(1001))).out(1, eth(A, GW, unreachable(ask(1001))))


def limits():
    case = base("service-limit", "A full backend gets no more; the connection goes to one that has room, or is refused.") \
        .table(service(LOCAL[1] + ",limit=1", LOCAL[2] + ",limit=1"))
    ones = [s for s in range(1000, 9999) if chosen([(1, 1), (2, 1)], s) == 1][:3]
    there(there(case, ones[0], 1), ones[1], 2)
    case.into(1, eth(GW, A, ask(ones[2]))).drop(1, "BACKEND_CONNECTION_LIMIT")
    there(case, ones[0], 1).table(service(LOCAL[1] + ",limit=2", LOCAL[2] + ",limit=1"))
    yield there(case, ones[2], 1)


def affinity():
    few, many = [(1, 1)], [(1, 1), (2, 50)]
    sticky = "affinity=30"
    assert chosen(many, 0, True) == 2
    case = base("service-affinity", "A client's next connection goes to its last backend, until 30 s have passed without one.") \
        .table(service(LOCAL[1], more=sticky))
    there(case, 1000, 1).table(service(LOCAL[1], LOCAL[2] + ",weight=50", more=sticky))
    there(case, 1001, 1).line("time 29000")
    there(case, 1002, 1).line("time 29000")
    there(case, 1003, 1).line("time 31000")
    there(case, 1004, 2)
    yield there(case, 1005, 2)
    case = base("service-affinity-draining", "Affinity does not keep a client at a draining backend.") \
        .table(service(LOCAL[1], more=sticky))
    there(case, 1000, 1).table(service(LOCAL[1] + ",draining", LOCAL[2], more=sticky))
    yield there(there(case, 1001, 2), 1000, 1)


def hairpin():
    yield Case("service-hairpin", "A pod reaches itself: it sees the virtual address as its client.") \
        .table(service("1,%s,8080" % A4, more="hairpin")) \
        .into(1, eth(GW, A, ask(1000))).out(1, eth(A, GW, udp(VIP, A4, 1000, 8080))) \
        .into(1, eth(GW, A, udp(A4, VIP, 8080, 1000))).out(1, eth(A, GW, udp(VIP, A4, 80, 1000))) \
        .into(1, eth(GW, A, ask(1000))).out(1, eth(A, GW, udp(VIP, A4, 1000, 8080)))
    yield Case("service-no-hairpin", "Without the flag it does not.").table(service("1,%s,8080" % A4)) \
        .into(1, eth(GW, A, ask(1000))).drop(1, "SAME_PORT")
    yield Case("service-hairpin-others", "Another client of the same service is not translated.") \
        .table(service("1,%s,8080" % B4, more="hairpin")) \
        .into(1, eth(GW, A, ask(1000))).out(2, eth(B, GW, udp(A4, B4, 1000, 8080)))


def pools():
    pool = "nat-pool 1 vrf=2 first=10.2.1.200 ports=5000-5000"
    to_c, answer = udp("10.2.1.200", C4, 5000, 8080, ttl=63), udp(VIP, A4, 80, 1000, ttl=63)
    case = Case("service-pool", "A service shared by networks: the backend sees an address of the pool, whoever the client is.") \
        .table(pool).table(service("1,%s,8080,vrf=2" % C4, more="pool=1"))
    yield case.into(1, eth(GW, A, ask(1000))).out(3, eth(C, GW, to_c)).into(3, eth(GW, C, udp(C4, "10.2.1.200", 8080, 5000))).out(1, eth(A, GW, answer)) \
        .into(2, eth(GW, B, ask(1000, src=B4))).drop(2, "NAT_EXHAUSTED").into(1, eth(GW, A, ask(1000))).out(3, eth(C, GW, to_c))
    own = "nat-pool 1 vrf=1 first=10.1.1.200 ports=5000-5000"
    yield Case("service-pool-hairpin", "With a pool a pod reaches itself too.").table(own).table(service("1,%s,8080" % A4, more="pool=1")) \
        .into(1, eth(GW, A, ask(1000))).out(1, eth(A, GW, udp("10.1.1.200", A4, 5000, 8080))) \
        .into(1, eth(GW, A, udp(A4, "10.1.1.200", 8080, 5000))).out(1, eth(A, GW, udp(VIP, A4, 80, 1000)))
    limited = "vif 1 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.3/24 connections=%%d" % A
    plain, back = udp(A4, B4, 7, 8), udp(B4, A4, 8, 7)
    case = Case("service-pool-port-given-back", "A connection whose backend changed finds its port at its limit: refused, and what it had of the pool is free again.") \
        .table(pool).table(service("1,%s,8080,vrf=2" % C4, more="pool=1")).into(1, eth(GW, A, ask(1000))).out(3, eth(C, GW, to_c)) \
        .into(1, eth(GW, A, plain)).out(2, eth(B, GW, plain)).into(2, eth(GW, B, back)).out(1, eth(A, GW, back)).table(limited % 1) \
        .table(service("1,%s,8081,vrf=2" % C4, more="pool=1")).into(1, eth(GW, A, ask(1000))).drop(1, "VIF_CONNECTION_LIMIT").table(limited % 9)
    yield case.into(1, eth(GW, A, ask(1000))).out(3, eth(C, GW, udp("10.2.1.200", C4, 5000, 8081, ttl=63)))


def shared():
    """Two services with one backend: the client's port is the same, the answers' key must not be."""
    second = "10.96.0.11"
    one, two = udp(A4, B4, 1000, 8080), udp(A4, B4, 1000, 8080)
    yield Case("service-same-client-port", "One client port to two services with one backend: the second connection gets another port.") \
        .table(service("1,%s,8080" % B4)).table(service("1,%s,8080" % B4, sid=2, address=second)) \
        .into(1, eth(GW, A, ask(1000))).out(2, eth(B, GW, one)) \
        .into(1, eth(GW, A, ask(1000, second))).out(2, eth(B, GW, two), "", (34, 35, 40, 41)) \
        .into(2, eth(GW, B, udp(B4, A4, 8080, 1000))).out(1, eth(A, GW, udp(VIP, A4, 80, 1000))) \
        .into(1, eth(GW, A, ask(1000))).out(2, eth(B, GW, one)) \
        .into(1, eth(GW, A, ask(1000, second))).out(2, eth(B, GW, two), "", (34, 35, 40, 41))


def policy():
    guarded = "vif 1 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.3/24 egress=5" % A
    allow = "policy 5 deny rule allow protocol=17 ports=8080 to=%s/32" % B4
    case = Case("service-policy", "Policy sees the backend, not the virtual address.").table(allow).table(guarded).table(service("1,%s,8080" % B4))
    case.into(1, eth(GW, A, ask(1000))).out(2, eth(B, GW, udp(A4, B4, 1000, 8080)))
    case.table("policy 5 deny rule allow protocol=17 ports=80 to=%s/32" % VIP)
    yield case.into(1, eth(GW, A, ask(1000))).into(1, eth(GW, A, ask(1001))).drop(1, "POLICY", 2)


def whole_packets():
    data = bytes(range(256)) * 8
    whole = struct.pack(">HHHH", 1000, 80, 8 + len(data), 0) + data
    sent, seen = l4(A4, VIP, 17, whole, 6), l4(A4, B4, 17, struct.pack(">HHHH", 1000, 8080, 8 + len(data), 0) + data, 6)

    def parts(src, dst, bytes_):
        return ip4(src, dst, 17, bytes_[:1024], frag=0x2000), ip4(src, dst, 17, bytes_[1024:], frag=128)
    (f1, f2), (g1, g2) = parts(A4, VIP, sent), parts(A4, B4, seen)
    yield Case("service-fragments", "Every fragment is translated.").table(service("1,%s,8080" % B4)) \
        .into(1, eth(GW, A, f1)).out(2, eth(B, GW, g1)).into(1, eth(GW, A, f2)).out(2, eth(B, GW, g2))
    quoted, original = udp(A4, B4, 1000, 8080), udp(A4, VIP, 1000, 80)
    yield Case("service-icmp-error", "An error about a translated packet reaches its sender as one about what it sent.") \
        .table(service("1,%s,8080" % B4)).into(1, eth(GW, A, original)).out(2, eth(B, GW, quoted)) \
        .into(2, eth(GW, B, icmp4(B4, A4, 3, 3, b"\0" * 4, quoted))).out(1, eth(A, GW, icmp4(VIP, A4, 3, 3, b"\0" * 4, original)))


def refused():
    syn = tcp(A4, VIP, 1000, 80, 5, flags=2)
    syn6 = tcp(A6, VIP6, 1000, 80, 5, flags=2)
    yield Case("service-none-tcp", "A SYN to a service without a backend: port unreachable in both families, and the port sees no other service's.") \
        .table(service(proto="tcp")).table(service(sid=2, proto="tcp", address=VIP6)) \
        .into(1, eth(GW, A, syn)).out(1, eth(A, GW, unreachable(syn))) \
        .into(1, eth(GW, A, syn6)).out(1, eth(A, GW, unreachable(syn6))).drop(1, "NO_BACKEND", 2) \
        .into(1, eth(GW, A, tcp(A4, VIP, 1000, 81, 5, flags=2))).drop(1, "NO_ROUTE")
    guarded = "vif 1 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.3/24 egress=5" % A
    case = base("service-none-policy", "A port whose egress sets deny the virtual address hears nothing, neither of a new connection nor of one whose last backend went.") \
        .table("policy 5 deny rule allow protocol=17 ports=80 to=%s/32 rule allow ports=8080 to=%s/32" % (VIP, B4)).table(guarded) \
        .table(service()).table(service(LOCAL[1], sid=2, port=81)).into(1, eth(GW, A, ask(1000))).out(1, eth(A, GW, unreachable(ask(1000)))) \
        .into(1, eth(GW, A, ask(1001, port=81))).out(2, eth(B, GW, udp(A4, B4, 1001, 8080))).table(service(sid=2, port=81))
    yield case.into(1, eth(GW, A, ask(1001, port=81))).into(1, eth(GW, A, ask(1002, port=81))).drop(1, "POLICY", 2).drop(1, "NO_BACKEND")
    came = udp(R4, VIP, 1000, 80)
    yield Case("service-none-from-fabric", "A client on another host is told through the tunnel.").table(service()) \
        .into(9, outer(H2, H1, 4789, vxlan(101, came, ROUTER), FABRIC, UPLINK)).tunnel(outer(H1, H2, 4789, vxlan(101, unreachable(came)))) \
        .drop(9, "NO_BACKEND")
    case = base("service-none-left", "The last backend went: who has a connection is told too; its late answers are nobody's, and told nothing.") \
        .table(service(LOCAL[1]))
    there(case, 1000, 1).table(service()).into(1, eth(GW, A, ask(1000))).out(1, eth(A, GW, unreachable(ask(1000))))
    yield case.into(2, eth(GW, B, udp(B4, A4, 8080, 1000))).drop(1, "NO_BACKEND").drop(2, "NO_BACKEND")
    quoted = udp(VIP, A4, 80, 1000)
    case = Case("service-none-silent", "Never told: who sends an error, a fragment that is not the first, or more than 50 at once. Each is still NO_BACKEND.") \
        .table(service()).into(1, eth(GW, A, icmp4(A4, VIP, 3, 3, b"\0" * 4, quoted))).drop(1, "POLICY")
    data = struct.pack(">HHHH", 1000, 80, 2056, 0) + bytes(2048)
    first, later = ip4(A4, VIP, 17, data[:1024], frag=0x2000), ip4(A4, VIP, 17, data[1024:], frag=128)
    case.into(1, eth(GW, A, first)).out(1, eth(A, GW, unreachable(first))).into(1, eth(GW, A, later))
    for number in range(51):
        case.into(1, eth(GW, A, ask(1000 + number)))
    for number in range(49):
        case.out(1, eth(A, GW, unreachable(ask(1000 + number))))
    case.drop(1, "NO_BACKEND", 54).line("time 10").into(1, eth(GW, A, ask(2000)))
    yield case.out(1, eth(A, GW, unreachable(ask(2000))))


def ping(src, dst, ttl=64):
    """Request and answer."""
    if ":" in src:
        return icmp6(src, dst, 128, payload=b"abc", hops=ttl), icmp6(dst, src, 129, payload=b"abc")
    return icmp4(src, dst, 8, payload=b"abc", ttl=ttl), icmp4(dst, src, 0, payload=b"abc")


def echoes():
    (one, back), (one6, back6) = ping(A4, VIP, 1), ping(A6, VIP6)
    yield Case("service-echo", "The plane answers echo to an address that only services have, with a backend or without, and nothing else.") \
        .table(service("1,%s,8080" % B4)).table(service(sid=2, proto="tcp", address=VIP6)) \
        .into(1, eth(GW, A, one)).out(1, eth(A, GW, back)).into(1, eth(GW, A, one6)).out(1, eth(A, GW, back6)) \
        .into(1, eth(GW, A, ping(VIP, A4)[1])).drop(1, "NO_RECEIVER").into(1, eth(GW, A, icmp4(A4, VIP, 13, rest=b"\0\1\0\1", payload=bytes(12)))) \
        .into(3, eth(GW, C, ping(C4, VIP)[0])).drop(1, "NO_ROUTE").drop(3, "NO_ROUTE")
    case = Case("service-echo-routes", "A subnet's or a default route does not change it, nor one that leads nowhere; a port with the address does.") \
        .table(service("1,%s,8080" % B4)).table("route 1 0.0.0.0/0 nexthop=20 label=101").into(1, eth(GW, A, one)).out(1, eth(A, GW, back))
    for nexthop in 0, 5:
        case.table("route 1 %s/32 nexthop=%d proxy" % (VIP, nexthop)).into(1, eth(GW, A, one)).out(1, eth(A, GW, back))
    mine = ping(A4, VIP)[0]
    yield case.table("route 1 %s/32 nexthop=2 same" % VIP).into(1, eth(GW, A, mine)).out(2, eth(B, GW, mine))
    case = Case("service-echo-while", "As long as a service of the VRF has the address: two have it, then one, then none.") \
        .table(service()).table(service(sid=2, port=81)).table("delete " + service()).into(1, eth(GW, A, one)).out(1, eth(A, GW, back)) \
        .table(service(sid=2, port=81, more="affinity=9")).into(1, eth(GW, A, one)).out(1, eth(A, GW, back))
    yield case.table("delete " + service(sid=2, port=81)).into(1, eth(GW, A, one)).drop(1, "NO_ROUTE")
    asked, routed = ping(A4, VIP)
    case = Case("service-echo-began-before", "A ping that went by a default route before the service was there is answered from then on.") \
        .table("route 1 0.0.0.0/0 nexthop=2 same").into(1, eth(GW, A, asked)).out(2, eth(B, GW, asked)).table(service())
    yield case.into(1, eth(GW, A, asked)).out(1, eth(A, GW, routed)).into(1, eth(GW, A, asked)).out(1, eth(A, GW, routed))
    case = Case("service-echo-keeps-nothing", "Echoes that the plane answers keep no connection alive, not the one that went to another place before.") \
        .table("vif 1 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.3/24 connections=1" % A).table("ageing 1,0,5,5") \
        .table("route 1 0.0.0.0/0 nexthop=4 same").into(1, eth(GW, A, asked)).out(4, eth(P, GW, asked)) \
        .into(4, eth(GW, P, routed)).out(1, eth(A, GW, routed)).table(service())
    for _ in range(4):
        case.line("time 2000").into(1, eth(GW, A, asked)).out(1, eth(A, GW, routed))
    yield case.into(1, eth(GW, A, udp(A4, B4, 7, 8))).out(2, eth(B, GW, udp(A4, B4, 7, 8)))
    remote, answer = ping(R4, VIP)
    yield Case("service-echo-from-fabric", "A client on another host is answered through the tunnel.").table(service()) \
        .into(9, outer(H2, H1, 4789, vxlan(101, remote, ROUTER), FABRIC, UPLINK)).tunnel(outer(H1, H2, 4789, vxlan(101, answer)))
    guarded = "vif 1 virtual vrf=1 mtu=1450 mac=%s check address=10.1.1.3/24 gateway=10.1.1.1/24 egress=5" % A
    gateway, pong = ping(A4, "10.1.1.1")
    case = Case("service-echo-policy", "The egress sets of the client's port are asked, as for every destination behind the gateway; the gateway itself is not.") \
        .table("policy 5 deny rule allow protocol=1 ports=8 to=%s/32" % VIP).table(guarded).table(service()) \
        .table(service(sid=2, address="10.96.0.11")).into(1, eth(GW, A, asked)).out(1, eth(A, GW, routed)) \
        .into(1, eth(GW, A, ping(A4, "10.96.0.11")[0])).drop(1, "POLICY")
    yield case.into(1, eth(GW, A, gateway)).out(1, eth(A, GW, pong))
    case = Case("service-echo-rate", "50 at once, 100 a second.").table(service())
    for _ in range(51):
        case.into(1, eth(GW, A, asked))
    for _ in range(50):
        case.out(1, eth(A, GW, routed))
    yield case.drop(1, "ICMP_RATE").line("time 10").into(1, eth(GW, A, asked)).out(1, eth(A, GW, routed))
    yield from echoes_and_errors()


def echoes_and_errors():
    """Who asks too often takes nothing from others, and not the path's errors from himself."""
    (asked, routed), big, low = ping(A4, VIP), udp(A4, R4, 1000, 2000, bytes(1440)), udp(A4, C4, 1000, 2000, ttl=1)
    case = Case("service-echo-flood", "After 51 echoes, and as many packets to a service without a backend, a port still hears that a packet is too big or its time is over; "
                "and after as many of those that another is too big.").table(service())
    for _ in range(51):
        case.into(1, eth(GW, A, asked))
    for _ in range(50):
        case.out(1, eth(A, GW, routed))
    case.drop(1, "ICMP_RATE").into(1, eth(GW, A, ask(1000))).drop(1, "NO_BACKEND")
    exceeded = icmp4("10.1.1.1", A4, 11, rest=b"\0" * 4, payload=low, ident=0, frag=0)
    for _ in range(51):
        case.into(1, eth(GW, A, low))
    for _ in range(50):
        case.out(1, eth(A, GW, exceeded))
    case.drop(1, "TTL_EXCEEDED", 50).drop(1, "ICMP_RATE").into(1, eth(GW, A, big)).drop(1, "TOO_BIG")
    yield case.out(1, eth(A, GW, icmp4("10.1.1.1", A4, 3, 4, rest=struct.pack(">HH", 0, 1450), payload=big[:548], ident=0, frag=0)))

    def came(vni, packet):
        return outer(H2, H1, 4789, vxlan(vni, packet, ROUTER), FABRIC, UPLINK)
    (one, back), (other, other_back), far = ping(R4, VIP), ping("10.2.1.9", VIP), "10.2.1.9"
    big = udp(far, C4, 1000, 2000, bytes(700))
    case = Case("service-echo-flood-from-fabric", "The echoes of one network's hosts take no other network's answers.").table(service()).table(service(sid=2, vrf=2)) \
        .table("route 2 %s/32 nexthop=20 label=102 proxy same" % far) \
        .table("vif 3 virtual vrf=2 mtu=600 mac=%s check address=10.2.1.3/24 gateway=10.2.1.1/24" % C)
    for _ in range(51):
        case.into(9, came(101, one))
    for _ in range(50):
        case.tunnel(outer(H1, H2, 4789, vxlan(101, back)))
    case.drop(9, "ICMP_RATE").into(9, came(102, other)).tunnel(outer(H1, H2, 4789, vxlan(102, other_back))).into(9, came(102, big)).drop(9, "TOO_BIG")
    yield case.tunnel(outer(H1, H2, 4789, vxlan(102, icmp4("10.2.1.1", far, 3, 4, rest=struct.pack(">HH", 0, 600), payload=big[:548], ident=0, frag=0))))


def all_cases():
    for group in (refused, echoes, basics, spread, gone, limits, affinity, hairpin, pools, shared, policy, whole_packets):
        yield from group()
