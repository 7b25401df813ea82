package io.weft.controller.xmpp;

import io.weft.controller.rib.Freshness;
import io.weft.controller.rib.Path;
import io.weft.controller.vpn.Targets;
import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.NextHop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The introspect pages as maps and lists; the core's thread only. */
final class Pages {
    private final ControlCore core;

    Pages(ControlCore core) {
        this.core = core;
    }

    /** Empty: no such page or object. */
    Optional<Object> answer(String path, Map<String, String> parameters) {
        return switch (path) {
            case "/" ->
                Optional.of(Map.of(
                        "pages",
                        List.of(
                                "/sessions",
                                "/hosts",
                                "/instances",
                                "/routes?instance=",
                                "/config?router=",
                                "/bgp",
                                "/counters")));
            case "/sessions" -> Optional.of(Map.of("sessions", sessions()));
            case "/hosts" -> Optional.of(Map.of("hosts", hosts()));
            case "/instances" -> Optional.of(Map.of("instances", instances()));
            case "/routes" -> routes(parameters.getOrDefault("instance", ""));
            case "/config" -> config(parameters.getOrDefault("router", ""));
            case "/bgp" -> Optional.of(core.bgp.page());
            case "/counters" -> Optional.of(new TreeMap<>(core.counters));
            default -> Optional.empty();
        };
    }

    private List<Object> sessions() {
        List<Object> out = new ArrayList<>();
        for (AgentSession session : core.byJid.values()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("agent", session.jid);
            one.put("remote", session.link.remote());
            one.put("state", session.admitted ? "up" : "waiting-for-config");
            one.put("up_ms", (core.nowNs() - session.openedNs) / 1_000_000);
            one.put("subscriptions", session.subscriptions);
            one.put("config_nodes", session.view.nodes().size());
            one.put("config_revision", session.configRevision);
            one.put("routes_sent", core.sentCount(session));
            one.put("messages_sent", session.messagesSent);
            one.put("end_of_rib_sent", session.endOfRibSent);
            out.add(one);
        }
        return out;
    }

    private List<Object> hosts() {
        Set<String> names = core.agents();
        names.addAll(core.byJid.keySet());
        names.addAll(core.staleUntilNs.keySet());
        List<Object> out = new ArrayList<>();
        for (String name : names) {
            AgentSession session = core.byJid.get(name);
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("host", name);
            one.put("session", session == null ? "down" : session.admitted ? "up" : "waiting-for-config");
            core.address(name).ifPresent(address -> {
                one.put("address", IpAddress.format(address));
                one.put("liveness", core.liveness.verdict(name, address).name().toLowerCase(Locale.ROOT));
                Map<String, String> reports = new TreeMap<>();
                core.liveness
                        .reports(name, address)
                        .forEach((reporter, up) -> reports.put(reporter, up ? "up" : "down"));
                one.put("reported_by", reports);
            });
            one.put("routes_fresh", core.ribs.count(name, Freshness.FRESH));
            one.put("routes_stale", core.ribs.count(name, Freshness.STALE));
            one.put("routes_withdrawn", core.ribs.count(name, Freshness.SUSPENDED));
            Long until = core.staleUntilNs.get(name);
            if (until != null) {
                one.put("stale_ms_left", Math.max(0, (until - core.nowNs()) / 1_000_000));
            }
            out.add(one);
        }
        return out;
    }

    private List<Object> instances() {
        List<Object> out = new ArrayList<>();
        for (String name : core.ribs.names()) {
            Targets targets = core.ribs.targets(name);
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("instance", name);
            one.put("configured", targets != null);
            if (targets != null) {
                one.put(
                        "import",
                        targets.imports().stream()
                                .sorted()
                                .map(Object::toString)
                                .toList());
                one.put(
                        "export",
                        targets.exports().stream()
                                .sorted()
                                .map(Object::toString)
                                .toList());
            }
            one.put("connected", List.copyOf(core.ribs.connected(name)));
            one.put("prefixes", core.prefixes(name).size());
            out.add(one);
        }
        return out;
    }

    private Optional<Object> routes(String instance) {
        if (!core.ribs.names().contains(instance)) {
            return Optional.empty();
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("instance", instance);
        List<Object> routes = new ArrayList<>();
        for (Prefix prefix : core.prefixes(instance)) {
            List<Object> paths = new ArrayList<>();
            for (Path path : core.ribs.best(instance, prefix)) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("source", path.source().toString());
                one.put("published_in", path.instance());
                path.distinguisher().ifPresent(of -> one.put("distinguisher", of.toString()));
                one.put("freshness", path.freshness().name().toLowerCase(Locale.ROOT));
                one.put("local_preference", path.entry().localPreference());
                one.put("virtual_network", path.entry().virtualNetwork());
                one.put(
                        "next_hops",
                        path.entry().nextHops().stream().map(Pages::hop).toList());
                paths.add(one);
            }
            routes.add(Map.of("prefix", prefix.toString(), "paths", paths));
        }
        out.put("routes", routes);
        return Optional.of(out);
    }

    private static Map<String, Object> hop(NextHop hop) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("address", IpAddress.format(hop.address()));
        hop.mac().ifPresent(mac -> one.put("mac", mac.toString()));
        one.put("label", hop.label());
        one.put("l3_label", hop.l3Label());
        one.put("encapsulations", hop.encapsulations());
        return one;
    }

    private Optional<Object> config(String router) {
        AgentSession session = core.byJid.get(router);
        if (session == null) {
            return Optional.empty();
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("router", router);
        out.put("revision", session.configRevision);
        out.put(
                "nodes",
                session.view.nodes().keySet().stream()
                        .map(ConfigNode.Key::toString)
                        .sorted()
                        .toList());
        out.put(
                "links",
                session.view.links().values().stream()
                        .map(link -> link.from() + " - " + link.to())
                        .sorted()
                        .toList());
        return Optional.of(out);
    }
}
