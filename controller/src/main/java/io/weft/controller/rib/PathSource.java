package io.weft.controller.rib;

import io.weft.protocol.net.IpAddress;
import java.net.InetAddress;
import java.util.Objects;

/** Who gave a path. Sources of one kind are ordered by name, so that nothing depends on the order of events. */
public sealed interface PathSource extends Comparable<PathSource> {
    /** An agent, over XMPP. */
    record Agent(String name) implements PathSource {
        public Agent {
            Objects.requireNonNull(name, "name");
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * A BGP peer.
     *
     * @param name unique among the peers, e.g. the fq_name of its bgp-router
     * @param address of the session
     * @param internal same autonomous system (iBGP)
     */
    record Bgp(String name, InetAddress address, boolean internal) implements PathSource {
        public Bgp {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(address, "address");
        }

        @Override
        public String toString() {
            return "bgp " + name + " (" + IpAddress.format(address) + ")";
        }
    }

    /** Unique among sources of its kind. */
    String name();

    /** Agents first, then by name. */
    @Override
    default int compareTo(PathSource other) {
        boolean bgp = this instanceof Bgp;
        int order = Boolean.compare(bgp, other instanceof Bgp);
        return order != 0 ? order : name().compareTo(other.name());
    }
}
