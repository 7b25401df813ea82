package io.weft.dataplane;

import java.net.InetAddress;
import java.util.Objects;
import java.util.UUID;

/**
 * Something policy denied, or a rule asked to log.
 *
 * @param sequence per plane, from 1
 * @param timeNs CLOCK_REALTIME nanoseconds
 * @param lost events before this one that were overwritten before they were read
 * @param vifId the port whose policy decided
 * @param rule index from 0, or {@link #DEFAULT_RULE}
 * @param uuid of the rule
 * @param egress true: from the port; false: to it
 * @param protocol IP protocol number
 * @param packetBytes of the packet that led to it
 */
public record LogEvent(
        long sequence,
        long timeNs,
        long lost,
        int vifId,
        int vrfId,
        int policyId,
        int rule,
        UUID uuid,
        boolean egress,
        PolicyAction action,
        int protocol,
        InetAddress source,
        InetAddress destination,
        int sourcePort,
        int destinationPort,
        int sourceIdentity,
        int destinationIdentity,
        int packetBytes) {
    /** No rule matched. */
    public static final int DEFAULT_RULE = -1;

    public LogEvent {
        Objects.requireNonNull(uuid, "uuid");
        Objects.requireNonNull(action, "action");
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(destination, "destination");
    }
}
