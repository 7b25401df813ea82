package io.weft.agent.program;

import io.weft.agent.compile.Hop;
import io.weft.agent.compile.IdentityState;
import io.weft.agent.compile.Network;
import io.weft.agent.compile.PolicySource;
import io.weft.agent.compile.PortState;
import io.weft.agent.compile.PortState.PortAddress;
import io.weft.agent.compile.RouteState;
import io.weft.agent.compile.StateDelta;
import io.weft.agent.compile.VrfDelta;
import io.weft.agent.program.Slot.Kind;
import io.weft.dataplane.Dataplane;
import io.weft.dataplane.DataplaneException;
import io.weft.dataplane.Encapsulation;
import io.weft.dataplane.Identity;
import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.Label;
import io.weft.dataplane.MacAddress;
import io.weft.dataplane.NextHop;
import io.weft.dataplane.ObjectKey;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.PlaneSettings;
import io.weft.dataplane.PolicyAction;
import io.weft.dataplane.PolicySet;
import io.weft.dataplane.PortKind;
import io.weft.dataplane.Route;
import io.weft.dataplane.UnderlayPath;
import io.weft.dataplane.Vif;
import io.weft.dataplane.VifAddress;
import io.weft.dataplane.VifType;
import io.weft.dataplane.Vni;
import io.weft.dataplane.Vrf;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * Turns desired state by names into plane objects with ids and makes the plane equal to it. Next hops and identities exist as long as
 * something uses them, policy sets as long as compile wants them. One thread.
 */
public final class Programmer {
    /** How the uplink is driven. @param device netdev, or device arguments when `ethdev` */
    public record Uplink(String device, boolean ethdev) {}

    private static final int MTU_UNTIL_KNOWN = 1500;

    private final Uplink uplink;
    private final PlaneSettings settings;
    private final Ids ids = new Ids();
    private final Reconciler plane = new Reconciler(ids);
    private final Map<Hop, Integer> hopUses = new HashMap<>();
    private final Map<IdentityState, Integer> identityUses = new HashMap<>();
    private final Map<String, Network> networks = new HashMap<>();
    private final Map<UUID, PortState> ports = new HashMap<>();
    private final Map<String, Map<IpPrefix, RouteState>> routes = new HashMap<>();

    public Programmer(Uplink uplink, PlaneSettings settings) {
        this.uplink = uplink;
        this.settings = settings;
    }

    /**
     * Takes over a plane just opened: reads all it holds, adopts ids by key, and sets what is desired. Nothing is deleted that this
     * agent did not set, until {@link #inSync}.
     *
     * @throws DataplaneException the plane went away again
     */
    public void open(Dataplane dataplane, long nowNs) throws DataplaneException {
        plane.open(dataplane);
        plane.want(settings);
        int id = ids.vifs.get(Ids.UPLINK, nowNs);
        Optional<Vif> present = plane.actual(new Slot(Kind.VIF, id, null)).map(Vif.class::cast);
        plane.want(new Vif(
                id,
                Vrf.FABRIC,
                Ids.UPLINK,
                VifType.PHYSICAL,
                uplink.ethdev() ? PortKind.ETHDEV : PortKind.AF_PACKET,
                false,
                !uplink.ethdev(),
                present.map(Vif::mtu).orElse(MTU_UNTIL_KNOWN),
                Route.NO_LABEL,
                MacAddress.ZERO,
                "",
                uplink.device(),
                "",
                List.of(),
                Identity.UNKNOWN,
                Vif.NO_POLICIES,
                Vif.NO_POLICIES,
                0));
        plane.flush(nowNs);
        plane.refreshVifs();
    }

    /** The connection is gone; what was programmed is still assumed to be there. */
    public void lost() {
        plane.lost();
    }

    public boolean isOpen() {
        return plane.isOpen();
    }

    /** L3 bytes of the uplink as the plane reports it; empty: no plane, or it refused the uplink. */
    public OptionalInt uplinkMtu() {
        return ids.vifs.find(Ids.UPLINK).stream()
                .mapToObj(id -> plane.actual(new Slot(Kind.VIF, id, null)))
                .flatMap(Optional::stream)
                .mapToInt(vif -> ((Vif) vif).mtu())
                .findFirst();
    }

    /** Asks a living plane for a sign of life and the uplink's MTU. */
    public void probe() throws DataplaneException {
        plane.refreshVifs();
    }

    /**
     * A cheap sign of life: how often a worker of the plane took over from one that died.
     *
     * @throws DataplaneException the plane went away
     */
    public int adoptions() throws DataplaneException {
        return plane.adoptions();
    }

    /** Whether anything leads to another host. */
    public boolean hasTunnels() {
        return hopUses.keySet().stream().anyMatch(Hop.Tunnel.class::isInstance);
    }

    /**
     * Tunnel destinations as the plane sees them.
     *
     * @throws DataplaneException the plane went away
     */
    public List<UnderlayPath> paths() throws DataplaneException {
        return plane.paths();
    }

    /** Takes a change into the desired state; {@link #flush} sends it. */
    public void apply(StateDelta delta, long nowNs) {
        delta.policies().forEach((source, policy) -> {
            if (policy.isPresent()) {
                plane.want(new PolicySet(
                        policyId(source, nowNs),
                        Ids.policyKey(source),
                        PolicyAction.DENY,
                        policy.get().rules()));
            } else {
                policySlot(source).ifPresent(plane::unwant);
            }
        });
        delta.vrfs().forEach(vrf -> apply(vrf, nowNs));
    }

    private void apply(VrfDelta delta, long nowNs) {
        String instance = delta.instance();
        delta.network().ifPresent(network -> wantVrf(network, nowNs));
        delta.ports().forEach((vmi, port) -> {
            if (port.isPresent()) {
                wantPort(port.get(), nowNs);
            }
        });
        Map<IpPrefix, RouteState> of = routes.computeIfAbsent(instance, absent -> new HashMap<>());
        delta.routes().forEach((prefix, route) -> {
            RouteState before = route.isPresent() ? of.put(prefix, route.get()) : of.remove(prefix);
            route.ifPresent(state -> wantRoute(instance, prefix, state, nowNs));
            if (before != null) {
                boolean stays = route.isPresent()
                        && isSameObject(before.hop(), route.get().hop());
                release(before.hop(), stays);
                release(before.identity());
            }
            if (route.isEmpty() && before != null) {
                plane.unwant(new Slot(Kind.ROUTE, vrfId(instance, nowNs), prefix));
            }
        });
        delta.ports().forEach((vmi, port) -> {
            if (port.isEmpty()) {
                unwantPort(vmi);
            }
        });
        if (delta.network().isEmpty()) {
            unwantVrf(instance, nowNs);
        }
    }

    /** Sends what changed in one go; the plane's refusals are kept and tried again with the next change. */
    public void flush(long nowNs) throws DataplaneException {
        plane.flush(nowNs);
    }

    /** Asks again for what the plane refused. */
    public void retryRefused(long nowNs) throws DataplaneException {
        plane.retryRefused();
        plane.flush(nowNs);
    }

    /** All that should be here is known: from now on what is not desired is deleted. */
    public void inSync() {
        plane.sweepUnwanted();
    }

    /** Deletes at once what the plane holds of a port, also when the port is not in the desired state (after a restart). */
    public void evict(UUID vmi, long nowNs) throws DataplaneException {
        ids.vifs.find(Ids.vifKey(vmi)).ifPresent(plane::evictVif);
        plane.flush(nowNs);
    }

    /** The next hop of the plane is one and the same, with other members. */
    private static boolean isSameObject(Hop left, Hop right) {
        return left instanceof Hop.Ecmp && left.identity().equals(right.identity());
    }

    private int policyId(PolicySource source, long nowNs) {
        return ids.policies.get(Ids.policyKey(source), nowNs);
    }

    private Optional<Slot> policySlot(PolicySource source) {
        OptionalInt id = ids.policies.find(Ids.policyKey(source));
        return id.isPresent() ? Optional.of(new Slot(Kind.POLICY, id.getAsInt(), null)) : Optional.empty();
    }

    private int vrfId(String instance, long nowNs) {
        return ids.vrfs.get(Ids.vrfKey(instance), nowNs);
    }

    private void wantVrf(Network network, long nowNs) {
        Network before = networks.put(network.instance(), network);
        if (network.equals(before)) {
            return;
        }
        int id = vrfId(network.instance(), nowNs);
        plane.want(new Vrf(id, network.vni(), Ids.vrfKey(network.instance()), network.instance()));
        if (before == null || before.vni() != network.vni()) {
            int lookup = use(new Hop.Lookup(network.instance()), nowNs);
            plane.want(new Vni(network.vni(), lookup));
            if (before != null) {
                plane.unwant(new Slot(Kind.VNI, before.vni(), null));
                release(new Hop.Lookup(network.instance()));
            }
        }
    }

    private void unwantVrf(String instance, long nowNs) {
        Network before = networks.remove(instance);
        routes.remove(instance);
        if (before != null) {
            plane.unwant(new Slot(Kind.VNI, before.vni(), null));
            release(new Hop.Lookup(instance));
            plane.unwant(new Slot(Kind.VRF, vrfId(instance, nowNs), null));
        }
    }

    private void wantPort(PortState port, long nowNs) {
        PortState before = ports.put(port.vmi(), port);
        int id = ids.vifs.get(Ids.vifKey(port.vmi()), nowNs);
        int label = ids.labels.get(Ids.vifKey(port.vmi()), nowNs);
        List<VifAddress> addresses = new ArrayList<>();
        for (PortAddress address : port.addresses()) {
            addresses.add(
                    address.gateway()
                            ? VifAddress.gateway(address.address())
                            : VifAddress.configured(address.address(), address.prefixLength()));
        }
        Vif vif = new Vif(
                id,
                vrfId(port.instance(), nowNs),
                Ids.vifKey(port.vmi()),
                VifType.VIRTUAL,
                PortKind.TAP,
                true,
                false,
                port.mtu(),
                label,
                port.mac(),
                port.ifname(),
                "",
                port.netns(),
                addresses,
                use(port.identity(), nowNs),
                List.of(policyId(port.networkPolicy(), nowNs), policyId(port.egressPolicy(), nowNs)),
                List.of(policyId(port.networkPolicy(), nowNs), policyId(port.ingressPolicy(), nowNs)),
                0);
        plane.want(vif.withStateless(port.stateless()));
        if (before != null) {
            release(before.identity());
        } else {
            plane.want(new Label(label, use(new Hop.Local(port.vmi()), nowNs)));
        }
    }

    private int policyId(Optional<PolicySource> source, long nowNs) {
        return source.map(found -> policyId(found, nowNs)).orElse(PolicySet.NONE);
    }

    private void unwantPort(UUID vmi) {
        PortState before = ports.remove(vmi);
        if (before == null) {
            return;
        }
        release(before.identity());
        ids.labels.find(Ids.vifKey(vmi)).ifPresent(label -> plane.unwant(new Slot(Kind.LABEL, label, null)));
        release(new Hop.Local(vmi));
        ids.vifs.find(Ids.vifKey(vmi)).ifPresent(id -> plane.unwant(new Slot(Kind.VIF, id, null)));
    }

    private void wantRoute(String instance, IpPrefix prefix, RouteState state, long nowNs) {
        int hop = use(state.hop(), nowNs);
        plane.want(new Route(
                vrfId(instance, nowNs),
                prefix,
                hop,
                state.label(),
                use(state.identity(), nowNs),
                state.proxyNeighbour(),
                state.sameNetwork()));
    }

    private int use(IdentityState identity, long nowNs) {
        if (identity.isUnknown()) {
            return Identity.UNKNOWN;
        }
        ObjectKey key = Ids.identityKey(identity);
        int id = ids.identities.get(key, nowNs);
        if (identityUses.merge(identity, 1, Integer::sum) == 1) {
            plane.want(new Identity(id, key, identity.elements()));
        }
        return id;
    }

    private void release(IdentityState identity) {
        if (!identity.isUnknown() && identityUses.merge(identity, -1, Integer::sum) == 0) {
            identityUses.remove(identity);
            ids.identities
                    .find(Ids.identityKey(identity))
                    .ifPresent(id -> plane.unwant(new Slot(Kind.IDENTITY, id, null)));
        }
    }

    private int use(Hop hop, long nowNs) {
        int id = ids.hop(hop, nowNs);
        if (hop instanceof Hop.Ecmp ecmp) {
            plane.want(object(ecmp, id, nowNs));
        } else if (!(hop instanceof Hop.Discard) && hopUses.merge(hop, 1, Integer::sum) == 1) {
            plane.want(object(hop, id, nowNs));
        }
        return id;
    }

    /** Uses its members too. */
    private NextHop object(Hop.Ecmp ecmp, int id, long nowNs) {
        List<NextHop.Member> members = new ArrayList<>();
        List<Long> memberIds = ecmp.memberIds();
        for (int i = 0; i < memberIds.size(); i++) {
            Hop.Way way = ecmp.ways().get(i);
            members.add(new NextHop.Member(memberIds.get(i), use(way.hop(), nowNs), way.label(), way.weight()));
        }
        return new NextHop.Ecmp(id, Ids.hopKey(ecmp), members);
    }

    private NextHop object(Hop hop, int id, long nowNs) {
        return switch (hop) {
            case Hop.Discard discard -> new NextHop.Discard(id, Ids.hopKey(hop));
            case Hop.Receive receive -> new NextHop.Receive(id, Ids.hopKey(hop));
            case Hop.Local local ->
                new NextHop.Local(id, Ids.hopKey(hop), ids.vifs.get(Ids.vifKey(local.vmi()), nowNs));
            case Hop.Lookup lookup -> new NextHop.VrfLookup(id, Ids.hopKey(hop), vrfId(lookup.instance(), nowNs));
            case Hop.Ecmp ecmp -> object(ecmp, id, nowNs);
            case Hop.Tunnel tunnel ->
                new NextHop.Tunnel(
                        id,
                        Ids.hopKey(hop),
                        switch (tunnel.encap()) {
                            case VXLAN -> Encapsulation.VXLAN;
                            case MPLS_OVER_UDP -> Encapsulation.MPLS_OVER_UDP;
                        },
                        tunnel.source(),
                        tunnel.destination(),
                        tunnel.innerMac());
        };
    }

    private void release(Hop hop) {
        release(hop, false);
    }

    /** @param stays an ECMP next hop is used on with other members */
    private void release(Hop hop, boolean stays) {
        if (hop instanceof Hop.Ecmp ecmp) {
            ecmp.ways().forEach(way -> release(way.hop(), false));
            if (!stays) {
                ids.nextHops.find(Ids.hopKey(hop)).ifPresent(id -> plane.unwant(new Slot(Kind.ECMP, id, null)));
            }
        } else if (!(hop instanceof Hop.Discard) && hopUses.merge(hop, -1, Integer::sum) == 0) {
            hopUses.remove(hop);
            ids.nextHops.find(Ids.hopKey(hop)).ifPresent(id -> plane.unwant(new Slot(Kind.NEXT_HOP, id, null)));
        }
    }

    /** The plane holds the port, its policies, its label and its next hop as desired. */
    public boolean isProgrammed(UUID vmi) {
        return ports.containsKey(vmi) && portSlots(vmi).stream().allMatch(plane::isAsWanted);
    }

    /** Why the plane refused a port; empty: it did not. */
    public Optional<String> refusal(UUID vmi) {
        return portSlots(vmi).stream()
                .map(plane::refusal)
                .flatMap(Optional::stream)
                .findFirst();
    }

    private List<Slot> portSlots(UUID vmi) {
        List<Slot> slots = new ArrayList<>();
        PortState port = ports.get(vmi);
        if (port != null) {
            port.policies().forEach(source -> policySlot(source).ifPresent(slots::add));
        }
        ids.vifs.find(Ids.vifKey(vmi)).ifPresent(id -> slots.add(new Slot(Kind.VIF, id, null)));
        ids.nextHops.find(Ids.hopKey(new Hop.Local(vmi))).ifPresent(id -> slots.add(new Slot(Kind.NEXT_HOP, id, null)));
        ids.labels.find(Ids.vifKey(vmi)).ifPresent(id -> slots.add(new Slot(Kind.LABEL, id, null)));
        return slots;
    }

    /** The plane's vif of a port as it was read or set last. */
    public Optional<Vif> vif(UUID vmi) {
        OptionalInt id = ids.vifs.find(Ids.vifKey(vmi));
        return id.isEmpty()
                ? Optional.empty()
                : plane.actual(new Slot(Kind.VIF, id.getAsInt(), null)).map(Vif.class::cast);
    }

    /** A port as it is desired. */
    public Optional<PortState> port(UUID vmi) {
        return Optional.ofNullable(ports.get(vmi));
    }

    /** MPLS label of a port that has one. */
    public OptionalInt label(UUID vmi) {
        return ids.labels.find(Ids.vifKey(vmi));
    }

    /** Instance id of XMPP subscriptions of a VRF that exists. */
    public OptionalInt instanceId(String instance) {
        return networks.containsKey(instance) ? ids.vrfs.find(Ids.vrfKey(instance)) : OptionalInt.empty();
    }

    /** The networks that are programmed here, by instance. */
    public Map<String, Network> networks() {
        return Map.copyOf(networks);
    }

    /** Id in the plane of a policy set that has one. */
    public OptionalInt policyId(PolicySource source) {
        return ids.policies.find(Ids.policyKey(source));
    }

    public Collection<PortState> ports() {
        return List.copyOf(ports.values());
    }

    /** Desired objects, in the order in which they are set. */
    public List<PlaneObject> desired() {
        return plane.desired();
    }

    /** Objects the plane holds, as far as the agent knows. */
    public List<PlaneObject> programmed() {
        return plane.programmed();
    }

    /** Refused objects with the plane's text. */
    public Map<String, String> refusals() {
        return plane.refusals();
    }

    public Reconciler.Counters counters() {
        return plane.counters();
    }
}
