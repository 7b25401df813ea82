package io.weft.config.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The unit of writing: magic, length and CRC-32C (each 4 bytes, big endian), then the parts, each with its length before it. A batch of
 * change-sets is one frame, so a crash can only tear the last one.
 */
final class Frame {
    static final int HEADER_BYTES = 12;
    static final int MAX_BYTES = 1 << 30;
    private static final int MAGIC = 0x57465231;

    /** What stands at a place of a file. */
    enum Found {
        WHOLE,
        END,
        TORN
    }

    private Frame() {}

    static ByteBuffer encode(List<byte[]> parts) {
        long size = 0;
        for (byte[] part : parts) {
            size += 4L + part.length;
        }
        if (size > MAX_BYTES - HEADER_BYTES) {
            throw new IllegalArgumentException("a batch of " + size + " bytes is over the limit of " + MAX_BYTES);
        }
        ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + (int) size);
        out.position(HEADER_BYTES);
        for (byte[] part : parts) {
            out.putInt(part.length).put(part);
        }
        out.flip();
        out.putInt(0, MAGIC).putInt(4, (int) size).putInt(8, crc(out, 0, (int) size));
        return out;
    }

    /** What stands at {@code offset}; a frame's end is {@link #end}. */
    static Found probe(ByteBuffer file, int offset) {
        if (offset == file.limit()) {
            return Found.END;
        }
        if (file.limit() - offset < HEADER_BYTES || file.getInt(offset) != MAGIC) {
            return Found.TORN;
        }
        int size = file.getInt(offset + 4);
        if (size < 0 || size > file.limit() - offset - HEADER_BYTES) {
            return Found.TORN;
        }
        return crc(file, offset, size) == file.getInt(offset + 8) ? Found.WHOLE : Found.TORN;
    }

    static int end(ByteBuffer file, int offset) {
        return offset + HEADER_BYTES + file.getInt(offset + 4);
    }

    /** Whether a whole frame stands anywhere at or after the offset. */
    static boolean anyAfter(ByteBuffer file, int offset) {
        for (int at = offset; at <= file.limit() - HEADER_BYTES; at++) {
            if (file.getInt(at) == MAGIC && probe(file, at) == Found.WHOLE) {
                return true;
            }
        }
        return false;
    }

    /** @throws IOException the lengths inside a frame do not add up */
    static List<byte[]> parts(ByteBuffer file, int offset) throws IOException {
        int at = offset + HEADER_BYTES;
        int end = end(file, offset);
        List<byte[]> parts = new ArrayList<>();
        while (at < end) {
            int length = end - at < 4 ? -1 : file.getInt(at);
            if (length < 0 || length > end - at - 4) {
                throw new IOException("a part at byte " + at + " has the length " + length);
            }
            byte[] part = new byte[length];
            file.get(at + 4, part);
            parts.add(part);
            at += 4 + length;
        }
        return parts;
    }

    private static int crc(ByteBuffer file, int offset, int size) {
        CRC32C crc = new CRC32C();
        crc.update(file.slice(offset + 4, 4));
        crc.update(file.slice(offset + HEADER_BYTES, size));
        return (int) crc.getValue();
    }
}
