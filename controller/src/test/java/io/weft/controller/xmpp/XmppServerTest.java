package io.weft.controller.xmpp;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.weft.controller.bgp.BgpSpeaker;
import io.weft.controller.config.ConfigChange;
import io.weft.controller.config.WatchDecoder;
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
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The server with the core behind it and agents on real sockets. */
class XmppServerTest {
    private static final String RED = "d:red:web:web";
    private static final int PUBLISHERS = 40;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final LinkedBlockingDeque<CoreEvent> inbox = new LinkedBlockingDeque<>();
    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final XmppServer server = new XmppServer(group, new InetSocketAddress("127.0.0.1", 0), inbox::addLast);
    private final List<Agent> agents = new ArrayList<>();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private volatile boolean stopping;
    private Thread core;

    private static final class Agent implements AutoCloseable {
        private final AgentEncoder encoder;
        private final Socket socket;
        private final Map<Prefix, RouteEntry> routes = new ConcurrentHashMap<>();
        private volatile boolean ended;
        private volatile boolean gone;

        private Agent(String name, InetSocketAddress server) throws IOException {
            encoder = new AgentEncoder(name);
            socket = new Socket(server.getAddress(), server.getPort());
            Thread.startVirtualThread(this::read);
            say(encoder.streamOpen());
        }

        private void say(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
        }

        private void read() {
            StreamParser parser = new StreamParser(StreamParser.MAX_SERVER_STANZA_BYTES);
            byte[] buffer = new byte[65536];
            try (InputStream in = socket.getInputStream()) {
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                    parser.feed(buffer, 0, count, this::event);
                }
            } catch (IOException | XmppException e) {
                // Closed by either side: what counts is that it is gone.
                ended = false;
            }
            gone = true;
        }

        private void event(StreamEvent event) {
            if (event instanceof StreamEvent.Received received) {
                switch (received.stanza()) {
                    case Stanza.RouteItems items -> {
                        items.items().forEach(item -> routes.put(item.prefix(), item));
                        items.retracts().forEach(routes::remove);
                    }
                    case Stanza.EndOfRib end -> ended = true;
                    default -> {
                        // configuration is not looked at here
                    }
                }
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @BeforeEach
    void start() {
        log.start();
        ((Logger) LoggerFactory.getLogger(ControlCore.class)).addAppender(log);
        ControlCore turning = new ControlCore(
                inbox, new CoreSettings(90_000, 300_000, 30_000, 20_000), ribs -> BgpSpeaker.off(ribs, ribs));
        core = Thread.ofPlatform().start(() -> {
            try {
                while (!stopping) {
                    turning.doWork(System.nanoTime());
                    CoreEvent next = inbox.poll(20, TimeUnit.MILLISECONDS);
                    if (next != null) {
                        inbox.addFirst(next);
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @AfterEach
    void stop() throws Exception {
        stopping = true;
        core.join(5000);
        for (Agent agent : agents) {
            agent.close();
        }
        server.close();
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
        ((Logger) LoggerFactory.getLogger(ControlCore.class)).detachAppender(log);
    }

    private void configure(int hosts) {
        StringBuilder events = new StringBuilder("event: init\nid: 1\ndata: {}\n\n");
        for (int i = 0; i < hosts; i++) {
            events.append("event: create\ndata: {\"virtual-router\":{\"fq_name\":[\"default-global-system-config\",\"h")
                    .append(i)
                    .append("\"],\"uuid\":\"u")
                    .append(i)
                    .append("\",\"virtual_router_ip_address\":\"10.9.")
                    .append(i / 256)
                    .append('.')
                    .append(i % 256)
                    .append("\"}}\n\n");
        }
        events.append("event: create\nid: 2\ndata: {\"routing-instance\":{\"fq_name\":[\"d\",\"red\",\"web\",\"web\"],"
                + "\"uuid\":\"ri\",\"route_target_refs\":[{\"to\":[\"target:64512:8000001\"],\"uuid\":\"t\"}]}}\n\n");
        List<ConfigChange> changes = new ArrayList<>();
        new WatchDecoder(changes::add).feed(events.toString().getBytes(StandardCharsets.UTF_8));
        changes.forEach(change -> inbox.add(new CoreEvent.Configured(change)));
    }

    private Agent agent(int number) throws IOException {
        Agent agent = new Agent("h" + number, server.address());
        agents.add(agent);
        agent.say(agent.encoder.configSubscribe("virtual-router:default-global-system-config:h" + number));
        agent.say(agent.encoder.subscribe(RED, 1, false));
        if (number < PUBLISHERS) {
            agent.say(agent.encoder.publish(RED, route(number)));
        }
        agent.say(agent.encoder.endOfRib());
        return agent;
    }

    private static InetAddress host(int number) {
        return IpAddress.parse("10.9." + number / 256 + "." + number % 256);
    }

    private static Prefix prefix(int number) {
        return Prefix.parse("10.1." + number / 256 + "." + number % 256 + "/32");
    }

    private static RouteEntry route(int number) {
        return RouteEntry.of(
                prefix(number),
                "d:red:web",
                List.of(NextHop.of(
                        host(number), MacAddress.parse("02:00:00:00:00:01"), 4098 + number, 7, List.of("udp"))));
    }

    private boolean logged(String part) {
        return List.copyOf(log.list).stream()
                .anyMatch(line -> line.getFormattedMessage().contains(part));
    }

    @Test
    void aBrokenStreamClosesOnlyItsSessionAndSaysWhy() throws Exception {
        configure(3);
        Agent good = agent(0);
        Agent bad = agent(1);
        Agent watching = agent(2);
        await().atMost(LIMIT).until(() -> watching.routes.keySet().equals(Set.of(prefix(0), prefix(1))));
        // The parser looks at a short end tag when four bytes are there: what follows shows the break.
        bad.say("<iq type='set'><pubsub><publish></iq><iq/>".getBytes(StandardCharsets.UTF_8));
        await().atMost(LIMIT).until(() -> bad.gone && logged("session of agent h1 from 127.0.0.1:"));
        assertTrue(logged("broken stream: not-well-formed"), log.list.toString());
        assertFalse(good.gone || watching.gone);
        good.say(good.encoder.publish(RED, route(7)));
        await().atMost(LIMIT).until(() -> watching.routes.containsKey(prefix(7)));
        assertTrue(watching.routes.containsKey(prefix(1)), "stale, not withdrawn");
    }

    @Test
    void aCompleteButWrongStanzaClosesOnlyItsSession() throws Exception {
        configure(2);
        Agent good = agent(0);
        Agent bad = agent(1);
        await().atMost(LIMIT).until(() -> good.ended && bad.ended);
        bad.say(("<iq type='set' to='network-control@contrailsystems.com/bgp-peer'>"
                        + "<liveness xmlns='urn:weft:xmpp:1'><host address='10.9.0.0' state='maybe'/></liveness></iq>")
                .getBytes(StandardCharsets.UTF_8));
        await().atMost(LIMIT).until(() -> bad.gone && logged("state 'maybe' of host '10.9.0.0' is not up or down"));
        assertFalse(good.gone);
    }

    @Test
    void serves200Agents() throws Exception {
        int count = 200;
        configure(count);
        for (int i = 0; i < count; i++) {
            agent(i);
        }
        await().atMost(LIMIT).until(() -> agents.stream().allMatch(agent -> agent.ended));
        for (int i = 0; i < count; i++) {
            Agent agent = agents.get(i);
            int others = i < PUBLISHERS ? PUBLISHERS - 1 : PUBLISHERS;
            await().atMost(LIMIT).until(() -> agent.routes.size() == others);
            int other = (i + 1) % PUBLISHERS;
            assertEquals(route(other), agent.routes.get(prefix(other)));
            assertFalse(agent.routes.containsKey(prefix(i)), "its own");
        }
        agents.get(0).say(agents.get(0).encoder.withdraw(RED, prefix(0)));
        await().atMost(LIMIT).until(() -> agents.stream().noneMatch(agent -> agent.routes.containsKey(prefix(0))));
    }
}
