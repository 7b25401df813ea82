package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;

/** Whether another host's plane answers, by BFD (RFC 5880, RFC 5883). */
public enum Liveness {
    /** No BFD, or no answer yet. */
    UNKNOWN(AbiCodes.WEFT_LIVENESS_UNKNOWN),
    UP(AbiCodes.WEFT_LIVENESS_UP),
    /** It answered once and does not any more: new connections keep away. */
    DOWN(AbiCodes.WEFT_LIVENESS_DOWN);

    private final int code;

    Liveness(int code) {
        this.code = code;
    }

    /** The number in messages of the plane. */
    public int code() {
        return code;
    }

    /** The constant with this number. */
    public static Liveness ofCode(int code) {
        for (Liveness candidate : values()) {
            if (candidate.code == code) {
                return candidate;
            }
        }
        throw new IllegalArgumentException("Liveness code is " + code + ", which this version does not know");
    }
}
