package io.weft.agent.program;

import io.weft.dataplane.Ageing;
import io.weft.dataplane.Connection;
import io.weft.dataplane.Dataplane;
import io.weft.dataplane.DataplaneException;
import io.weft.dataplane.DropCount;
import io.weft.dataplane.FloatingIp;
import io.weft.dataplane.Identity;
import io.weft.dataplane.Label;
import io.weft.dataplane.Liveness;
import io.weft.dataplane.LogPage;
import io.weft.dataplane.MacAddress;
import io.weft.dataplane.NatPool;
import io.weft.dataplane.NatPoolState;
import io.weft.dataplane.NextHop;
import io.weft.dataplane.Operation;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.PlaneSettings;
import io.weft.dataplane.PlaneState;
import io.weft.dataplane.PolicySet;
import io.weft.dataplane.PolicyState;
import io.weft.dataplane.Pressure;
import io.weft.dataplane.Refusal;
import io.weft.dataplane.Route;
import io.weft.dataplane.Service;
import io.weft.dataplane.ServiceState;
import io.weft.dataplane.Stored;
import io.weft.dataplane.UnderlayPath;
import io.weft.dataplane.Vif;
import io.weft.dataplane.VifState;
import io.weft.dataplane.VifType;
import io.weft.dataplane.Vni;
import io.weft.dataplane.Vrf;
import io.weft.dataplane.VrfState;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A plane in memory with the rules of the real one: references must exist, used objects cannot go, a device cannot change. */
public final class FakePlane implements Dataplane {
    /** What outlives a connection. */
    public static final class Tables {
        private final Map<Slot, Stored<PlaneObject>> objects = new ConcurrentHashMap<>();
        private volatile PlaneSettings settings =
                new PlaneSettings(Optional.empty(), Optional.empty(), MacAddress.ZERO, 0, 0);
        private volatile int settingsEpoch;
        private volatile int uplinkMtu = 1500;
        private final Set<String> badNetns = ConcurrentHashMap.newKeySet();
        private volatile boolean dead;
        private volatile int generation;
        private volatile int adoptions;
        private final Map<InetAddress, Liveness> liveness = new ConcurrentHashMap<>();
        private volatile long sets;
        private final List<Operation> changes = new ArrayList<>();
        private final Set<Class<? extends PlaneObject>> fullKinds = ConcurrentHashMap.newKeySet();

        public void refuseNetns(String path) {
            badNetns.add(path);
        }

        /** What BFD says of another host, as far as there is a tunnel to it. */
        public void liveness(InetAddress host, Liveness state) {
            liveness.put(host, state);
        }

        /** Connections fail until {@link #restart}. */
        public void die() {
            dead = true;
        }

        /** Another worker took over: connections are gone, the tables are not. */
        public void adopted() {
            adoptions++;
            generation++;
            dead = false;
        }

        /** As {@link #adopted}, and the connections did not notice. */
        public void adoptedUnnoticed() {
            adoptions++;
        }

        /** The plane is back with empty tables. */
        public void restart() {
            objects.clear();
            settingsEpoch = 0;
            generation++;
            dead = false;
        }

        /** Objects set that were not there, or not so, since the start. */
        public long sets() {
            return sets;
        }

        /** What was set that was not so before, and deleted, since the last call. */
        public synchronized List<Operation> takeChanges() {
            List<Operation> taken = List.copyOf(changes);
            changes.clear();
            return taken;
        }

        /** There is no memory for more objects of a type. */
        public void full(Class<? extends PlaneObject> type, boolean full) {
            if (full) {
                fullKinds.add(type);
            } else {
                fullKinds.remove(type);
            }
        }

        public Set<PlaneObject> contents() {
            Set<PlaneObject> all = new HashSet<>();
            objects.values().forEach(stored -> all.add(stored.object()));
            return all;
        }

        public <T extends PlaneObject> List<T> all(Class<T> type) {
            return contents().stream().filter(type::isInstance).map(type::cast).toList();
        }

        public Dataplane open() throws DataplaneException {
            if (dead) {
                throw new DataplaneException(111, "connection refused");
            }
            return new FakePlane(this);
        }
    }

    private final Tables tables;
    private final int generation;

    private FakePlane(Tables tables) {
        this.tables = tables;
        this.generation = tables.generation;
    }

    @Override
    public List<Refusal> apply(List<? extends Operation> operations) throws DataplaneException {
        alive();
        List<Refusal> refusals = new ArrayList<>();
        synchronized (tables) {
            for (int i = 0; i < operations.size(); i++) {
                String text = apply(operations.get(i));
                if (text != null) {
                    refusals.add(new Refusal(operations.get(i), i, 22, text));
                }
            }
        }
        return refusals;
    }

    private String apply(Operation operation) {
        switch (operation) {
            case Operation.Set set -> {
                if (set.object() instanceof PlaneSettings settings) {
                    if (!settings.equals(tables.settings)) {
                        tables.changes.add(set);
                    }
                    tables.settings = settings;
                    tables.settingsEpoch = set.epoch();
                    return null;
                }
                String text = refuseSet(set.object());
                if (text == null) {
                    PlaneObject object = device(set.object());
                    Stored<PlaneObject> before = tables.objects.put(Slot.of(object), new Stored<>(object, set.epoch()));
                    if (before == null || !before.object().equals(object)) {
                        tables.sets++;
                        tables.changes.add(set);
                    }
                }
                return text;
            }
            case Operation.Delete delete -> {
                Slot slot = Slot.of(delete.object());
                if (!tables.objects.containsKey(slot)) {
                    return slot + " does not exist";
                }
                String user = user(slot);
                if (user != null) {
                    return slot + " is in use by " + user;
                }
                tables.objects.remove(slot);
                tables.changes.add(delete);
                return null;
            }
            case Operation.Sweep sweep -> {
                return "sweep is not used by this agent";
            }
        }
    }

    /** The uplink's MTU and MAC are the device's. */
    private PlaneObject device(PlaneObject object) {
        if (object instanceof Vif vif && vif.type() == VifType.PHYSICAL) {
            return vif.withDevice(tables.uplinkMtu, new MacAddress(0x020000000001L));
        }
        return object;
    }

    private String refuseSet(PlaneObject object) {
        if (tables.fullKinds.contains(object.getClass()) && !tables.objects.containsKey(Slot.of(object))) {
            return "no memory for " + Slot.of(object);
        }
        return switch (object) {
            case Identity identity -> {
                Stored<PlaneObject> before = tables.objects.get(Slot.of(identity));
                yield before == null || before.object().equals(identity)
                        ? null
                        : "identity " + identity.id() + " cannot change";
            }
            case NextHop.Ecmp ecmp -> {
                for (NextHop.Member member : ecmp.members()) {
                    Stored<PlaneObject> hop =
                            tables.objects.get(new Slot(Slot.Kind.NEXT_HOP, member.nextHopId(), null));
                    boolean good = hop != null
                            && (hop.object() instanceof NextHop.Local || hop.object() instanceof NextHop.Tunnel);
                    if (!good) {
                        yield "member " + member.id() + ": next hop " + member.nextHopId() + " is not there";
                    }
                }
                yield null;
            }
            case Vif vif -> refuseVif(vif);
            case NextHop.Local hop -> missing(Slot.Kind.VIF, hop.vifId());
            case NextHop.VrfLookup hop -> missing(Slot.Kind.VRF, hop.vrfId());
            case Label label -> missing(Slot.Kind.NEXT_HOP, label.nextHopId());
            case Vni vni -> missing(Slot.Kind.NEXT_HOP, vni.nextHopId());
            case Route route -> {
                String vrf = missing(Slot.Kind.VRF, route.vrfId());
                String hop = missing(Slot.Kind.NEXT_HOP, route.nextHopId());
                yield vrf != null ? vrf : hop != null ? hop : missing(Slot.Kind.IDENTITY, route.identityId());
            }
            default -> null;
        };
    }

    private String refuseVif(Vif vif) {
        Stored<PlaneObject> present = tables.objects.get(Slot.of(vif));
        if (present != null) {
            Vif before = (Vif) present.object();
            if (!before.netns().equals(vif.netns()) || !before.name().equals(vif.name())) {
                return "netns and name of vif " + vif.id() + " cannot change";
            }
        }
        if (tables.badNetns.contains(vif.netns())) {
            return "netns '" + vif.netns() + "' cannot be entered";
        }
        for (Vif other : tables.all(Vif.class)) {
            boolean sameDevice = other.id() != vif.id()
                    && other.type() == VifType.VIRTUAL
                    && other.netns().equals(vif.netns())
                    && other.name().equals(vif.name());
            if (sameDevice) {
                return "name '" + vif.name() + "' is taken in " + vif.netns();
            }
        }
        List<Integer> policies = new ArrayList<>(vif.egressPolicyIds());
        policies.addAll(vif.ingressPolicyIds());
        for (int policy : policies) {
            if (missing(Slot.Kind.POLICY, policy) != null) {
                return missing(Slot.Kind.POLICY, policy);
            }
        }
        String vrf = missing(Slot.Kind.VRF, vif.vrfId());
        return vrf != null ? vrf : missing(Slot.Kind.IDENTITY, vif.identityId());
    }

    private String missing(Slot.Kind kind, int id) {
        boolean permanent = id == 0 || kind == Slot.Kind.IDENTITY && id < Identity.FIRST;
        boolean ecmp = kind == Slot.Kind.NEXT_HOP && tables.objects.containsKey(new Slot(Slot.Kind.ECMP, id, null));
        return permanent && kind != Slot.Kind.VIF || ecmp || tables.objects.containsKey(new Slot(kind, id, null))
                ? null
                : kind + " " + id + " is not there";
    }

    private String user(Slot slot) {
        for (Stored<PlaneObject> stored : tables.objects.values()) {
            boolean uses = switch (stored.object()) {
                case Vif vif ->
                    switch (slot.kind()) {
                        case VRF -> vif.vrfId() == slot.id();
                        case IDENTITY -> vif.identityId() == slot.id();
                        case POLICY ->
                            vif.egressPolicyIds().contains(slot.id())
                                    || vif.ingressPolicyIds().contains(slot.id());
                        default -> false;
                    };
                case NextHop.Ecmp ecmp ->
                    slot.kind() == Slot.Kind.NEXT_HOP
                            && ecmp.members().stream().anyMatch(member -> member.nextHopId() == slot.id());
                case NextHop.Local hop -> slot.kind() == Slot.Kind.VIF && hop.vifId() == slot.id();
                case NextHop.VrfLookup hop -> slot.kind() == Slot.Kind.VRF && hop.vrfId() == slot.id();
                case Label label -> slot.kind() == Slot.Kind.NEXT_HOP && label.nextHopId() == slot.id();
                case Vni vni -> slot.kind() == Slot.Kind.NEXT_HOP && vni.nextHopId() == slot.id();
                case Route route ->
                    (slot.kind() == Slot.Kind.NEXT_HOP || slot.kind() == Slot.Kind.ECMP)
                                    && route.nextHopId() == slot.id()
                            || slot.kind() == Slot.Kind.IDENTITY && route.identityId() == slot.id()
                            || slot.kind() == Slot.Kind.VRF && route.vrfId() == slot.id();
                default -> false;
            };
            if (uses) {
                return stored.object().toString();
            }
        }
        return null;
    }

    private void alive() throws DataplaneException {
        if (tables.dead || generation != tables.generation) {
            throw new DataplaneException(104, "connection reset");
        }
    }

    private <T extends PlaneObject> List<Stored<T>> dump(Class<T> type) throws DataplaneException {
        alive();
        List<Stored<T>> found = new ArrayList<>();
        for (Stored<PlaneObject> stored : tables.objects.values()) {
            if (type.isInstance(stored.object())) {
                found.add(new Stored<>(type.cast(stored.object()), stored.epoch()));
            }
        }
        return found;
    }

    @Override
    public List<Stored<Vif>> vifs() throws DataplaneException {
        return dump(Vif.class);
    }

    @Override
    public List<VifState> vifStates() {
        return List.of();
    }

    @Override
    public Optional<VifState> vif(int vifId) {
        return Optional.empty();
    }

    @Override
    public List<Stored<Vrf>> vrfs() throws DataplaneException {
        return dump(Vrf.class);
    }

    @Override
    public List<Stored<Identity>> identities() throws DataplaneException {
        return dump(Identity.class);
    }

    @Override
    public List<Stored<PolicySet>> policies() throws DataplaneException {
        return dump(PolicySet.class);
    }

    @Override
    public List<PolicyState> policyStates() {
        return List.of();
    }

    @Override
    public LogPage log(LogPage.Marker from, int limit) {
        return new LogPage(List.of(), from);
    }

    @Override
    public List<Stored<FloatingIp>> floatingIps() {
        return List.of();
    }

    @Override
    public List<Stored<NatPool>> natPools() {
        return List.of();
    }

    @Override
    public List<Stored<Service>> services() {
        return List.of();
    }

    @Override
    public List<ServiceState> serviceStates() {
        return List.of();
    }

    @Override
    public List<NatPoolState> natPoolStates() {
        return List.of();
    }

    @Override
    public List<Stored<NextHop>> nextHops() throws DataplaneException {
        return dump(NextHop.class);
    }

    @Override
    public List<Stored<Route>> routes(int vrfId) throws DataplaneException {
        return dump(Route.class);
    }

    @Override
    public List<Stored<Label>> labels() throws DataplaneException {
        return dump(Label.class);
    }

    @Override
    public List<Stored<Vni>> vnis() throws DataplaneException {
        return dump(Vni.class);
    }

    @Override
    public List<UnderlayPath> paths() throws DataplaneException {
        alive();
        return tables.all(NextHop.Tunnel.class).stream()
                .map(NextHop.Tunnel::destination)
                .distinct()
                .map(host -> new UnderlayPath(
                        host,
                        true,
                        1,
                        Optional.empty(),
                        MacAddress.ZERO,
                        MacAddress.ZERO,
                        1500,
                        0,
                        tables.liveness.getOrDefault(host, Liveness.UNKNOWN),
                        0))
                .toList();
    }

    @Override
    public List<VrfState> vrfStates() throws DataplaneException {
        return vrfs().stream()
                .map(vrf -> new VrfState(vrf.object(), vrf.epoch(), 0, 0, 0))
                .toList();
    }

    @Override
    public Stored<Ageing> ageing() throws DataplaneException {
        alive();
        return new Stored<>(Ageing.BEGINNING, 0);
    }

    @Override
    public PlaneState plane() throws DataplaneException {
        alive();
        return new PlaneState(
                tables.settings,
                tables.settingsEpoch,
                0,
                0,
                1,
                0,
                0,
                0,
                0,
                0,
                Pressure.NONE,
                tables.adoptions,
                0,
                0,
                0,
                0,
                0,
                0,
                "fake",
                "1");
    }

    @Override
    public List<DropCount> drops() {
        return List.of();
    }

    @Override
    public List<DropCount> drops(int vifId) {
        return List.of();
    }

    @Override
    public List<Connection> connections(int vrfId, int limit) {
        return List.of();
    }

    @Override
    public void close() {
        // the tables outlive the connection
    }
}
