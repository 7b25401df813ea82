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
 * @param strictTcp TCP packets that their connection's state does not allow are dropped
 * @param nativeUplink PHYSICAL: what comes outside a tunnel is routed in the vif's VRF, as from {@link Identity#EXTERNAL}
 * @param stateless VIRTUAL without policy sets: packets go by the routes alone, one by one; no connection is kept for those that need none
 * @param mtu L3 bytes, 68 .. 65535
 * @param label MPLS label of this port or {@link Route#NO_LABEL}; informative
 * @param mac VIRTUAL: the pod's; PHYSICAL: what the device has (ignored when set)
 * @param name netdev name inside the namespace (TAP), at most 15 bytes
 * @param device AF_PACKET: netdev; ETHDEV: device arguments; at most 63 bytes
 * @param netns TAP: path of the network namespace, at most 127 bytes
 * @param addresses at most 32
 * @param identityId of what is behind this port, or {@link Identity#UNKNOWN}
 * @param egressPolicyIds sets that a connection opened from this port must pass, each of them; two, {@link PolicySet#NONE}: none
 * @param ingressPolicyIds the same of a connection opened to this port
 * @param connectionsMax pairs this port may have opened; 0: no limit of its own
 */
public record Vif(
        int id,
        int vrfId,
        ObjectKey key,
        VifType type,
        PortKind portKind,
        boolean addressCheck,
        boolean sharedUplink,
        boolean strictTcp,
        boolean nativeUplink,
        boolean stateless,
        int mtu,
        int label,
        MacAddress mac,
        String name,
        String device,
        String netns,
        List<VifAddress> addresses,
        int identityId,
        List<Integer> egressPolicyIds,
        List<Integer> ingressPolicyIds,
        int connectionsMax)
        implements PlaneObject {
    /** In place of policy ids: no policy. */
    public static final List<Integer> NO_POLICIES = List.of(PolicySet.NONE, PolicySet.NONE);

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
        Limits.range("identity id of vif " + id, identityId, 0, AbiCodes.WEFT_IDENTITY_LIMIT - 1);
        egressPolicyIds = policies("egress policy", id, egressPolicyIds);
        ingressPolicyIds = policies("ingress policy", id, ingressPolicyIds);
        Limits.range("connections max of vif " + id, connectionsMax, 0, Integer.MAX_VALUE);
        if (stateless) {
            checkStateless(id, type, strictTcp, egressPolicyIds, ingressPolicyIds);
        }
    }

    private static void checkStateless(
            int id, VifType type, boolean strictTcp, List<Integer> egress, List<Integer> ingress) {
        if (strictTcp) {
            throw new IllegalArgumentException(
                    "stateless and strictTcp of vif " + id + " are true: there is no state to be strict about");
        }
        if (type != VifType.VIRTUAL) {
            throw new IllegalArgumentException(
                    "stateless of vif " + id + " is true, must be false: its type is " + type + ", not VIRTUAL");
        }
        egress.forEach(policy -> Limits.range("egress policy id of stateless vif " + id, policy, 0, PolicySet.NONE));
        ingress.forEach(policy -> Limits.range("ingress policy id of stateless vif " + id, policy, 0, PolicySet.NONE));
    }

    /** Loose about TCP, takes tunnel packets only, and keeps connections. */
    public Vif(
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
            List<VifAddress> addresses,
            int identityId,
            List<Integer> egressPolicyIds,
            List<Integer> ingressPolicyIds,
            int connectionsMax) {
        this(
                id,
                vrfId,
                key,
                type,
                portKind,
                addressCheck,
                sharedUplink,
                false,
                false,
                false,
                mtu,
                label,
                mac,
                name,
                device,
                netns,
                addresses,
                identityId,
                egressPolicyIds,
                ingressPolicyIds,
                connectionsMax);
    }

    /** The same, strict about TCP or not. */
    public Vif withStrictTcp(boolean strict) {
        return new Vif(
                id,
                vrfId,
                key,
                type,
                portKind,
                addressCheck,
                sharedUplink,
                strict,
                nativeUplink,
                stateless,
                mtu,
                label,
                mac,
                name,
                device,
                netns,
                addresses,
                identityId,
                egressPolicyIds,
                ingressPolicyIds,
                connectionsMax);
    }

    /** The same, going by the routes alone or not. */
    public Vif withStateless(boolean free) {
        return new Vif(
                id,
                vrfId,
                key,
                type,
                portKind,
                addressCheck,
                sharedUplink,
                strictTcp,
                nativeUplink,
                free,
                mtu,
                label,
                mac,
                name,
                device,
                netns,
                addresses,
                identityId,
                egressPolicyIds,
                ingressPolicyIds,
                connectionsMax);
    }

    private static List<Integer> policies(String field, int id, List<Integer> ids) {
        Limits.range(field + " count of vif " + id, ids.size(), AbiCodes.WEFT_VIF_POLICIES, AbiCodes.WEFT_VIF_POLICIES);
        ids.forEach(policy -> Limits.range(field + " id of vif " + id, policy, 0, AbiCodes.WEFT_POLICY_LIMIT - 1));
        return List.copyOf(ids);
    }

    /** The same with another MTU and MAC. */
    public Vif withDevice(int otherMtu, MacAddress otherMac) {
        return new Vif(
                id,
                vrfId,
                key,
                type,
                portKind,
                addressCheck,
                sharedUplink,
                strictTcp,
                nativeUplink,
                stateless,
                otherMtu,
                label,
                otherMac,
                name,
                device,
                netns,
                addresses,
                identityId,
                egressPolicyIds,
                ingressPolicyIds,
                connectionsMax);
    }
}
