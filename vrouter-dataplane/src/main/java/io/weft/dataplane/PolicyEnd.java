package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.util.Objects;
import java.util.Optional;

/**
 * One end of a rule. Both conditions hold: the identity has the element, and the address is in the prefix.
 *
 * @param kind {@link ElementKind#ANY}: no condition on the identity
 * @param id number of the element, unsigned; 0 with ANY
 * @param prefix empty: any address
 */
public record PolicyEnd(ElementKind kind, long id, Optional<IpPrefix> prefix) {
    public static final PolicyEnd ANY = new PolicyEnd(ElementKind.ANY, 0, Optional.empty());

    public PolicyEnd {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(prefix, "prefix");
        boolean good = switch (kind) {
            case ANY -> id == 0;
            case IDENTITY -> id == AbiCodes.WEFT_IDENTITY_NODE || id == AbiCodes.WEFT_IDENTITY_EXTERNAL;
            default -> true;
        };
        if (!good) {
            throw new IllegalArgumentException("id of a rule's end of kind " + kind + " is " + Long.toUnsignedString(id)
                    + ", must be " + (kind == ElementKind.ANY ? "0" : "1 or 2"));
        }
    }

    public static PolicyEnd of(Identity.Element element) {
        return new PolicyEnd(element.kind(), element.id(), Optional.empty());
    }

    /** {@code any}, {@code 1:<number>} as {@link Identity.Element} writes it, with {@code in <prefix>} behind. */
    @Override
    public String toString() {
        String element = kind == ElementKind.ANY ? "any" : kind.code() + ":" + Long.toUnsignedString(id);
        return prefix.map(found -> element + " in " + found).orElse(element);
    }

    public PolicyEnd withPrefix(Optional<IpPrefix> other) {
        return new PolicyEnd(kind, id, other);
    }
}
