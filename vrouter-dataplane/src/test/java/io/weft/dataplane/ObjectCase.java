package io.weft.dataplane;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the contract tests must know of one kind of object; with a case in {@link ObjectCases#ALL} a new kind is set, read back,
 * renewed, swept and deleted on every plane.
 *
 * @param name for test reports
 * @param needs set before, in order; deleted behind, in reverse
 * @param variants set one behind the other. Those of one identity replace each other. Together they give every component of their
 *     records at least two values, so that no field is forgotten
 * @param unvaried components without a second value, as "Record.component"
 * @param reader what the plane holds of the kind
 * @param kind for sweeps; empty for what has no epoch of its own
 */
record ObjectCase(
        String name,
        List<? extends PlaneObject> needs,
        List<? extends PlaneObject> variants,
        Set<String> unvaried,
        Reader reader,
        Optional<ObjectKind> kind) {
    /** Reads all objects of a kind. */
    interface Reader {
        List<? extends Stored<? extends PlaneObject>> read(Dataplane plane) throws DataplaneException;
    }

    /** What tells objects of one kind apart: {@link Operation.Delete} reads no more than this. */
    static Object identity(PlaneObject object) {
        return switch (object) {
            case PlaneSettings ignored -> "plane";
            case Ageing ignored -> "ageing";
            case Vif vif -> vif.id();
            case Vrf vrf -> vrf.id();
            case Identity one -> one.id();
            case PolicySet set -> set.id();
            case FloatingIp floating -> floating.id();
            case NatPool pool -> pool.id();
            case Service service -> service.id();
            case NextHop nextHop -> nextHop.id();
            case Route route -> List.of(route.vrfId(), route.prefix());
            case Label label -> label.label();
            case Vni vni -> vni.vni();
            case UnderlayPath path -> path.destination();
        };
    }

    /** The variants that stay: of equal identities the last. */
    List<PlaneObject> last() {
        List<PlaneObject> kept = new ArrayList<>();
        for (PlaneObject variant : variants) {
            kept.removeIf(other -> identity(other).equals(identity(variant)));
            kept.add(variant);
        }
        return kept;
    }

    @Override
    public String toString() {
        return name;
    }
}
