package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Range checks shared by the records of this package; every message names field, value and limit. */
final class Limits {
    private Limits() {}

    static int range(String field, int value, int lowest, int highest) {
        if (value < lowest || value > highest) {
            throw new IllegalArgumentException(field + " is " + value + ", must be " + lowest + " .. " + highest);
        }
        return value;
    }

    static int vifId(String field, int value) {
        return range(field, value, 0, AbiCodes.WEFT_VIF_LIMIT - 1);
    }

    static int vrfId(String field, int value) {
        return range(field, value, 0, AbiCodes.WEFT_VRF_LIMIT - 1);
    }

    static int nextHopId(String field, int value) {
        return range(field, value, 0, AbiCodes.WEFT_NEXTHOP_LIMIT - 1);
    }

    /** UTF-8 text that fits a C field of {@code fieldBytes} with its terminator, without NUL. */
    static String text(String field, String value, int fieldBytes) {
        Objects.requireNonNull(value, field);
        int bytes = value.getBytes(StandardCharsets.UTF_8).length;
        if (bytes >= fieldBytes) {
            throw new IllegalArgumentException(
                    field + " is \"" + value + "\", " + bytes + " bytes long, must be at most " + (fieldBytes - 1));
        }
        if (value.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(field + " is \"" + value.replace("\0", "\\0") + "\", must not hold NUL");
        }
        return value;
    }
}
