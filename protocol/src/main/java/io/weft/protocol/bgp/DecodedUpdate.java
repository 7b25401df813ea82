package io.weft.protocol.bgp;

import java.util.List;
import java.util.Objects;

/**
 * An UPDATE and what was wrong with it (RFC 7606). What must reset the session is a {@link BgpException} instead.
 *
 * @param update without what was malformed
 * @param malformed in the order found; empty: nothing
 */
public record DecodedUpdate(Update update, List<Malformed> malformed) implements BgpMessage {
    /** What RFC 7606 section 2 makes of it. */
    public enum Action {
        /** The attribute does not count, the routes do. */
        ATTRIBUTE_DISCARD,

        /** Every route announced in the message is withdrawn. */
        TREAT_AS_WITHDRAW
    }

    /** @param subcode of the UPDATE error that RFC 4271 would have sent */
    public record Malformed(Action action, int attribute, int subcode, String reason) {
        public Malformed {
            Objects.requireNonNull(action, "action");
            Objects.requireNonNull(reason, "reason");
        }
    }

    public DecodedUpdate {
        Objects.requireNonNull(update, "update");
        malformed = List.copyOf(malformed);
    }

    public boolean treatAsWithdraw() {
        return malformed.stream().anyMatch(one -> one.action() == Action.TREAT_AS_WITHDRAW);
    }
}
