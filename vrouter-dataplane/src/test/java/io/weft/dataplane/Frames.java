package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import io.weft.dataplane.ffi.AbiLayout;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** Frames of weft_abi.h as bytes, for tests that are one end of the socket themselves. */
final class Frames {
    private Frames() {}

    static ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static byte[] frame(int sequence, byte[]... messages) {
        int bytes = AbiLayout.FrameHeader.SIZE_BYTES;
        for (byte[] message : messages) {
            bytes += message.length;
        }
        ByteBuffer out = allocate(bytes);
        out.putInt(bytes).putInt(sequence).putInt(messages.length).putInt(0);
        for (byte[] message : messages) {
            out.put(message);
        }
        return out.array();
    }

    static byte[] message(int object, int epoch, byte[] body) {
        ByteBuffer out = allocate(AbiLayout.MessageHeader.SIZE_BYTES + body.length);
        out.putShort((short) object).putShort((short) AbiCodes.WEFT_OPERATION_SET);
        return out.putInt(out.capacity()).putInt(epoch).putInt(0).put(body).array();
    }

    static byte[] hello(int major, int minor) {
        ByteBuffer body = allocate(AbiLayout.HelloMsg.SIZE_BYTES);
        body.putShort((short) major).putShort((short) minor).putInt(0).put("test".getBytes(StandardCharsets.UTF_8));
        return message(AbiCodes.WEFT_OBJECT_HELLO, 0, body.array());
    }

    static byte[] hello() {
        return hello(AbiCodes.WEFT_ABI_MAJOR, AbiCodes.WEFT_ABI_MINOR);
    }

    static byte[] error(int index, int errno, String text) {
        ByteBuffer body = allocate(AbiLayout.ErrorMsg.SIZE_BYTES);
        body.putInt(index).putInt(errno).put(text.getBytes(StandardCharsets.UTF_8));
        return message(AbiCodes.WEFT_OBJECT_ERROR, 0, body.array());
    }

    /** DONE; with {@code more}, its marker is all {@code marker}. */
    static byte[] done(boolean more, int marker) {
        ByteBuffer body = allocate(AbiLayout.DoneMsg.SIZE_BYTES);
        body.putInt(AbiLayout.DoneMsg.MORE, more ? 1 : 0);
        for (int at = AbiLayout.DoneMsg.MARKER; at < body.capacity(); at++) {
            body.put(at, (byte) marker);
        }
        return message(AbiCodes.WEFT_OBJECT_DONE, 0, body.array());
    }

    static byte[] done() {
        return done(false, 0);
    }

    /** One whole frame. */
    static ByteBuffer read(SocketChannel channel) throws IOException {
        ByteBuffer head = allocate(AbiLayout.FrameHeader.SIZE_BYTES);
        fill(channel, head);
        ByteBuffer frame = allocate(head.getInt(0));
        frame.put(head.flip());
        fill(channel, frame);
        return frame.flip();
    }

    private static void fill(SocketChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("closed after " + buffer.position() + " of " + buffer.capacity() + " bytes");
            }
        }
    }

    static void write(SocketChannel channel, byte[] bytes) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(bytes);
        while (out.hasRemaining()) {
            channel.write(out);
        }
    }
}
