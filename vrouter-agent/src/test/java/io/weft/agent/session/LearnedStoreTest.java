package io.weft.agent.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.agent.compile.ConfigGraph;
import io.weft.agent.compile.RemoteRoute;
import io.weft.agent.compile.RemoteRoute.RemoteHop;
import io.weft.agent.compile.RouteTable;
import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.MacAddress;
import io.weft.protocol.xmpp.ConfigNode.Key;
import io.weft.protocol.xmpp.XmlTree;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearnedStoreTest {
    private static final List<String> CONTROLLERS = List.of("c1:5269", "[2001:db8::1]:5269");

    @TempDir
    private Path folder;

    private Path file;
    private Path aside;

    @BeforeEach
    void names() {
        file = folder.resolve("learned");
        aside = folder.resolve("learned.broken");
    }

    private static RemoteRoute route(String prefix, int hops) {
        int slash = prefix.indexOf('/');
        List<RemoteHop> list = new ArrayList<>();
        for (int i = 0; i < hops; i++) {
            list.add(new RemoteHop(
                    InetAddress.ofLiteral(i % 2 == 0 ? "192.0.2." + i : "2001:db8::" + i),
                    4098 + i,
                    i == 0 ? 0 : 77,
                    i == 0 ? Optional.empty() : Optional.of(new MacAddress(0x020000000000L + i)),
                    Set.of("udp", "vxlan", "odd & <new>")));
        }
        return new RemoteRoute(
                new IpPrefix(
                        InetAddress.ofLiteral(prefix.substring(0, slash)),
                        Integer.parseInt(prefix.substring(slash + 1))),
                "default-domain:red & <blue>:web",
                List.of(8_000_001L, 8_000_002L),
                100 + hops,
                list);
    }

    private static LearnedState state(int routes) {
        ConfigGraph graph = new ConfigGraph();
        RouteTable table = new RouteTable();
        Key network = new Key("virtual-network", "default-domain:red:wéb \"1\"");
        Key list = new Key("access-control-list", "default-domain:red:web:web");
        graph.putNode(network, XmlTree.fromJson(Map.of("virtual_network_network_id", 77, "empty", "")));
        graph.putNode(
                list,
                XmlTree.fromJson(Map.of(
                        "access_control_list_entries",
                        Map.of("acl_rule", List.of(Map.of("a", " x "), Map.of("b", List.of(1, 2)))))));
        graph.putLink(network, list, XmlTree.fromJson(Map.of("sequence", Map.of("major", 1))));
        graph.putLink(network, new Key("routing-instance", "not:here:yet"), XmlTree.EMPTY);
        for (int i = 0; i < routes; i++) {
            table.put(i % 2, "net:" + i % 3, route("10.1." + i / 256 + "." + i % 256 + "/32", i % 4));
            table.put(i % 2, "net:" + i % 3, route("2001:db8:" + Integer.toHexString(i + 1) + "::/64", 1));
        }
        return LearnedState.of(graph, table, CONTROLLERS);
    }

    private static LearnedState sorted(LearnedState state) {
        Map<String, List<LearnedState.InstanceRoute>> routes = new java.util.TreeMap<>();
        state.routes()
                .forEach((controller, of) -> routes.put(
                        controller,
                        of.stream()
                                .sorted(java.util.Comparator.comparing(Object::toString))
                                .toList()));
        return new LearnedState(state.nodes(), state.links(), routes);
    }

    @Test
    void keepsAllThatWasLearned() throws IOException {
        LearnedState state = state(150);
        LearnedStore store = new LearnedStore(folder);
        assertEquals(Optional.empty(), store.read());
        assertEquals(store.write(state, 1), Files.size(file));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        LearnedState found = new LearnedStore(folder).read().orElseThrow();
        assertEquals(sorted(state), sorted(found));
        ConfigGraph graph = new ConfigGraph();
        RouteTable table = new RouteTable();
        found.restore(graph, table, CONTROLLERS);
        assertEquals(sorted(state), sorted(LearnedState.of(graph, table, CONTROLLERS)));
        assertEquals(300, table.sweep(0) + table.sweep(1), "restored routes are old ones");
        graph.beginRound();
        assertEquals(2 + 2, graph.sweep(), "nodes and links too");
    }

    @Test
    void routesOfAControllerThatIsNotConfiguredAnyMoreGoWithTheFirst() {
        ConfigGraph graph = new ConfigGraph();
        RouteTable table = new RouteTable();
        state(10).restore(graph, table, List.of("other:5269"));
        assertEquals(20, table.count());
        table.beginRound(0);
        assertEquals(20, table.sweep(0));
    }

    @Test
    void anOlderStateDoesNotReplaceANewerOne() throws IOException {
        LearnedStore store = new LearnedStore(folder);
        store.write(state(4), 2);
        byte[] newer = Files.readAllBytes(file);
        assertEquals(0, store.write(state(2), 1));
        assertArrayEquals(newer, Files.readAllBytes(file));
    }

    @Test
    void setsAFileAsideThatIsCutAnywhere() throws IOException {
        new LearnedStore(folder).write(state(3), 1);
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            assertSetAside(Arrays.copyOf(whole, length), "cut at " + length);
        }
        assertSetAside(Arrays.copyOf(whole, whole.length + 1), "one byte more");
        Files.write(file, whole);
        assertTrue(new LearnedStore(folder).read().isPresent());
    }

    @Test
    void setsAFileAsideInWhichAnyBitIsWrong() throws IOException {
        long seed = System.nanoTime();
        System.out.println("setsAFileAsideInWhichAnyBitIsWrong seed " + seed);
        Random random = new Random(seed);
        new LearnedStore(folder).write(state(3), 1);
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < 500; i++) {
            byte[] damaged = whole.clone();
            int at = random.nextInt(damaged.length);
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            assertSetAside(damaged, "byte " + at);
        }
    }

    private void assertSetAside(byte[] bytes, String what) throws IOException {
        Files.deleteIfExists(aside);
        Files.write(file, bytes);
        assertEquals(Optional.empty(), new LearnedStore(folder).read(), what);
        assertFalse(Files.exists(file), what);
        assertArrayEquals(bytes, Files.readAllBytes(aside), what);
    }
}
