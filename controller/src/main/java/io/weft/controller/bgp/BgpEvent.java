package io.weft.controller.bgp;

import io.weft.protocol.bgp.BgpException;

/** What the transport tells the core. */
public sealed interface BgpEvent {
    /** A peer connected to us. */
    record Accepted(BgpLink link) implements BgpEvent {}

    record Connected(long attempt, BgpLink link) implements BgpEvent {}

    record ConnectFailed(long attempt, String reason) implements BgpEvent {}

    /** @param message whole, header checked */
    record Received(BgpLink link, byte[] message) implements BgpEvent {}

    /** The bytes are no messages any more. */
    record Broken(BgpLink link, BgpException error) implements BgpEvent {}

    /** The connection is gone. */
    record Closed(BgpLink link, String reason) implements BgpEvent {}

    /** The connection takes bytes again. */
    record Writable(BgpLink link) implements BgpEvent {}

    /** @param error empty: it listens at {@code where} */
    record Listening(String where, String error) implements BgpEvent {}
}
