package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;

/** What a virtual interface stands for. */
public enum VifType {
    /** The host's own stack. */
    HOST(AbiCodes.WEFT_VIF_HOST),
    /** Packets for the agent. */
    AGENT(AbiCodes.WEFT_VIF_AGENT),
    /** An uplink to the underlay. */
    PHYSICAL(AbiCodes.WEFT_VIF_PHYSICAL),
    /** A pod or virtual machine. */
    VIRTUAL(AbiCodes.WEFT_VIF_VIRTUAL);

    private final int code;

    VifType(int code) {
        this.code = code;
    }

    /** The number in messages to the plane. */
    public int code() {
        return code;
    }

    /** The constant with this number. */
    public static VifType ofCode(int code) {
        for (VifType candidate : values()) {
            if (candidate.code == code) {
                return candidate;
            }
        }
        throw new IllegalArgumentException("VifType code is " + code + ", which this version does not know");
    }
}
