package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;

/** Kinds of plane objects that carry an epoch and can be swept. */
public enum ObjectKind {
    /** {@link Identity} */
    IDENTITY(AbiCodes.WEFT_OBJECT_IDENTITY),
    /** {@link PolicySet} */
    POLICY(AbiCodes.WEFT_OBJECT_POLICY),
    /** {@link FloatingIp} */
    FLOATING_IP(AbiCodes.WEFT_OBJECT_FLOATING_IP),
    /** {@link NatPool} */
    NAT_POOL(AbiCodes.WEFT_OBJECT_NAT_POOL),
    /** {@link Vif} */
    VIF(AbiCodes.WEFT_OBJECT_VIF),
    /** {@link Vrf} */
    VRF(AbiCodes.WEFT_OBJECT_VRF),
    /** {@link Service} */
    SERVICE(AbiCodes.WEFT_OBJECT_SERVICE),
    /** {@link NextHop} */
    NEXT_HOP(AbiCodes.WEFT_OBJECT_NEXTHOP),
    /** {@link Route} */
    ROUTE(AbiCodes.WEFT_OBJECT_ROUTE),
    /** {@link Label} */
    LABEL(AbiCodes.WEFT_OBJECT_LABEL),
    /** {@link Vni} */
    VNI(AbiCodes.WEFT_OBJECT_VNI);

    private final int code;

    ObjectKind(int code) {
        this.code = code;
    }

    /** The number in messages to the plane. */
    public int code() {
        return code;
    }

    /** The constant with this number. */
    public static ObjectKind ofCode(int code) {
        for (ObjectKind candidate : values()) {
            if (candidate.code == code) {
                return candidate;
            }
        }
        throw new IllegalArgumentException("ObjectKind code is " + code + ", which this version does not know");
    }
}
