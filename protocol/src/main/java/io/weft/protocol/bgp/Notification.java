package io.weft.protocol.bgp;

import java.util.Objects;

/**
 * NOTIFICATION (RFC 4271 section 4.5): why a session ends.
 *
 * @param code 1..255
 * @param subcode 0..255; 0: unspecific
 * @param content depends on the codes
 */
public record Notification(int code, int subcode, Bytes content) implements BgpMessage {
    public static final int HEADER = 1;
    public static final int OPEN = 2;
    public static final int UPDATE = 3;
    public static final int HOLD_TIMER = 4;
    public static final int STATE_MACHINE = 5;
    public static final int CEASE = 6;
    public static final int ROUTE_REFRESH = 7;

    // RFC 4271 section 6.1
    public static final int NOT_SYNCHRONIZED = 1;
    public static final int BAD_LENGTH = 2;
    public static final int BAD_TYPE = 3;

    // RFC 4271 section 6.2, RFC 5492 section 5
    public static final int UNSUPPORTED_VERSION = 1;
    public static final int BAD_PEER_AS = 2;
    public static final int BAD_IDENTIFIER = 3;
    public static final int UNSUPPORTED_PARAMETER = 4;
    public static final int UNACCEPTABLE_HOLD_TIME = 6;
    public static final int UNSUPPORTED_CAPABILITY = 7;

    // RFC 4271 section 6.3
    public static final int MALFORMED_ATTRIBUTES = 1;
    public static final int UNRECOGNIZED_WELL_KNOWN = 2;
    public static final int MISSING_WELL_KNOWN = 3;
    public static final int ATTRIBUTE_FLAGS = 4;
    public static final int ATTRIBUTE_LENGTH = 5;
    public static final int INVALID_ORIGIN = 6;
    public static final int INVALID_NEXT_HOP = 8;
    public static final int OPTIONAL_ATTRIBUTE = 9;
    public static final int INVALID_NETWORK = 10;
    public static final int MALFORMED_AS_PATH = 11;

    // RFC 6608
    public static final int UNEXPECTED_IN_OPEN_SENT = 1;
    public static final int UNEXPECTED_IN_OPEN_CONFIRM = 2;
    public static final int UNEXPECTED_IN_ESTABLISHED = 3;

    // RFC 4486, RFC 8538
    public static final int ADMINISTRATIVE_SHUTDOWN = 2;
    public static final int PEER_DECONFIGURED = 3;
    public static final int CONNECTION_REJECTED = 5;
    public static final int CONFIGURATION_CHANGE = 6;
    public static final int COLLISION = 7;
    public static final int OUT_OF_RESOURCES = 8;
    public static final int HARD_RESET = 9;

    public Notification {
        Objects.requireNonNull(content, "content");
        if (code < 1 || code > 255 || subcode < 0 || subcode > 255) {
            throw new IllegalArgumentException("notification " + code + "/" + subcode + " is not in 1..255/0..255");
        }
        if (content.length() > Wire.MAX_MESSAGE - Wire.HEADER - 2) {
            throw new IllegalArgumentException("notification with " + content.length() + " bytes of content");
        }
    }

    public static Notification of(int code, int subcode, byte... content) {
        return new Notification(code, subcode, Bytes.of(content));
    }

    /** The same as Hard Reset (RFC 8538 section 3.1): the routes do not outlive the session. */
    public Notification asHardReset() {
        byte[] inner = new byte[2 + content.length()];
        inner[0] = (byte) code;
        inner[1] = (byte) subcode;
        System.arraycopy(content.toArray(), 0, inner, 2, content.length());
        return new Notification(CEASE, HARD_RESET, Bytes.of(inner));
    }

    public boolean isHardReset() {
        return code == CEASE && subcode == HARD_RESET;
    }

    /** For logs and pages: {@code cease/7}. */
    public String name() {
        String word = switch (code) {
            case HEADER -> "header";
            case OPEN -> "open";
            case UPDATE -> "update";
            case HOLD_TIMER -> "hold-timer-expired";
            case STATE_MACHINE -> "state-machine";
            case CEASE -> "cease";
            case ROUTE_REFRESH -> "route-refresh";
            default -> Integer.toString(code);
        };
        return word + "/" + subcode;
    }
}
