package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;

/**
 * An address of another VRF under which a port is known, one to one with an address of the port. Its route in that VRF must lead to the
 * port; what the port sends from the fixed address leaves as the floating one where that VRF has a longer match for the destination
 * than the port's.
 *
 * @param id chosen by the owner, 1 .. 65535
 * @param key the owner's
 * @param vrfId of the floating address
 * @param vifId the port, VIRTUAL
 * @param floating in the VRF
 * @param fixed the port's, of the same family
 * @param ingress takes connections to the floating address
 * @param egress connections that the port opens leave as the floating address
 * @param mappings empty: every protocol and port; else only what is mapped, at most 64
 */
public record FloatingIp(
        int id,
        ObjectKey key,
        int vrfId,
        int vifId,
        InetAddress floating,
        InetAddress fixed,
        boolean ingress,
        boolean egress,
        List<PortMapping> mappings)
        implements PlaneObject {
    /** Most floating IPs of one port. */
    public static final int PER_VIF_MAX = AbiCodes.WEFT_VIF_FLOATING_IPS_MAX;

    /** Most mappings of one floating IP. */
    public static final int MAPPINGS_MAX = AbiCodes.WEFT_PORT_MAPPINGS_MAX;

    /**
     * Ports {@code port} .. {@code port + count - 1} of the floating address are {@code fixedPort} .. of the fixed one.
     *
     * @param protocol 6 (TCP), 17 (UDP), 132 (SCTP)
     * @param port 0 .. 65535
     * @param fixedPort 0 .. 65535
     * @param count 1 or more, and no port above 65535
     */
    public record PortMapping(int protocol, int port, int fixedPort, int count) {
        public PortMapping {
            if (protocol != 6 && protocol != 17 && protocol != 132) {
                throw new IllegalArgumentException(
                        "protocol of a port mapping is " + protocol + ", must be 6 (TCP), 17 (UDP) or 132 (SCTP)");
            }
            Limits.range("port of a port mapping", port, 0, 65535);
            Limits.range("fixed port of a port mapping", fixedPort, 0, 65535);
            Limits.range("port count of a port mapping", count, 1, Math.min(65535, 65536 - Math.max(port, fixedPort)));
        }
    }

    public FloatingIp {
        Limits.range("floating ip id", id, 1, AbiCodes.WEFT_FLOATING_IP_LIMIT - 1);
        Objects.requireNonNull(key, "key");
        Limits.vrfId("vrf id of floating ip " + id, vrfId);
        Limits.vifId("vif id of floating ip " + id, vifId);
        if (floating instanceof Inet4Address != fixed instanceof Inet4Address) {
            throw new IllegalArgumentException("floating ip " + id + ": floating address " + floating.getHostAddress()
                    + " and fixed address " + fixed.getHostAddress() + " must be of one family");
        }
        if (!ingress && !egress) {
            throw new IllegalArgumentException(
                    "floating ip " + id + " has no direction, must be ingress, egress or both");
        }
        mappings = List.copyOf(mappings);
        Limits.range("mapping count of floating ip " + id, mappings.size(), 0, MAPPINGS_MAX);
    }
}
