package io.weft.protocol.xmpp;

import com.fasterxml.aalto.AsyncByteArrayFeeder;
import com.fasterxml.aalto.AsyncXMLStreamReader;
import com.fasterxml.aalto.UncheckedStreamException;
import com.fasterxml.aalto.stax.InputFactoryImpl;
import io.weft.protocol.xmpp.XmppException.Condition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;

/**
 * Incremental parser of one XMPP stream: bytes in any pieces become events. DTDs, entities, comments and processing instructions are refused
 * (RFC 6120 section 11.1). Memory is bounded by the limits below. One per connection; one thread; unusable after an exception.
 */
public final class StreamParser {
    /** Largest stanza of an agent, checked every {@link #SLICE_BYTES}. */
    public static final int MAX_STANZA_BYTES = 1 << 20;

    /** Largest stanza of a server: one object of the configuration may be large, e.g. a list of thousands of rules. */
    public static final int MAX_SERVER_STANZA_BYTES = 16 << 20;

    /** Deepest element inside a stanza. */
    public static final int MAX_DEPTH = 64;

    /** Different element and attribute names of one stream. */
    public static final int MAX_NAMES = 8192;

    static final int SLICE_BYTES = 4096;
    private static final String STREAMS = "http://etherx.jabber.org/streams";

    private static final class Open {
        private final String namespace;
        private final String name;
        private final Map<String, String> attributes;
        private final List<XmlElement> children = new ArrayList<>();
        private final StringBuilder text = new StringBuilder();

        private Open(String namespace, String name, Map<String, String> attributes) {
            this.namespace = namespace;
            this.name = name;
            this.attributes = attributes;
        }

        private XmlElement close() {
            return new XmlElement(namespace, name, attributes, children, text.toString());
        }
    }

    private final AsyncXMLStreamReader<AsyncByteArrayFeeder> reader;
    private final Deque<Open> stack = new ArrayDeque<>();
    private final Set<String> names = new HashSet<>();
    private final int maxStanzaBytes;
    private boolean opened;
    private boolean closed;
    private long pendingBytes;

    /** The beginning of a character whose rest has not come: the reader garbles one of four bytes that it gets in pieces. */
    private final byte[] partial = new byte[4];

    private int partialBytes;

    /** Of what an agent sends. */
    public StreamParser() {
        this(MAX_STANZA_BYTES);
    }

    /** @param maxStanzaBytes limit of one stanza */
    public StreamParser(int maxStanzaBytes) {
        this.maxStanzaBytes = maxStanzaBytes;
        // A factory of its own: the symbol table of a shared one would remember every name of every peer.
        InputFactoryImpl factory = new InputFactoryImpl();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        reader = factory.createAsyncForByteArray();
    }

    /**
     * @param sink called for each event, in order, before this returns
     * @throws XmppException the stream is broken; events before the break were delivered
     */
    public void feed(byte[] bytes, int offset, int length, Consumer<StreamEvent> sink) throws XmppException {
        int at = offset;
        int end = offset + length;
        if (partialBytes > 0) {
            int missing = Utf8.bytes(partial[0]) - partialBytes;
            for (; missing > 0 && at < end && Utf8.continues(bytes[at]); missing--) {
                partial[partialBytes++] = bytes[at++];
            }
            if (missing > 0 && at == end) {
                return;
            }
            int whole = partialBytes;
            partialBytes = 0;
            deliver(partial, 0, whole, sink);
        }
        int whole = end - Utf8.incomplete(bytes, at, end);
        while (at < whole && !closed) {
            int next = Math.min(at + SLICE_BYTES, whole);
            next -= next < whole ? Utf8.incomplete(bytes, at, next) : 0;
            deliver(bytes, at, next - at, sink);
            at = next;
        }
        if (!closed) {
            partialBytes = end - whole;
            System.arraycopy(bytes, whole, partial, 0, partialBytes);
        }
    }

    private void deliver(byte[] bytes, int offset, int length, Consumer<StreamEvent> sink) throws XmppException {
        if (closed) {
            return;
        }
        List<StreamEvent> found = new ArrayList<>();
        XmppException broken = parse(bytes, offset, length, found);
        found.forEach(sink);
        if (broken != null) {
            throw broken;
        }
    }

    /** Why the stream is broken, or null. Events go to a list first, so that an exception of the sink is not taken for one of the parser. */
    private XmppException parse(byte[] bytes, int offset, int length, List<StreamEvent> found) {
        pendingBytes += length;
        try {
            reader.getInputFeeder().feedInput(bytes, offset, length);
            drain(found::add);
        } catch (XmppException e) {
            return e;
        } catch (XMLStreamException | UncheckedStreamException e) {
            return new XmppException(Condition.NOT_WELL_FORMED, firstLine(e.getMessage()), e);
        } catch (IllegalArgumentException | IllegalStateException | IndexOutOfBoundsException e) {
            return new XmppException(Condition.NOT_WELL_FORMED, "not XML: " + firstLine(e.getMessage()), e);
        }
        return pendingBytes > maxStanzaBytes
                ? new XmppException(Condition.POLICY_VIOLATION, "stanza is larger than " + maxStanzaBytes + " bytes")
                : null;
    }

    private void drain(Consumer<StreamEvent> sink) throws XMLStreamException, XmppException {
        while (!closed) {
            switch (next()) {
                case AsyncXMLStreamReader.EVENT_INCOMPLETE -> {
                    return;
                }
                case XMLStreamConstants.START_DOCUMENT, XMLStreamConstants.END_DOCUMENT -> {
                    // nothing to say
                }
                case XMLStreamConstants.START_ELEMENT -> startElement(sink);
                case XMLStreamConstants.END_ELEMENT -> endElement(sink);
                case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA, XMLStreamConstants.SPACE -> text(sink);
                default ->
                    throw new XmppException(
                            Condition.RESTRICTED_XML,
                            "DTD, entity, comment or processing instruction (event " + reader.getEventType() + ")");
            }
        }
    }

    /** The reader's next event. For some input that is not XML it throws what it does not declare, a bare RuntimeException among it. */
    private int next() throws XMLStreamException, XmppException {
        try {
            return reader.next();
        } catch (UncheckedStreamException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new XmppException(Condition.NOT_WELL_FORMED, "not XML: " + firstLine(e.getMessage()), e);
        }
    }

    private void startElement(Consumer<StreamEvent> sink) throws XmppException {
        String namespace = reader.getNamespaceURI() == null ? "" : reader.getNamespaceURI();
        String name = named(reader.getLocalName());
        Map<String, String> attributes = new LinkedHashMap<>();
        for (int i = 0; i < reader.getAttributeCount(); i++) {
            String of = reader.getAttributeNamespace(i);
            String local = named(reader.getAttributeLocalName(i));
            attributes.put(of == null || of.isEmpty() ? local : "{" + of + "}" + local, reader.getAttributeValue(i));
        }
        if (!opened) {
            if (!name.equals("stream") || !namespace.equals(STREAMS)) {
                throw new XmppException(
                        Condition.BAD_FORMAT, "first element is '" + name + "' in '" + namespace + "', want stream");
            }
            opened = true;
            pendingBytes = 0;
            sink.accept(new StreamEvent.StreamOpen(
                    attributes.getOrDefault("from", ""),
                    attributes.getOrDefault("to", ""),
                    attributes.getOrDefault("id", "")));
            return;
        }
        if (stack.size() >= MAX_DEPTH) {
            throw new XmppException(Condition.POLICY_VIOLATION, "elements are nested deeper than " + MAX_DEPTH);
        }
        stack.push(new Open(namespace, name, attributes));
    }

    private void endElement(Consumer<StreamEvent> sink) throws XmppException {
        if (stack.isEmpty()) {
            closed = true;
            sink.accept(new StreamEvent.StreamClose());
            return;
        }
        XmlElement done = stack.pop().close();
        if (stack.isEmpty()) {
            pendingBytes = 0;
            sink.accept(new StreamEvent.Received(StanzaDecoder.decode(done)));
        } else {
            stack.peek().children.add(done);
        }
    }

    private void text(Consumer<StreamEvent> sink) throws XmppException, XMLStreamException {
        String text = reader.getText();
        if (!stack.isEmpty()) {
            stack.peek().text.append(text);
            return;
        }
        for (int i = 0; i < text.length(); i++) {
            if (" \n\r\t\u0200".indexOf(text.charAt(i)) < 0) {
                throw new XmppException(
                        Condition.BAD_FORMAT, "character U+%04X between stanzas".formatted((int) text.charAt(i)));
            }
        }
        if (opened && !text.isEmpty()) {
            pendingBytes = 0;
            sink.accept(new StreamEvent.Keepalive());
        }
    }

    private String named(String name) throws XmppException {
        if (names.add(name) && names.size() > MAX_NAMES) {
            throw new XmppException(Condition.POLICY_VIOLATION, "more than " + MAX_NAMES + " different names");
        }
        return name;
    }

    private static String firstLine(String message) {
        return message == null ? "no reason given" : message.lines().findFirst().orElse("");
    }
}
