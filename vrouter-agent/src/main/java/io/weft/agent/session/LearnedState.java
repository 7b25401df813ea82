package io.weft.agent.session;

import io.weft.agent.compile.ConfigGraph;
import io.weft.agent.compile.RemoteRoute;
import io.weft.agent.compile.RouteTable;
import io.weft.protocol.xmpp.ConfigLink;
import io.weft.protocol.xmpp.ConfigNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the controllers said and the agent has applied, at one moment.
 *
 * @param routes by controller ({@code host:port})
 */
public record LearnedState(List<ConfigNode> nodes, List<ConfigLink> links, Map<String, List<InstanceRoute>> routes) {
    public record InstanceRoute(String instance, RemoteRoute route) {}

    public LearnedState {
        nodes = List.copyOf(nodes);
        links = List.copyOf(links);
        routes = Collections.unmodifiableMap(new TreeMap<>(routes));
    }

    /** @param controllers names by index */
    public static LearnedState of(ConfigGraph graph, RouteTable table, List<String> controllers) {
        List<ConfigNode> nodes = new ArrayList<>();
        for (ConfigNode.Key key : graph.nodeIds()) {
            graph.node(key).ifPresent(properties -> nodes.add(new ConfigNode(key.type(), key.name(), properties)));
        }
        List<ConfigLink> links = new ArrayList<>();
        graph.forEachLink((left, right, attribute) -> links.add(ConfigLink.of(left, right, attribute)));
        Map<String, List<InstanceRoute>> routes = new TreeMap<>();
        table.forEach((controller, instance, route) -> routes.computeIfAbsent(
                        controllers.get(controller), absent -> new ArrayList<>())
                .add(new InstanceRoute(instance, route)));
        return new LearnedState(nodes, links, routes);
    }

    /**
     * Puts it into empty tables, as what sessions that ended have said: it counts until a controller has sent all, then what was not
     * repeated goes. Routes of a controller that is not configured any more are taken as the first one's.
     */
    public void restore(ConfigGraph graph, RouteTable table, List<String> controllers) {
        nodes.forEach(node -> graph.putNode(node.key(), node.properties()));
        links.forEach(link -> graph.putLink(link.from(), link.to(), link.attribute()));
        routes.forEach((controller, of) -> {
            int index = Math.max(0, controllers.indexOf(controller));
            of.forEach(one -> table.put(index, one.instance(), one.route()));
        });
        for (int i = 0; i < controllers.size(); i++) {
            table.lost(i);
        }
    }

    public boolean isEmpty() {
        return nodes.isEmpty() && routes.isEmpty();
    }
}
