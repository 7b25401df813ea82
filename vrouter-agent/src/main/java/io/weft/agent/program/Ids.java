package io.weft.agent.program;

import io.weft.agent.compile.Hop;
import io.weft.agent.compile.IdentityState;
import io.weft.agent.compile.PolicySource;
import io.weft.dataplane.Identity;
import io.weft.dataplane.NextHop;
import io.weft.dataplane.ObjectKey;
import java.util.UUID;

/**
 * Ids of plane objects and MPLS labels. The texts of which keys are made must never change: every running host would give new ids. The id of a VRF is also the instance id of XMPP subscriptions, so it must outlive a restart of
 * the agent: ids found in the plane are adopted by key before any is given. One thread.
 */
public final class Ids {
    /** Key of the uplink vif. */
    public static final ObjectKey UPLINK = ObjectKey.ofText("uplink");

    private static final int LABEL_FIRST = 4098;
    private static final int LABEL_LIMIT = 1 << 20;
    private static final int VIF_LIMIT = 4352;
    private static final int VRF_LIMIT = 65536;
    private static final int IDENTITY_LIMIT = 65536;
    private static final int POLICY_LIMIT = 65536;
    private static final int NEXT_HOP_LIMIT = 1 << 20;

    /** How long a freed id or label rests: at least as long as other hosts may keep stale routes. */
    public static final long QUARANTINE_NS = 600_000_000_000L;

    final IdPool<ObjectKey> vifs = new IdPool<>("vif", 0, VIF_LIMIT, QUARANTINE_NS);
    final IdPool<ObjectKey> vrfs = new IdPool<>("vrf", 1, VRF_LIMIT, QUARANTINE_NS);
    final IdPool<ObjectKey> nextHops = new IdPool<>("next hop", 1, NEXT_HOP_LIMIT, QUARANTINE_NS);
    final IdPool<ObjectKey> labels = new IdPool<>("label", LABEL_FIRST, LABEL_LIMIT, QUARANTINE_NS);

    final IdPool<ObjectKey> identities = new IdPool<>("identity", Identity.FIRST, IDENTITY_LIMIT, QUARANTINE_NS);
    final IdPool<ObjectKey> policies = new IdPool<>("policy", 1, POLICY_LIMIT, QUARANTINE_NS);

    static ObjectKey identityKey(IdentityState identity) {
        return ObjectKey.ofText(identity.identity());
    }

    static ObjectKey policyKey(PolicySource source) {
        return ObjectKey.ofText(source.identity());
    }

    static ObjectKey vifKey(UUID vmi) {
        return ObjectKey.of(vmi);
    }

    static ObjectKey vrfKey(String instance) {
        return ObjectKey.ofText("vrf/" + instance);
    }

    static ObjectKey hopKey(Hop hop) {
        return ObjectKey.ofText(hop.identity());
    }

    /** Id of a hop; the discard is the plane's own. */
    int hop(Hop hop, long nowNs) {
        return hop instanceof Hop.Discard ? NextHop.Discard.PERMANENT_ID : nextHops.get(hopKey(hop), nowNs);
    }
}
