package io.weft.controller.xmpp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.Stanza;
import io.weft.protocol.xmpp.StreamEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ControlCoreTest extends CoreScenario {
    @Test
    void sendsARouteToTheOtherSubscriberOnly() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        for (Agent agent : List.of(a, b)) {
            agent.asksConfig();
            agent.say(agent.encoder.subscribe(RED, 1, false));
        }
        a.say(a.encoder.publish(RED, route(1)));
        turn();
        assertEquals(List.of(), a.routes());
        assertEquals(
                List.of(new Stanza.RouteItems(RED, false, List.of(route(1)), List.of(), OptionalLong.of(5))),
                b.routes());
        a.say(a.encoder.withdraw(RED, POD));
        turn();
        assertEquals(List.of(POD), b.routes().getLast().retracts());
    }

    @Test
    void advertisesEqualPathsTogetherToBoth() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        for (Agent agent : List.of(a, b)) {
            agent.say(agent.encoder.subscribe(RED, 1, false));
        }
        a.say(a.encoder.publish(RED, route(1)));
        b.say(b.encoder.publish(RED, route(2)));
        turn();
        assertEquals(2, a.routes().getLast().items().getFirst().nextHops().size());
        assertEquals(a.routes().getLast().items(), b.routes().getLast().items());
    }

    @Test
    void keepsStaleRoutesUntilTheirTimeIsOver() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        a.say(a.encoder.publish(RED, route(1)));
        b.say(b.encoder.subscribe(RED, 1, false));
        turn();
        a.lose();
        turn();
        assertEquals(1, b.routes().size());
        for (int i = 0; i < 5; i++) {
            b.say(b.encoder.keepalive());
            after(59);
        }
        assertEquals(1, b.routes().size(), "295 s after the loss");
        b.say(b.encoder.keepalive());
        after(6);
        assertEquals(List.of(POD), b.routes().getLast().retracts());
    }

    @Test
    void sweepsWhatAReturnedAgentDoesNotConfirm() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        b.say(b.encoder.subscribe(RED, 1, false));
        RouteEntry kept = RouteEntry.of(Prefix.parse("10.1.1.4/32"), "d:red:web", route(1).nextHops());
        a.say(a.encoder.publish(RED, route(1)));
        a.say(a.encoder.publish(RED, kept));
        turn();
        assertEquals(1, b.routes().size());
        Agent again = new Agent("a", "192.0.2.1");
        again.say(again.encoder.publish(RED, kept));
        turn();
        assertTrue(a.closed, "the old session gave way");
        assertEquals(1, b.routes().size(), "nothing changed yet");
        again.say(again.encoder.endOfRib());
        turn();
        assertEquals(List.of(POD), b.routes().getLast().retracts());
        assertTrue(again.stanzas().contains(new Stanza.EndOfRib()));
    }

    @Test
    void refusesASecondSessionOfALiveAgentFromElsewhere() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        turn();
        Agent thief = new Agent("a", "192.0.2.66");
        turn();
        assertTrue(thief.closed);
        assertFalse(a.closed);
    }

    @Test
    void closesASilentSession() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        turn();
        after(45);
        assertTrue(a.events.contains(new StreamEvent.Keepalive()));
        assertFalse(a.closed);
        after(46);
        assertTrue(a.closed);
    }

    @Test
    void holdsAnUnknownAgentUntilItIsConfigured() {
        Agent a = new Agent("a", "192.0.2.1");
        a.say(a.encoder.publish(RED, route(1)));
        turn();
        assertEquals(List.of(), a.events);
        twoRoutersAndRed();
        assertEquals(StreamEvent.StreamOpen.class, a.events.getFirst().getClass());
        assertEquals(1, core.prefixes(RED).size());
    }

    @Test
    void refusesAnAgentThatStaysUnknown() {
        Agent a = new Agent("nobody", "192.0.2.1");
        twoRoutersAndRed();
        after(29);
        assertFalse(a.closed);
        after(2);
        assertTrue(a.closed);
    }

    @Test
    void defersASubscriptionUntilTheInstanceExists() {
        config("event: init\nid: 4\ndata: {}\n\n"
                + "event: create\ndata: {\"virtual-router\":" + router("a") + "}\n\n"
                + "event: create\nid: 5\ndata: {\"virtual-router\":" + router("b") + "}\n\n");
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        b.say(b.encoder.subscribe(RED, 1, false));
        a.say(a.encoder.publish(RED, route(1)));
        turn();
        assertEquals(List.of(), b.routes());
        config("event: create\nid: 6\ndata: {\"routing-instance\":" + instance("red", 8000001) + "}\n\n");
        assertEquals(1, b.routes().size());
        config("event: delete\nid: 7\ndata: {\"routing-instance\":" + instance("red", 8000001) + "}\n\n");
        assertEquals(List.of(POD), b.routes().getLast().retracts());
    }

    @Test
    void coalescesWhatASlowAgentMisses() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        b.say(b.encoder.subscribe(RED, 1, false));
        turn();
        b.writable = false;
        for (int i = 0; i < 50; i++) {
            a.say(a.encoder.publish(RED, route(1).withLocalPreference(100 + i)));
            turn();
        }
        assertEquals(List.of(), b.routes());
        b.writable = true;
        inbox.add(new CoreEvent.Writable(b));
        turn();
        assertEquals(1, b.routes().size());
        assertEquals(149, b.routes().getFirst().items().getFirst().localPreference());
    }

    @Test
    void sendsConfigBeforeTheRoutesThatNeedIt() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        a.say(a.encoder.publish(RED, route(1)));
        b.say(b.encoder.subscribe(RED, 1, false));
        b.asksConfig();
        turn();
        List<Class<?>> kinds = new ArrayList<>();
        b.stanzas().forEach(stanza -> kinds.add(stanza.getClass()));
        assertEquals(List.of(Stanza.ConfigUpdate.class, Stanza.RouteItems.class), kinds);
    }

    @Test
    void followsLinksOfTheConfigToNewAndGoneObjects() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        a.asksConfig();
        turn();
        int before = a.stanzas().size();
        String vm = "{\"fq_name\":[\"vm1\"],\"uuid\":\"vm1\"}";
        String linked = router("a").replace("}", ",\"virtual_machine_refs\":[{\"to\":[\"vm1\"],\"uuid\":\"vm1\"}]}");
        String port = "{\"fq_name\":[\"d\",\"red\",\"p1\"],\"uuid\":\"p1\",\"parent_type\":\"project\","
                + "\"virtual_machine_refs\":[{\"to\":[\"vm1\"],\"uuid\":\"vm1\",\"attr\":null}],"
                + "\"virtual_network_refs\":[{\"to\":[\"d\",\"red\",\"web\"],\"uuid\":\"n\"}]}";
        config("event: create\ndata: {\"virtual-machine\":" + vm + "}\n\n"
                + "event: create\ndata: {\"virtual-machine-interface\":" + port + "}\n\n"
                + "event: create\ndata: {\"virtual-network\":{\"fq_name\":[\"d\",\"red\",\"web\"],\"uuid\":\"n\"}}\n\n"
                + "event: update\nid: 6\ndata: {\"virtual-router\":" + linked + "}\n\n");
        assertEquals(before + 1, a.stanzas().size());
        Stanza.ConfigUpdate added = (Stanza.ConfigUpdate) a.stanzas().getLast();
        assertEquals(
                List.of("virtual-machine", "virtual-machine-interface", "virtual-network", "routing-instance"),
                added.nodes().stream().map(node -> node.type()).toList());
        assertEquals(4, added.links().size());
        assertEquals(OptionalLong.of(6), added.endOfConfig());
        config("event: update\nid: 7\ndata: {\"virtual-router\":" + router("a") + "}\n\n");
        Stanza.ConfigUpdate gone = (Stanza.ConfigUpdate) a.stanzas().getLast();
        assertEquals(4, gone.deletedNodes().size());
        assertEquals(4, gone.deletedLinks().size());
        assertEquals(List.of(), gone.nodes());
        config("event: revision\nid: 8\ndata: {}\n\n");
        assertEquals(before + 2, a.stanzas().size(), "nothing that concerns the agent");
    }
}
