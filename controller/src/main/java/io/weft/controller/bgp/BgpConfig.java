package io.weft.controller.bgp;

import io.weft.controller.config.ConfigGraph;
import io.weft.protocol.net.IpAddress;
import io.weft.protocol.xmpp.ConfigLink;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.XmlTree;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the bgp-router objects say to one controller.
 *
 * @param listen where its own object says it listens
 * @param peers by name: bgp-routers that its own refers to or that refer to it
 * @param errors by name of a bgp-router; what was known of it before stays
 */
record BgpConfig(Optional<InetSocketAddress> listen, Map<String, PeerConfig> peers, Map<String, String> errors) {
    static final String ROUTER = "bgp-router";
    static final BgpConfig NONE = new BgpConfig(Optional.empty(), Map.of(), Map.of());
    private static final String PARAMETERS = "bgp_router_parameters/";
    private static final int PORT = 179;
    private static final int HOLD_TIME_S = 90;

    private record Router(InetAddress address, int port, long asn, long identifier, int holdTimeS, boolean adminDown) {}

    /** @param name of this controller: the last part of its object's fq_name */
    static BgpConfig read(ConfigGraph graph, String name) {
        Optional<ConfigNode.Key> own = graph.ofType(ROUTER).stream()
                .filter(key -> key.name().endsWith(":__default__:" + name))
                .min(Comparator.comparing(ConfigNode.Key::name));
        if (name.isEmpty() || own.isEmpty()) {
            return NONE;
        }
        Map<String, String> errors = new TreeMap<>();
        Map<String, PeerConfig> peers = new TreeMap<>();
        Router self;
        try {
            self = router(graph, own.get());
        } catch (IllegalArgumentException e) {
            return new BgpConfig(Optional.empty(), peers, Map.of(own.get().name(), e.getMessage()));
        }
        for (ConfigNode.Key other : others(graph, own.get())) {
            try {
                peers.put(other.name(), peer(graph, own.get(), self, other));
            } catch (IllegalArgumentException e) {
                errors.put(other.name(), e.getMessage());
            }
        }
        return new BgpConfig(Optional.of(new InetSocketAddress(self.address(), self.port())), peers, errors);
    }

    private static Set<ConfigNode.Key> others(ConfigGraph graph, ConfigNode.Key own) {
        Set<ConfigNode.Key> others = new TreeSet<>();
        for (ConfigLink link : graph.links(own)) {
            ConfigNode.Key other = link.from().equals(own) ? link.to() : link.from();
            if (other.type().equals(ROUTER)
                    && !other.equals(own)
                    && graph.node(other).isPresent()) {
                others.add(other);
            }
        }
        return others;
    }

    private static PeerConfig peer(ConfigGraph graph, ConfigNode.Key own, Router self, ConfigNode.Key other) {
        Router remote = router(graph, other);
        int holdTimeS = self.holdTimeS();
        boolean passive = false;
        boolean down = self.adminDown() || remote.adminDown();
        for (ConfigLink link : graph.links(own)) {
            if (!link.from().equals(own) || !link.to().equals(other)) {
                continue;
            }
            for (XmlTree session : link.attribute().list("session")) {
                for (XmlTree attributes : session.list("attributes")) {
                    String of = attributes.text("bgp_router").orElse("");
                    if (of.isEmpty() || own.name().equals(of) || own.name().endsWith(":" + of)) {
                        passive |= attributes.flag("passive", false);
                        down |= attributes.flag("admin_down", false);
                        OptionalLong hold = attributes.number("hold_time");
                        holdTimeS = hold.isPresent() && hold.getAsLong() > 0 ? (int) hold.getAsLong() : holdTimeS;
                    }
                }
            }
        }
        return new PeerConfig(
                other.name(),
                new InetSocketAddress(remote.address(), remote.port()),
                self.address(),
                self.asn(),
                remote.asn(),
                self.identifier(),
                holdTimeS,
                passive,
                down);
    }

    private static Router router(ConfigGraph graph, ConfigNode.Key key) {
        XmlTree properties = graph.node(key).orElseThrow().properties();
        InetAddress address = IpAddress.parse(text(properties, "address"));
        InetAddress identifier = IpAddress.parse(text(properties, "identifier"));
        byte[] four = identifier.getAddress();
        if (four.length != 4) {
            throw new IllegalArgumentException("identifier " + IpAddress.format(identifier) + " is not IPv4");
        }
        long id = (four[0] & 0xffL) << 24 | (four[1] & 0xff) << 16 | (four[2] & 0xff) << 8 | four[3] & 0xff;
        return new Router(
                address,
                (int) number(properties, "port", PORT, 65535),
                number(
                        properties,
                        "local_autonomous_system",
                        number(properties, "autonomous_system", 0, 0xffff_ffffL),
                        0xffff_ffffL),
                id,
                (int) number(properties, "hold_time", HOLD_TIME_S, 65535),
                properties.flag(PARAMETERS + "admin_down", false));
    }

    private static String text(XmlTree properties, String field) {
        return properties
                .text(PARAMETERS + field)
                .orElseThrow(() -> new IllegalArgumentException(PARAMETERS + field + " is missing"));
    }

    /** 0 counts as not given. */
    private static long number(XmlTree properties, String field, long byDefault, long max) {
        long value = properties.number(PARAMETERS + field).orElse(0);
        if (value < 0 || value > max) {
            throw new IllegalArgumentException(PARAMETERS + field + " " + value + " is not in 0.." + max);
        }
        return value == 0 ? byDefault : value;
    }
}
