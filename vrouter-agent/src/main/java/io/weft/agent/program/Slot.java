package io.weft.agent.program;

import io.weft.dataplane.Ageing;
import io.weft.dataplane.FloatingIp;
import io.weft.dataplane.Identity;
import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.Label;
import io.weft.dataplane.NatPool;
import io.weft.dataplane.NextHop;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.PlaneSettings;
import io.weft.dataplane.PolicySet;
import io.weft.dataplane.Route;
import io.weft.dataplane.Service;
import io.weft.dataplane.UnderlayPath;
import io.weft.dataplane.Vif;
import io.weft.dataplane.Vni;
import io.weft.dataplane.Vrf;
import java.util.Objects;

/**
 * The place of an object in the plane.
 *
 * @param id its id; of a route its VRF's; of the plane 0
 * @param prefix of a route, else null
 */
record Slot(Kind kind, int id, IpPrefix prefix) {
    /** In the order in which objects are set; they are deleted in the reverse order. */
    enum Kind {
        PLANE,
        VRF,
        IDENTITY,
        POLICY,
        VIF,
        NEXT_HOP,
        ECMP,
        LABEL,
        VNI,
        ROUTE
    }

    Slot {
        Objects.requireNonNull(kind, "kind");
    }

    static Slot of(PlaneObject object) {
        return switch (object) {
            case PlaneSettings settings -> new Slot(Kind.PLANE, 0, null);
            case Vrf vrf -> new Slot(Kind.VRF, vrf.id(), null);
            case Identity identity -> new Slot(Kind.IDENTITY, identity.id(), null);
            case PolicySet set -> new Slot(Kind.POLICY, set.id(), null);
            case Vif vif -> new Slot(Kind.VIF, vif.id(), null);
            case NextHop.Ecmp ecmp -> new Slot(Kind.ECMP, ecmp.id(), null);
            case NextHop hop -> new Slot(Kind.NEXT_HOP, hop.id(), null);
            case Label label -> new Slot(Kind.LABEL, label.label(), null);
            case Vni vni -> new Slot(Kind.VNI, vni.vni(), null);
            case Route route -> new Slot(Kind.ROUTE, route.vrfId(), route.prefix());
            case Ageing ageing ->
                throw new IllegalArgumentException("idle times are not the agent's to set: " + ageing);
            case FloatingIp floating -> throw new IllegalArgumentException("not programmed here: " + floating);
            case NatPool pool -> throw new IllegalArgumentException("not programmed here: " + pool);
            case Service service -> throw new IllegalArgumentException("not programmed here: " + service);
            case UnderlayPath path -> throw new IllegalArgumentException("underlay paths belong to the plane: " + path);
        };
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-') + " " + id
                + (prefix == null ? "" : " " + prefix);
    }
}
