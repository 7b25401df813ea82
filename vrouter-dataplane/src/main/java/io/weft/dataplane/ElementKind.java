package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;

/** What an element of an identity, or the condition of a rule on one, is about. */
public enum ElementKind {
    /** In rules only: no condition. */
    ANY(AbiCodes.WEFT_ELEMENT_ANY),
    /** A network of origin; its number is a hash of its name, see {@link Identity.Element#network}. */
    NETWORK(AbiCodes.WEFT_ELEMENT_NETWORK),
    /** A security group by its security_group_id. */
    SECURITY_GROUP(AbiCodes.WEFT_ELEMENT_SECURITY_GROUP),
    /** A tag by its tag_id. */
    TAG(AbiCodes.WEFT_ELEMENT_TAG),
    /** In rules only: {@link Identity#NODE} or {@link Identity#EXTERNAL}. */
    IDENTITY(AbiCodes.WEFT_ELEMENT_IDENTITY);

    private final int code;

    ElementKind(int code) {
        this.code = code;
    }

    /** The number in messages to the plane. */
    public int code() {
        return code;
    }

    /** The constant with this number. */
    public static ElementKind ofCode(int code) {
        for (ElementKind candidate : values()) {
            if (candidate.code == code) {
                return candidate;
            }
        }
        throw new IllegalArgumentException("ElementKind code is " + code + ", which this version does not know");
    }
}
