package io.weft.agent.session;

import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.RouteEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What this host tells the controllers: instances it takes part in and routes to its ports. Each session gets the difference between
 * this and what it was told. One thread.
 */
public final class Publications {
    /** Names a route. */
    public record RouteKey(String instance, Prefix prefix) {}

    private final class Told {
        private final Map<String, Integer> instances = new HashMap<>();
        private final Map<RouteKey, RouteEntry> routes = new HashMap<>();
        private final Set<String> dirtyInstances = new LinkedHashSet<>(Publications.this.instances.keySet());
        private final Set<RouteKey> dirtyRoutes = new LinkedHashSet<>(Publications.this.routes.keySet());
    }

    private final Map<String, Integer> instances = new LinkedHashMap<>();
    private final Map<RouteKey, RouteEntry> routes = new LinkedHashMap<>();
    private final Map<Integer, Told> sessions = new HashMap<>();

    /** Takes part in an instance. @param instanceId 1..65535 */
    public void join(String instance, int instanceId) {
        if (!Integer.valueOf(instanceId).equals(instances.put(instance, instanceId))) {
            sessions.values().forEach(told -> told.dirtyInstances.add(instance));
        }
    }

    /** Leaves an instance; its routes go first. */
    public void leave(String instance) {
        routes.keySet().stream()
                .filter(key -> key.instance().equals(instance))
                .toList()
                .forEach(this::withdraw);
        if (instances.remove(instance) != null) {
            sessions.values().forEach(told -> told.dirtyInstances.add(instance));
        }
    }

    public void publish(RouteKey key, RouteEntry entry) {
        if (!entry.equals(routes.put(key, entry))) {
            sessions.values().forEach(told -> told.dirtyRoutes.add(key));
        }
    }

    public void withdraw(RouteKey key) {
        if (routes.remove(key) != null) {
            sessions.values().forEach(told -> told.dirtyRoutes.add(key));
        }
    }

    public boolean isPublished(RouteKey key) {
        return routes.containsKey(key);
    }

    /** A session that knows nothing yet. */
    public void begin(int session) {
        sessions.put(session, new Told());
    }

    /** The session ended; what it was told is withdrawn by nobody. */
    public void end(int session) {
        sessions.remove(session);
    }

    /** What the session has to be told now: withdrawals, leaves, joins, routes. */
    public List<Message> take(int session) {
        Told told = sessions.get(session);
        if (told == null || told.dirtyInstances.isEmpty() && told.dirtyRoutes.isEmpty()) {
            return List.of();
        }
        List<Message> messages = new ArrayList<>();
        List<Message> joins = new ArrayList<>();
        for (String instance : told.dirtyInstances) {
            Integer before = told.instances.get(instance);
            Integer want = instances.get(instance);
            if (before != null && !before.equals(want)) {
                leave(told, instance, before, messages);
            }
            if (want != null && !want.equals(before)) {
                joins.add(encoder -> encoder.subscribe(instance, want, false));
                told.instances.put(instance, want);
            }
        }
        List<Message> additions = new ArrayList<>();
        for (RouteKey key : told.dirtyRoutes) {
            RouteEntry want = routes.get(key);
            if (want == null) {
                if (told.routes.remove(key) != null) {
                    messages.add(encoder -> encoder.withdraw(key.instance(), key.prefix()));
                }
            } else if (!want.equals(told.routes.put(key, want))) {
                additions.add(encoder -> encoder.publish(key.instance(), want));
            }
        }
        told.dirtyRoutes.clear();
        told.dirtyInstances.clear();
        messages.addAll(joins);
        messages.addAll(additions);
        return messages;
    }

    /** Withdraws the session's routes of an instance, which may be published again, and leaves it. */
    private static void leave(Told told, String instance, int instanceId, List<Message> messages) {
        for (RouteKey key : List.copyOf(told.routes.keySet())) {
            if (key.instance().equals(instance)) {
                told.routes.remove(key);
                told.dirtyRoutes.add(key);
                messages.add(encoder -> encoder.withdraw(key.instance(), key.prefix()));
            }
        }
        messages.add(encoder -> encoder.unsubscribe(instance, instanceId));
        told.instances.remove(instance);
    }

    public boolean isJoined(String instance) {
        return instances.containsKey(instance);
    }

    public Map<String, Integer> instances() {
        return Map.copyOf(instances);
    }

    public Map<RouteKey, RouteEntry> routes() {
        return Map.copyOf(routes);
    }
}
