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


def sctp(src, dst, sport, dport, data=b"data"):
    return ip(src, dst, 132, struct.pack(">HHII", sport, dport, 1, 0) + data)


def errors():
    """ICMP errors about packets with options or extension headers, and about each protocol."""
    def quoted(case, packet, error):
        return case.into(1, eth(GW, A, packet)).out(2, eth(B, GW, packet)).into(2, eth(GW, B, error)).out(1, eth(A, GW, error))

    def about4(packet):
        return icmp4(B4, A4, 3, 3, rest=b"\0" * 4, payload=packet)

    def about6(packet):
        return icmp6(B6, A6, 1, 4, rest=b"\0" * 4, payload=packet)

    case = Case("error-quotes-options", "The quoted IPv4 packet has options; a first fragment; cut behind its first 8 bytes. A later fragment and one cut\n"
                "earlier say nothing.")
    options = udp(A4, B4, 1, 2, options=b"\x01\x01\x01\x00", payload=DATA[:40])
    quoted(case, options, about4(options[:32]))
    first, last = pieces(A4, B4, [0, 256], ports=(3, 4))
    quoted(case, first, about4(first[:28]))
    case.into(2, eth(GW, B, about4(last))).into(2, eth(GW, B, about4(options[:31]))).drop(2, "POLICY", 2)
    yield case
    case = Case("error-quotes-extensions6", "The quoted IPv6 packet has hop-by-hop, routing and destination options, an authentication header, a fragment header.")
    transport = udp(A6, B6, 1, 2, DATA[:40])[40:]
    hop_by_hop = bytes([60, 0, 1, 4, 0, 0, 0, 0]) + bytes([17, 1, 1, 12] + [0] * 12)
    quoted(case, ip6(A6, B6, 0, hop_by_hop + transport), about6(ip6(A6, B6, 0, hop_by_hop + transport)[:72]))
    authentic = bytes([17, 4, 0, 0]) + bytes(20)
    quoted(case, ip6(A6, B6, 51, authentic + transport), about6(ip6(A6, B6, 51, authentic + transport)))
    first, last = pieces(A6, B6, [0, 256], ports=(3, 4))
    quoted(case, first, about6(first))
    case.into(2, eth(GW, B, about6(last))).into(2, eth(GW, B, about6(ip6(A6, B6, 0, hop_by_hop + transport)[:71])))
    endless = b"".join(bytes([60, 0]) + b"\0" * 6 for _ in range(9))
    yield case.into(2, eth(GW, B, about6(ip6(A6, B6, 60, endless + transport)))).drop(2, "POLICY", 3)
    case = Case("error-about-each-protocol", "Errors about TCP, SCTP, echo and a protocol without ports, in both families, also into a tunnel.")
    for src, dst, about, echo in ((A4, B4, about4, icmp4(A4, B4, 8)), (A6, B6, about6, icmp6(A6, B6, 128))):
        for packet in (tcp(src, dst, 7, 80, 1, flags=SYN), sctp(src, dst, 7, 8), echo, ip(src, dst, 50, b"\0" * 16)):
            quoted(case, packet, about(packet))
    for near, far, back in ((A4, R4, lambda p: icmp4(R4, A4, 3, 3, rest=b"\0" * 4, payload=p)), (A6, R6, lambda p: icmp6(R6, A6, 1, 4, rest=b"\0" * 4, payload=p))):
        packet = sctp(near, far, 7, 8)
        case.into(1, eth(GW, A, packet)).tunnel(outer(H1, H2, 4789, vxlan(101, packet)))
        case.into(9, outer(H2, H1, 4789, vxlan(101, back(packet), ROUTER), FABRIC, UPLINK)).out(1, eth(A, GW, back(packet)))
    yield case


def port(number, mac, four, six, more):
    return "vif %d virtual vrf=1 mtu=1450 mac=%s check address=%s/24 address=%s/64 gateway=10.1.1.1/24 gateway=fd00:1::1/64 %s" % (
        number, mac, four, six, more)


class Talk:
    """TCP between A and B through a case; what passes, passes whole."""

    def __init__(self, case, near=(A4, 9), far=(B4, 80)):
        self.case, self.near, self.far = case, near, far

    def packet(self, up, flags, seq=0, ack=0, payload=b""):
        (src, sport), (dst, dport) = (self.near, self.far) if up else (self.far, self.near)
        return tcp(src, dst, sport, dport, seq, payload, flags=flags, ack=ack)

    def send(self, up, flags, **kw):
        packet = self.packet(up, flags, **kw)
        self.case.into(1 if up else 2, eth(GW, A if up else B, packet)).out(2 if up else 1, eth(B if up else A, GW, packet))
        return self

    def refused(self, up, flags, reason="CONNECTION_STATE", **kw):
        self.case.into(1 if up else 2, eth(GW, A if up else B, self.packet(up, flags, **kw))).drop(1 if up else 2, reason)
        return self

    def open(self):
        return self.send(True, SYN, seq=99).send(False, SYN | ACK, seq=199, ack=100).send(True, ACK, seq=100, ack=200)


def strict():
    def begin(name, about):
        return Case(name, about).table(port(2, B, B4, B6, "strict")).line("time 61000")

    for suffix, near, far in (("", A4, B4), ("6", A6, B6)):
        case = begin("tcp-strict-opening" + suffix, "Of a strict port: only a SYN opens; flags that no state sends; who may send what until it is open.")
        talk = Talk(case, (near, 9), (far, 80))
        for flags in (ACK, SYN | ACK, FIN | ACK, RST, 0, SYN | FIN, SYN | RST, FIN | PSH | 32):
            talk.refused(True, flags)
        talk.send(True, SYN, seq=99).send(True, SYN, seq=99).refused(True, ACK, seq=100).refused(True, PSH | ACK, payload=b"x")
        talk.refused(False, PSH | ACK, payload=b"x").refused(False, FIN | ACK).refused(False, RST).send(False, ACK, ack=5)
        talk.send(False, SYN | ACK, seq=199, ack=100).send(False, SYN | ACK, seq=199, ack=100).refused(False, SYN)
        talk.send(True, ACK, seq=100, ack=200).send(True, PSH | ACK, seq=100, ack=200, payload=b"x").send(False, ACK, seq=200, ack=101)
        yield talk.send(True, SYN, seq=7).refused(True, 0).refused(True, PSH, payload=b"x").refused(True, SYN | FIN).case
    talk = Talk(begin("tcp-strict-refused", "A reset answers the SYN; behind it nothing passes but another reset, until a SYN opens anew."))
    talk.send(True, SYN, seq=99).send(False, RST | ACK, ack=100).refused(True, ACK).refused(False, PSH | ACK, payload=b"x").send(False, RST | ACK, ack=100)
    yield talk.open().send(True, RST, seq=100).refused(True, PSH | ACK, payload=b"x").refused(False, ACK).case
    talk = Talk(begin("tcp-strict-closing", "Half closed: the other side sends on. When both FINs are acknowledged data is refused, a FIN that comes again is not."))
    talk.open().send(True, FIN | ACK, seq=100, ack=200).send(False, ACK, seq=200, ack=101).send(False, PSH | ACK, seq=200, ack=101, payload=b"more")
    talk.send(True, ACK, seq=101, ack=204).send(False, FIN | ACK, seq=204, ack=101)
    talk.send(True, ACK, seq=101, ack=202).send(False, PSH | ACK, seq=202, ack=101, payload=b"re")  # not all has come: sent again
    talk.send(True, ACK, seq=101, ack=205).refused(False, PSH | ACK, seq=202, ack=101, payload=b"re").refused(True, PSH | ACK, seq=101, ack=205, payload=b"x")
    yield talk.send(False, FIN | ACK, seq=204, ack=101).send(True, ACK, seq=101, ack=205).open().case
    talk = Talk(begin("tcp-strict-both-open", "Both ends open at once (RFC 9293 3.5)."))
    talk.send(True, SYN, seq=99).send(False, SYN, seq=199).send(True, SYN | ACK, seq=99, ack=200).send(False, SYN | ACK, seq=199, ack=100)
    yield talk.send(True, ACK, seq=100, ack=200).send(False, ACK, seq=200, ack=100).case
    case = Case("tcp-strict-midstream", "Soon after the plane's start a connection may be older than the plane: it passes, and is followed loosely.")
    talk = Talk(case.table(port(2, B, B4, B6, "strict")))
    talk.send(True, PSH | ACK, payload=b"x").send(False, ACK).send(False, FIN | ACK).send(True, FIN | ACK)
    yield talk.refused(True, SYN | FIN).case
    case = Case("tcp-strict-port-arrived", "The same for a minute after a port's arrival, in both families; not behind it.").line("time 61000")
    case.table("delete vif 2").table(port(2, B, B4, B6, "strict"))
    Talk(case).send(True, PSH | ACK, payload=b"x").send(False, ACK)
    Talk(case, (A6, 9), (B6, 80)).send(False, PSH | ACK, payload=b"x").send(True, ACK)
    Talk(case.line("time 60000"), (A4, 10), (B4, 80)).refused(True, ACK)
    yield Talk(case, (A6, 10), (B6, 80)).refused(False, ACK).case
    talk = Talk(Case("tcp-strict-switched", "A port becomes strict, and loose again, under its connections.").line("time 61000"))
    talk.open().send(True, RST, seq=100).send(True, ACK, seq=100).case.table(port(2, B, B4, B6, "strict"))
    talk.refused(True, ACK, seq=100).refused(False, ACK).case.table(port(2, B, B4, B6, ""))
    yield talk.send(True, ACK, seq=100).case
    case = Case("tcp-answers-open-nothing", "A SYN against the direction of a closed connection is a connection of its own, and policy is asked about it.")
    case.table("policy 5 deny rule allow protocol=6 ports=80").table(port(1, A, A4, A6, "egress=5 ingress=5")).line("time 61000")
    yield Talk(case).open().send(True, RST, seq=100).refused(False, SYN, "POLICY").refused(False, PSH | ACK, "POLICY", payload=b"x").open().case


def limits():
    case = Case("vrf-connection-limit", "A VRF has as many connections as it may; those it has go on, another VRF opens its own.")
    case.table("vrf 1 vni=101 connections=2")
    pass_on(case, [udp(A4, B4, 1, 53), udp(A6, B6, 1, 53)])
    case.into(1, eth(GW, A, udp(A4, B4, 2, 53))).drop(1, "VRF_CONNECTION_LIMIT").into(2, eth(GW, B, udp(B4, A4, 2, 53))).drop(2, "VRF_CONNECTION_LIMIT")
    pass_on(case, [udp(A4, B4, 1, 53)]).into(2, eth(GW, B, udp(B4, A4, 53, 1))).out(1, eth(A, GW, udp(B4, A4, 53, 1)))
    case.into(3, eth(GW, C, udp(C4, "10.2.1.1", 1, 2))).drop(3, "NO_RECEIVER").table("vrf 1 vni=101 connections=3")
    yield pass_on(case, [udp(A4, B4, 2, 53)])
    case = Case("vif-limit-evicts", "A port at its limit: a closed connection makes room at once, one without an answer after a second, an established one never.")
    case.table(port(1, A, A4, A6, "connections=2"))
    closed, kept = Talk(case, (A4, 10), (B4, 80)).open(), Talk(case, (A4, 11), (B4, 80)).open()
    Talk(case, (A4, 12), (B4, 80)).refused(True, SYN, "VIF_CONNECTION_LIMIT")
    closed.send(True, RST, seq=100)
    Talk(case, (A4, 12), (B4, 80)).send(True, SYN, seq=99)
    Talk(case, (A4, 13), (B4, 80)).refused(True, SYN, "VIF_CONNECTION_LIMIT")
    case.line("time 1100")
    late = Talk(case, (A4, 13), (B4, 80)).open()
    Talk(case, (A4, 14), (B4, 80)).refused(True, SYN, "VIF_CONNECTION_LIMIT")
    kept.send(True, ACK, seq=100, ack=200)
    yield late.send(True, ACK, seq=100, ack=200).case
    case = Case("sctp-tracked", "SCTP in both families: answers belong to the connection, by its ports.")
    case.table("policy 5 deny rule allow protocol=132 ports=8").table(port(1, A, A4, A6, "egress=5 ingress=5"))
    for near, far in ((A4, B4), (A6, B6)):
        pass_on(case, [sctp(near, far, 7, 8)]).into(2, eth(GW, B, sctp(far, near, 8, 7))).out(1, eth(A, GW, sctp(far, near, 8, 7)))
        case.into(2, eth(GW, B, sctp(far, near, 8, 9))).drop(2, "POLICY")
    yield case


def ageing():
    case = Case("ageing-rows", "Idle times by protocol and port; what has no row lives as before. A denied answer shows that the connection is gone.")
    case.table("policy 5 deny rule allow ports=0-79").table(port(1, A, A4, A6, "egress=5 ingress=5"))
    case.table("ageing 1,0,5,5 17,0,100,20 17,53,10,3 132,0,4,4")
    probes = [(udp(A4, B4, 9000, 53), udp(B4, A4, 53, 9000)), (udp(A6, B6, 9000, 54), udp(B6, A6, 54, 9000)), (sctp(A4, B4, 9000, 8), sctp(B4, A4, 8, 9000))]

    def alive(*which):
        for i, (there, back) in enumerate(probes):
            if i in which:
                case.into(2, eth(GW, B, back)).out(1, eth(A, GW, back))

    pass_on(case, [there for there, _ in probes]).line("time 2900").line("time 1")
    alive(0, 1, 2)  # both have sent: 10, 100 and 4 seconds
    case.line("time 5000").line("time 1").into(2, eth(GW, B, probes[2][1])).drop(2, "POLICY")
    alive(0, 1)
    for _ in range(2):
        case.line("time 5001")
    for _ in range(3):
        case.line("time 1")
    case.into(2, eth(GW, B, probes[0][1])).drop(2, "POLICY")
    yield case.into(2, eth(GW, B, probes[1][1])).out(1, eth(A, GW, probes[1][1]))


def all_cases():
    for group in (fragments, errors, strict, limits, ageing):
        yield from group()
