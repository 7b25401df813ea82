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

    /** A controller that knows less than the one before gets so long to learn the rest; then what it says counts. */
    private static final long CATCH_UP_NS = 10_000_000_000L;

    private static final long NONE = -1;

    private final ConfigGraph graph;
    private final List<ConfigUpdate> waiting = new ArrayList<>();
    private long lastNs;
    private long revision = NONE;
    private int from = (int) NONE;
    private int revisionFrom = (int) NONE;
    private long behindRevision = NONE;
    private long behindSinceNs;
    private boolean marked;
    private boolean begun;
    private boolean complete;

    public ConfigInbox(ConfigGraph graph) {
        this.graph = graph;
    }

    /**
     * A controller begins to send the whole configuration; the present one stays until it is complete, and until it is as new as the
     * present one when that came from another controller.
     *
     * @param controller its index
     */
    public void begin(int controller) {
        from = controller;
        behindRevision = NONE;
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
        behindRevision = NONE;
    }

    public void receive(ConfigUpdate update, long nowNs) {
        waiting.add(update);
        lastNs = nowNs;
        begun = true;
        if (update.endOfConfig().isPresent()) {
            marked = true;
            long named = update.endOfConfig().getAsLong();
            if (complete || from == revisionFrom || named >= revision) {
                applyRevision(named);
            } else {
                behindSinceNs = behindRevision == NONE ? nowNs : behindSinceNs;
                behindRevision = named;
            }
        }
    }

    private void applyRevision(long named) {
        revision = named;
        revisionFrom = from;
        behindRevision = NONE;
        apply();
        finish();
    }

    /** Timers; when there is something to do next. */
    public long tick(long nowNs) {
        if (behindRevision != NONE) {
            if (behindSinceNs + CATCH_UP_NS - nowNs > 0) {
                return behindSinceNs + CATCH_UP_NS;
            }
            applyRevision(behindRevision);
        }
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
