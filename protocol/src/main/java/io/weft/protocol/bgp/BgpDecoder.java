package io.weft.protocol.bgp;

import java.util.ArrayList;
import java.util.List;

/** Bytes to messages. Whatever the bytes are, the outcome is a message or a {@link BgpException}. */
public final class BgpDecoder {
    private static final int CAPABILITIES = 2;
    private static final int EXTENDED_PARAMETERS = 255;

    private BgpDecoder() {}

    /**
     * @param message whole, header included
     * @param fourOctetAs both sides have the capability (RFC 6793)
     * @param internal the peer is of the same autonomous system
     */
    public static BgpMessage decode(byte[] message, boolean fourOctetAs, boolean internal) throws BgpException {
        if (message.length < Wire.HEADER || MessageSplitter.checkedLength(message, 0) != message.length) {
            throw new BgpException(
                    Notification.HEADER, Notification.BAD_LENGTH, message.length + " bytes are not one message");
        }
        Reader body = new Reader(message, Wire.HEADER, message.length);
        return switch (message[18]) {
            case Wire.OPEN -> open(body);
            case Wire.UPDATE -> new UpdateDecoder(fourOctetAs, internal).decode(body);
            case Wire.NOTIFICATION -> notification(body);
            case Wire.ROUTE_REFRESH -> refresh(body);
            default -> new BgpMessage.Keepalive();
        };
    }

    private static BgpMessage notification(Reader body) {
        // An error in a NOTIFICATION cannot be answered (RFC 4271 section 6.4): code 0 is taken for 255.
        int code = body.u8();
        return new Notification(code == 0 ? 255 : code, body.u8(), Bytes.of(body.bytes(body.left())));
    }

    private static BgpMessage refresh(Reader body) throws BgpException {
        if (body.left() != 4) {
            throw new BgpException(Notification.ROUTE_REFRESH, 1, "ROUTE-REFRESH body of " + body.left() + " bytes");
        }
        int afi = body.u16();
        body.u8();
        return new BgpMessage.RouteRefresh(new Family(afi, body.u8()));
    }

    private static Open open(Reader body) throws BgpException {
        int version = body.u8();
        if (version != 4) {
            throw new BgpException(
                    Notification.of(Notification.OPEN, Notification.UNSUPPORTED_VERSION, (byte) 0, (byte) 4),
                    "version " + version);
        }
        int as16 = body.u16();
        int holdTimeS = body.u16();
        long identifier = body.u32();
        if (holdTimeS == 1 || holdTimeS == 2) {
            throw new BgpException(
                    Notification.OPEN, Notification.UNACCEPTABLE_HOLD_TIME, "hold time " + holdTimeS + " s");
        }
        if (identifier == 0) {
            throw new BgpException(Notification.OPEN, Notification.BAD_IDENTIFIER, "identifier 0.0.0.0");
        }
        List<Capability> capabilities = new ArrayList<>();
        int length = body.u8();
        // RFC 9072: a first parameter of type 255 says that lengths have two bytes.
        boolean extended = length > 0 && body.left() >= 3 && body.peek() == EXTENDED_PARAMETERS;
        if (extended) {
            body.u8();
            length = body.u16();
        }
        if (body.left() != length) {
            throw malformed("parameters of " + length + " bytes in " + body.left());
        }
        while (body.left() > 0) {
            parameter(body, extended, capabilities);
        }
        return new Open(as16, holdTimeS, identifier, capabilities);
    }

    private static void parameter(Reader parameters, boolean extended, List<Capability> capabilities)
            throws BgpException {
        if (parameters.left() < (extended ? 3 : 2)) {
            throw malformed("parameter without length");
        }
        int type = parameters.u8();
        int length = extended ? parameters.u16() : parameters.u8();
        if (length > parameters.left()) {
            throw malformed("parameter of " + length + " bytes in " + parameters.left());
        }
        if (type != CAPABILITIES) {
            throw new BgpException(Notification.OPEN, Notification.UNSUPPORTED_PARAMETER, "parameter type " + type);
        }
        Reader content = parameters.part(length);
        while (content.left() > 0) {
            if (content.left() < 2) {
                throw malformed("capability without length");
            }
            int code = content.u8();
            int size = content.u8();
            if (size > content.left()) {
                throw malformed("capability " + code + " of " + size + " bytes in " + content.left());
            }
            capabilities.add(capability(code, content.part(size)));
        }
    }

    /** One whose length is wrong for its code is one we do not know. */
    private static Capability capability(int code, Reader value) {
        int size = value.left();
        if (code == Capability.MULTI_PROTOCOL && size == 4) {
            int afi = value.u16();
            value.u8();
            return new Capability.MultiProtocol(new Family(afi, value.u8()));
        }
        if (code == Capability.ROUTE_REFRESH && size == 0) {
            return new Capability.RouteRefresh();
        }
        if (code == Capability.FOUR_OCTET_AS && size == 4) {
            return new Capability.FourOctetAs(value.u32());
        }
        if (code == Capability.GRACEFUL_RESTART && size >= 2 && size % 4 == 2) {
            int head = value.u16();
            List<Capability.GracefulRestart.Kept> families = new ArrayList<>();
            while (value.left() > 0) {
                Family family = new Family(value.u16(), value.u8());
                families.add(new Capability.GracefulRestart.Kept(family, (value.u8() & 0x80) != 0));
            }
            return new Capability.GracefulRestart((head & 0x8000) != 0, (head & 0x4000) != 0, head & 0xfff, families);
        }
        return new Capability.Unknown(code, Bytes.of(value.bytes(size)));
    }

    private static BgpException malformed(String what) {
        return new BgpException(Notification.OPEN, 0, what);
    }
}
