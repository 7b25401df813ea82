package io.weft.protocol.bgp;

import java.util.Arrays;
import java.util.function.Consumer;

/** Cuts the bytes of a connection into messages and checks their headers (RFC 4271 section 6.1). One per connection; not thread safe. */
public final class MessageSplitter {
    private byte[] held = new byte[0];

    /**
     * @param sink gets whole messages, header included
     * @throws BgpException broken header; whole messages before it have been delivered
     */
    public void feed(byte[] bytes, Consumer<byte[]> sink) throws BgpException {
        byte[] all = bytes;
        if (held.length > 0) {
            all = Arrays.copyOf(held, held.length + bytes.length);
            System.arraycopy(bytes, 0, all, held.length, bytes.length);
        }
        int at = 0;
        while (all.length - at >= Wire.HEADER) {
            int length = checkedLength(all, at);
            if (all.length - at < length) {
                break;
            }
            sink.accept(Arrays.copyOfRange(all, at, at + length));
            at += length;
        }
        held = Arrays.copyOfRange(all, at, all.length);
    }

    static int checkedLength(byte[] bytes, int at) throws BgpException {
        for (int i = 0; i < 16; i++) {
            if (bytes[at + i] != -1) {
                throw new BgpException(Notification.HEADER, Notification.NOT_SYNCHRONIZED, "marker byte " + i);
            }
        }
        int length = (bytes[at + 16] & 0xff) << 8 | bytes[at + 17] & 0xff;
        int type = bytes[at + 18] & 0xff;
        int min = switch (type) {
            case Wire.OPEN -> 29;
            case Wire.UPDATE, Wire.ROUTE_REFRESH -> 23;
            case Wire.NOTIFICATION -> 21;
            default -> Wire.HEADER;
        };
        if (length < min || length > Wire.MAX_MESSAGE || type == Wire.KEEPALIVE && length > min) {
            throw new BgpException(
                    Notification.of(Notification.HEADER, Notification.BAD_LENGTH, bytes[at + 16], bytes[at + 17]),
                    "message of type " + type + " has length " + length);
        }
        if (type < Wire.OPEN || type > Wire.ROUTE_REFRESH) {
            throw new BgpException(
                    Notification.of(Notification.HEADER, Notification.BAD_TYPE, (byte) type), "message type " + type);
        }
        return length;
    }
}
