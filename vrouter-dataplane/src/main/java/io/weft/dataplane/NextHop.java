package io.weft.dataplane;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Objects;

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

    /** Looks up again in another VRF; target of labels and VNIs. */
    record VrfLookup(int id, ObjectKey key, int vrfId) implements NextHop {
        public VrfLookup {
            check(id, key);
            Limits.vrfId("vrf id of next hop " + id, vrfId);
        }
    }

    private static void check(int id, ObjectKey key) {
        Limits.nextHopId("next hop id", id);
        Objects.requireNonNull(key, "key");
    }
}
