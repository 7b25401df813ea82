package io.weft.controller.rib;

/** What is known of a path since its source was last heard. */
public enum Freshness {
    /** Its source's session is up and has confirmed it. */
    FRESH,

    /** The session is gone, or back without having confirmed the path yet. In use: it forwards as before. */
    STALE,

    /** Long-lived stale (RFC 9494): used only when nothing else is there. */
    LONG_LIVED_STALE,

    /** The session is gone and its host is known to be down: not used, but not forgotten before the stale time is over. */
    SUSPENDED
}
