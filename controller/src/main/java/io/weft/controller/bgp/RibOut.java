package io.weft.controller.bgp;

import io.weft.controller.rib.PathSource;
import io.weft.controller.vpn.VpnExports;
import io.weft.controller.vpn.VpnKey;
import io.weft.controller.vpn.VpnRoute;
import io.weft.protocol.bgp.BgpEncoder;
import io.weft.protocol.bgp.Family;
import io.weft.protocol.bgp.PathAttributes;
import io.weft.protocol.bgp.Update;
import io.weft.protocol.bgp.VpnNlri;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an iBGP peer was told of this controller's VPN routes, and what it should be told. The core's thread only. */
final class RibOut {
    private static final Logger LOG = LoggerFactory.getLogger(RibOut.class);

    /** Routes compared before the link is asked again whether it takes more. */
    private static final int ROUND_ROUTES = 2048;

    private record Group(Family family, PathAttributes attributes, InetAddress nextHop) {}

    private final VpnExports exports;
    private final long asn;
    private final Set<Family> families;
    private final Map<VpnKey, VpnRoute> sent = new HashMap<>();
    private final Set<VpnKey> pending = new LinkedHashSet<>();
    private final Set<Family> endOfRibDue;
    private long messages;

    /** Of a session that has just come up: everything is to be told. */
    RibOut(VpnExports exports, long asn, Set<Family> families) {
        this.exports = exports;
        this.asn = asn;
        this.families = Set.copyOf(families);
        this.endOfRibDue = new LinkedHashSet<>(families);
        changed(exports.vpnKeys());
    }

    void changed(Collection<VpnKey> keys) {
        for (VpnKey key : keys) {
            if (families.contains(family(key))) {
                pending.add(key);
            }
        }
    }

    /** RFC 2918: tells everything of the family again. */
    void refresh(Family family) {
        for (Iterator<VpnKey> keys = sent.keySet().iterator(); keys.hasNext(); ) {
            VpnKey key = keys.next();
            if (family(key).equals(family)) {
                keys.remove();
                pending.add(key);
            }
        }
    }

    int routes() {
        return sent.size();
    }

    long messages() {
        return messages;
    }

    /** Writes while the link takes it. @param complete false: more is coming that belongs to the first routes, so no End-of-RIB yet */
    void send(BgpLink link, boolean complete) {
        while (!pending.isEmpty() && link.writable()) {
            sendSome(link);
        }
        if (complete && pending.isEmpty() && link.writable()) {
            endOfRibDue.forEach(family -> write(link, BgpEncoder.endOfRib(family)));
            endOfRibDue.clear();
        }
    }

    private void sendSome(BgpLink link) {
        Map<Family, List<VpnNlri>> gone = new LinkedHashMap<>();
        Map<Group, List<VpnNlri>> told = new LinkedHashMap<>();
        Iterator<VpnKey> keys = pending.iterator();
        for (int i = 0; i < ROUND_ROUTES && keys.hasNext(); i++) {
            VpnKey key = keys.next();
            keys.remove();
            Optional<VpnRoute> wanted = wanted(key);
            if (wanted.isEmpty()) {
                if (sent.remove(key) != null) {
                    gone.computeIfAbsent(family(key), absent -> new ArrayList<>())
                            .add(new VpnNlri(List.of(), key.distinguisher(), key.prefix()));
                }
            } else if (!wanted.get().equals(sent.put(key, wanted.get()))) {
                VpnRoute route = wanted.get();
                Group group = new Group(family(key), VpnAttributes.toInternal(route, asn), route.nextHop());
                told.computeIfAbsent(group, absent -> new ArrayList<>())
                        .add(new VpnNlri(List.of(route.label()), key.distinguisher(), key.prefix()));
            }
        }
        gone.forEach((family, nlri) ->
                BgpEncoder.unreach(new Update.Unreach(family, nlri)).forEach(message -> write(link, message)));
        told.forEach((group, nlri) -> tell(link, group, nlri));
    }

    private void tell(BgpLink link, Group group, List<VpnNlri> nlri) {
        try {
            BgpEncoder.reach(group.attributes(), new Update.Reach(group.family(), group.nextHop(), nlri))
                    .forEach(message -> write(link, message));
        } catch (IllegalArgumentException e) {
            LOG.warn(
                    "{} routes from {} on are not told: {}",
                    nlri.size(),
                    nlri.getFirst().prefix(),
                    e.getMessage());
            List<VpnNlri> withdrawn = nlri.stream()
                    .map(one -> new VpnNlri(List.of(), one.distinguisher(), one.prefix()))
                    .toList();
            BgpEncoder.unreach(new Update.Unreach(group.family(), withdrawn)).forEach(message -> write(link, message));
        }
    }

    /** Routes of agents only: what one iBGP peer says is not told to another (RFC 4271 section 9.2.1). */
    private Optional<VpnRoute> wanted(VpnKey key) {
        return exports.bestVpn(key)
                .filter(best -> best.source() instanceof PathSource.Agent)
                .map(VpnExports.Best::route)
                .filter(route -> !route.communities().contains("no-advertise"));
    }

    private void write(BgpLink link, byte[] message) {
        messages++;
        link.write(message);
    }

    private static Family family(VpnKey key) {
        return key.prefix().isIpv6() ? Family.INET6_VPN : Family.INET_VPN;
    }
}
