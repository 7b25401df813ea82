package io.weft.dataplane;

import java.io.IOException;

/** The plane could not be reached or did not answer as agreed. The {@link Dataplane} that threw it is dead: open another. */
public final class DataplaneException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * @param errno positive errno
     * @param text a sentence
     */
    public DataplaneException(int errno, String text) {
        super(text);
        this.errno = errno;
    }

    /** Positive errno: ECONNREFUSED and ENOENT no plane there, EPIPE and ECONNRESET it went away, ETIMEDOUT, EPROTO. */
    public int errno() {
        return errno;
    }
}
