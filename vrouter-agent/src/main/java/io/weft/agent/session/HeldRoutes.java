package io.weft.agent.session;

import io.weft.agent.session.Publications.RouteKey;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.Stanza;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What one controller said of routes ahead of the configuration it belongs to, in its order. Holds additions and the end of routes;
 * a withdrawal is never held, it removes the additions of its prefix from here. Bounded. One thread.
 */
public final class HeldRoutes {
    /** Routes held for one session, at most. */
    public static final int ROUTES_MAX = 65_536;

    private record Held(Stanza stanza, long sinceNs) {}

    private final int max;
    private final Deque<Held> queue = new ArrayDeque<>();
    private final Map<RouteKey, Integer> prefixes = new HashMap<>();
    private int routes;

    public HeldRoutes() {
        this(ROUTES_MAX);
    }

    /** @param max routes held at most, > 0 */
    HeldRoutes(int max) {
        this.max = max;
    }

    /** Takes a message behind those that are here. False: it would be too many, nothing was taken. */
    public boolean add(Stanza stanza, long nowNs) {
        int more = weight(stanza);
        if (routes + more > max) {
            return false;
        }
        queue.add(new Held(stanza, nowNs));
        routes += more;
        count(stanza, 1);
        return true;
    }

    /** The first message, taken out, unless it is early; empty: nothing may be learned now. */
    public Optional<Stanza> takeUnless(Predicate<Stanza> early) {
        Held first = queue.peek();
        if (first == null || early.test(first.stanza())) {
            return Optional.empty();
        }
        queue.remove();
        routes -= weight(first.stanza());
        count(first.stanza(), -1);
        return Optional.of(first.stanza());
    }

    /** These prefixes are withdrawn: what was added before is not learned any more. */
    public void withdraw(String instance, List<Prefix> gone) {
        gone.stream()
                .filter(prefix -> prefixes.containsKey(new RouteKey(instance, prefix)))
                .forEach(prefix ->
                        keep(items -> items.instance().equals(instance) ? without(items, prefix) : Optional.of(items)));
    }

    /** The agent left an instance. */
    public void forget(String instance) {
        if (!queue.isEmpty()) {
            keep(items -> items.instance().equals(instance) ? Optional.empty() : Optional.of(items));
        }
    }

    private static Optional<Stanza.RouteItems> without(Stanza.RouteItems items, Prefix prefix) {
        List<RouteEntry> rest = items.items().stream()
                .filter(entry -> !entry.prefix().equals(prefix))
                .toList();
        return rest.isEmpty()
                ? Optional.empty()
                : Optional.of(new Stanza.RouteItems(items.instance(), items.ipv6(), rest, List.of(), items.revision()));
    }

    private void keep(java.util.function.Function<Stanza.RouteItems, Optional<Stanza.RouteItems>> change) {
        List<Held> before = List.copyOf(queue);
        clear();
        for (Held held : before) {
            Optional<? extends Stanza> stanza =
                    held.stanza() instanceof Stanza.RouteItems items ? change.apply(items) : Optional.of(held.stanza());
            stanza.ifPresent(left -> add(left, held.sinceNs()));
        }
    }

    private static int weight(Stanza stanza) {
        return stanza instanceof Stanza.RouteItems items
                ? Math.max(1, items.items().size())
                : 1;
    }

    private void count(Stanza stanza, int by) {
        if (stanza instanceof Stanza.RouteItems items) {
            for (RouteEntry entry : items.items()) {
                prefixes.merge(
                        new RouteKey(items.instance(), entry.prefix()),
                        by,
                        (before, change) -> before + change == 0 ? null : before + change);
            }
        }
    }

    public void clear() {
        queue.clear();
        prefixes.clear();
        routes = 0;
    }

    public boolean isEmpty() {
        return queue.isEmpty();
    }

    /** Routes, and messages that name none. */
    public int size() {
        return routes;
    }

    /** When the first message came, in the caller's clock; only when not {@link #isEmpty}. */
    public long oldestNs() {
        return queue.element().sinceNs();
    }
}
