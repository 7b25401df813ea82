package io.weft.protocol.xmpp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.ArrayList;
import java.util.List;

/**
 * Any bytes, in any pieces, are events or an {@link XmppException}. A unit run replays the inputs under
 * src/test/resources/io/weft/protocol/xmpp/StreamParserFuzzTestInputs; JAZZER_FUZZ=1 looks for new ones (HACKING.md).
 */
class StreamParserFuzzTest {
    /** What came of a stream: its events, and whether it broke. */
    private record Outcome(List<StreamEvent> events, boolean broken) {}

    private static Outcome feed(byte[] bytes, int piece) {
        StreamParser parser = new StreamParser();
        List<StreamEvent> events = new ArrayList<>();
        boolean broken = false;
        try {
            for (int at = 0; at < bytes.length; at += piece) {
                parser.feed(bytes, at, Math.min(piece, bytes.length - at), events::add);
            }
        } catch (XmppException e) {
            broken = true;
        }
        return new Outcome(Streams.withoutKeepalives(events), broken);
    }

    /** What can be sent again means the same again. */
    private static void sendAgain(StreamEvent event) {
        byte[] encoded = switch (event) {
            case StreamEvent.Received(Stanza.RouteItems items) -> ServerEncoder.routes("a6s17", items);
            case StreamEvent.Received(Stanza.ConfigUpdate update) -> ServerEncoder.config("router", update);
            case StreamEvent.Received(Stanza.Subscribe subscribe) ->
                new AgentEncoder("a6s17").subscribe(subscribe.instance(), subscribe.instanceId(), subscribe.noRibout());
            default -> null;
        };
        if (encoded != null) {
            byte[] stream = Streams.join(Streams.OPEN, encoded);
            assertEquals(
                    new Outcome(List.of(new StreamEvent.StreamOpen("a6s17", Dialect.SERVER, ""), event), false),
                    feed(stream, stream.length));
        }
    }

    @FuzzTest(maxDuration = "30s")
    void anyBytesAreEventsOrAnXmppException(byte[] data) {
        Outcome whole = feed(data, Math.max(1, data.length));
        assertEquals(whole, feed(data, 1));
        if (data.length > 2) {
            assertEquals(whole, feed(data, 1 + (data[0] & 63)));
        }
        whole.events().forEach(StreamParserFuzzTest::sendAgain);
    }
}
