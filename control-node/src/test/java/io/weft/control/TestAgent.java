package io.weft.control;

import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.AgentEncoder;
import io.weft.protocol.xmpp.NextHop;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.Stanza;
import io.weft.protocol.xmpp.StreamEvent;
import io.weft.protocol.xmpp.StreamParser;
import io.weft.protocol.xmpp.XmppException;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** An agent on a real socket that publishes what it is told and remembers what it hears. */
final class TestAgent implements AutoCloseable {
    final Map<Prefix, RouteEntry> routes = new ConcurrentHashMap<>();
    private final AgentEncoder encoder;
    private final Socket socket;
    private final String host;
    private final Thread reader;

    /** @param address of its host, on the underlay */
    TestAgent(String name, String address, String xmpp, String instance) throws IOException {
        encoder = new AgentEncoder(name);
        host = address;
        int colon = xmpp.lastIndexOf(':');
        socket = new Socket(xmpp.substring(0, colon), Integer.parseInt(xmpp.substring(colon + 1)));
        reader = new Thread(this::read, "agent-" + name);
        reader.setDaemon(true);
        reader.start();
        say(encoder.streamOpen());
        say(encoder.subscribe(instance, 7, false));
    }

    void publish(String instance, String prefix, int label) throws IOException {
        NextHop hop = NextHop.of(
                IpAddress.parse(host), MacAddress.parse("02:00:00:00:00:01"), label, 0, List.of("vxlan", "udp"));
        String network = instance.substring(0, instance.lastIndexOf(':'));
        say(encoder.publish(instance, RouteEntry.of(Prefix.parse(prefix), network, List.of(hop))));
    }

    void withdraw(String instance, String prefix) throws IOException {
        say(encoder.withdraw(instance, Prefix.parse(prefix)));
    }

    void endOfRib() throws IOException {
        say(encoder.endOfRib());
    }

    private void say(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    private void read() {
        StreamParser parser = new StreamParser();
        byte[] bytes = new byte[65536];
        try {
            for (int count = socket.getInputStream().read(bytes);
                    count >= 0;
                    count = socket.getInputStream().read(bytes)) {
                parser.feed(bytes, 0, count, this::hear);
            }
        } catch (IOException e) {
            if (!socket.isClosed()) {
                throw new IllegalStateException("the controller is gone", e);
            }
        } catch (XmppException e) {
            throw new IllegalStateException(e);
        }
    }

    private void hear(StreamEvent event) {
        if (event instanceof StreamEvent.Received received && received.stanza() instanceof Stanza.RouteItems items) {
            items.items().forEach(entry -> routes.put(entry.prefix(), entry));
            items.retracts().forEach(routes::remove);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
