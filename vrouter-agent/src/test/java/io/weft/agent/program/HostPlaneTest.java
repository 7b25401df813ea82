package io.weft.agent.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weft.agent.compile.DesiredState;
import io.weft.agent.compile.HostFacts;
import io.weft.agent.compile.Site;
import io.weft.agent.compile.StateDelta;
import io.weft.agent.program.Slot.Kind;
import io.weft.dataplane.Dataplane;
import io.weft.dataplane.DataplaneException;
import io.weft.dataplane.NextHop;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.PlaneSettings;
import io.weft.dataplane.PlaneState;
import io.weft.dataplane.Stored;
import io.weft.dataplane.Vrf;
import java.net.Inet4Address;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The reconciler against the forwarding core itself, as a library. */
class HostPlaneTest {
    private Dataplane plane;

    @BeforeEach
    void open() throws DataplaneException {
        Path library = Path.of(System.getProperty("weft.native", ""), "client", "libweft.so");
        assumeTrue(Files.exists(library), "libweft.so is not built: " + library);
        plane = Dataplane.open("host:", "agent test");
    }

    @AfterEach
    void close() {
        if (plane != null) {
            plane.close();
        }
    }

    /** A connection to the plane of this test that can be closed without ending it. */
    private static final class Kept implements java.lang.reflect.InvocationHandler {
        private final Dataplane plane;

        Kept(Dataplane plane) {
            this.plane = plane;
        }

        @Override
        public Object invoke(Object proxy, java.lang.reflect.Method method, Object[] arguments) throws Throwable {
            if (method.getName().equals("close")) {
                return null;
            }
            try {
                return method.invoke(plane, arguments);
            } catch (java.lang.reflect.InvocationTargetException e) {
                throw e.getCause();
            }
        }
    }

    private Dataplane connection() {
        return (Dataplane) java.lang.reflect.Proxy.newProxyInstance(
                Dataplane.class.getClassLoader(), new Class<?>[] {Dataplane.class}, new Kept(plane));
    }

    private static Programmer programmer() {
        return new Programmer(
                new Programmer.Uplink("fabric0", false),
                new PlaneSettings(
                        Optional.of((Inet4Address) Site.HOST.underlay()),
                        Optional.empty(),
                        HostFacts.routerMac("h1"),
                        300,
                        3));
    }

    private static void apply(Programmer programmer, DesiredState before, DesiredState after)
            throws DataplaneException {
        programmer.apply(StateDelta.between(before, after), 0);
        programmer.flush(0);
    }

    private Map<Slot, PlaneObject> dump() throws DataplaneException {
        Map<Slot, PlaneObject> all = new HashMap<>();
        for (List<? extends Stored<? extends PlaneObject>> list : List.of(
                plane.vifs(),
                plane.vrfs(),
                plane.identities(),
                plane.policies(),
                plane.nextHops(),
                plane.labels(),
                plane.vnis(),
                plane.routes(Dataplane.ALL_VRFS))) {
            for (Stored<? extends PlaneObject> stored : list) {
                boolean permanent = stored.object() instanceof NextHop hop && hop.id() == 0
                        || stored.object() instanceof Vrf vrf && vrf.id() == Vrf.FABRIC;
                if (!permanent) {
                    all.put(Slot.of(stored.object()), stored.object());
                }
            }
        }
        return all;
    }

    private static Map<Slot, PlaneObject> desired(Programmer programmer) {
        Map<Slot, PlaneObject> all = new HashMap<>();
        programmer.desired().stream()
                .filter(object -> !(object instanceof PlaneSettings))
                .forEach(object -> all.put(Slot.of(object), object));
        return all;
    }

    @Test
    void makesTheCoreEqualToRandomDesiredStates() throws DataplaneException {
        long seed = new Random().nextLong();
        System.out.println("makesTheCoreEqualToRandomDesiredStates seed " + seed);
        Random random = new Random(seed);
        Programmer programmer = programmer();
        programmer.open(connection(), 0);
        programmer.inSync();
        DesiredState before = DesiredState.EMPTY;
        for (int round = 0; round < 60; round++) {
            DesiredState after = random.nextInt(10) == 0 ? DesiredState.EMPTY : Site.random(random);
            apply(programmer, before, after);
            assertEquals(Map.of(), programmer.refusals(), "seed " + seed + " round " + round);
            assertEquals(withoutUplink(desired(programmer)), withoutUplink(dump()), "seed " + seed);
            before = after;
        }
    }

    private static Map<Slot, PlaneObject> withoutUplink(Map<Slot, PlaneObject> objects) {
        Map<Slot, PlaneObject> tenants = new HashMap<>(objects);
        tenants.keySet().removeIf(slot -> slot.kind() == Kind.VIF && slot.id() == 0);
        return tenants;
    }

    @Test
    void findsItsIdsAgainAfterARestart() throws DataplaneException {
        DesiredState state = Site.random(new Random(7));
        Programmer first = programmer();
        first.open(connection(), 0);
        apply(first, DesiredState.EMPTY, state);
        Map<Slot, PlaneObject> before = dump();
        assertTrue(before.keySet().stream()
                .map(Slot::kind)
                .collect(Collectors.toSet())
                .containsAll(Set.of(Kind.IDENTITY, Kind.POLICY, Kind.ECMP)));
        PlaneState counted = plane.plane();
        Programmer second = programmer();
        second.open(connection(), 0);
        assertEquals(before, dump());
        apply(second, DesiredState.EMPTY, state);
        second.inSync();
        second.flush(0);
        assertEquals(before, dump());
        assertEquals(counted.sets(), plane.plane().sets(), "nothing was set that was not so");
        assertEquals(counted.deletes(), plane.plane().deletes());
    }
}
