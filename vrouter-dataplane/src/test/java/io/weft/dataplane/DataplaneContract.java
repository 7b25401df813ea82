package io.weft.dataplane;

import static io.weft.dataplane.ObjectCases.VIF;
import static io.weft.dataplane.ObjectCases.VRF;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@link Dataplane} promises of every plane. A subclass opens one; each test begins and ends with its permanent objects only. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class DataplaneContract {
    /** Deletion order: users before what they use. */
    private static final List<ObjectKind> SWEEP_ORDER = List.of(
            ObjectKind.LABEL,
            ObjectKind.VNI,
            ObjectKind.ROUTE,
            ObjectKind.NEXT_HOP,
            ObjectKind.SERVICE,
            ObjectKind.NAT_POOL,
            ObjectKind.FLOATING_IP,
            ObjectKind.VIF,
            ObjectKind.POLICY,
            ObjectKind.IDENTITY,
            ObjectKind.VRF);

    private static final int NOBODY = 0x7e57_7e57;

    protected Dataplane plane;

    /** A connection to the plane under test. */
    protected abstract Dataplane open() throws DataplaneException;

    /** "host", "dpdk". */
    protected abstract String implementation();

    @BeforeEach
    void begin() throws DataplaneException {
        plane = open();
        clear();
    }

    @AfterEach
    void end() throws DataplaneException {
        if (plane != null) {
            try {
                clear();
            } finally {
                plane.close();
            }
        }
    }

    private void clear() throws DataplaneException {
        assertEquals(
                Set.of(ObjectKind.values()),
                Set.copyOf(SWEEP_ORDER),
                "every kind has its place in the order of sweeps");
        for (ObjectKind kind : SWEEP_ORDER) {
            assertEquals(List.of(), plane.apply(List.of(new Operation.Sweep(kind, NOBODY))));
        }
        apply(0, new PlaneSettings(Optional.empty(), Optional.empty(), MacAddress.ZERO, 0, 0));
        apply(0, Ageing.BEGINNING);
        PlaneState state = plane.plane();
        assertEquals(List.of(0, 1, 1, 0L), List.of(state.vifs(), state.nextHops(), state.vrfs(), state.routes()));
    }

    /** Sets what must be taken. */
    protected void apply(int epoch, PlaneObject... objects) throws DataplaneException {
        assertEquals(
                List.of(),
                plane.apply(
                        Stream.of(objects).map(o -> new Operation.Set(o, epoch)).toList()));
    }

    protected void apply(int epoch, List<? extends PlaneObject> objects) throws DataplaneException {
        apply(epoch, objects.toArray(PlaneObject[]::new));
    }

    /** Everything that can be read of the configuration. */
    private Map<String, Object> everything() throws DataplaneException {
        Map<String, Object> all = new HashMap<>();
        for (ObjectCase each : ObjectCases.ALL) {
            all.put(each.name(), Set.copyOf(each.reader().read(plane)));
        }
        PlaneState state = plane.plane();
        all.put("sets", state.sets());
        all.put("deletes", state.deletes());
        return all;
    }

    /** Those of this plane. */
    Stream<RefusalCase> refusals() {
        return RefusalCase.all()
                .filter(each -> each.onlyOn().isEmpty() || each.onlyOn().equals(implementation()));
    }

    static Stream<ObjectCase> cases() {
        return ObjectCases.ALL.stream();
    }

    static Stream<ObjectCase> sweepable() {
        return cases().filter(each -> each.kind().isPresent());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyFieldOfAnObjectComesBackAsItWasSet(ObjectCase tested) throws DataplaneException {
        apply(1, tested.needs());
        Map<Object, Stored<PlaneObject>> expected = new HashMap<>();
        for (Stored<? extends PlaneObject> present : tested.reader().read(plane)) {
            expected.put(ObjectCase.identity(present.object()), new Stored<>(present.object(), present.epoch()));
        }
        int epoch = -3; // all 32 bits come back
        for (PlaneObject variant : tested.variants()) {
            apply(epoch, variant);
            expected.put(ObjectCase.identity(variant), new Stored<>(variant, epoch));
            epoch++;
            assertEquals(
                    new HashSet<>(expected.values()),
                    new HashSet<>(tested.reader().read(plane)),
                    () -> "after " + variant);
        }
    }

    @ParameterizedTest
    @MethodSource("sweepable")
    void settingAnEqualObjectOnlyRenewsItsEpoch(ObjectCase tested) throws DataplaneException {
        apply(1, tested.needs());
        apply(1, tested.last());
        long sets = plane.plane().sets();
        apply(2, tested.last());
        assertEquals(sets, plane.plane().sets());
        for (Stored<? extends PlaneObject> stored : tested.reader().read(plane)) {
            boolean needed = tested.needs().contains(stored.object());
            assertEquals(needed ? 1 : 2, stored.epoch(), () -> stored.toString());
        }
    }

    @ParameterizedTest
    @MethodSource("sweepable")
    void aSweepDeletesWhatWasNotRenewed(ObjectCase tested) throws DataplaneException {
        apply(2, tested.needs());
        Set<PlaneObject> expected = new HashSet<>();
        tested.reader().read(plane).forEach(stored -> expected.add(stored.object()));
        List<PlaneObject> objects = tested.last();
        assertTrue(objects.size() > 1, "a case needs two identities");
        apply(1, objects);
        List<PlaneObject> renewed = objects.subList(0, objects.size() / 2);
        apply(2, renewed);
        expected.addAll(renewed);
        long deletes = plane.plane().deletes();
        Operation sweep = new Operation.Sweep(tested.kind().orElseThrow(), 2);
        assertEquals(List.of(), plane.apply(List.of(sweep)));
        Set<PlaneObject> left = new HashSet<>();
        tested.reader().read(plane).forEach(stored -> left.add(stored.object()));
        assertEquals(expected, left);
        assertTrue(plane.plane().deletes() > deletes);
        deletes = plane.plane().deletes();
        assertEquals(List.of(), plane.apply(List.of(sweep)));
        assertEquals(deletes, plane.plane().deletes(), "a second sweep finds nothing");
    }

    @ParameterizedTest
    @MethodSource("sweepable")
    void deletesByIdentityAndRefusesWhatIsNotThere(ObjectCase tested) throws DataplaneException {
        apply(1, tested.needs());
        int before = tested.reader().read(plane).size();
        List<PlaneObject> objects = tested.last();
        apply(1, objects);
        assertEquals(before + objects.size(), tested.reader().read(plane).size());
        for (PlaneObject object : objects) {
            Operation delete = new Operation.Delete(object);
            assertEquals(List.of(), plane.apply(List.of(delete)));
            assertFalse(tested.reader().read(plane).stream()
                    .anyMatch(stored -> stored.object().equals(object)));
            Refusal refusal = plane.apply(List.of(delete)).getFirst();
            assertEquals(Errors.ENOENT, refusal.errno(), refusal.text());
        }
        assertEquals(before, tested.reader().read(plane).size());
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void aRefusalNamesTheFieldAndChangesNothing(RefusalCase tested) throws DataplaneException {
        apply(1, tested.needs());
        Map<String, Object> before = everything();
        Operation behind = new Operation.Set(new Vrf(77, 0, ObjectKey.ZERO, "behind"), 1);
        List<Refusal> refusals = plane.apply(List.of(tested.operation(), behind));
        assertEquals(1, refusals.size(), refusals.toString());
        Refusal refusal = refusals.getFirst();
        assertEquals(0, refusal.index());
        assertEquals(tested.operation(), refusal.operation());
        assertEquals(tested.errno(), refusal.errno(), refusal.text());
        for (String part : tested.texts()) {
            assertTrue(refusal.text().contains(part), () -> "'" + part + "' is not in: " + refusal.text());
        }
        // The one behind it was taken all the same.
        assertEquals(List.of(), plane.apply(List.of(new Operation.Delete(new Vrf(77, 0, ObjectKey.ZERO, "")))));
        before.compute("sets", (name, sets) -> (long) sets + 1);
        before.compute("deletes", (name, deletes) -> (long) deletes + 1);
        assertEquals(before, everything());
    }

    @Test
    void refusalsOfALongListKeepTheirIndexes() throws DataplaneException {
        apply(1, VRF);
        List<Operation> operations = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            int nextHop = i % 5 == 0 ? 999 : 0;
            IpPrefix prefix = IpPrefix.parse("10." + (i >> 14) + "." + (i >> 6 & 255) + "." + (i & 63) * 4 + "/30");
            operations.add(
                    new Operation.Set(new Route(VRF.id(), prefix, nextHop, -1, i % Identity.FIRST, false, false), 1));
        }
        List<Refusal> refusals = plane.apply(operations);
        assertEquals(
                IntStream.range(0, 4000).mapToObj(i -> i * 5).toList(),
                refusals.stream().map(Refusal::index).toList());
        refusals.forEach(refusal -> assertEquals(operations.get(refusal.index()), refusal.operation()));
        assertEquals(16_000, plane.routes(VRF.id()).size());
    }

    @Test
    void aListThatCannotBeWrittenToItsEndLeavesTheConnectionUsable() throws DataplaneException {
        apply(1, VRF);
        List<Operation> operations = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            IpPrefix prefix = IpPrefix.parse("10." + (i >> 14) + "." + (i >> 6 & 255) + "." + (i & 63) * 4 + "/30");
            operations.add(new Operation.Set(new Route(VRF.id(), prefix, i % 2 * 999, -1, 0, false, false), 1));
        }
        operations.add(null);
        assertThrows(NullPointerException.class, () -> plane.apply(operations));
        int sent = plane.routes(VRF.id()).size();
        assertTrue(sent > 0 && sent < 10_000, sent + " of the first batches");
        List<Refusal> refusals = plane.apply(operations.subList(19_998, 20_000));
        assertEquals(List.of(1), refusals.stream().map(Refusal::index).toList());
        assertEquals(sent + 1, plane.routes(VRF.id()).size());
    }

    @Test
    void aDumpOfManyRoutesComesInPagesWithoutLossOrRepetition() throws DataplaneException {
        Vrf other = new Vrf(9, 0, ObjectKey.ZERO, "other");
        apply(1, VRF, other);
        Set<Stored<Route>> expected = new HashSet<>();
        List<Operation> operations = new ArrayList<>();
        for (int i = 0; i < 45_000; i++) { // an answer holds fewer than 19,000
            String address = i % 3 == 0
                    ? "fd00::" + Integer.toHexString(i >> 8) + ":" + Integer.toHexString(i & 255)
                    : "10.7." + (i >> 8) + "." + (i & 255);
            Route route = new Route(
                    i % 5 == 0 ? 9 : 3, IpPrefix.host(ObjectCases.ip(address)), 0, -1, i % Identity.FIRST, false, true);
            expected.add(new Stored<>(route, i));
            operations.add(new Operation.Set(route, i));
        }
        assertEquals(List.of(), plane.apply(operations));
        List<Stored<Route>> all = plane.routes(Dataplane.ALL_VRFS);
        assertEquals(expected.size(), all.size());
        assertEquals(expected, new HashSet<>(all));
        List<Stored<Route>> some = plane.routes(9);
        assertEquals(9_000, some.size());
        assertTrue(some.stream().allMatch(stored -> stored.object().vrfId() == 9));
        assertEquals(45_000, plane.plane().routes());
    }

    @Test
    void policySetsOfAnySizeAreReplacedWholeAndComeBackPageByPage() throws DataplaneException {
        List<PolicySet> sets = new ArrayList<>();
        for (int id = 1; id <= 3; id++) {
            sets.add(ports(id, 2));
            sets.add(ports(100 + id, PolicySet.RULES_MAX - id));
        }
        apply(1, sets);
        assertEquals(Set.copyOf(sets), Set.copyOf(policies()));
        PolicySet shorter = ports(101, 5);
        apply(1, shorter);
        sets.set(1, shorter);
        assertEquals(Set.copyOf(sets), Set.copyOf(policies()));
        Refusal refused = plane.apply(List.of(
                        new Operation.Set(ports(102, PolicySet.RULES_MAX), 1), new Operation.Delete(ports(77, 0))))
                .getFirst();
        assertEquals(1, refused.index());
        sets.set(3, ports(102, PolicySet.RULES_MAX));
        assertEquals(Set.copyOf(sets), Set.copyOf(policies()));
    }

    private List<PolicySet> policies() throws DataplaneException {
        return plane.policies().stream().map(Stored::object).toList();
    }

    /** A rule for each of the first ports. */
    private static PolicySet ports(int id, int rules) {
        return new PolicySet(
                id,
                ObjectCases.KEY,
                PolicyAction.DENY,
                IntStream.range(0, rules)
                        .mapToObj(port -> new PolicyRule(
                                PolicyRule.NO_UUID,
                                4,
                                PolicyAction.ALLOW,
                                false,
                                6,
                                PortRange.ANY,
                                new PortRange(port, port),
                                PolicyEnd.ANY,
                                PolicyEnd.ANY))
                        .toList());
    }

    @Test
    void aDumpOfAVrfThatIsNotThereIsRefusedNamingIt() throws DataplaneException {
        DataplaneException thrown = assertThrows(DataplaneException.class, () -> plane.routes(1234));
        assertEquals(Errors.ENOENT, thrown.errno());
        assertTrue(thrown.getMessage().contains("vrf_id 1234"), thrown.getMessage());
    }

    @Test
    void readsOneVifWithItsState() throws DataplaneException {
        apply(1, VRF);
        assertEquals(Optional.empty(), plane.vif(VIF.id()));
        assertEquals(Optional.empty(), plane.vif(-1));
        apply(8, VIF);
        VifState state = plane.vif(VIF.id()).orElseThrow();
        assertEquals(VIF, state.vif());
        assertEquals(8, state.epoch());
        assertEquals(List.of(state), plane.vifStates());
        assertEquals(List.of(0L, 0L, 0L), List.of(state.rxPackets(), state.txPackets(), state.drops()));
        assertEquals(List.of(), plane.drops(VIF.id()));
        assertThrows(DataplaneException.class, () -> plane.drops(VIF.id() + 1));
    }

    @Test
    void thePlaneCountsWhatItHolds() throws DataplaneException {
        PlaneState before = plane.plane();
        assertEquals(implementation(), before.implementation());
        assertFalse(before.version().isEmpty());
        assertEquals(1, before.workers());
        assertTrue(before.connectionsMax() >= 1024, before.toString());
        assertEquals(0, before.connectionsLive());
        apply(1, VRF, VIF, ObjectCases.LOCAL, ObjectCases.LOOKUP);
        apply(1, ObjectCases.route("10.1.1.5/32", ObjectCases.LOCAL, -1));
        PlaneState after = plane.plane();
        assertEquals(List.of(1, 3, 2, 1L), List.of(after.vifs(), after.nextHops(), after.vrfs(), after.routes()));
        assertEquals(before.sets() + 5, after.sets());
        assertEquals(before.startedNs(), after.startedNs());
        assertEquals(List.of(), plane.connections(Dataplane.ALL_VRFS, 10));
    }

    @Test
    void aClosedConnectionSaysSoAndClosingTwiceIsHarmless() throws DataplaneException {
        Dataplane closed = open();
        closed.close();
        closed.close();
        IllegalStateException thrown = assertThrows(IllegalStateException.class, closed::vrfs);
        assertTrue(thrown.getMessage().contains("closed"), thrown.getMessage());
        assertThrows(IllegalStateException.class, () -> closed.apply(List.of()));
        assertThrows(IllegalStateException.class, closed::plane);
        assertThrows(IllegalStateException.class, () -> closed.vif(1));
    }

    @Test
    void anyThreadMayCall() throws Exception {
        apply(1, VRF);
        List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = IntStream.range(0, 4)
                .mapToObj(n -> Thread.ofPlatform().unstarted(() -> {
                    try {
                        for (int i = 0; i < 200; i++) {
                            apply(
                                    n,
                                    ObjectCases.route(
                                            "10." + n + ".0." + i + "/32", new NextHop.Discard(0, ObjectKey.ZERO), -1));
                            assertTrue(plane.routes(VRF.id()).size() > i);
                        }
                    } catch (DataplaneException | AssertionError e) {
                        failures.add(e);
                    }
                }))
                .toList();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join(30_000);
            assertFalse(thread.isAlive());
        }
        assertEquals(List.of(), failures);
        assertEquals(800, plane.routes(VRF.id()).size());
    }

    @Test
    void randomOperationsLeaveWhatAModelSays() throws DataplaneException {
        long seed = Long.getLong("weft.seed", System.nanoTime());
        System.out.println(implementation() + " plane, seed " + seed + " (-Dweft.seed=" + seed + " repeats it)");
        Random random = new Random(seed);
        PlaneModel model = new PlaneModel();
        for (int round = 0; round < 60; round++) {
            List<Operation> operations = new ArrayList<>();
            List<Boolean> taken = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                Operation operation = RandomOperations.next(random);
                operations.add(operation);
                taken.add(model.apply(operation));
            }
            Set<Integer> refused = new HashSet<>();
            List<Refusal> refusals = plane.apply(operations);
            refusals.forEach(refusal -> refused.add(refusal.index()));
            for (int i = 0; i < operations.size(); i++) {
                int index = i;
                assertEquals(
                        taken.get(i),
                        !refused.contains(i),
                        () -> "seed " + seed + ", operation " + index + ": " + operations.get(index) + ", refused: "
                                + refusals);
            }
            for (ObjectCase each : ObjectCases.ALL) {
                if (each.kind().isPresent()) {
                    assertEquals(
                            model.stored(each.kind().get()),
                            new HashSet<>(each.reader().read(plane)),
                            () -> "seed " + seed + ", " + each);
                }
            }
        }
        assertTrue(
                model.taken() > 500 && model.refused() > 200,
                model.taken() + " taken, " + model.refused() + " refused");
    }
}
