package io.weft.controller.bgp;

import io.weft.controller.rib.BgpAttributes;
import io.weft.controller.rib.Freshness;
import io.weft.controller.rib.PathSource;
import io.weft.controller.vpn.VpnImports;
import io.weft.protocol.bgp.Capability;
import io.weft.protocol.bgp.DecodedUpdate;
import io.weft.protocol.bgp.Family;
import io.weft.protocol.bgp.Open;
import io.weft.protocol.bgp.PathAttributes;
import io.weft.protocol.bgp.Update;
import io.weft.protocol.bgp.VpnNlri;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts what a peer says into the tables; keeps it while the peer restarts (RFC 4724). The core's thread only. */
final class RibIn {
    private static final Logger LOG = LoggerFactory.getLogger(RibIn.class);
    private static final long NEVER = Long.MAX_VALUE;
    private static final long S = 1_000_000_000L;

    private final PeerConfig config;
    private final PathSource.Bgp source;
    private final VpnImports imports;
    private final long staleTimeNs;
    private final Set<Family> awaited = new HashSet<>();
    private Set<Family> families = Set.of();
    private long peerIdentifier;
    private long restartTimeS;
    private long staleUntilNs = NEVER;

    /** @param staleTimeNs how long a peer that is back may take until its End-of-RIB */
    RibIn(PeerConfig config, VpnImports imports, long staleTimeNs) {
        this.config = config;
        this.source = new PathSource.Bgp(config.name(), config.remote().getAddress(), config.internal());
        this.imports = imports;
        this.staleTimeNs = staleTimeNs;
    }

    void up(Open theirs, Set<Family> common, long nowNs) {
        families = Set.copyOf(common);
        awaited.clear();
        awaited.addAll(common);
        peerIdentifier = theirs.identifier();
        Optional<Capability.GracefulRestart> restart = theirs.gracefulRestart();
        restartTimeS = restart.map(Capability.GracefulRestart::restartTimeS).orElse(0);
        if (staleUntilNs != NEVER) {
            // Mark again what a session that was lost in turn had confirmed; RFC 4724 section 4.2: no forwarding, no
            // routes.
            boolean forwards = restart.isPresent()
                    && families.stream().allMatch(family -> restart.get().forwards(family));
            if (forwards) {
                staleUntilNs = nowNs + staleTimeNs;
            } else {
                sweep("the peer did not keep forwarding");
            }
        }
    }

    void down(boolean keep, long nowNs) {
        if (keep) {
            imports.mark(source, Freshness.STALE);
            staleUntilNs = nowNs + restartTimeS * S;
        } else {
            staleUntilNs = NEVER;
            int removed = imports.removeAll(source);
            LOG.info("removed {} routes of BGP peer {}", removed, config.name());
        }
    }

    void doWork(long nowNs) {
        if (nowNs >= staleUntilNs) {
            sweep("its time is over");
        }
    }

    long nextTimerNs() {
        return staleUntilNs;
    }

    boolean isStale() {
        return staleUntilNs != NEVER;
    }

    private void sweep(String why) {
        staleUntilNs = NEVER;
        int removed = imports.sweep(source);
        LOG.info("swept {} stale routes of BGP peer {}: {}", removed, config.name(), why);
    }

    /** @param peer gets the counts */
    void update(BgpPeer peer, DecodedUpdate decoded) {
        for (DecodedUpdate.Malformed malformed : decoded.malformed()) {
            peer.count(
                    malformed.action() == DecodedUpdate.Action.TREAT_AS_WITHDRAW
                            ? "updates-treated-as-withdraw"
                            : "attributes-discarded");
            peer.lastError = malformed.action() + ": " + malformed.reason();
        }
        Update update = decoded.update();
        update.unreach().filter(unreach -> families.contains(unreach.family())).ifPresent(unreach -> {
            for (VpnNlri nlri : unreach.nlri()) {
                peer.count("routes-withdrawn");
                imports.withdraw(source, VpnAttributes.key(nlri));
            }
        });
        update.reach().filter(reach -> families.contains(reach.family())).ifPresent(reach -> {
            for (VpnNlri nlri : reach.nlri()) {
                if (decoded.treatAsWithdraw()) {
                    imports.withdraw(source, VpnAttributes.key(nlri));
                } else {
                    peer.count("routes-received");
                    imports.put(
                            source,
                            VpnAttributes.route(nlri, reach.nextHop(), update.attributes()),
                            attributes(update.attributes(), reach.nextHop()));
                }
            }
        });
        update.endOfRib().ifPresent(this::endOfRib);
    }

    private void endOfRib(Family family) {
        if (awaited.remove(family) && awaited.isEmpty() && staleUntilNs != NEVER) {
            sweep("it has told all it has");
        }
    }

    private BgpAttributes attributes(PathAttributes of, InetAddress nextHop) {
        // RFC 4271 section 9.1.2, RFC 4456 section 8.
        boolean loops = of.passed(config.localAsn())
                || of.originatorId().isPresent() && of.originatorId().getAsLong() == config.identifier();
        boolean usable = !nextHop.isAnyLocalAddress() && !nextHop.isMulticastAddress() && !nextHop.isLoopbackAddress();
        return new BgpAttributes(
                !loops && usable,
                of.asPathLength(),
                of.neighbourAs(),
                of.origin().orElse(2),
                of.clusterList().size(),
                of.originatorId().orElse(peerIdentifier));
    }
}
