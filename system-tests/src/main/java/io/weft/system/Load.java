package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;

/**
 * What must not notice that a program is killed: a numbered UDP stream of 1,000 packets/s over IPv4 and 200 new TCP connections/s over
 * IPv6, from red-a on h1 to red-b on h2 and back.
 */
final class Load implements AutoCloseable {
    static final int PACKETS_PER_SECOND = 1000;
    static final int CONNECTIONS_PER_SECOND = 200;
    private static final Duration CONNECTION_LIMIT = Duration.ofSeconds(3);

    private final Flow server4;
    private final Flow server6;
    private final Flow stream;
    private final Flow opener;

    private Load(Flow server4, Flow server6, Flow stream, Flow opener) {
        this.server4 = server4;
        this.server6 = server6;
        this.stream = stream;
        this.opener = opener;
    }

    static Load start(Site site) {
        Pod from = site.pod("red-a");
        Pod to = site.pod("red-b");
        Flow server4 = Flow.server(site, to, to.address(4), 1, Flow.PORT);
        Flow server6 = Flow.server(site, to, to.address(6), 1, Flow.PORT);
        Flow stream = Flow.stream(site, from, to.address(4), "udp", PACKETS_PER_SECOND);
        Flow opener = Flow.open(site, from, to.address(6), CONNECTIONS_PER_SECOND, CONNECTION_LIMIT);
        return new Load(server4, server6, stream, opener);
    }

    /**
     * What became of it.
     *
     * @param lost packets of the stream that were not answered
     * @param refused connections that were not opened and answered in time
     * @param retransmitted connections that needed a second try of the kernel's
     */
    record Result(
            long sent, long lost, long opened, long refused, long retransmitted, long longestGapNs, String detail) {
        boolean whole() {
            return lost == 0 && refused == 0 && sent > 0 && opened > 0;
        }

        @Override
        public String toString() {
            return "%d of %d packets lost, %d of %d connections refused%s%s"
                    .formatted(
                            lost,
                            sent,
                            refused,
                            opened,
                            retransmitted == 0 ? "" : " (" + retransmitted + " retransmitted)",
                            whole() ? "" : "; " + detail);
        }
    }

    static final String EXPECTED = "0 packets lost, 0 connections refused";

    Result finish() {
        JsonNode packets = stream.finish();
        JsonNode connections = opener.finish();
        return new Result(
                packets.path("sent").asLong(),
                packets.path("lost").asLong(-1),
                connections.path("opened").asLong(),
                connections.path("refused").asLong()
                        + connections.path("timed_out").asLong(),
                connections.path("retransmitted").asLong(),
                packets.path("longest_gap_ns").asLong(),
                packets + " " + connections);
    }

    @Override
    public void close() {
        stream.close();
        opener.close();
        server4.close();
        server6.close();
    }
}
