package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Lines 1 and 2: two pods of one network reach each other, on different hosts or on one. */
final class ReachLine implements Line {
    private static final double GBIT_PER_SECOND_MIN = 1.0;
    private static final int PINGS = 5;
    private static final int TRIES = 3;

    private final int line;
    private final String where;
    private final String client;
    private final String server;
    private final RandomGenerator random;

    ReachLine(int line, String where, String client, String server, RandomGenerator random) {
        this.line = line;
        this.where = where;
        this.client = client;
        this.server = server;
        this.random = random;
    }

    @Override
    public List<Row> check(Site site) {
        Pod from = site.pod(client);
        Pod to = site.pod(server);
        List<Row> rows = new ArrayList<>();
        for (int family : new int[] {4, 6}) {
            Traffic.Pings pings = Traffic.ping(from, to.address(family), PINGS);
            rows.add(Row.check(
                    line,
                    where + ": ping v" + family + " " + from.name() + " -> " + to.address(family),
                    PINGS + " of " + PINGS + " answered",
                    pings.toString(),
                    pings.all()));
        }
        for (int family : new int[] {4, 6}) {
            rows.add(transfer(new Traffic(site.build()), from, to, family));
        }
        return rows;
    }

    /** The rate is what this path can do, not what else ran on the machine just then: best of a few, each fully verified. */
    private Row transfer(Traffic traffic, Pod from, Pod to, int family) {
        Best best = traffic.whileServing(List.of(to), family, () -> best(traffic, from, to, family));
        return Row.check(
                line,
                where + ": TCP 64 MiB over v" + family,
                "checksum equal, >= 1 Gbit/s",
                best.verified ? "checksum equal, %.1f Gbit/s".formatted(best.rate) : "not verified: " + best.problem,
                best.verified && best.rate >= GBIT_PER_SECOND_MIN);
    }

    private record Best(boolean verified, double rate, String problem) {}

    private Best best(Traffic traffic, Pod from, Pod to, int family) {
        Best best = new Best(true, 0, "");
        for (int tried = 0; tried < TRIES && best.verified && best.rate < GBIT_PER_SECOND_MIN; tried++) {
            JsonNode answer = traffic.transfer(
                    from,
                    to.address(family),
                    Traffic.TRANSFER_BYTES,
                    random.nextLong(1, Long.MAX_VALUE),
                    Duration.ofSeconds(30));
            best = new Best(
                    answer.path("verified").asBoolean()
                            && answer.path("token").asText().equals(to.name()),
                    Math.max(best.rate, answer.path("gbit_per_s").asDouble()),
                    answer.path("error").asText(""));
        }
        return best;
    }
}
