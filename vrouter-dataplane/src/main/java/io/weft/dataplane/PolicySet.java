package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.util.List;
import java.util.Objects;

/**
 * Ordered rules; the first that matches decides. Replaced whole. It judges a connection in the direction of who opens it.
 *
 * @param id chosen by the owner, 1 .. 65535
 * @param key the owner's
 * @param defaultAction when no rule matches
 * @param rules at most {@link #RULES_MAX}
 */
public record PolicySet(int id, ObjectKey key, PolicyAction defaultAction, List<PolicyRule> rules)
        implements PlaneObject {
    /** In place of an id: no policy, allows. */
    public static final int NONE = AbiCodes.WEFT_POLICY_NONE;

    /** Most rules of one set. */
    public static final int RULES_MAX = AbiCodes.WEFT_POLICY_RULES_MAX;

    public PolicySet {
        Limits.range("policy id", id, 1, AbiCodes.WEFT_POLICY_LIMIT - 1);
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(defaultAction, "defaultAction");
        rules = List.copyOf(rules);
        Limits.range("rule count of policy " + id, rules.size(), 0, RULES_MAX);
    }
}
