package io.weft.protocol.bgp;

import java.util.Arrays;

/** Reads a part of a message; callers check {@link #left} before. */
final class Reader {
    private final byte[] bytes;
    private final int end;
    private int at;

    Reader(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    int left() {
        return end - at;
    }

    int u8() {
        return bytes[take(1)] & 0xff;
    }

    /** The next byte, left in place. */
    int peek() {
        return bytes[at] & 0xff;
    }

    int u16() {
        return u8() << 8 | u8();
    }

    int u24() {
        return u8() << 16 | u16();
    }

    long u32() {
        return (long) u16() << 16 | u16();
    }

    long u64() {
        return u32() << 32 | u32();
    }

    byte[] bytes(int count) {
        int from = take(count);
        return Arrays.copyOfRange(bytes, from, from + count);
    }

    Reader part(int count) {
        int from = take(count);
        return new Reader(bytes, from, from + count);
    }

    private int take(int count) {
        if (count < 0 || count > left()) {
            throw new IllegalStateException(count + " of " + left() + " bytes: a length was not checked");
        }
        int from = at;
        at += count;
        return from;
    }
}
