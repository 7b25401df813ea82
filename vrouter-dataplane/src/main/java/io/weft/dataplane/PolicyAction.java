package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;

/** What a rule decides. */
public enum PolicyAction {
    ALLOW(AbiCodes.WEFT_POLICY_ALLOW),
    DENY(AbiCodes.WEFT_POLICY_DENY);

    private final int code;

    PolicyAction(int code) {
        this.code = code;
    }

    /** The number in messages to the plane. */
    public int code() {
        return code;
    }

    /** The constant with this number. */
    public static PolicyAction ofCode(int code) {
        for (PolicyAction candidate : values()) {
            if (candidate.code == code) {
                return candidate;
            }
        }
        throw new IllegalArgumentException("PolicyAction code is " + code + ", which this version does not know");
    }
}
