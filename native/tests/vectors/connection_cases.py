# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""Connections: fragments, limits, TCP states, what ICMP errors quote."""
from compose import *  # noqa: F403: the composer's words

DATA = bytes(range(256)) * 8
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def frag4(src, dst, body, at, end, last, proto=17, ident=0x77):
    """Bytes at..end of an IPv4 payload."""
    return ip4(src, dst, proto, body[at:end], ident=ident, frag=(0 if last else 0x2000) | at // 8)


def frag6(src, dst, body, at, end, last, proto=17, ident=0x77):
    return ip6(src, dst, 44, struct.pack(">BBHI", proto, 0, at | (0 if last else 1), ident) + body[at:end])


def pieces(src, dst, cuts, size=500, ports=(5, 6), **kw):
    """A UDP datagram as fragments that begin at `cuts`."""
    frag = frag6 if ":" in src else frag4
    body = udp(src, dst, *ports, DATA[:size])[40 if ":" in src else 20:]
    ends = cuts[1:] + [len(body)]
    return [frag(src, dst, body, at, end, end == len(body), **kw) for at, end in zip(cuts, ends)]


def pass_on(case, packets):
    for packet in packets:
        case.into(1, eth(GW, A, packet)).out(2, eth(B, GW, packet))
    return case


def fragments():
    families = (("", A4, B4), ("6", A6, B6))
    for suffix, src, dst in families:
        frag = frag6 if suffix else frag4
        first, middle, last = pieces(src, dst, [0, 200, 400])
        case = Case("fragment-in-order" + suffix, "Later fragments have the first one's ports; one that comes again when the datagram is whole\n"
                    "waits for a first one, and its wait ends after two seconds.")
        pass_on(case, [first, middle, last])
        yield case.into(1, eth(GW, A, last)).line("time 1999").line("time 2").line("time 100").drop(1, "FRAGMENT")
        case = Case("fragment-out-of-order" + suffix, "Fragments that come before the first one wait for it and go behind it in the order they came.")
        case.into(1, eth(GW, A, last)).into(1, eth(GW, A, middle)).line("time 1000").into(1, eth(GW, A, first))
        yield case.out(2, eth(B, GW, first)).out(2, eth(B, GW, last)).out(2, eth(B, GW, middle))
        case = Case("fragment-burst" + suffix, "The same when all of them are of one burst.")
        for packet in (last, first, middle):
            case.into(1, eth(GW, A, packet))
        yield case.out(2, eth(B, GW, first)).out(2, eth(B, GW, middle)).out(2, eth(B, GW, last))
        case = Case("fragment-duplicate" + suffix, "An exact duplicate passes, of the first fragment too.")
        yield pass_on(case, [first, first, middle, middle, last])
        case = Case("fragment-expired" + suffix, "A wait ends after two seconds; the first one is then late, and so is what follows it no more.")
        case.into(1, eth(GW, A, middle)).line("time 2001").drop(1, "FRAGMENT")
        yield pass_on(case, [first, last])
        body = udp(src, dst, 5, 6, DATA[:500])[40 if suffix else 20:]
        case = Case("fragment-overlap" + suffix, "A fragment that covers bytes another one has: the whole datagram is refused, what waits and what comes too.\n"
                    "Its identification is of use again when it is forgotten.")
        pass_on(case, [first]).into(1, eth(GW, A, frag(src, dst, body, 192, 400, False))).into(1, eth(GW, A, middle)) \
            .into(1, eth(GW, A, last)).drop(1, "FRAGMENT_OVERLAP", 3)
        case.into(1, eth(GW, A, frag(src, dst, body, 200, 400, False, ident=0x78))) \
            .into(1, eth(GW, A, frag(src, dst, body, 208, 408, False, ident=0x78))) \
            .into(1, eth(GW, A, frag(src, dst, body, 0, 200, False, ident=0x78))).drop(1, "FRAGMENT_OVERLAP", 3).line("time 2001")
        yield pass_on(case, [first, middle, last])
        case = Case("fragment-end" + suffix, "Bytes behind the end, and a second end, are refused like an overlap.")
        pass_on(case, [first, last]).into(1, eth(GW, A, frag(src, dst, DATA, 512, 600, False))).drop(1, "FRAGMENT_OVERLAP")
        yield pass_on(case, [frag(src, dst, body, 0, 200, False, ident=0x79), frag(src, dst, body, 400, 440, False, ident=0x79)]) \
            .into(1, eth(GW, A, frag(src, dst, body, 200, 240, True, ident=0x79))).drop(1, "FRAGMENT_OVERLAP")
        yield tunnel_fragments(suffix, src, dst)
    yield from attacks()


def tunnel_fragments(suffix, src, dst):
    near, far = (A6, R6) if suffix else (A4, R4)
    case = Case("fragment-tunnel" + suffix, "Out of order into a tunnel, by VXLAN and MPLS in UDP out of one.")
    first, last = pieces(near, far, [0, 256])
    case.into(1, eth(GW, A, last)).into(1, eth(GW, A, first))
    case.tunnel(outer(H1, H2, 4789, vxlan(101, first))).tunnel(outer(H1, H2, 4789, vxlan(101, last)))
    for ident, wrap in ((1, lambda p: outer(H2, H1, 4789, vxlan(101, p, ROUTER), FABRIC, UPLINK)),
                        (2, lambda p: outer(H2, H1, 6635, mpls(100, p), FABRIC, UPLINK))):
        first, last = pieces(far, near, [0, 256], ident=ident, ports=(7, 8))
        case.into(9, wrap(last)).into(9, wrap(first)).out(1, eth(A, GW, first)).out(1, eth(A, GW, last))
    first, last = pieces(far, near, [0, 256], ident=3)
    late = outer(H2, H1, 4789, vxlan(101, last, ROUTER), FABRIC, UPLINK)
    return case.into(9, late).line("time 2001").drop(9, "FRAGMENT")


def attacks():
    data = tcp(A4, B4, 5, 80, 1, DATA[:200])[20:]
    case = Case("fragment-tiny", "A first fragment without the whole transport header, and a later one that reaches into it (RFC 1858, RFC 3128).")
    case.into(1, eth(GW, A, frag4(A4, B4, data, 0, 16, False, proto=6))).drop(1, "MALFORMED_TRANSPORT")
    case.into(1, eth(GW, A, frag4(A4, B4, data, 8, 200, False, proto=6))).into(1, eth(GW, A, frag4(A4, B4, data, 0, 200, False, proto=6)))
    case.drop(1, "FRAGMENT_OVERLAP", 2)
    data6 = tcp(A6, B6, 5, 80, 1, DATA[:200])[40:]
    case.into(1, eth(GW, A, frag6(A6, B6, data6, 0, 200, False, proto=6))).out(2, eth(B, GW, frag6(A6, B6, data6, 0, 200, False, proto=6)))
    yield case.into(1, eth(GW, A, frag6(A6, B6, data6, 16, 216, False, proto=6))).drop(1, "FRAGMENT_OVERLAP")
    case = Case("fragment-other-ports", "A second first fragment with other ports: an attack at once, another datagram when the identification may be in use again.")
    first, last = pieces(A4, B4, [0, 256])
    other, rest = pieces(A4, B4, [0, 256], ports=(50, 60))
    pass_on(case, [first]).into(1, eth(GW, A, other)).into(1, eth(GW, A, last)).drop(1, "FRAGMENT_OVERLAP", 2)
    first, last = pieces(A4, B4, [0, 256], ident=9)
    other, rest = pieces(A4, B4, [0, 256], ports=(50, 60), ident=9)
    yield pass_on(pass_on(case, [first]).line("time 100"), [other, rest])
    options = ip6(A6, B6, 44, struct.pack(">BBHI", 60, 0, 1, 5) + bytes([17, 0, 1, 4, 0, 0, 0, 0]) + udp(A6, B6, 5, 6, DATA[:400])[40:40 + 192])
    rest = ip6(A6, B6, 44, struct.pack(">BBHI", 60, 0, 200, 5) + udp(A6, B6, 5, 6, DATA[:400])[40 + 192:])
    case = Case("fragment-options6", "Options behind the fragment header: only the first fragment says that this is UDP.")
    case.into(1, eth(GW, A, rest)).into(1, eth(GW, A, options)).out(2, eth(B, GW, options)).out(2, eth(B, GW, rest))
    again, more = options[:47] + b"\6" + options[48:], rest[:47] + b"\6" + rest[48:]
    yield pass_on(case, [again, more])
    case = Case("fragment-cache-full", "One port may have an eighth of what may wait, 64 fragments; another still finds room. Too many pieces of one datagram.")
    waiting = [pieces(A4, B4, [0, 256], ident=1000 + i)[1] for i in range(65)]
    for packet in waiting:
        case.into(1, eth(GW, A, packet)).line("play")
    case.drop(1, "FRAGMENT_CACHE_FULL")
    first, last = pieces(B4, A4, [0, 256], ident=1)
    case.into(2, eth(GW, B, last)).into(2, eth(GW, B, first)).out(1, eth(A, GW, first)).out(1, eth(A, GW, last))
    case.line("time 2001").drop(1, "FRAGMENT", 64)
    many = pieces(A4, B4, list(range(0, 520, 8)), size=540, ident=2)
    pass_on(case, many[:64])
    yield case.into(1, eth(GW, A, many[64])).drop(1, "FRAGMENT_CACHE_FULL")
    case = Case("fragment-tunnel-from-port", "A fragment that waited is checked like any other: no tunnel protocol to a tunnel endpoint.")
    case.table("route 1 198.51.100.0/24 nexthop=2")
    first, last = pieces(A4, H2, [0, 256], ports=(1, 4789))
    yield case.into(1, eth(GW, A, last)).into(1, eth(GW, A, first)).drop(1, "TUNNEL_FROM_PORT", 2)
    case = Case("fragment-port-gone", "The port goes while its fragment waits: the wait ends like any other, counted for no port.")
    first, last = pieces(R4, A4, [0, 256])
    yield case.into(9, outer(H2, H1, 4789, vxlan(101, last, ROUTER), FABRIC, UPLINK)).table("delete label 100").table("delete vif 1") \
        .into(9, outer(H2, H1, 4789, vxlan(101, first, ROUTER), FABRIC, UPLINK)).drop(9, "INVALID_VIF", 2)


def all_cases():
    for group in (fragments,):
        yield from group()
