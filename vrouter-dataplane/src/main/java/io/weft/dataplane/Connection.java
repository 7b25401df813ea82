package io.weft.dataplane;

import java.net.InetAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * One direction of a connection.
 *
 * @param index of this direction in the plane's table
 * @param reverseIndex of the other direction
 * @param protocol IP protocol number
 * @param tcpState the plane's
 * @param sourcePort 0 .. 65535; ICMP: identifier
 * @param destinationPort 0 .. 65535; ICMP: type
 * @param initiator this direction opened it
 * @param denied by policy
 * @param midstream seen first in the middle
 * @param label MPLS label or VNI on the wire, or {@link Route#NO_LABEL}
 * @param sourceIdentity of what sends in this direction
 * @param destinationIdentity of what receives in this direction
 * @param idleNs since its last packet
 * @param ageNs since it was opened
 * @param translation what its packets become; empty: they stay as they are
 */
public record Connection(
        int index,
        int reverseIndex,
        int vrfId,
        int zone,
        int protocol,
        int tcpState,
        InetAddress source,
        InetAddress destination,
        int sourcePort,
        int destinationPort,
        boolean initiator,
        boolean denied,
        boolean midstream,
        int vifId,
        int nextHopId,
        int label,
        int sourceIdentity,
        int destinationIdentity,
        long packets,
        long bytes,
        long idleNs,
        long ageNs,
        Optional<Translation> translation) {
    /**
     * What a packet's addresses and ports become.
     *
     * @param sourcePort 0 .. 65535; ICMP: identifier
     * @param destinationPort 0 .. 65535; ICMP: type
     */
    public record Translation(InetAddress source, InetAddress destination, int sourcePort, int destinationPort) {
        public Translation {
            Objects.requireNonNull(source, "source");
            Objects.requireNonNull(destination, "destination");
        }
    }

    public Connection {
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(destination, "destination");
        Objects.requireNonNull(translation, "translation");
    }
}
