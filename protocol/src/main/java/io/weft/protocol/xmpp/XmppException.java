package io.weft.protocol.xmpp;

import java.util.Locale;

/** The peer broke the protocol: its stream must be closed. The message names what was wrong. */
public final class XmppException extends Exception {
    /** Stream error conditions of RFC 6120 section 4.9.3 that are used here. */
    public enum Condition {
        BAD_FORMAT,
        BAD_NAMESPACE_PREFIX,
        CONFLICT,
        CONNECTION_TIMEOUT,
        HOST_UNKNOWN,
        INVALID_FROM,
        INVALID_XML,
        NOT_AUTHORIZED,
        NOT_WELL_FORMED,
        POLICY_VIOLATION,
        RESOURCE_CONSTRAINT,
        RESTRICTED_XML,
        SYSTEM_SHUTDOWN,
        UNSUPPORTED_STANZA_TYPE;

        /** As on the wire: {@code not-well-formed}. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private final Condition condition;

    public XmppException(Condition condition, String message) {
        super(condition.wireName() + ": " + message);
        this.condition = condition;
    }

    public XmppException(Condition condition, String message, Throwable cause) {
        super(condition.wireName() + ": " + message, cause);
        this.condition = condition;
    }

    public Condition condition() {
        return condition;
    }
}
