package io.weft.agent.compile;

import io.weft.dataplane.MacAddress;
import java.net.InetAddress;
import java.util.Objects;
import java.util.UUID;

/** Where a route, label or VNI leads, by names; the programmer turns them into ids of the plane. Equal hops share one next hop. */
public sealed interface Hop {
    /** Text that identifies the hop for ever; its hash is the key in the plane. */
    String identity();

    /** Dropped. The plane's permanent next hop 0. */
    record Discard() implements Hop {
        @Override
        public String identity() {
            return "discard";
        }
    }

    /** The plane itself. */
    record Receive() implements Hop {
        @Override
        public String identity() {
            return "receive";
        }
    }

    /** A port of this host. */
    record Local(UUID vmi) implements Hop {
        public Local {
            Objects.requireNonNull(vmi, "vmi");
        }

        @Override
        public String identity() {
            return "local/" + vmi;
        }
    }

    /** Looked up again in the VRF of a routing instance. */
    record Lookup(String instance) implements Hop {
        public Lookup {
            Objects.requireNonNull(instance, "instance");
        }

        @Override
        public String identity() {
            return "vrf/" + instance;
        }
    }

    /**
     * Another host.
     *
     * @param innerMac VXLAN: its router MAC; MPLS: zero
     */
    record Tunnel(Encap encap, InetAddress source, InetAddress destination, MacAddress innerMac) implements Hop {
        public Tunnel {
            Objects.requireNonNull(innerMac, "innerMac");
            if (source.getAddress().length != destination.getAddress().length) {
                throw new IllegalArgumentException("tunnel source " + source.getHostAddress() + " and destination "
                        + destination.getHostAddress() + " are of different families");
            }
        }

        @Override
        public String identity() {
            return "tunnel/" + encap + "/" + source.getHostAddress() + "/" + destination.getHostAddress() + "/"
                    + innerMac;
        }
    }
}
