package io.weft.agent.compile;

import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.MacAddress;
import io.weft.dataplane.NextHop;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
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

    /**
     * Several equal ways of one prefix. It stays the same next hop of the plane while its ways change, so that connections keep the way
     * they have.
     *
     * @param ways at least two, each (hop, label) once; kept in the order of their texts
     */
    record Ecmp(String instance, IpPrefix prefix, List<Way> ways) implements Hop {
        public Ecmp {
            Objects.requireNonNull(instance, "instance");
            Objects.requireNonNull(prefix, "prefix");
            ways = ways.stream().sorted(Comparator.comparing(Way::identity)).toList();
            if (ways.size() < 2 || ways.stream().map(Way::identity).distinct().count() != ways.size()) {
                throw new IllegalArgumentException(
                        "ways of " + prefix + " are " + ways + ", must be 2 or more, each once");
            }
        }

        @Override
        public String identity() {
            return "ecmp/" + instance + "/" + prefix;
        }

        /** Id of each way, in the order of the ways: a way has the same one in every set of ways, short of a collision. */
        public List<Long> memberIds() {
            Set<Long> taken = new HashSet<>();
            List<Long> ids = new ArrayList<>();
            for (Way way : ways) {
                long id = way.hash();
                while (id == 0 || !taken.add(id)) {
                    id = id + 1 & 0xffff_ffffL;
                }
                ids.add(id);
            }
            return ids;
        }
    }

    /**
     * One way of an {@link Ecmp}.
     *
     * @param hop Local or Tunnel
     * @param label MPLS label or VNI a tunnel puts on the wire, or NO_LABEL
     * @param weight 1 .. 1000
     */
    record Way(Hop hop, int label, int weight) {
        public Way {
            if (!(hop instanceof Local) && !(hop instanceof Tunnel)) {
                throw new IllegalArgumentException("way is " + hop + ", must be local or a tunnel");
            }
            if (weight < 1 || weight > NextHop.Member.WEIGHT_MAX) {
                throw new IllegalArgumentException(
                        "weight of way " + hop + " is " + weight + ", must be 1 .. " + NextHop.Member.WEIGHT_MAX);
            }
        }

        /** Text that identifies the way for ever; of its hash the member id is made. */
        public String identity() {
            return hop.identity() + "#" + label;
        }

        /** First four bytes of the SHA-256 of {@link #identity}, 0 .. 2^32-1. */
        private long hash() {
            try {
                byte[] digest =
                        MessageDigest.getInstance("SHA-256").digest(identity().getBytes(StandardCharsets.UTF_8));
                return Integer.toUnsignedLong(ByteBuffer.wrap(digest).getInt());
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JDK has SHA-256", e);
            }
        }
    }
}
