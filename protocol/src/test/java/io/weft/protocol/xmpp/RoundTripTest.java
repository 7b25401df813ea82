package io.weft.protocol.xmpp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.weft.protocol.net.Prefix;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** decode(encode(x)) = x. */
class RoundTripTest {
    private static final int ROUNDS = 1500;

    private static long seed() {
        long seed = Long.getLong("weft.seed", System.nanoTime());
        System.out.println("seed " + seed + " (-Dweft.seed=" + seed + " repeats it)");
        return seed;
    }

    private static void check(List<Stanza> expected, byte[] encoded, long seed) {
        String text = new String(encoded, StandardCharsets.UTF_8);
        try {
            assertEquals(expected, Streams.stanzas(encoded), () -> "seed " + seed + ": " + text);
        } catch (XmppException e) {
            throw new AssertionError("seed " + seed + ": " + text, e);
        }
    }

    @Test
    void whatAnAgentSaysIsWhatTheServerReads() {
        long seed = seed();
        RandomStanzas values = new RandomStanzas(new Random(seed));
        for (int round = 0; round < ROUNDS; round++) {
            AgentEncoder agent = new AgentEncoder(values.text());
            String instance = values.text();
            int id = values.instanceId();
            boolean noRibout = values.flag();
            check(List.of(new Stanza.Subscribe(instance, id, noRibout)), agent.subscribe(instance, id, noRibout), seed);
            check(List.of(new Stanza.Unsubscribe(instance, id)), agent.unsubscribe(instance, id), seed);
            check(List.of(new Stanza.ConfigSubscribe(instance)), agent.configSubscribe(instance), seed);
            check(List.of(new Stanza.ConfigUnsubscribe(instance)), agent.configUnsubscribe(instance), seed);
            RouteEntry entry = values.entry(values.flag());
            RouteNode node = RouteNode.of(instance, entry.prefix());
            check(
                    List.of(new Stanza.Publish(node, Optional.of(entry)), new Stanza.Collection(instance, true, node)),
                    agent.publish(instance, entry),
                    seed);
            Prefix gone = values.prefix(values.flag());
            assertEquals(
                    new Stanza.Collection(instance, false, RouteNode.of(instance, gone)),
                    last(agent.withdraw(instance, gone)),
                    () -> "seed " + seed);
        }
    }

    private static Stanza last(byte[] encoded) {
        try {
            return Streams.stanzas(encoded).getLast();
        } catch (XmppException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatTheServerSaysIsWhatAnAgentReads() {
        long seed = seed();
        RandomStanzas values = new RandomStanzas(new Random(seed));
        for (int round = 0; round < ROUNDS; round++) {
            Stanza.RouteItems items = values.items();
            check(List.of(items), ServerEncoder.routes(values.text(), items), seed);
            Stanza.ConfigUpdate update = values.config();
            check(List.of(update), ServerEncoder.config(values.text(), update), seed);
        }
    }

    @Test
    void routeNodesComeBackFromTheirText() {
        long seed = seed();
        Random random = new Random(seed);
        RandomStanzas values = new RandomStanzas(random);
        for (int round = 0; round < ROUNDS; round++) {
            int index = random.nextBoolean() ? -1 : random.nextInt(1_000_000_000);
            RouteNode node = new RouteNode(values.text().replaceAll("\\s", "-"), values.prefix(values.flag()), index);
            assertEquals(node, RouteNode.parse(node.toString()), () -> "seed " + seed);
        }
    }
}
