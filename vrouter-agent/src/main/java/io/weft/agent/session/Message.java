package io.weft.agent.session;

import io.weft.protocol.xmpp.AgentEncoder;

/** Something to say to a controller; becomes bytes when it is sent, because each session counts its own ids. */
@FunctionalInterface
public interface Message {
    byte[] encode(AgentEncoder encoder);
}
