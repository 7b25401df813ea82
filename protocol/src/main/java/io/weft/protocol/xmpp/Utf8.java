package io.weft.protocol.xmpp;

/** Where characters begin and end in UTF-8 (RFC 3629 section 3). Says nothing about whether they are valid. */
final class Utf8 {
    private Utf8() {}

    /** Length of the character that begins with this byte; 1 for a byte that begins none. */
    static int bytes(byte first) {
        int leadingOnes = Integer.numberOfLeadingZeros(~(first << 24));
        return leadingOnes < 2 || leadingOnes > 4 ? 1 : leadingOnes;
    }

    static boolean continues(byte next) {
        return (next & 0xc0) == 0x80;
    }

    /** How many bytes before {@code end} are the beginning of a character that ends behind it: 0 .. 3. */
    static int incomplete(byte[] bytes, int start, int end) {
        for (int back = 1; back <= 3 && end - back >= start; back++) {
            byte at = bytes[end - back];
            if (!continues(at)) {
                return bytes(at) > back ? back : 0;
            }
        }
        return 0;
    }
}
