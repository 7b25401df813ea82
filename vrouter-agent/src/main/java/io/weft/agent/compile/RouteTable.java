package io.weft.agent.compile;

import io.weft.dataplane.IpPrefix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Routes as the controllers sent them: per instance and prefix one per controller. Those of a controller whose session ended stay
 * until its next end of routes (headless operation), but count only for prefixes that no other controller has sent in its present
 * session. One thread.
 */
public final class RouteTable {
    private static final class Learned {
        private RemoteRoute route;
        private int round;
    }

    private final Map<String, Map<IpPrefix, TreeMap<Integer, Learned>>> instances = new HashMap<>();
    private final Map<Integer, Integer> rounds = new HashMap<>();
    private final Map<String, Set<IpPrefix>> touched = new HashMap<>();
    private int count;
    private long changes;

    public void put(int controller, String instance, RemoteRoute route) {
        TreeMap<Integer, Learned> of = instances
                .computeIfAbsent(instance, absent -> new HashMap<>())
                .computeIfAbsent(route.prefix(), absent -> new TreeMap<>());
        Learned learned = of.get(controller);
        if (learned == null) {
            learned = new Learned();
            of.put(controller, learned);
            count++;
        }
        int round = rounds.getOrDefault(controller, 0);
        boolean refreshed = learned.round != round;
        learned.round = round;
        if (!route.equals(learned.route) || refreshed && of.size() > 1) {
            learned.route = route;
            touch(instance, route.prefix());
        }
    }

    public void remove(int controller, String instance, IpPrefix prefix) {
        Map<IpPrefix, TreeMap<Integer, Learned>> prefixes = instances.getOrDefault(instance, Map.of());
        TreeMap<Integer, Learned> of = prefixes.get(prefix);
        if (of == null || of.remove(controller) == null) {
            return;
        }
        count--;
        touch(instance, prefix);
        if (of.isEmpty()) {
            prefixes.remove(prefix);
            if (prefixes.isEmpty()) {
                instances.remove(instance);
            }
        }
    }

    /** A new session with a controller: what it does not send again before {@link #sweep} goes. */
    public void beginRound(int controller) {
        rounds.merge(controller, 1, Integer::sum);
    }

    /** The session with a controller ended: what it sent gives way to what others send. */
    public void lost(int controller) {
        rounds.merge(controller, 1, Integer::sum);
        instances.forEach((instance, prefixes) -> prefixes.forEach((prefix, of) -> {
            if (of.size() > 1 && of.containsKey(controller)) {
                touch(instance, prefix);
            }
        }));
    }

    /** The controller has sent all its routes. How many old ones went. */
    public int sweep(int controller) {
        int round = rounds.getOrDefault(controller, 0);
        List<Map.Entry<String, IpPrefix>> old = new ArrayList<>();
        instances.forEach((instance, prefixes) -> prefixes.forEach((prefix, of) -> {
            Learned learned = of.get(controller);
            if (learned != null && learned.round != round) {
                old.add(Map.entry(instance, prefix));
            }
        }));
        old.forEach(entry -> remove(controller, entry.getKey(), entry.getValue()));
        return old.size();
    }

    /** The agent left an instance: nothing of it is known any more. */
    public void forget(String instance) {
        Map<IpPrefix, TreeMap<Integer, Learned>> gone = instances.remove(instance);
        if (gone != null) {
            gone.forEach((prefix, of) -> {
                count -= of.size();
                touch(instance, prefix);
            });
        }
    }

    /** What counts for a prefix: what present sessions sent, else what ended ones did. */
    public Collection<RemoteRoute> routes(String instance, IpPrefix prefix) {
        List<RemoteRoute> routes = new ArrayList<>();
        TreeMap<Integer, Learned> of =
                instances.getOrDefault(instance, Map.of()).get(prefix);
        if (of != null) {
            of.forEach((controller, learned) -> {
                if (learned.round == rounds.getOrDefault(controller, 0)) {
                    routes.add(learned.route);
                }
            });
            if (routes.isEmpty()) {
                of.values().forEach(learned -> routes.add(learned.route));
            }
        }
        return routes;
    }

    public Set<IpPrefix> prefixes(String instance) {
        return Set.copyOf(instances.getOrDefault(instance, Map.of()).keySet());
    }

    /** Takes a route as a controller sent it. */
    public interface Visitor {
        void route(int controller, String instance, RemoteRoute route);
    }

    /** Each path once, in no order. */
    public void forEach(Visitor visitor) {
        instances.forEach((instance, prefixes) -> prefixes.forEach((prefix, of) ->
                of.forEach((controller, learned) -> visitor.route(controller, instance, learned.route))));
    }

    /** Grows with each change. */
    public long changes() {
        return changes;
    }

    /** Paths of all controllers. */
    public int count() {
        return count;
    }

    /** Prefixes changed since the last call, by instance. */
    public Map<String, Set<IpPrefix>> takeTouched() {
        Map<String, Set<IpPrefix>> taken = Map.copyOf(touched);
        touched.clear();
        return taken;
    }

    private void touch(String instance, IpPrefix prefix) {
        touched.computeIfAbsent(instance, absent -> new HashSet<>()).add(prefix);
        changes++;
    }
}
