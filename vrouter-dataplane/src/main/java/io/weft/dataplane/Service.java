package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A virtual address: connections of a VRF to it go to one of its backends, chosen so that every host with the same backends chooses alike,
 * and stay with it while it is there. VRF, address, protocol and port are the service's for its life and no other's.
 *
 * @param id 1 .. 65535
 * @param vrfId of the clients
 * @param protocol {@link #TCP} or {@link #UDP}
 * @param port 1 .. 65535
 * @param affinitySeconds a client's next connection within this time goes to the backend of its last one; 0: no affinity; at most 86,400
 * @param hairpin a backend that is its own client gets the virtual address as the source
 * @param natPoolId backends see an address and a port of this pool, which is of their VRF, as the client; 0: they see the client
 * @param backends at most 1,024, of the address's family, each key once
 */
public record Service(
        int id,
        int vrfId,
        ObjectKey key,
        InetAddress address,
        int protocol,
        int port,
        int affinitySeconds,
        boolean hairpin,
        int natPoolId,
        List<Backend> backends)
        implements PlaneObject {
    public static final int TCP = 6;
    public static final int UDP = 17;
    /** Most backends of one service. */
    public static final int BACKENDS_MAX = AbiCodes.WEFT_SERVICE_BACKENDS_MAX;

    public Service {
        Limits.range("service id", id, 1, AbiCodes.WEFT_SERVICE_LIMIT - 1);
        Limits.vrfId("vrf id of service " + id, vrfId);
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(address, "address");
        if (address.isAnyLocalAddress()) {
            throw new IllegalArgumentException(
                    "address of service " + id + " is " + address.getHostAddress() + ", must be an address");
        }
        if (protocol != TCP && protocol != UDP) {
            throw new IllegalArgumentException(
                    "protocol of service " + id + " is " + protocol + ", must be " + TCP + " or " + UDP);
        }
        Limits.range("port of service " + id, port, 1, 65_535);
        Limits.range("affinity seconds of service " + id, affinitySeconds, 0, AbiCodes.WEFT_SERVICE_AFFINITY_MAX_S);
        Limits.range("NAT pool id of service " + id, natPoolId, 0, Integer.MAX_VALUE);
        backends = List.copyOf(backends);
        Limits.range("backend count of service " + id, backends.size(), 0, BACKENDS_MAX);
        checkBackends(id, address, backends);
    }

    private static void checkBackends(int id, InetAddress address, List<Backend> backends) {
        Set<ObjectKey> keys = new HashSet<>();
        for (Backend backend : backends) {
            if (!keys.add(backend.key())) {
                throw new IllegalArgumentException(
                        "service " + id + " has backend key " + backend.key() + " twice, must be unique");
            }
            if (backend.address() instanceof Inet4Address != address instanceof Inet4Address) {
                throw new IllegalArgumentException("service " + id + ": backend "
                        + backend.address().getHostAddress() + " and address " + address.getHostAddress()
                        + " must be of one family");
            }
        }
    }

    /**
     * Where connections of a service go.
     *
     * @param key the same on every host: the choice follows from it
     * @param vrfId where the address is looked up
     * @param port 1 .. 65535
     * @param draining keeps the connections it has and gets no new ones
     * @param weight 1 .. 1000
     * @param connectionsMax at once by this plane; 0: no limit
     */
    public record Backend(
            ObjectKey key, InetAddress address, int vrfId, int port, boolean draining, int weight, int connectionsMax) {
        public Backend {
            Objects.requireNonNull(key, "key");
            Objects.requireNonNull(address, "address");
            if (address.isAnyLocalAddress()) {
                throw new IllegalArgumentException(
                        "address of backend " + key + " is " + address.getHostAddress() + ", must be an address");
            }
            Limits.vrfId("vrf id of backend " + key, vrfId);
            Limits.range("port of backend " + key, port, 1, 65_535);
            Limits.range("weight of backend " + key, weight, 1, AbiCodes.WEFT_MEMBER_WEIGHT_MAX);
            Limits.range("connection limit of backend " + key, connectionsMax, 0, Integer.MAX_VALUE);
        }
    }
}
