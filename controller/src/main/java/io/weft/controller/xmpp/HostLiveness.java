package io.weft.controller.xmpp;

import io.weft.protocol.xmpp.Stanza.HostState;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What agents say of other hosts (BFD of their planes), by reporter. A reporter counts while its session is up; what a session said is forgotten
 * with it, so that a controller cut off from everybody takes nobody for dead. The core's thread only.
 */
final class HostLiveness {
    /** Hosts one agent may report. */
    static final int MAX_HOSTS = 65536;

    /** What the reporters agree on. */
    enum Verdict {
        /** Nobody says anything. */
        UNKNOWN,

        /** At least one says up: it has a way to the host. */
        UP,

        /** At least one says down and none up. */
        DOWN
    }

    private final Map<String, Map<InetAddress, Boolean>> byReporter = new TreeMap<>();

    /** False: the reporter has named more than {@link #MAX_HOSTS}. */
    boolean report(String reporter, Iterable<HostState> hosts) {
        Map<InetAddress, Boolean> of = byReporter.computeIfAbsent(reporter, absent -> new HashMap<>());
        hosts.forEach(host -> of.put(host.address(), host.up()));
        return of.size() <= MAX_HOSTS;
    }

    void forget(String reporter) {
        byReporter.remove(reporter);
    }

    /** By reporter, true is up; what a host says of itself does not count. */
    Map<String, Boolean> reports(String host, InetAddress address) {
        Map<String, Boolean> out = new TreeMap<>();
        byReporter.forEach((reporter, of) -> {
            Boolean up = of.get(address);
            if (up != null && !reporter.equals(host)) {
                out.put(reporter, up);
            }
        });
        return out;
    }

    Verdict verdict(String host, InetAddress address) {
        Map<String, Boolean> reports = reports(host, address);
        if (reports.isEmpty()) {
            return Verdict.UNKNOWN;
        }
        return reports.containsValue(true) ? Verdict.UP : Verdict.DOWN;
    }
}
