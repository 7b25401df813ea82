package io.weft.dataplane.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.weft.dataplane.MacAddress;
import io.weft.dataplane.ObjectKey;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Single fields of a message in a segment: host byte order, addresses in network order. */
final class Wire {
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfLong LONG_BIG_ENDIAN = LONG.withOrder(ByteOrder.BIG_ENDIAN);

    static final int FAMILY_4 = 4;
    static final int FAMILY_6 = 6;

    private Wire() {}

    static int family(InetAddress address) {
        return address instanceof Inet4Address ? FAMILY_4 : FAMILY_6;
    }

    static void putAddress(MemorySegment segment, long offset, InetAddress address) {
        byte[] bytes = address.getAddress();
        MemorySegment.copy(bytes, 0, segment, JAVA_BYTE, offset, bytes.length);
    }

    static InetAddress address(MemorySegment segment, long offset, int family) {
        return switch (family) {
            case FAMILY_4 -> address4(segment, offset);
            case FAMILY_6 -> address6(segment, offset);
            default -> throw new IllegalArgumentException("family is " + family + ", must be 4 or 6");
        };
    }

    static Inet4Address address4(MemorySegment segment, long offset) {
        byte[] bytes = bytes(segment, offset, 4);
        try {
            return (Inet4Address) InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are always an address", e);
        }
    }

    /** Never an Inet4Address, also for ::ffff:0:0/96. */
    static Inet6Address address6(MemorySegment segment, long offset) {
        byte[] bytes = bytes(segment, offset, 16);
        try {
            return Inet6Address.getByAddress(null, bytes, -1);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("sixteen bytes are always an address", e);
        }
    }

    static boolean isZero(MemorySegment segment, long offset, int bytes) {
        for (int i = 0; i < bytes; i++) {
            if (segment.get(JAVA_BYTE, offset + i) != 0) {
                return false;
            }
        }
        return true;
    }

    static byte[] bytes(MemorySegment segment, long offset, int bytes) {
        return segment.asSlice(offset, bytes).toArray(JAVA_BYTE);
    }

    static void putMac(MemorySegment segment, long offset, MacAddress mac) {
        for (int i = 0; i < 6; i++) {
            segment.set(JAVA_BYTE, offset + i, (byte) (mac.value() >>> (40 - 8 * i)));
        }
    }

    static MacAddress mac(MemorySegment segment, long offset) {
        long value = 0;
        for (int i = 0; i < 6; i++) {
            value = value << 8 | segment.get(JAVA_BYTE, offset + i) & 0xff;
        }
        return new MacAddress(value);
    }

    static void putKey(MemorySegment segment, long offset, ObjectKey key) {
        segment.set(LONG_BIG_ENDIAN, offset, key.high());
        segment.set(LONG_BIG_ENDIAN, offset + 8, key.low());
    }

    static void putUuid(MemorySegment segment, long offset, UUID uuid) {
        segment.set(LONG_BIG_ENDIAN, offset, uuid.getMostSignificantBits());
        segment.set(LONG_BIG_ENDIAN, offset + 8, uuid.getLeastSignificantBits());
    }

    static UUID uuid(MemorySegment segment, long offset) {
        return new UUID(segment.get(LONG_BIG_ENDIAN, offset), segment.get(LONG_BIG_ENDIAN, offset + 8));
    }

    static ObjectKey key(MemorySegment segment, long offset) {
        return new ObjectKey(segment.get(LONG_BIG_ENDIAN, offset), segment.get(LONG_BIG_ENDIAN, offset + 8));
    }

    /** The caller's record made sure that it fits with a NUL behind it. */
    static void putText(MemorySegment segment, long offset, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        MemorySegment.copy(bytes, 0, segment, JAVA_BYTE, offset, bytes.length);
    }

    /** Up to the first NUL, or the whole field. */
    static String text(MemorySegment segment, long offset, int fieldBytes) {
        byte[] bytes = bytes(segment, offset, fieldBytes);
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    static int unsignedByte(MemorySegment segment, long offset) {
        return segment.get(JAVA_BYTE, offset) & 0xff;
    }

    static int unsignedShort(MemorySegment segment, long offset) {
        return segment.get(SHORT, offset) & 0xffff;
    }
}
