package io.weft.system;

/** The system under test, or what it runs on, did not do what it should; the message is for the person who runs the demo. */
public final class SystemFailure extends RuntimeException {
    public SystemFailure(String message) {
        super(message);
    }

    public SystemFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
