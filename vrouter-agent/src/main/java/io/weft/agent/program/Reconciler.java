package io.weft.agent.program;

import io.weft.agent.program.Slot.Kind;
import io.weft.dataplane.Dataplane;
import io.weft.dataplane.DataplaneException;
import io.weft.dataplane.Identity;
import io.weft.dataplane.Label;
import io.weft.dataplane.NextHop;
import io.weft.dataplane.Operation;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.PlaneState;
import io.weft.dataplane.PolicySet;
import io.weft.dataplane.Refusal;
import io.weft.dataplane.Route;
import io.weft.dataplane.Stored;
import io.weft.dataplane.UnderlayPath;
import io.weft.dataplane.Vif;
import io.weft.dataplane.VifType;
import io.weft.dataplane.Vni;
import io.weft.dataplane.Vrf;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Desired against actual objects of one plane. Only differences are sent, in dependency order, in one call. What the plane held before
 * this agent (an older epoch) is deleted only after {@link #sweepUnwanted}. One thread.
 */
public final class Reconciler {
    /** What happened since the start. */
    public record Counters(long sets, long deletes, long refused, long opens) {}

    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

    private final Ids ids;
    private final Map<Slot, PlaneObject> desired = new HashMap<>();
    private final Map<Slot, Stored<PlaneObject>> actual = new HashMap<>();
    private final Set<Slot> dirty = new LinkedHashSet<>();
    private final Set<Slot> evicted = new HashSet<>();
    private final Map<Slot, String> refusals = new LinkedHashMap<>();
    private Dataplane dataplane;
    private int epoch;
    private boolean swept;
    private long sets;
    private long deletes;
    private long refused;
    private long opens;

    Reconciler(Ids ids) {
        this.ids = ids;
    }

    void open(Dataplane plane) throws DataplaneException {
        List<Stored<? extends PlaneObject>> found = new ArrayList<>();
        found.addAll(plane.vifs());
        found.addAll(plane.vrfs());
        found.addAll(plane.identities());
        found.addAll(plane.policies());
        found.addAll(plane.nextHops());
        found.addAll(plane.labels());
        found.addAll(plane.vnis());
        found.addAll(plane.routes(Dataplane.ALL_VRFS));
        PlaneState state = plane.plane();
        actual.clear();
        int newest = state.epoch();
        actual.put(Slot.of(state.settings()), new Stored<>(state.settings(), state.epoch()));
        for (Stored<? extends PlaneObject> stored : found) {
            if (!isPermanent(stored.object())) {
                newest = Math.max(newest, stored.epoch());
                actual.put(Slot.of(stored.object()), new Stored<>(stored.object(), stored.epoch()));
            }
        }
        if (opens == 0) {
            epoch = newest == Integer.MAX_VALUE ? 1 : newest + 1;
        }
        adopt();
        dataplane = plane;
        opens++;
        dirty.addAll(desired.keySet());
        dirty.addAll(actual.keySet());
        LOG.info(
                "plane {} {} opened: {} objects found, epoch {}",
                state.implementation(),
                state.version(),
                found.size(),
                epoch);
    }

    /** What every plane has by itself and nobody can delete. */
    private static boolean isPermanent(PlaneObject object) {
        return object instanceof NextHop hop && hop.id() == NextHop.Discard.PERMANENT_ID
                || object instanceof Vrf vrf && vrf.id() == Vrf.FABRIC;
    }

    private void adopt() {
        Map<Integer, Vif> vifs = new HashMap<>();
        Map<Integer, NextHop> hops = new HashMap<>();
        List<Label> labels = new ArrayList<>();
        for (Stored<PlaneObject> stored : actual.values()) {
            switch (stored.object()) {
                case Vif vif -> {
                    vifs.put(vif.id(), vif);
                    adopt(ids.vifs, vif.key(), vif.id(), "vif");
                }
                case Vrf vrf -> adopt(ids.vrfs, vrf.key(), vrf.id(), "vrf");
                case Identity identity -> adopt(ids.identities, identity.key(), identity.id(), "identity");
                case PolicySet set -> adopt(ids.policies, set.key(), set.id(), "policy");
                case NextHop hop -> {
                    hops.put(hop.id(), hop);
                    adopt(ids.nextHops, hop.key(), hop.id(), "next hop");
                }
                case Label label -> labels.add(label);
                default -> {
                    // identified by what they are
                }
            }
        }
        for (Label label : labels) {
            if (hops.get(label.nextHopId()) instanceof NextHop.Local local && vifs.containsKey(local.vifId())) {
                adopt(ids.labels, vifs.get(local.vifId()).key(), label.label(), "label");
            } else {
                ids.labels.reserve(label.label());
            }
        }
    }

    private static <K> void adopt(IdPool<K> pool, K key, int id, String what) {
        if (!pool.adopt(key, id)) {
            pool.reserve(id);
            LOG.warn("the plane holds {} {} under key {}, which has another id here", what, id, key);
        }
    }

    void lost() {
        if (dataplane != null) {
            dataplane.close();
            dataplane = null;
        }
    }

    boolean isOpen() {
        return dataplane != null;
    }

    void want(PlaneObject object) {
        Slot slot = Slot.of(object);
        if (!object.equals(desired.put(slot, object))) {
            dirty.add(slot);
        }
    }

    void unwant(Slot slot) {
        if (desired.remove(slot) != null) {
            dirty.add(slot);
        }
        refusals.remove(slot);
    }

    void retryRefused() {
        dirty.addAll(refusals.keySet());
    }

    void sweepUnwanted() {
        if (!swept) {
            swept = true;
            dirty.addAll(actual.keySet());
        }
    }

    /** Marks a vif and all that leads to it for deletion where it is not desired, whatever its epoch. */
    void evictVif(int vifId) {
        Set<Integer> hops = new HashSet<>();
        Set<Slot> marked = new HashSet<>();
        marked.add(new Slot(Kind.VIF, vifId, null));
        for (Stored<PlaneObject> stored : actual.values()) {
            if (stored.object() instanceof NextHop.Local local && local.vifId() == vifId) {
                hops.add(local.id());
                marked.add(Slot.of(local));
            }
        }
        for (Stored<PlaneObject> stored : actual.values()) {
            if (stored.object() instanceof NextHop.Ecmp ecmp
                    && ecmp.members().stream().anyMatch(member -> hops.contains(member.nextHopId()))) {
                marked.add(Slot.of(ecmp));
            }
        }
        marked.stream().filter(slot -> slot.kind() == Kind.ECMP).forEach(slot -> hops.add(slot.id()));
        for (Map.Entry<Slot, Stored<PlaneObject>> entry : actual.entrySet()) {
            OptionalInt hop = hopOf(entry.getValue().object());
            if (hop.isPresent() && hops.contains(hop.getAsInt())) {
                marked.add(entry.getKey());
            }
        }
        evicted.addAll(marked);
        dirty.addAll(marked);
    }

    private static OptionalInt hopOf(PlaneObject object) {
        return switch (object) {
            case Route route -> OptionalInt.of(route.nextHopId());
            case Label label -> OptionalInt.of(label.nextHopId());
            case Vni vni -> OptionalInt.of(vni.nextHopId());
            default -> OptionalInt.empty();
        };
    }

    void flush(long nowNs) throws DataplaneException {
        if (dataplane == null || dirty.isEmpty()) {
            return;
        }
        dirty.addAll(refusals.keySet());
        replaceImmutable();
        List<Slot> before = new ArrayList<>();
        List<Slot> set = new ArrayList<>();
        List<Slot> delete = new ArrayList<>();
        for (Slot slot : dirty) {
            PlaneObject want = desired.get(slot);
            Stored<PlaneObject> have = actual.get(slot);
            if (want != null) {
                if (have == null || have.epoch() != epoch || evicted.contains(slot) || !same(want, have.object())) {
                    set.add(slot);
                    if (have != null && evicted.contains(slot)) {
                        before.add(slot);
                    }
                }
            } else if (have != null
                    && slot.kind() != Kind.PLANE
                    && (swept || have.epoch() == epoch || evicted.contains(slot))) {
                delete.add(slot);
            }
        }
        send(before, set, delete, nowNs);
    }

    /** A vif whose device, name or namespace differs cannot be changed in place: it goes first, with all that leads to it. */
    private void replaceImmutable() {
        for (Slot slot : List.copyOf(dirty)) {
            if (desired.get(slot) instanceof Vif want && actual.containsKey(slot)) {
                Vif have = (Vif) actual.get(slot).object();
                boolean same = want.type() == have.type()
                        && want.portKind() == have.portKind()
                        && want.name().equals(have.name())
                        && want.device().equals(have.device())
                        && want.netns().equals(have.netns());
                if (!same) {
                    evictVif(slot.id());
                }
            }
        }
    }

    /** The uplink's MAC and MTU are the device's, whatever was set. */
    private static boolean same(PlaneObject want, PlaneObject have) {
        if (want instanceof Vif left && have instanceof Vif right && left.type() == VifType.PHYSICAL) {
            return left.equals(right.withDevice(left.mtu(), left.mac()));
        }
        return want.equals(have);
    }

    private void send(List<Slot> before, List<Slot> set, List<Slot> delete, long nowNs) throws DataplaneException {
        Comparator<Slot> order = Comparator.comparing(Slot::kind);
        before.sort(order.reversed());
        set.sort(order);
        delete.sort(order.reversed());
        List<Operation> operations = new ArrayList<>();
        List<Slot> slots = new ArrayList<>();
        for (Slot slot : before) {
            operations.add(new Operation.Delete(actual.get(slot).object()));
            slots.add(slot);
        }
        for (Slot slot : set) {
            operations.add(new Operation.Set(desired.get(slot), epoch));
            slots.add(slot);
        }
        for (Slot slot : delete) {
            operations.add(new Operation.Delete(actual.get(slot).object()));
            slots.add(slot);
        }
        if (operations.isEmpty()) {
            dirty.clear();
            evicted.clear();
            return;
        }
        List<Refusal> answer = dataplane.apply(operations);
        dirty.clear();
        evicted.clear();
        Map<Integer, Refusal> refusedAt = new HashMap<>();
        answer.forEach(refusal -> refusedAt.put(refusal.index(), refusal));
        Optional<Kind> first = refusedAt.keySet().stream()
                .map(at -> slots.get(at).kind())
                .filter(kind -> kind.compareTo(Kind.VIF) <= 0)
                .min(Comparator.naturalOrder());
        for (int i = 0; i < operations.size(); i++) {
            taken(slots.get(i), operations.get(i), refusedAt.get(i), first, nowNs);
        }
    }

    /** @param first what kind, up to the vif, was refused first: refusals of what is set behind it are its consequence */
    private void taken(Slot slot, Operation operation, Refusal refusal, Optional<Kind> first, long nowNs) {
        if (refusal != null) {
            refused++;
            String text = refusal.text() + " (errno " + refusal.errno() + ")";
            boolean known = text.equals(refusals.put(slot, text));
            boolean consequence = first.isPresent() && slot.kind().compareTo(first.get()) > 0;
            if (consequence) {
                LOG.debug("plane refused {} of {}: {}", operation.getClass().getSimpleName(), slot, text);
            } else if (!known) {
                LOG.warn("plane refused {} of {}: {}", operation.getClass().getSimpleName(), slot, text);
            }
            return;
        }
        refusals.remove(slot);
        if (operation instanceof Operation.Set done) {
            sets++;
            actual.put(slot, new Stored<>(done.object(), epoch));
        } else {
            deletes++;
            Stored<PlaneObject> gone = actual.remove(slot);
            if (gone != null && !desired.containsKey(slot)) {
                free(gone.object(), nowNs);
            }
        }
    }

    private void free(PlaneObject object, long nowNs) {
        switch (object) {
            case Vif vif -> {
                ids.vifs.free(vif.key(), nowNs);
                ids.labels.free(vif.key(), nowNs);
            }
            case Vrf vrf -> ids.vrfs.free(vrf.key(), nowNs);
            case Identity identity -> ids.identities.free(identity.key(), nowNs);
            case PolicySet set -> ids.policies.free(set.key(), nowNs);
            case NextHop hop -> ids.nextHops.free(hop.key(), nowNs);
            default -> {
                // no id of their own
            }
        }
    }

    int adoptions() throws DataplaneException {
        return dataplane.plane().adoptions();
    }

    List<UnderlayPath> paths() throws DataplaneException {
        return dataplane.paths();
    }

    /** Reads the vifs again: the device's own MAC and MTU, and a sign of life. */
    void refreshVifs() throws DataplaneException {
        for (Stored<Vif> stored : dataplane.vifs()) {
            Slot slot = Slot.of(stored.object());
            if (stored.object().type() == VifType.PHYSICAL && actual.containsKey(slot)) {
                actual.put(slot, new Stored<>(stored.object(), stored.epoch()));
            }
        }
    }

    boolean isAsWanted(Slot slot) {
        Stored<PlaneObject> have = actual.get(slot);
        return have != null && Objects.equals(desired.get(slot), have.object());
    }

    Optional<String> refusal(Slot slot) {
        return Optional.ofNullable(refusals.get(slot));
    }

    Optional<PlaneObject> actual(Slot slot) {
        return Optional.ofNullable(actual.get(slot)).map(Stored::object);
    }

    List<PlaneObject> desired() {
        return desired.entrySet().stream()
                .sorted(Map.Entry.comparingByKey(
                        Comparator.comparing(Slot::kind).thenComparing(Slot::id)))
                .map(Map.Entry::getValue)
                .toList();
    }

    List<PlaneObject> programmed() {
        return actual.entrySet().stream()
                .sorted(Map.Entry.comparingByKey(
                        Comparator.comparing(Slot::kind).thenComparing(Slot::id)))
                .map(entry -> entry.getValue().object())
                .toList();
    }

    Map<String, String> refusals() {
        Map<String, String> texts = new LinkedHashMap<>();
        refusals.forEach((slot, text) -> texts.put(slot.toString(), text));
        return texts;
    }

    Counters counters() {
        return new Counters(sets, deletes, refused, opens);
    }
}
