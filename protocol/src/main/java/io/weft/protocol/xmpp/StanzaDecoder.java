package io.weft.protocol.xmpp;

import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.XmppException.Condition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Elements to {@link Stanza}. Unknown elements are ignored; a known one with a bad value is an error. */
final class StanzaDecoder {
    private StanzaDecoder() {}

    /** @throws XmppException a known stanza with a value that is missing or out of range */
    static Stanza decode(XmlElement stanza) throws XmppException {
        try {
            return switch (stanza.name()) {
                case "iq" -> iq(stanza);
                case "message" -> message(stanza);
                case "error" -> new Stanza.Ignored("stream error " + names(stanza));
                default -> new Stanza.Ignored("stanza " + stanza.name());
            };
        } catch (IllegalArgumentException e) {
            throw new XmppException(Condition.INVALID_XML, e.getMessage(), e);
        }
    }

    private static String names(XmlElement stanza) {
        return stanza.children().stream().map(XmlElement::name).toList().toString();
    }

    private static Stanza iq(XmlElement iq) {
        if (!iq.attribute("type").equals("set")) {
            return new Stanza.Ignored("iq of type '" + iq.attribute("type") + "'");
        }
        Optional<XmlElement> config = iq.child("config");
        if (config.isPresent()) {
            return config(config.get());
        }
        Optional<XmlElement> liveness =
                iq.child("liveness").filter(found -> found.namespace().equals(Dialect.WEFT));
        if (liveness.isPresent()) {
            return liveness(liveness.get());
        }
        Optional<XmlElement> pubsub = iq.child("pubsub");
        if (pubsub.isEmpty()) {
            return new Stanza.Ignored("iq of " + names(iq));
        }
        boolean toConfig = iq.attribute("to").endsWith("/config");
        for (XmlElement what : pubsub.get().children()) {
            switch (what.name()) {
                case "subscribe" -> {
                    return toConfig
                            ? new Stanza.ConfigSubscribe(what.attribute("node"))
                            : new Stanza.Subscribe(
                                    what.attribute("node"), instanceId(pubsub.get()), noRibout(pubsub.get()));
                }
                case "unsubscribe" -> {
                    return toConfig
                            ? new Stanza.ConfigUnsubscribe(what.attribute("node"))
                            : new Stanza.Unsubscribe(what.attribute("node"), instanceId(pubsub.get()));
                }
                case "publish" -> {
                    return publish(what);
                }
                case "collection" -> {
                    return collection(what);
                }
                default -> {
                    // options, or something newer
                }
            }
        }
        return new Stanza.Ignored("pubsub of " + names(pubsub.get()));
    }

    private static Stanza liveness(XmlElement liveness) {
        List<Stanza.HostState> hosts = new ArrayList<>();
        for (XmlElement host : liveness.all("host")) {
            String state = host.attribute("state");
            if (!state.equals("up") && !state.equals("down")) {
                throw new IllegalArgumentException(
                        "state '" + state + "' of host '" + host.attribute("address") + "' is not up or down");
            }
            hosts.add(new Stanza.HostState(IpAddress.parse(host.attribute("address")), state.equals("up")));
        }
        return new Stanza.Liveness(hosts);
    }

    private static int instanceId(XmlElement pubsub) {
        String text = pubsub.child("options")
                .map(options -> options.childText("instance-id"))
                .orElse("");
        return text.isEmpty() ? 0 : (int) RouteXml.number("instance-id", text, 0xffff);
    }

    private static boolean noRibout(XmlElement pubsub) {
        return pubsub.child("options")
                .map(options -> options.childText("no-ribout"))
                .orElse("")
                .equals("true");
    }

    private static Stanza publish(XmlElement publish) {
        String node = publish.attribute("node");
        if (node.isEmpty()) {
            return new Stanza.EmptyPublish();
        }
        if (!RouteNode.isUnicast(node)) {
            return new Stanza.UnsupportedRoute(node);
        }
        RouteNode name = RouteNode.parse(node);
        Optional<XmlElement> entry = publish.child("item").flatMap(item -> item.child("entry"));
        if (entry.isEmpty()) {
            return new Stanza.Publish(name, Optional.empty());
        }
        RouteEntry route = RouteXml.decode(entry.get());
        if (!route.prefix().equals(name.prefix())) {
            throw new IllegalArgumentException("route node '" + node + "' holds an entry of prefix " + route.prefix());
        }
        return new Stanza.Publish(name, Optional.of(route));
    }

    private static Stanza collection(XmlElement collection) {
        for (XmlElement what : collection.children()) {
            boolean associate = what.name().equals("associate");
            if (associate || what.name().equals("dissociate")) {
                String node = what.attribute("node");
                return RouteNode.isUnicast(node)
                        ? new Stanza.Collection(collection.attribute("node"), associate, RouteNode.parse(node))
                        : new Stanza.UnsupportedRoute(node);
            }
        }
        return collection.attribute("node").isEmpty()
                ? new Stanza.EmptyCollection()
                : new Stanza.Ignored("collection of " + names(collection));
    }

    private static Stanza message(XmlElement message) {
        Optional<XmlElement> items = message.child("event").flatMap(event -> event.child("items"));
        if (items.isEmpty()) {
            return new Stanza.Ignored("message of " + names(message));
        }
        String node = items.get().attribute("node");
        if (node.equals(Dialect.END_OF_RIB)) {
            return new Stanza.EndOfRib();
        }
        if (!RouteNode.isUnicast(node)) {
            return new Stanza.UnsupportedRoute(node);
        }
        boolean ipv6 = node.startsWith("2/");
        List<RouteEntry> routes = new ArrayList<>();
        List<Prefix> retracts = new ArrayList<>();
        for (XmlElement child : items.get().children()) {
            if (child.name().equals("item")) {
                Optional<XmlElement> entry = child.child("entry");
                if (entry.isEmpty()) {
                    throw new IllegalArgumentException("item '" + child.attribute("id") + "' has no entry");
                }
                routes.add(RouteXml.decode(entry.get()));
            } else if (child.name().equals("retract")) {
                retracts.add(Prefix.parse(child.attribute("id")));
            }
        }
        return new Stanza.RouteItems(
                node.substring(4),
                ipv6,
                routes,
                retracts,
                revision(message.attribute("{" + Dialect.WEFT + "}revision")));
    }

    private static OptionalLong revision(String text) {
        return text.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(RouteXml.number("revision", text, Long.MAX_VALUE));
    }

    private static Stanza config(XmlElement config) {
        Map<ConfigNode.Key, ConfigNode> nodes = new LinkedHashMap<>();
        Map<List<ConfigNode.Key>, ConfigLink> links = new LinkedHashMap<>();
        Map<List<ConfigNode.Key>, ConfigLink> deletedLinks = new LinkedHashMap<>();
        Set<ConfigNode.Key> deletedNodes = new LinkedHashSet<>();
        OptionalLong end = OptionalLong.empty();
        for (XmlElement part : config.children()) {
            boolean update = part.name().equals("update");
            if (part.name().equals("end-of-config") && part.namespace().equals(Dialect.WEFT)) {
                end = revision(part.attribute("revision"));
            } else if (update || part.name().equals("delete")) {
                for (XmlElement child : part.children()) {
                    if (child.name().equals("node")) {
                        ConfigNode node = node(child);
                        // The last word on a node or link counts; a delete before an update is what the update
                        // replaces.
                        nodes.remove(node.key());
                        deletedNodes.remove(node.key());
                        if (update) {
                            nodes.put(node.key(), node);
                        } else {
                            deletedNodes.add(node.key());
                        }
                    } else if (child.name().equals("link")) {
                        ConfigLink link = link(child);
                        List<ConfigNode.Key> ends = List.of(link.from(), link.to());
                        links.remove(ends);
                        deletedLinks.remove(ends);
                        (update ? links : deletedLinks).put(ends, link);
                    }
                }
            }
        }
        return new Stanza.ConfigUpdate(
                List.copyOf(nodes.values()),
                List.copyOf(links.values()),
                List.copyOf(deletedLinks.values()),
                List.copyOf(deletedNodes),
                end);
    }

    private static ConfigNode node(XmlElement node) {
        List<XmlElement> properties = node.children().stream()
                .filter(child -> !child.name().equals("name"))
                .toList();
        return new ConfigNode(node.attribute("type"), node.childText("name"), XmlTree.fromElements(properties, ""));
    }

    private static ConfigLink link(XmlElement link) {
        List<XmlElement> ends = link.all("node");
        if (ends.size() != 2) {
            throw new IllegalArgumentException("config link has " + ends.size() + " nodes, want 2");
        }
        ConfigNode.Key from =
                new ConfigNode.Key(ends.get(0).attribute("type"), ends.get(0).childText("name"));
        ConfigNode.Key to =
                new ConfigNode.Key(ends.get(1).attribute("type"), ends.get(1).childText("name"));
        Optional<XmlElement> metadata = link.child("metadata");
        String name = metadata.map(found -> found.attribute("type")).orElse("");
        XmlTree attribute = metadata.filter(found -> !found.children().isEmpty())
                .map(found -> found.children().getFirst())
                .map(found -> XmlTree.fromElements(found.children(), found.text()))
                .orElse(XmlTree.EMPTY);
        return new ConfigLink(from, to, name.isEmpty() ? from.type() + "-" + to.type() : name, attribute);
    }
}
