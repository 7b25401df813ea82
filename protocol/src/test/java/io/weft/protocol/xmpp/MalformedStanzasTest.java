package io.weft.protocol.xmpp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A known stanza with a bad value ends the stream with an error that names the value; what is not known is passed over. */
class MalformedStanzasTest {
    private static final String ENTRY_HEAD = "<iq type='set'><pubsub><publish node='1/1/a/10.0.0.1/32'><item><entry>";
    private static final String ENTRY_TAIL = "</entry></item></publish></pubsub></iq>";
    private static final String NLRI = "<nlri><af>1</af><safi>1</safi><address>10.0.0.1/32</address></nlri>";

    private static void refused(String stanza, String text) {
        byte[] bytes = (stanza + "<iq/>").getBytes(StandardCharsets.UTF_8);
        XmppException thrown = assertThrows(XmppException.class, () -> Streams.stanzas(bytes));
        assertEquals(XmppException.Condition.INVALID_XML, thrown.condition(), thrown.getMessage());
        assertTrue(thrown.getMessage().contains(text), () -> "'" + text + "' is not in: " + thrown.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "<x/>|entry has no nlri",
                "<nlri/>|'' is not an IP address",
                "<nlri><address>10.0.0.1/33</address></nlri>|prefix length 33",
                "<nlri><address>10.0.0.300/32</address></nlri>|'10.0.0.300' is not an IP address",
                "<nlri><address>10.0.0.1/31</address></nlri>|bits set beyond its length",
                "<nlri><af>2</af><address>10.0.0.1/32</address></nlri>|af 2",
                "<nlri><af>1</af><address>10.0.0.2/32</address></nlri>|10.0.0.2/32",
            })
    void namesABadNlri(String inside, String text) {
        refused(ENTRY_HEAD + inside + ENTRY_TAIL, text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "<local-preference>-1</local-preference>|local-preference '-1'",
                "<local-preference>4294967296</local-preference>|local-preference '4294967296'",
                "<med>high</med>|med 'high'",
                "<med>99999999999999999999</med>|med '99999999999999999999'",
                "<sequence-number>1.5</sequence-number>|sequence-number '1.5'",
                "<mobility seqno='x'/>|mobility seqno 'x'",
                "<security-group-list><security-group/></security-group-list>|security-group ''",
                "<security-group-list><security-group>0x10</security-group></security-group-list>|security-group '0x10'",
            })
    void namesABadValueOfAnEntry(String inside, String text) {
        refused(ENTRY_HEAD + NLRI + inside + ENTRY_TAIL, text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "<label>5</label>|'' is not an IP address",
                "<address>host.example</address>|'host.example' is not an IP address",
                "<address>10.0.0.1</address><mac>02:00:00:00:00</mac>|MAC '02:00:00:00:00'",
                "<address>10.0.0.1</address><label>1048576</label>|label '1048576' is not a number in 0..1048575",
                "<address>10.0.0.1</address><label>4294967295</label>|label '4294967295' is not a number in 0..1048575",
                "<address>10.0.0.1</address><label>10000-20000</label>|label '10000-20000'",
                "<address>10.0.0.1</address><l3-label>16777216</l3-label>|l3-label '16777216' is not a number in 0..16777215",
                "<address>10.0.0.1</address><tag-list><tag>4294967296</tag></tag-list>|tag '4294967296'",
            })
    void namesABadValueOfANextHop(String inside, String text) {
        refused(ENTRY_HEAD + NLRI + "<next-hops><next-hop>" + inside + "</next-hop></next-hops>" + ENTRY_TAIL, text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "<iq type='set'><pubsub><subscribe/></pubsub></iq>|node name of 0 characters",
                "<iq type='set' to='x/config'><pubsub><unsubscribe/></pubsub></iq>|node name of 0 characters",
                "<iq type='set'><pubsub><subscribe node='a'/><options><instance-id>-1</instance-id></options></pubsub></iq>|instance-id '-1'",
                "<iq type='set'><pubsub><unsubscribe node='a'/><options><instance-id>65536</instance-id></options></pubsub></iq>|instance-id '65536'",
                "<iq type='set'><pubsub><publish node='1/1/a'/></pubsub></iq>|'1/1/a' is not af/safi/instance/prefix",
                "<iq type='set'><pubsub><publish node='1/1//10.0.0.1/32'/></pubsub></iq>|'1/1//10.0.0.1/32'",
                "<iq type='set'><pubsub><publish node='2/1/a/10.0.0.1/32'/></pubsub></iq>|of the other family",
                "<iq type='set'><pubsub><publish node='1/1/a/10.0.0.1/999'/></pubsub></iq>|prefix length 999",
                "<iq type='set'><pubsub><collection node='a'><associate node='1/1/a/::/200'/></collection></pubsub></iq>|prefix length 200",
                "<iq type='set'><pubsub><collection><associate node='1/1/a/10.0.0.1/32'/></collection></pubsub></iq>|node name of 0",
            })
    void namesABadSubscriptionOrNode(String stanza, String text) {
        refused(stanza, text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "<items node='1/1/'/>|node name of 0 characters",
                "<items node='1/1/a'><item id='x'/></items>|item 'x' has no entry",
                "<items node='1/1/a'><retract/></items>|'' is not an IP address",
                "<items node='1/1/a'><retract id='::/0'/></items>|::/0 of the other family",
                "<items node='2/1/a'><item><entry><nlri><address>10.0.0.0/8</address></nlri></entry></item></items>|10.0.0.0/8 of the other family",
            })
    void namesBadItems(String items, String text) {
        refused("<message><event>" + items + "</event></message>", text);
    }

    @ParameterizedTest
    @CsvSource({"-1", "x", "9223372036854775808", "99999999999999999999"})
    void namesABadRevision(String revision) {
        refused(
                "<message xmlns:w='urn:weft:xmpp:1' w:revision='" + revision
                        + "'><event><items node='1/1/a'/></event></message>",
                "revision '" + revision + "'");
        refused(
                "<iq type='set'><config><end-of-config xmlns='urn:weft:xmpp:1' revision='" + revision
                        + "'/></config></iq>",
                "revision '" + revision + "'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "<node type='t'/>|type 't' or name ''",
                "<node><name>n</name></node>|type '' or name 'n'",
                "<node type='t'><name>n</name><é/></node>|'é' cannot be an element name",
                "<link/>|config link has 0 nodes",
                "<link><node type='a'><name>b</name></node></link>|config link has 1 nodes",
                "<link><node type='a'><name>b</name></node><node type='c'/></link>|type 'c' or name ''",
            })
    void namesABadConfigObject(String inside, String text) {
        refused("<iq type='set'><config><update>" + inside + "</update></config></iq>", text);
        if (!inside.contains("é")) {
            refused("<iq type='set'><config><delete>" + inside + "</delete></config></iq>", text);
        }
    }

    @Test
    void aNameOfMoreThan1024CharactersIsRefused() {
        refused("<iq type='set'><pubsub><subscribe node='" + "x".repeat(1025) + "'/></pubsub></iq>", "1025 characters");
        refused(
                "<iq type='set'><pubsub><publish node='1/1/" + "x".repeat(1025) + "/10.0.0.1/32'/></pubsub></iq>",
                "1025");
    }

    @Test
    void passesOverWhatIsNotKnown() throws XmppException {
        String unknown =
                "<iq type='result'/><iq type='set'/><iq type='set'><pubsub/></iq><iq type='set'><pubsub><options/></pubsub></iq>"
                        + "<iq type='set'><pubsub><collection node='a'/></pubsub></iq><message/><message><event/></message>"
                        + "<message><event><items/></event></message><presence/><error/>"
                        + "<iq type='set'><config><newer/><update><newer/></update></config></iq>";
        List<Stanza> stanzas = Streams.stanzas(unknown.getBytes(StandardCharsets.UTF_8));
        assertEquals(
                List.of(
                        new Stanza.Ignored("iq of type 'result'"),
                        new Stanza.Ignored("iq of []"),
                        new Stanza.Ignored("pubsub of []"),
                        new Stanza.Ignored("pubsub of [options]"),
                        new Stanza.Ignored("collection of []"),
                        new Stanza.Ignored("message of []"),
                        new Stanza.Ignored("message of [event]"),
                        new Stanza.UnsupportedRoute(""),
                        new Stanza.Ignored("stanza presence"),
                        new Stanza.Ignored("stream error []"),
                        new Stanza.ConfigUpdate(
                                List.of(), List.of(), List.of(), List.of(), java.util.OptionalLong.empty())),
                stanzas);
    }

    @Test
    void theLastWordOnANodeOrLinkCounts() throws XmppException {
        String node = "<node type='t'><name>n</name></node>";
        String link = "<link>" + node + "<node type='u'><name>m</name></node></link>";
        String changed = "<node type='t'><name>n</name><p>2</p></node>";
        Stanza.ConfigUpdate gone = update("<update>" + node + link + "</update><delete>" + link + node + "</delete>");
        assertEquals(List.of(), gone.nodes());
        assertEquals(List.of(), gone.links());
        assertEquals(1, gone.deletedLinks().size());
        assertEquals(List.of(new ConfigNode.Key("t", "n")), gone.deletedNodes());
        Stanza.ConfigUpdate back =
                update("<delete>" + link + node + "</delete><update>" + node + changed + link + "</update>");
        assertEquals("2", back.nodes().getFirst().properties().text("p").orElseThrow());
        assertEquals(
                List.of(1, 1, 0, 0),
                List.of(
                        back.nodes().size(),
                        back.links().size(),
                        back.deletedLinks().size(),
                        back.deletedNodes().size()));
    }

    private static Stanza.ConfigUpdate update(String inside) throws XmppException {
        byte[] bytes = ("<iq type='set'><config>" + inside + "</config></iq>").getBytes(StandardCharsets.UTF_8);
        return (Stanza.ConfigUpdate) Streams.stanzas(bytes).getFirst();
    }
}
