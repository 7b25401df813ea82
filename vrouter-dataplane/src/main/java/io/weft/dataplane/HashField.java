package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/** What of a connection, as its initiator sends it, decides which member of an ECMP next hop it takes. */
public enum HashField {
    PROTOCOL(AbiCodes.WEFT_HASH_PROTOCOL),
    SOURCE_ADDRESS(AbiCodes.WEFT_HASH_SOURCE_ADDRESS),
    SOURCE_PORT(AbiCodes.WEFT_HASH_SOURCE_PORT),
    DESTINATION_ADDRESS(AbiCodes.WEFT_HASH_DESTINATION_ADDRESS),
    DESTINATION_PORT(AbiCodes.WEFT_HASH_DESTINATION_PORT);

    /** What decides when nothing else is asked for. */
    public static final Set<HashField> ALL = Set.of(values());

    private final int bit;

    HashField(int bit) {
        this.bit = bit;
    }

    /** The bits in messages of the plane. */
    public static int bits(Set<HashField> fields) {
        return fields.stream().mapToInt(field -> field.bit).sum();
    }

    /** The fields with these bits; 0 stands for all. */
    public static Set<HashField> ofBits(int bits) {
        if (bits < 0 || bits > AbiCodes.WEFT_HASH_ALL) {
            throw new IllegalArgumentException("hash fields are " + bits + ", must be 0 .. " + AbiCodes.WEFT_HASH_ALL);
        }
        EnumSet<HashField> fields = EnumSet.noneOf(HashField.class);
        Arrays.stream(values()).filter(field -> (bits & field.bit) != 0).forEach(fields::add);
        return fields.isEmpty() ? ALL : fields;
    }
}
