package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Where packets go. Ids are chosen by the owner, 0 .. 2^20-1; id 0 is the plane's permanent discard. */
public sealed interface NextHop extends PlaneObject {
    /** 0 .. 2^20-1. */
    int id();

    /** The owner's. */
    ObjectKey key();

    /** Drops, reason DISCARD. */
    record Discard(int id, ObjectKey key) implements NextHop {
        /** Id of the discard that is always there. */
        public static final int PERMANENT_ID = 0;

        public Discard {
            check(id, key);
        }
    }

    /** The plane itself: answers echo requests for the address, drops the rest. */
    record Receive(int id, ObjectKey key) implements NextHop {
        public Receive {
            check(id, key);
        }
    }

    /** Out of a vif, with that vif's MAC as destination. */
    record Local(int id, ObjectKey key, int vifId) implements NextHop {
        public Local {
            check(id, key);
            Limits.vifId("vif id of next hop " + id, vifId);
        }
    }

    /**
     * Through a tunnel; the label or VNI comes from the route.
     *
     * @param source this host's tunnel address
     * @param destination the other end, of the same family
     * @param innerMac VXLAN: the remote router MAC; else zero
     */
    record Tunnel(
            int id,
            ObjectKey key,
            Encapsulation encapsulation,
            InetAddress source,
            InetAddress destination,
            MacAddress innerMac)
            implements NextHop {
        public Tunnel {
            check(id, key);
            Objects.requireNonNull(encapsulation, "encapsulation");
            Objects.requireNonNull(innerMac, "innerMac");
            if (source instanceof Inet4Address != destination instanceof Inet4Address) {
                throw new IllegalArgumentException("next hop " + id + ": source " + source.getHostAddress()
                        + " and destination " + destination.getHostAddress() + " must be of one family");
            }
        }
    }

    /**
     * Out of an uplink as it is, without a tunnel.
     *
     * @param vifId of a PHYSICAL vif
     * @param gateway the neighbour of the underlay that takes the packet on; of either family
     */
    record Native(int id, ObjectKey key, int vifId, InetAddress gateway) implements NextHop {
        public Native {
            check(id, key);
            Limits.vifId("vif id of next hop " + id, vifId);
            Objects.requireNonNull(gateway, "gateway");
        }
    }

    /**
     * Looks up again in another VRF; target of labels, VNIs and routes. What comes by a route is not sent on by another such route.
     *
     * @param natPoolId connections by a route leave with an address of this pool, which is of that VRF; or {@link NatPool#NONE}
     */
    record VrfLookup(int id, ObjectKey key, int vrfId, int natPoolId) implements NextHop {
        public VrfLookup {
            check(id, key);
            Limits.vrfId("vrf id of next hop " + id, vrfId);
            Limits.range("nat pool id of next hop " + id, natPoolId, NatPool.NONE, AbiCodes.WEFT_NAT_POOL_LIMIT - 1);
        }

        /** Without source translation. */
        public VrfLookup(int id, ObjectKey key, int vrfId) {
            this(id, key, vrfId, NatPool.NONE);
        }
    }

    /**
     * One of several ways, chosen per connection.
     *
     * @param hashFields what of a connection decides; at least one
     * @param members 1 .. 128, kept ascending by member id
     */
    record Ecmp(int id, ObjectKey key, Set<HashField> hashFields, List<Member> members) implements NextHop {
        /** Most members of one next hop. */
        public static final int MEMBERS_MAX = AbiCodes.WEFT_NEXTHOP_MEMBERS_MAX;

        /** Every field decides. */
        public Ecmp(int id, ObjectKey key, List<Member> members) {
            this(id, key, HashField.ALL, members);
        }

        public Ecmp {
            check(id, key);
            hashFields = Set.copyOf(hashFields);
            Limits.range("hash field count of next hop " + id, hashFields.size(), 1, HashField.ALL.size());
            members = members.stream()
                    .sorted(Comparator.comparingLong(Member::id))
                    .toList();
            Limits.range("member count of next hop " + id, members.size(), 1, MEMBERS_MAX);
            for (int i = 1; i < members.size(); i++) {
                if (members.get(i).id() == members.get(i - 1).id()) {
                    throw new IllegalArgumentException("next hop " + id + " has member id "
                            + members.get(i).id() + " twice, must be unique");
                }
            }
        }
    }

    /**
     * A way of an ECMP next hop. One that stays keeps its id: only connections of members that went choose again.
     *
     * @param id unique in its next hop, 1 .. 2^32-1
     * @param nextHopId of a LOCAL, NATIVE or TUNNEL next hop
     * @param label MPLS label or VNI that a tunnel puts on the wire, or {@link Route#NO_LABEL}
     * @param weight 1 .. 1000
     */
    record Member(long id, int nextHopId, int label, int weight) {
        public static final int WEIGHT_MAX = AbiCodes.WEFT_MEMBER_WEIGHT_MAX;

        public Member {
            if (id < 1 || id > 0xffff_ffffL) {
                throw new IllegalArgumentException("member id is " + id + ", must be 1 .. 4294967295");
            }
            Limits.nextHopId("next hop id of member " + id, nextHopId);
            Limits.range("label of member " + id, label, Route.NO_LABEL, AbiCodes.WEFT_VNI_LIMIT - 1);
            Limits.range("weight of member " + id, weight, 1, WEIGHT_MAX);
        }
    }

    private static void check(int id, ObjectKey key) {
        Limits.nextHopId("next hop id", id);
        Objects.requireNonNull(key, "key");
    }
}
