package io.weft.config.store;

/** The store cannot do what was asked; the message is for the operator and names file, revision or limit. */
public class StoreException extends RuntimeException {
    public StoreException(String message) {
        super(message);
    }

    public StoreException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The log does not end where the writer believes: another writer was there. The writer must stop. */
    public static final class Fenced extends StoreException {
        public Fenced(long expected, long present) {
            super("the log is at revision " + present + " and not at " + expected + ": another writer was there");
        }
    }

    /** The revisions asked for are no longer kept; start from the snapshot. */
    public static final class Compacted extends StoreException {
        public Compacted(long from, long oldest) {
            super("revision " + from + " is no longer kept, the oldest is " + oldest);
        }
    }

    /** Stored bytes are damaged in a way a crash cannot explain; an operator has to restore them. */
    public static final class Corrupt extends StoreException {
        public Corrupt(String message) {
            super(message);
        }

        public Corrupt(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
