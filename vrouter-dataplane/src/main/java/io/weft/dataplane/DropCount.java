package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;

/**
 * How many packets were dropped for one reason.
 *
 * @param code of {@code native/abi/drops.def}
 * @param vifId or {@link #ALL_VIFS}
 */
public record DropCount(int code, int vifId, long packets) {
    /** The sum over all interfaces. */
    public static final int ALL_VIFS = -1;

    /** The name in {@code drops.def}, or "DROP_n" for a code that is newer than this library. */
    public String name() {
        String name = AbiCodes.dropName(code);
        return name == null ? "DROP_" + code : name;
    }

    /** The sentence in {@code drops.def}; empty for a code that is newer than this library. */
    public String doc() {
        String doc = AbiCodes.dropDoc(code);
        return doc == null ? "" : doc;
    }
}
