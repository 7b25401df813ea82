package io.weft.protocol.xmpp;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Joins the two iqs of a route: publish carries the item, collection says what to do. One per session; one thread. */
public final class RoutePairing {
    /** Publishes that may wait for their collection. */
    public static final int MAX_WAITING = 4096;

    private final Map<RouteNode, RouteEntry> waiting = new HashMap<>();
    private boolean emptyPublish;

    /** @throws XmppException more than {@link #MAX_WAITING} publishes without collection */
    public void publish(Stanza.Publish publish) throws XmppException {
        if (publish.entry().isEmpty()) {
            waiting.remove(publish.node());
            return;
        }
        if (waiting.size() >= MAX_WAITING && !waiting.containsKey(publish.node())) {
            throw new XmppException(
                    XmppException.Condition.RESOURCE_CONSTRAINT,
                    "more than " + MAX_WAITING + " publish iqs without their collection iq");
        }
        waiting.put(publish.node(), publish.entry().get());
    }

    public void emptyPublish() {
        emptyPublish = true;
    }

    /** @throws XmppException an association whose item never came, or of another instance */
    public RouteChange collection(Stanza.Collection collection) throws XmppException {
        RouteNode node = collection.node();
        if (!collection.instance().equals(node.instance())) {
            throw new XmppException(
                    XmppException.Condition.INVALID_XML,
                    "collection '" + collection.instance() + "' names route '" + node + "' of another instance");
        }
        RouteEntry entry = waiting.remove(node);
        if (!collection.associate()) {
            return new RouteChange.Withdrawn(node.instance(), node.prefix());
        }
        if (entry == null) {
            throw new XmppException(
                    XmppException.Condition.INVALID_XML, "association of '" + node + "' without its publish iq");
        }
        return new RouteChange.Published(node.instance(), entry);
    }

    /** The end of RIB when the empty publish came before. */
    public Optional<RouteChange> emptyCollection() {
        boolean complete = emptyPublish;
        emptyPublish = false;
        return complete ? Optional.of(new RouteChange.EndOfRib()) : Optional.empty();
    }
}
