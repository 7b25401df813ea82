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

/**
 * Keeps the connection to the plane: opens, asks for a sign of life every 50 ms, reads the uplink once a second, opens again. A worker
 * that takes over from one that died holds all it held: the connection is made anew and what the plane holds is compared. One thread,
 * injected time.
 */
final class PlaneLink {
    /** Opens the plane. */
    interface Opener {
        Dataplane open() throws DataplaneException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(PlaneLink.class);
    private static final long ALIVE_NS = 50_000_000L;
    private static final long RETRY_SOON_NS = 50_000_000L;
    private static final long SOON_NS = 10_000_000_000L;
    private static final long RETRY_LATE_NS = 1_000_000_000L;
    private static final long PROBE_NS = 1_000_000_000L;
    private static final long RETRY_REFUSED_NS = 5_000_000_000L;
    private static final long GONE_NS = 5_000_000_000L;

    private final Opener opener;
    private final Programmer programmer;
    private final String name;
    private final InetAddress underlay;
    private long nextNs;
    private long probeNs;
    private int adoptions;
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

    /** Times a worker of the plane took over from one that died, as read last. */
    int adoptions() {
        return adoptions;
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
        if (!programmer.isOpen()) {
            return open(nowNs);
        }
        return isAlive(nowNs) ? probe(nowNs) : true;
    }

    private boolean open(long nowNs) {
        try {
            programmer.open(opener.open(), nowNs);
            adoptions = programmer.adoptions();
            lastReason = "";
            nextNs = nowNs + ALIVE_NS;
            probeNs = nowNs + PROBE_NS;
            retryRefusedNs = nowNs + RETRY_REFUSED_NS;
            readFacts();
            return true;
        } catch (DataplaneException e) {
            programmer.lost();
            if (!e.getMessage().equals(lastReason)) {
                LOG.warn("the forwarding plane cannot be opened: {}", e.getMessage());
                lastReason = e.getMessage();
            }
            nextNs = nowNs + (nowNs - lostNs < SOON_NS ? RETRY_SOON_NS : RETRY_LATE_NS);
            return false;
        }
    }

    private boolean isAlive(long nowNs) {
        try {
            int now = programmer.adoptions();
            nextNs = nowNs + ALIVE_NS;
            if (now == adoptions) {
                return true;
            }
            lost("another worker took over", nowNs);
        } catch (DataplaneException e) {
            lost(e, nowNs);
        }
        return false;
    }

    private boolean probe(long nowNs) {
        if (probeNs - nowNs > 0) {
            return false;
        }
        try {
            programmer.probe();
            probeNs = nowNs + PROBE_NS;
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
        lost(why.getMessage(), nowNs);
    }

    private void lost(String why, long nowNs) {
        LOG.warn("the forwarding plane went away: {}", why);
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
