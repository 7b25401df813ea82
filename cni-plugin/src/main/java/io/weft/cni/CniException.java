package io.weft.cni;

import java.util.Objects;

/** A request that cannot be served; becomes the error JSON of the specification. */
public final class CniException extends Exception {
    private static final long serialVersionUID = 1L;

    private final CniError error;
    private final String details;

    /**
     * @param message names the field and the value, one sentence
     * @param details what helps to repair it; may be empty
     */
    public CniException(CniError error, String message, String details) {
        super(Objects.requireNonNull(message, "message"));
        this.error = Objects.requireNonNull(error, "error");
        this.details = Objects.requireNonNull(details, "details");
    }

    public CniException(CniError error, String message) {
        this(error, message, "");
    }

    public CniError error() {
        return error;
    }

    public String details() {
        return details;
    }
}
