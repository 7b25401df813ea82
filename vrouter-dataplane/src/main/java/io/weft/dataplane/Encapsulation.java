package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;

/** How a tunnel carries packets over the underlay. */
public enum Encapsulation {
    /** VXLAN, UDP 4789 (RFC 7348). */
    VXLAN(AbiCodes.WEFT_ENCAP_VXLAN),
    /** MPLS in UDP, port 6635 (RFC 7510). */
    MPLS_OVER_UDP(AbiCodes.WEFT_ENCAP_MPLSOUDP),
    /** MPLS in GRE (RFC 4023). */
    MPLS_OVER_GRE(AbiCodes.WEFT_ENCAP_MPLSOGRE);

    private final int code;

    Encapsulation(int code) {
        this.code = code;
    }

    /** The number in messages to the plane. */
    public int code() {
        return code;
    }

    /** The constant with this number. */
    public static Encapsulation ofCode(int code) {
        for (Encapsulation candidate : values()) {
            if (candidate.code == code) {
                return candidate;
            }
        }
        throw new IllegalArgumentException("Encapsulation code is " + code + ", which this version does not know");
    }
}
