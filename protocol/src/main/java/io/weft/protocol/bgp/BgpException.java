package io.weft.protocol.bgp;

import java.util.Objects;

/** The peer broke the protocol so that its session must be reset: the NOTIFICATION to send. */
public final class BgpException extends Exception {
    private final Notification notification;

    public BgpException(Notification notification, String message) {
        super(notification.name() + ": " + message);
        this.notification = Objects.requireNonNull(notification, "notification");
    }

    BgpException(int code, int subcode, String message) {
        this(Notification.of(code, subcode), message);
    }

    public Notification notification() {
        return notification;
    }
}
