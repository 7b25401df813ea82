#!/usr/bin/env python3
# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""Writes the .pkt files of this folder: the packets in and the packets that must come out, made here byte by byte, without the core.

Run it after changing a case, look at the difference, commit both. The .pkt files are what the tests read.
"""
import ipaddress
import os
import struct
import sys

GW = "00:00:5e:00:01:00"
ROUTER = "02:00:00:00:aa:01"  # our router MAC
REMOTE = "02:00:00:00:aa:02"  # the other host's
UPLINK = "02:00:00:00:00:fe"
FABRIC = "02:00:00:00:00:fd"  # gateway of the underlay
A, B, C, P = ("02:00:00:00:00:11", "02:00:00:00:00:12", "02:00:00:00:00:13", "02:00:00:00:00:14")
A4, B4, C4, R4 = "10.1.1.3", "10.1.1.4", "10.2.1.3", "10.1.1.9"
A6, B6, C6, R6 = "fd00:1::3", "fd00:1::4", "fd00:2::3", "fd00:1::9"
H1, H2, H16, H26 = "192.0.2.1", "198.51.100.2", "2001:db8:1::1", "2001:db8:2::2"


def mac(text):
    return bytes(int(x, 16) for x in text.split(":"))


def addr(text):
    return ipaddress.ip_address(text).packed


def ones(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def inet(data):
    return 0xFFFF ^ ones(data)


def eth(dst, src, payload, kind=None):
    if kind is None:
        kind = 0x0800 if payload[0] >> 4 == 4 else 0x86DD
    return mac(dst) + mac(src) + struct.pack(">H", kind) + payload


def ip4(src, dst, proto, payload, ttl=64, tos=0, ident=0x1234, frag=0x4000, options=b"", total=None, bad=0):
    length = 20 + len(options) + len(payload) if total is None else total
    head = struct.pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, tos, length, ident, frag, ttl, proto, 0, addr(src), addr(dst)) + options
    check = inet(head) ^ bad
    return head[:10] + struct.pack(">H", check) + head[12:] + payload


def ip6(src, dst, nxt, payload, hops=64, tc=0, length=None):
    length = len(payload) if length is None else length
    return struct.pack(">IHBB16s16s", 6 << 28 | tc << 20, length, nxt, hops, addr(src), addr(dst)) + payload


def pseudo(src, dst, proto, length):
    return addr(src) + addr(dst) + struct.pack(">II", length, proto)


def l4(src, dst, proto, data, at, partial=False):
    """Fills the checksum of an L4 packet at offset `at`; partial: only the pseudo header's sum."""
    data = data[:at] + b"\0\0" + data[at + 2:]
    if partial:
        value = ones(pseudo(src, dst, proto, len(data)))
    else:
        value = inet(pseudo(src, dst, proto, len(data)) + data)
        if proto == 17 and value == 0:
            value = 0xFFFF
    return data[:at] + struct.pack(">H", value) + data[at + 2:]


def ip(src, dst, proto, payload, **kw):
    return (ip6 if ":" in src else ip4)(src, dst, proto, payload, **kw)


def udp(src, dst, sport, dport, payload=b"weft", length=None, partial=False, **kw):
    data = struct.pack(">HHHH", sport, dport, 8 + len(payload) if length is None else length, 0) + payload
    return ip(src, dst, 17, l4(src, dst, 17, data, 6, partial), **kw)


def tcp(src, dst, sport, dport, seq, payload=b"", flags=0x10, partial=False, bad=0, options=b"", ack=7, **kw):
    data = struct.pack(">HHIIBBHHH", sport, dport, seq, ack, (20 + len(options)) // 4 << 4, flags, 1000, 0, 0) + options + payload
    data = l4(src, dst, 6, data, 16, partial)
    if bad:
        data = data[:16] + struct.pack(">H", struct.unpack(">H", data[16:18])[0] ^ bad) + data[18:]
    return ip(src, dst, 6, data, **kw)


def icmp4(src, dst, kind, code=0, rest=b"\0\1\0\1", payload=b"", **kw):
    data = struct.pack(">BBH", kind, code, 0) + rest + payload
    data = data[:2] + struct.pack(">H", inet(data)) + data[4:]
    return ip4(src, dst, 1, data, **kw)


def icmp6(src, dst, kind, code=0, rest=b"\0\1\0\1", payload=b"", bad=0, **kw):
    data = struct.pack(">BBH", kind, code, 0) + rest + payload
    check = inet(pseudo(src, dst, 58, len(data)) + data) ^ bad
    return ip6(src, dst, 58, data[:2] + struct.pack(">H", check) + data[4:], **kw)


def arp(op, smac, sip, tmac, tip, hard=1):
    return struct.pack(">HHBBH", hard, 0x0800, 6, 4, op) + mac(smac) + addr(sip) + mac(tmac) + addr(tip)


def nd(kind, flags, target, option=b""):
    return dict(kind=kind, rest=struct.pack(">I", flags), payload=addr(target) + option)


def outer(src, dst, dport, payload, smac=UPLINK, dmac=FABRIC, tos=0, sport=50000, length=None, ident=0, **kw):
    u = struct.pack(">HHHH", sport, dport, 8 + len(payload) if length is None else length, 0) + payload
    if ":" in src:
        return eth(dmac, smac, ip6(src, dst, 17, u, tc=tos, **kw))
    return eth(dmac, smac, ip4(src, dst, 17, u, tos=tos, ident=ident, **kw))


def vxlan(vni, inner, dmac=REMOTE, flags=8, kind=None):
    return struct.pack(">BBHI", flags, 0, 0, vni << 8) + eth(dmac, GW, inner, kind)


def mpls(label, inner, bottom=1, ttl=64):
    return struct.pack(">I", label << 12 | bottom << 8 | ttl) + inner


# ---- text ----
def text_of(data, wild=()):
    words = []
    i = 0
    while i < len(data):
        run = 1
        while i + run < len(data) and data[i + run] == data[i] and i not in wild and i + run not in wild:
            run += 1
        if i in wild:
            words.append("..")
            i += 1
        elif run >= 12:
            words.append(" %02x*%d " % (data[i], run))
            i += run
        else:
            words.append("%02x" % data[i])
            i += 1
    joined = "".join(words).split()
    lines = []
    for word in joined:
        if "*" in word:
            lines.append(word)
            continue
        lines += [word[k:k + 64] for k in range(0, len(word), 64)]
    return "\n  ".join(lines)


class Case:
    def __init__(self, name, about, tables="base"):
        self.name = name
        self.lines = ["# " + line for line in about.split("\n")] + ["include %s.tables" % tables, ""]

    def table(self, line):
        self.lines.append(line)
        return self

    def packet(self, word, vif, data, meta, wild=()):
        self.lines.append("%s %d%s\n  %s" % (word, vif, " " + meta if meta else "", text_of(data, wild)))
        return self

    def into(self, vif, data, meta=""):
        return self.packet("in", vif, data, meta)

    def out(self, vif, data, meta="", wild=()):
        return self.packet("out", vif, data, meta, wild)

    def tunnel(self, data, meta=""):
        """An encapsulated frame on the uplink: its UDP source port is free, and so is the flow label over IPv6 (its low 16 bits)."""
        return self.out(9, data, meta, (34, 35) if data[12] == 0x08 else (16, 17, 54, 55))

    def drop(self, vif, reason, count=1):
        self.lines.append("drop %d %s%s" % (vif, reason, " %d" % count if count > 1 else ""))
        return self

    def line(self, text):
        self.lines.append(text)
        return self

    def write(self, folder):
        with open(os.path.join(folder, self.name + ".pkt"), "w") as file:
            file.write("\n".join(self.lines) + "\n")


def main():
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import cases  # noqa: E402: it uses this module

    folder = os.path.dirname(os.path.abspath(__file__))
    names = [case.name for case in cases.all_cases()]
    assert len(names) == len(set(names)), "two cases of one name"
    for old in os.listdir(folder):
        if old.endswith(".pkt") and old[:-4] not in names:
            os.remove(os.path.join(folder, old))
    for case in cases.all_cases():
        case.write(folder)
    print("%d vectors" % len(names))


if __name__ == "__main__":
    main()
