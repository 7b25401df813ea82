package io.weft.agent.runtime;

import io.weft.agent.compile.HostFacts;
import io.weft.agent.program.Programmer;
import io.weft.dataplane.Dataplane;
import io.weft.dataplane.DataplaneException;
import java.net.InetAddress;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the connection to the plane: opens, probes once a second, opens again. One thread, injected time. */
final class PlaneLink {
    /** Opens the plane. */
    interface Opener {
        Dataplane open() throws DataplaneException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(PlaneLink.class);
    private static final long RETRY_FIRST_NS = 100_000_000L;
    private static final long RETRY_MAX_NS = 1_000_000_000L;
    private static final long PROBE_NS = 1_000_000_000L;
    private static final long RETRY_REFUSED_NS = 5_000_000_000L;
    private static final long GONE_NS = 5_000_000_000L;

    private final Opener opener;
    private final Programmer programmer;
    private final String name;
    private final InetAddress underlay;
    private long nextNs;
    private long pauseNs = RETRY_FIRST_NS;
    private long lostNs;
    private long retryRefusedNs;
    private String lastReason = "";
    private HostFacts facts;

    PlaneLink(Opener opener, Programmer programmer, String name, InetAddress underlay, long nowNs) {
        this.opener = opener;
        this.programmer = programmer;
        this.name = name;
        this.underlay = underlay;
        this.nextNs = nowNs;
        this.lostNs = nowNs;
    }

    long deadlineNs() {
        return nextNs;
    }

    /** Facts of this host; empty until the uplink's MTU was known once. */
    Optional<HostFacts> facts() {
        return Optional.ofNullable(facts);
    }

    /** The plane has been away for longer than peers should wait. */
    boolean isGone(long nowNs) {
        return !programmer.isOpen() && nowNs - lostNs >= GONE_NS;
    }

    /** True: something changed. */
    boolean tick(long nowNs) {
        if (nextNs - nowNs > 0) {
            return false;
        }
        return programmer.isOpen() ? probe(nowNs) : open(nowNs);
    }

    private boolean open(long nowNs) {
        try {
            programmer.open(opener.open(), nowNs);
            pauseNs = RETRY_FIRST_NS;
            lastReason = "";
            nextNs = nowNs + PROBE_NS;
            retryRefusedNs = nowNs + RETRY_REFUSED_NS;
            readFacts();
            return true;
        } catch (DataplaneException e) {
            programmer.lost();
            if (!e.getMessage().equals(lastReason)) {
                LOG.warn("the forwarding plane cannot be opened: {}", e.getMessage());
                lastReason = e.getMessage();
            }
            nextNs = nowNs + pauseNs;
            pauseNs = Math.min(RETRY_MAX_NS, 2 * pauseNs);
            return false;
        }
    }

    private boolean probe(long nowNs) {
        try {
            programmer.probe();
            nextNs = nowNs + PROBE_NS;
            if (retryRefusedNs - nowNs <= 0) {
                retryRefusedNs = nowNs + RETRY_REFUSED_NS;
                if (!programmer.refusals().isEmpty()) {
                    programmer.retryRefused(nowNs);
                }
            }
            return readFacts();
        } catch (DataplaneException e) {
            lost(e, nowNs);
            return true;
        }
    }

    /** The plane went away in the middle of a call. */
    void lost(DataplaneException why, long nowNs) {
        LOG.warn("the forwarding plane went away: {}", why.getMessage());
        programmer.lost();
        lostNs = nowNs;
        nextNs = nowNs;
    }

    private boolean readFacts() {
        OptionalInt mtu = programmer.uplinkMtu();
        if (mtu.isEmpty() || facts != null && facts.uplinkMtu() == mtu.getAsInt()) {
            return false;
        }
        try {
            facts = new HostFacts(name, underlay, mtu.getAsInt());
            LOG.info("uplink mtu {}, pods get {}", mtu.getAsInt(), facts.podMtu());
            return true;
        } catch (IllegalArgumentException e) {
            if (!e.getMessage().equals(lastReason)) {
                LOG.error("{}", e.getMessage());
                lastReason = e.getMessage();
            }
            return false;
        }
    }
}
