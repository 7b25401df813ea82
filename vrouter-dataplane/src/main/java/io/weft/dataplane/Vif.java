package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.util.List;
import java.util.Objects;

/**
 * A virtual interface: a pod's port or an uplink.
 *
 * @param id chosen by the owner, 0 .. 4351
 * @param vrfId where packets from it are looked up
 * @param key the owner's
 * @param type what it stands for
 * @param portKind the device behind it
 * @param addressCheck source MAC, IP and ARP/ND payload must be in {@code addresses}
 * @param sharedUplink PHYSICAL: the kernel keeps the host address, the plane takes the tunnel ports only
 * @param mtu L3 bytes, 68 .. 65535
 * @param label MPLS label of this port or {@link Route#NO_LABEL}; informative
 * @param mac VIRTUAL: the pod's; PHYSICAL: what the device has (ignored when set)
 * @param name netdev name inside the namespace (TAP), at most 15 bytes
 * @param device AF_PACKET: netdev; ETHDEV: device arguments; at most 63 bytes
 * @param netns TAP: path of the network namespace, at most 127 bytes
 * @param addresses at most 32
 */
public record Vif(
        int id,
        int vrfId,
        ObjectKey key,
        VifType type,
        PortKind portKind,
        boolean addressCheck,
        boolean sharedUplink,
        int mtu,
        int label,
        MacAddress mac,
        String name,
        String device,
        String netns,
        List<VifAddress> addresses)
        implements PlaneObject {
    public Vif {
        Limits.vifId("vif id", id);
        Limits.vrfId("vrf id of vif " + id, vrfId);
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(portKind, "portKind");
        Objects.requireNonNull(mac, "mac");
        Limits.range("mtu of vif " + id, mtu, 68, 65535);
        Limits.range("label of vif " + id, label, Route.NO_LABEL, AbiCodes.WEFT_LABEL_LIMIT - 1);
        Limits.text("name of vif " + id, name, AbiCodes.WEFT_IFNAME_BYTES);
        Limits.text("device of vif " + id, device, AbiCodes.WEFT_NAME_BYTES);
        Limits.text("netns of vif " + id, netns, AbiCodes.WEFT_PATH_BYTES);
        addresses = List.copyOf(addresses);
        Limits.range("address count of vif " + id, addresses.size(), 0, AbiCodes.WEFT_VIF_ADDRESSES_MAX);
    }
}
