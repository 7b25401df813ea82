package io.weft.dataplane;

import static io.weft.dataplane.ObjectCases.KEY;
import static io.weft.dataplane.ObjectCases.VIF;
import static io.weft.dataplane.ObjectCases.VRF;
import static io.weft.dataplane.ObjectCases.ip;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weft.dataplane.ffi.AbiCodes;
import io.weft.dataplane.ffi.AbiLayout;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract on a real weft-dpdk, and what only a plane with devices and a process of its own can do. */
class DaemonDataplaneTest extends DataplaneContract {
    private static PlaneDaemon daemon;

    @BeforeAll
    static void startDaemon() throws IOException {
        assumeTrue(PlaneDaemon.obstacle().isEmpty(), PlaneDaemon::obstacle);
        daemon = PlaneDaemon.start();
    }

    @AfterAll
    static void stopDaemon() throws IOException {
        if (daemon == null) {
            return;
        }
        try (PlaneDaemon last = daemon) {
            assertEquals(0, last.stop(), last.log());
            assertFalse(Files.exists(last.socket()));
        }
    }

    @Override
    protected Dataplane open() throws DataplaneException {
        return Dataplane.open(daemon.url(), "contract test");
    }

    @Override
    protected String implementation() {
        return "dpdk";
    }

    private static Vif tap(int id, String name, Path netns) {
        return new Vif(
                id,
                VRF.id(),
                KEY,
                VifType.VIRTUAL,
                PortKind.TAP,
                true,
                false,
                1450,
                100,
                ObjectCases.MAC,
                name,
                "",
                netns.toString(),
                List.of(
                        VifAddress.configured(ip("10.1.1.5"), 24),
                        VifAddress.configured(ip("fd00:1:1::5"), 64),
                        VifAddress.gateway(ip("10.1.1.1")),
                        VifAddress.gateway(ip("fd00:1:1::1"))),
                0,
                Vif.NO_POLICIES,
                Vif.NO_POLICIES,
                0);
    }

    @Test
    void aTapPortComesBackAndGoesWithItsVif() throws IOException {
        apply(1, VRF);
        Path pod = daemon.addPod("tap");
        String name = pod.getFileName().toString();
        Vif port = tap(40, "eth0", pod);
        apply(4, port);
        VifState state = plane.vif(40).orElseThrow();
        assertEquals(port, state.vif());
        assertTrue(state.up() && state.created(), state.toString());
        String shown = PlaneDaemon.ip("-n", name, "addr", "show", "dev", "eth0");
        for (String part : List.of(ObjectCases.MAC.toString(), "mtu 1450", "10.1.1.5/24", "fd00:1:1::5/64")) {
            assertTrue(shown.contains(part), () -> part + " is not in " + shown);
        }
        assertTrue(PlaneDaemon.ip("-n", name, "route").contains("default via 10.1.1.1"));
        assertEquals(List.of(), plane.apply(List.of(new Operation.Delete(port))));
        assertFalse(PlaneDaemon.ip("-n", name, "link").contains("eth0"));
    }

    @Test
    void aRefusedPortLeavesNoDeviceAndNoVif() throws IOException {
        apply(1, VRF);
        Path pod = daemon.addPod("refused");
        String name = pod.getFileName().toString();
        PlaneDaemon.ip("-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", "other");
        String before = PlaneDaemon.ip("-n", name, "-br", "link");
        Refusal taken =
                plane.apply(List.of(new Operation.Set(tap(41, "eth0", pod), 1))).getFirst();
        assertTrue(taken.text().contains("eth0"), taken.text());
        assertEquals(before, PlaneDaemon.ip("-n", name, "-br", "link"));
        Path missing = pod.resolveSibling("weft-no-such-namespace");
        Refusal absent = plane.apply(List.of(new Operation.Set(tap(42, "eth0", missing), 1)))
                .getFirst();
        assertTrue(absent.text().contains("netns"), absent.text());
        Vif uplink = new Vif(
                43,
                0,
                KEY,
                VifType.PHYSICAL,
                PortKind.AF_PACKET,
                false,
                true,
                1500,
                -1,
                MacAddress.ZERO,
                "",
                "nope0",
                "",
                List.of(),
                0,
                Vif.NO_POLICIES,
                Vif.NO_POLICIES,
                0);
        Refusal device = plane.apply(List.of(new Operation.Set(uplink, 1))).getFirst();
        assertTrue(device.text().contains("nope0"), device.text());
        assertEquals(List.of(), plane.vifs());
    }

    @Test
    void anUplinkHasTheMacOfItsDevice() throws IOException {
        PlaneDaemon.ip(
                "-n",
                daemon.namespace(),
                "link",
                "add",
                "up0",
                "address",
                "02:00:00:00:aa:01",
                "type",
                "veth",
                "peer",
                "name",
                "far0");
        PlaneDaemon.ip("-n", daemon.namespace(), "link", "set", "up0", "up");
        PlaneDaemon.ip("-n", daemon.namespace(), "link", "set", "far0", "up");
        Vif uplink = new Vif(
                44,
                0,
                KEY,
                VifType.PHYSICAL,
                PortKind.AF_PACKET,
                false,
                true,
                1500,
                -1,
                MacAddress.ZERO,
                "up0",
                "up0",
                "",
                List.of(),
                0,
                Vif.NO_POLICIES,
                Vif.NO_POLICIES,
                0);
        apply(1, uplink);
        VifState state = plane.vif(44).orElseThrow();
        assertEquals(MacAddress.parse("02:00:00:00:aa:01"), state.vif().mac());
        assertEquals("up0", state.vif().device());
        assertFalse(state.created());
        apply(2, uplink);
        assertEquals(2, plane.vif(44).orElseThrow().epoch());
        assertEquals(List.of(), plane.apply(List.of(new Operation.Delete(uplink))));
        assertTrue(PlaneDaemon.ip("-n", daemon.namespace(), "link").contains("up0"), "the device was there before");
    }

    @Test
    void anotherConnectionSeesTheSameState() throws DataplaneException {
        apply(1, VRF, VIF);
        try (Dataplane other = open()) {
            assertEquals(List.of(new Stored<>(VIF, 1)), other.vifs());
            assertEquals(List.of(), other.apply(List.of(new Operation.Set(VIF, 5))));
        }
        assertEquals(List.of(new Stored<>(VIF, 5)), plane.vifs());
    }

    private static SocketChannel raw() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(daemon.socket()));
    }

    @Test
    void aClientOfAnotherVersionIsToldBothAndClosed() throws IOException {
        try (SocketChannel client = raw()) {
            Frames.write(client, Frames.frame(5, Frames.hello(9, 7)));
            ByteBuffer answer = Frames.read(client);
            assertEquals(5, answer.getInt(AbiLayout.FrameHeader.SEQUENCE));
            assertEquals(AbiCodes.WEFT_OBJECT_ERROR, answer.getShort(AbiLayout.FrameHeader.SIZE_BYTES));
            String text = new String(answer.array(), StandardCharsets.UTF_8);
            String ours = AbiCodes.WEFT_ABI_MAJOR + "." + AbiCodes.WEFT_ABI_MINOR;
            assertTrue(text.contains("the client speaks ABI 9.7, this plane " + ours), text);
            assertThrows(EOFException.class, () -> Frames.read(client));
        }
    }

    @Test
    void aClientThatDoesNotSayHelloIsClosed() throws IOException {
        try (SocketChannel client = raw()) {
            Frames.write(client, Frames.frame(1, Frames.done()));
            assertThrows(EOFException.class, () -> Frames.read(client));
        }
        try (SocketChannel client = raw()) {
            Frames.write(client, Frames.frame(1, Frames.hello()));
            Frames.read(client);
            Frames.write(client, new byte[] {8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}); // a frame of 8 bytes
            assertThrows(EOFException.class, () -> Frames.read(client));
        }
        assertEquals(List.of(), plane.vifs());
    }

    @Test
    void aKilledPlaneEndsTheConnectionAtOnceAndForGood() throws IOException {
        try (PlaneDaemon victim = PlaneDaemon.start();
                Dataplane connection = Dataplane.open(victim.url(), "test")) {
            assertEquals(List.of(), connection.vifs());
            victim.kill();
            for (int i = 0; i < 3; i++) {
                DataplaneException thrown = assertThrows(DataplaneException.class, connection::vifs);
                assertTrue(List.of(Errors.EPIPE, Errors.ECONNRESET).contains(thrown.errno()), thrown.getMessage());
                assertTrue(thrown.getMessage().contains("the plane went away"), thrown.getMessage());
            }
            // The worker process goes with its parent, and may take a last connection on its way.
            await().atMost(Duration.ofSeconds(10)).until(() -> {
                DataplaneException refused =
                        assertThrows(DataplaneException.class, () -> Dataplane.open(victim.url(), "test"));
                return refused.errno() == Errors.ECONNREFUSED;
            });
        }
    }

    @Test
    void aStoppedPlaneEndsTheConnectionAndRemovesItsSocket() throws IOException {
        try (PlaneDaemon victim = PlaneDaemon.start();
                Dataplane connection = Dataplane.open(victim.url(), "test")) {
            assertEquals(0, victim.stop(), victim.log());
            assertThrows(DataplaneException.class, connection::plane);
            DataplaneException absent =
                    assertThrows(DataplaneException.class, () -> Dataplane.open(victim.url(), "test"));
            assertEquals(Errors.ENOENT, absent.errno(), absent.getMessage());
        }
    }
}
