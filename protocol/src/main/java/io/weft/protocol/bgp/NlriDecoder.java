package io.weft.protocol.bgp;

import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteDistinguisher;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Prefixes and next hops. What cannot be read resets the session (RFC 7606 sections 3 j, 5.3): nobody knows what to withdraw. */
final class NlriDecoder {
    private static final int DISTINGUISHER_BITS = 64;
    private static final int LABEL_BITS = 24;
    private static final int WITHDRAW_LABEL = 0x800000;

    private NlriDecoder() {}

    static List<Prefix> inet(Reader part) throws BgpException {
        List<Prefix> prefixes = new ArrayList<>();
        while (part.left() > 0) {
            prefixes.add(prefix(part, part.u8(), 4, Notification.INVALID_NETWORK));
        }
        return prefixes;
    }

    static Update.Reach reach(Family family, Reader value) throws BgpException {
        int length = value.left() == 0 ? -1 : value.u8();
        // RFC 4364 section 4.3.2, RFC 4659 section 3.2.1; the second address of 48 bytes is link-local.
        if (length != 12 && length != 24 && length != 48 || length + 1 > value.left()) {
            throw error("next hop of " + length + " bytes");
        }
        Reader hop = value.part(length);
        hop.u64();
        InetAddress nextHop = address(hop.bytes(length == 12 ? 4 : 16));
        value.u8();
        return new Update.Reach(family, nextHop, vpn(family, value, true));
    }

    /** @param announced labels end at the bottom of stack; a withdrawal has one label that says nothing (RFC 8277 section 2.4) */
    static List<VpnNlri> vpn(Family family, Reader part, boolean announced) throws BgpException {
        List<VpnNlri> nlri = new ArrayList<>();
        while (part.left() > 0) {
            int bits = part.u8();
            List<Integer> labels = new ArrayList<>();
            boolean more = true;
            while (more) {
                if (bits < LABEL_BITS + DISTINGUISHER_BITS || part.left() < 3 + 8) {
                    throw error("VPN prefix of " + bits + " bits without label or distinguisher");
                }
                bits -= LABEL_BITS;
                int entry = part.u24();
                labels.add(entry >>> 4);
                more = announced && (entry & 1) == 0 && entry != WITHDRAW_LABEL;
            }
            RouteDistinguisher distinguisher = new RouteDistinguisher(part.u64());
            Prefix prefix = prefix(
                    part, bits - DISTINGUISHER_BITS, family.afi() == 1 ? 4 : 16, Notification.OPTIONAL_ATTRIBUTE);
            nlri.add(new VpnNlri(announced ? labels : List.of(), distinguisher, prefix));
        }
        return nlri;
    }

    /** Bits beyond the length say nothing (RFC 4271 section 4.3). */
    private static Prefix prefix(Reader part, int bits, int size, int subcode) throws BgpException {
        int count = (bits + 7) / 8;
        if (bits > 8 * size || count > part.left()) {
            throw new BgpException(
                    Notification.UPDATE, subcode, "prefix of " + bits + " bits in " + part.left() + " bytes");
        }
        InetAddress address = address(Arrays.copyOf(part.bytes(count), size));
        if (address.getAddress().length != size) {
            throw new BgpException(Notification.UPDATE, subcode, "IPv4-mapped IPv6 prefix");
        }
        return Prefix.containing(address, bits);
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are always an address", e);
        }
    }

    private static BgpException error(String what) {
        return new BgpException(Notification.UPDATE, Notification.OPTIONAL_ATTRIBUTE, what);
    }
}
