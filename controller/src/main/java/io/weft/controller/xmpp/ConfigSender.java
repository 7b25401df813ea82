package io.weft.controller.xmpp;

import io.weft.controller.config.ConfigGraph;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.Dialect;
import io.weft.protocol.xmpp.ServerEncoder;
import io.weft.protocol.xmpp.Stanza.ConfigUpdate;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Sends agents their part of the configuration: what changed, then the end of the revision. A revision that does not concern an agent reaches it
 * as a bare end of config within {@link #IDLE_END_NS}, because routes that other controllers send name it. The core's thread only.
 */
final class ConfigSender {
    /** How far an agent's revision may be behind when nothing concerns it. */
    static final long IDLE_END_NS = 100_000_000L;

    private final ConfigGraph graph;

    ConfigSender(ConfigGraph graph) {
        this.graph = graph;
    }

    /** A change was applied to the graph. */
    void changed(AgentSession session, Set<ConfigNode.Key> touched, long nowNs) {
        if (session.routerNode == null) {
            return;
        }
        boolean newMachine = session.configNodes.size() > 1
                && touched.stream().anyMatch(key -> key.type().equals("virtual-machine"));
        session.configDue |= newMachine || session.view.concerns(touched);
        if (session.idleEndNs == AgentSession.NEVER) {
            session.idleEndNs = nowNs + IDLE_END_NS;
        }
    }

    /** Writes while the link takes it. True: the agent has all of the present revision that concerns it, routes may follow. */
    boolean send(AgentSession session, long nowNs) {
        while (session.configDue || !session.configQueue.isEmpty()) {
            if (session.configQueue.isEmpty()) {
                session.configDue = false;
                session.view.setRoots(roots(session));
                session.configQueue.addAll(session.view.advance(graph));
            }
            while (!session.configQueue.isEmpty()) {
                if (!session.link.writable()) {
                    return false;
                }
                write(session, session.configQueue.remove());
            }
        }
        if (nowNs >= session.idleEndNs && session.link.writable()) {
            write(
                    session,
                    new ConfigUpdate(List.of(), List.of(), List.of(), List.of(), OptionalLong.of(graph.revision())));
        }
        return true;
    }

    private void write(AgentSession session, ConfigUpdate update) {
        session.link.write(ServerEncoder.config(session.routerNode, update));
        session.messagesSent++;
        if (update.endOfConfig().isPresent()) {
            session.configRevision = update.endOfConfig().getAsLong();
            if (session.configRevision == graph.revision()) {
                session.idleEndNs = AgentSession.NEVER;
            }
        }
    }

    private Set<ConfigNode.Key> roots(AgentSession session) {
        Set<ConfigNode.Key> roots = new HashSet<>();
        for (String node : session.configNodes) {
            if (node.startsWith(Dialect.VIRTUAL_ROUTER)) {
                roots.add(new ConfigNode.Key("virtual-router", node.substring(Dialect.VIRTUAL_ROUTER.length())));
            } else {
                String uuid = node.substring(Dialect.VIRTUAL_MACHINE.length());
                roots.add(graph.withUuid(uuid).orElseGet(() -> new ConfigNode.Key("virtual-machine", uuid)));
            }
        }
        return roots;
    }
}
