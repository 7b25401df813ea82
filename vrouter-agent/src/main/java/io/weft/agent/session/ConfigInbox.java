package io.weft.agent.session;

import io.weft.agent.compile.ConfigGraph;
import io.weft.protocol.xmpp.ConfigLink;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.Stanza.ConfigUpdate;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps configuration messages until their revision is complete, then applies them as one change. With a peer that never says so
 * (an original controller) the messages are applied after a short silence. One thread, injected time.
 */
public final class ConfigInbox {
    private static final long SETTLE_NS = 200_000_000L;
    private static final long COMPLETE_WITHOUT_MARKER_NS = 15_000_000_000L;

    private final ConfigGraph graph;
    private final List<ConfigUpdate> waiting = new ArrayList<>();
    private long lastNs;
    private long revision = -1;
    private boolean marked;
    private boolean begun;
    private boolean complete;

    public ConfigInbox(ConfigGraph graph) {
        this.graph = graph;
    }

    /** A controller begins to send the whole configuration; the present one stays until it is complete. */
    public void begin() {
        waiting.clear();
        graph.beginRound();
        marked = false;
        begun = false;
        complete = false;
    }

    /** The controller has shown that it names revisions: nothing is applied before it has, however long it takes. */
    public void expectRevisions() {
        marked = true;
    }

    /** The controller is gone. */
    public void end() {
        complete = false;
    }

    public void receive(ConfigUpdate update, long nowNs) {
        waiting.add(update);
        lastNs = nowNs;
        begun = true;
        if (update.endOfConfig().isPresent()) {
            marked = true;
            revision = update.endOfConfig().getAsLong();
            apply();
            finish();
        }
    }

    /** Timers; when there is something to do next. */
    public long tick(long nowNs) {
        if (marked || !begun || complete) {
            if (!waiting.isEmpty() && !marked && lastNs + SETTLE_NS - nowNs <= 0) {
                apply();
            }
            return waiting.isEmpty() || marked ? Long.MAX_VALUE : lastNs + SETTLE_NS;
        }
        if (!waiting.isEmpty() && lastNs + SETTLE_NS - nowNs <= 0) {
            apply();
        }
        if (lastNs + COMPLETE_WITHOUT_MARKER_NS - nowNs <= 0) {
            finish();
            return Long.MAX_VALUE;
        }
        return waiting.isEmpty() ? lastNs + COMPLETE_WITHOUT_MARKER_NS : lastNs + SETTLE_NS;
    }

    private void apply() {
        for (ConfigUpdate update : waiting) {
            for (ConfigNode node : update.nodes()) {
                graph.putNode(node.key(), node.properties());
            }
            for (ConfigLink link : update.links()) {
                graph.putLink(link.from(), link.to(), link.attribute());
            }
            for (ConfigLink link : update.deletedLinks()) {
                graph.removeLink(link.from(), link.to());
            }
            update.deletedNodes().forEach(graph::removeNode);
        }
        waiting.clear();
    }

    private void finish() {
        if (!complete) {
            complete = true;
            graph.sweep();
        }
    }

    /** The present session has sent everything. */
    public boolean isComplete() {
        return complete;
    }

    /** The present session names revisions: Weft's own controller. */
    public boolean hasRevisions() {
        return marked;
    }

    /** Revision applied last; -1: none was named. */
    public long revision() {
        return revision;
    }
}
