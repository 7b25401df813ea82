package io.weft.controller.bgp;

import io.weft.protocol.bgp.Open;

/** One connection of a peer: its place in the state machine and its timers. Part of {@link BgpPeer}. */
final class BgpConnection {
    enum State {
        CONNECT,
        OPEN_SENT,
        OPEN_CONFIRM,
        ESTABLISHED
    }

    static final long NEVER = Long.MAX_VALUE;

    final boolean outgoing;

    /** Number of the attempt; of outgoing ones. */
    final long attempt;

    State state = State.CONNECT;

    /** Null while connecting. */
    BgpLink link;

    /** What the peer said; null before. */
    Open theirs;

    long holdNs;
    long holdUntilNs = NEVER;
    long keepaliveDueNs = NEVER;

    BgpConnection(boolean outgoing, long attempt) {
        this.outgoing = outgoing;
        this.attempt = attempt;
    }

    boolean is(State other) {
        return state == other;
    }
}
