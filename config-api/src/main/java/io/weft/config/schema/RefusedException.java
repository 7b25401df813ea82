package io.weft.config.schema;

/**
 * A request that is not carried out: the HTTP status and a message for the client that names the field, the value and the limit.
 * It is an answer and not a fault, so it carries no stack trace.
 */
public final class RefusedException extends RuntimeException {
    private final int status;

    public RefusedException(int status, String message) {
        super(message, null, false, false);
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("status " + status + " is not an error status");
        }
        this.status = status;
    }

    /** The request itself is wrong. */
    public static RefusedException bad(String message) {
        return new RefusedException(400, message);
    }

    /** The request does not fit the present objects. */
    public static RefusedException conflict(String message) {
        return new RefusedException(409, message);
    }

    public static RefusedException notFound(String message) {
        return new RefusedException(404, message);
    }

    public static RefusedException forbidden(String message) {
        return new RefusedException(403, message);
    }

    public int status() {
        return status;
    }
}
