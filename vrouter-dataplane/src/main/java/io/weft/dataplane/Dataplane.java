package io.weft.dataplane;

import io.weft.dataplane.ffi.NativeDataplane;
import java.util.List;
import java.util.Optional;

/**
 * One connection to a forwarding plane. Calls block until the plane answered (milliseconds; at most 10 s) and are serialised;
 * any thread may call. After a {@link DataplaneException} the connection is dead and only {@link #close} is useful.
 */
public interface Dataplane extends AutoCloseable {
    /** For {@link #routes} and {@link #connections}: of every VRF. */
    int ALL_VRFS = -1;

    /**
     * Opens "dpdk:/run/weft/dataplane.sock", "kernel:" or "host:" (a plane inside this process).
     *
     * @param peer who speaks, for the plane's logs; at most 63 bytes
     */
    static Dataplane open(String url, String peer) throws DataplaneException {
        return NativeDataplane.open(url, peer);
    }

    /**
     * Applies the operations in order.
     *
     * @return those that were refused, in order; empty when all were taken
     */
    List<Refusal> apply(List<? extends Operation> operations) throws DataplaneException;

    List<Stored<Vif>> vifs() throws DataplaneException;

    /** The interfaces with carrier and counters. */
    List<VifState> vifStates() throws DataplaneException;

    /** One interface with carrier and counters, or empty. */
    Optional<VifState> vif(int vifId) throws DataplaneException;

    List<Stored<Vrf>> vrfs() throws DataplaneException;

    /** The VRFs with what is in them. */
    List<VrfState> vrfStates() throws DataplaneException;

    /** How long connections live. */
    Stored<Ageing> ageing() throws DataplaneException;

    List<Stored<Identity>> identities() throws DataplaneException;

    List<Stored<PolicySet>> policies() throws DataplaneException;

    /** The policy sets with counters. */
    List<PolicyState> policyStates() throws DataplaneException;

    List<Stored<FloatingIp>> floatingIps() throws DataplaneException;

    List<Stored<NatPool>> natPools() throws DataplaneException;

    /** The pools with the use of their ports. */
    List<NatPoolState> natPoolStates() throws DataplaneException;

    List<Stored<Service>> services() throws DataplaneException;

    /** The services with counters. */
    List<ServiceState> serviceStates() throws DataplaneException;

    List<Stored<NextHop>> nextHops() throws DataplaneException;

    /** @param vrfId or {@link #ALL_VRFS} */
    List<Stored<Route>> routes(int vrfId) throws DataplaneException;

    List<Stored<Label>> labels() throws DataplaneException;

    List<Stored<Vni>> vnis() throws DataplaneException;

    /** Tunnel destinations, with the liveness that BFD says of each. */
    List<UnderlayPath> paths() throws DataplaneException;

    PlaneState plane() throws DataplaneException;

    /** Reasons with a count, summed over all interfaces. */
    List<DropCount> drops() throws DataplaneException;

    /** Reasons with a count, of one interface. */
    List<DropCount> drops(int vifId) throws DataplaneException;

    /**
     * @param vrfId or {@link #ALL_VRFS}
     * @param limit at most so many directions, > 0
     */
    List<Connection> connections(int vrfId, int limit) throws DataplaneException;

    /**
     * What policy denied or was asked to log since `from`, oldest first.
     *
     * @param limit at most so many events, > 0
     */
    LogPage log(LogPage.Marker from, int limit) throws DataplaneException;

    @Override
    void close();
}
