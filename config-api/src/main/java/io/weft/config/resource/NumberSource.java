package io.weft.config.resource;

import io.weft.config.schema.RefusedException;
import java.util.function.LongFunction;

/**
 * Gives out network ids, route target numbers and security group ids. What is used is read from the image's claims, so a discarded draft and a restart lose
 * nothing; a number just freed is given again only after all others, because packets and routes with it may still be under way. Used by
 * the writer's thread.
 */
public final class NumberSource {
    /** Network ids are VNIs in automatic mode: 24 bits, 0 is reserved. */
    public static final long MAX_NETWORK_ID = (1L << 24) - 1;

    /** Security group numbers below are configured by clients or, this one, the system's own. */
    public static final long FIRST_SECURITY_GROUP_ID = 8_000_000;

    private static final long MAX_SECURITY_GROUP_ID = 0xffffffffL;

    private long lastNetworkId;
    private long lastSecurityGroupId;
    private long lastTarget;

    /** @throws RefusedException 409 all are in use */
    public long networkId(Image image) {
        lastNetworkId = next(image, "network id", Claims::networkId, 1, MAX_NETWORK_ID, lastNetworkId);
        return lastNetworkId;
    }

    /** @throws RefusedException 409 all are in use */
    public long targetNumber(Image image, long asn) {
        lastTarget = next(
                image,
                "route target number",
                number -> Claims.target(asn, number),
                firstTarget(asn),
                lastTargetOf(asn),
                lastTarget);
        return lastTarget;
    }

    /** @throws RefusedException 409 all are in use */
    public long securityGroupId(Image image) {
        lastSecurityGroupId = next(
                image,
                "security group id",
                Claims::securityGroup,
                FIRST_SECURITY_GROUP_ID + 1,
                MAX_SECURITY_GROUP_ID,
                lastSecurityGroupId);
        return lastSecurityGroupId;
    }

    /** First number of the automatic range of an ASN (type 0 for two-byte ones, type 2 otherwise). */
    public static long firstTarget(long asn) {
        return asn <= 0xffff ? 8_000_000 : 8_000;
    }

    private static long lastTargetOf(long asn) {
        return asn <= 0xffff ? (1L << 24) - 1 : 32_767;
    }

    private static long next(Image image, String what, LongFunction<String> key, long min, long max, long last) {
        long from = last < min || last >= max ? min : last + 1;
        if (last == 0) {
            from = afterHighest(image, key, min, max);
        }
        long found = firstFree(image, key, from, max);
        if (found < 0 && from > min) {
            found = firstFree(image, key, min, from - 1);
        }
        if (found < 0) {
            throw RefusedException.conflict("every " + what + " in " + min + ".." + max + " is in use");
        }
        return found;
    }

    /** After a start: the number after the highest used one, or min when that is the end of the range. */
    private static long afterHighest(Image image, LongFunction<String> key, long min, long max) {
        long low = min;
        long high = max + 1;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (image.claims().count(key.apply(middle), key.apply(max)) == 0) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low > max ? min : low;
    }

    private static long firstFree(Image image, LongFunction<String> key, long from, long to) {
        long low = from;
        long high = to + 1;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (image.claims().count(key.apply(from), key.apply(middle)) < middle - from + 1) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low > to ? -1 : low;
    }
}
