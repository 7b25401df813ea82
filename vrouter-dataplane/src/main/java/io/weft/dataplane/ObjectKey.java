package io.weft.dataplane;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * The 16 bytes by which the owner of a plane object finds it again after a restart.
 *
 * @param high bytes 0 .. 7, big endian
 * @param low bytes 8 .. 15, big endian
 */
public record ObjectKey(long high, long low) {
    public static final ObjectKey ZERO = new ObjectKey(0, 0);

    public static ObjectKey of(UUID uuid) {
        return new ObjectKey(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
    }

    /** The first 16 bytes of the SHA-256 of the text's UTF-8 bytes: the same key for the same text, always. */
    public static ObjectKey ofText(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            ByteBuffer buffer = ByteBuffer.wrap(digest);
            return new ObjectKey(buffer.getLong(), buffer.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    public UUID toUuid() {
        return new UUID(high, low);
    }

    @Override
    public String toString() {
        return toUuid().toString();
    }
}
