package io.weft.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.dataplane.ffi.AbiCodes;
import io.weft.dataplane.ffi.AbiLayout;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a caller sees of a plane that answers wrongly, is another version, goes away or is not there. */
class PlaneAnswersTest {
    private static final String OURS = AbiCodes.WEFT_ABI_MAJOR + "." + AbiCodes.WEFT_ABI_MINOR;

    @TempDir
    private Path folder;

    private Path socket() {
        return folder.resolve("plane.sock");
    }

    private Dataplane open() throws DataplaneException {
        return Dataplane.open("dpdk:" + socket(), "test");
    }

    private interface Body {
        void run() throws Exception;
    }

    /** Runs the body while a socket answers one frame after the other: sequence -> bytes; then it closes. */
    private void withPlane(List<IntFunction<byte[]>> answers, Body body) throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket()));
            Thread thread = Thread.ofPlatform().daemon().start(() -> serve(server, answers));
            assertTimeoutPreemptively(Duration.ofSeconds(15), body::run);
            thread.join(5_000);
            assertFalse(thread.isAlive());
        }
    }

    private static void serve(ServerSocketChannel server, List<IntFunction<byte[]>> answers) {
        try (SocketChannel client = server.accept()) {
            for (IntFunction<byte[]> answer : answers) {
                int sequence = Frames.read(client).getInt(AbiLayout.FrameHeader.SEQUENCE);
                Frames.write(client, answer.apply(sequence));
            }
        } catch (IOException e) {
            // the client went away first
        }
    }

    private static DataplaneException thrown(int errno, Executable call, String... texts) {
        DataplaneException thrown = assertThrows(DataplaneException.class, call);
        assertEquals(errno, thrown.errno(), thrown.getMessage());
        for (String text : texts) {
            assertTrue(thrown.getMessage().contains(text), () -> "'" + text + "' is not in: " + thrown.getMessage());
        }
        return thrown;
    }

    @Test
    void refusesAPlaneOfAnotherVersionNamingBoth() throws Exception {
        withPlane(
                List.of(n -> Frames.frame(n, Frames.hello(9, 7), Frames.done())),
                () -> thrown(Errors.EPROTO, this::open, "ABI 9.7", OURS));
    }

    @Test
    void passesOnWhatThePlaneSaysAgainstTheHello() throws Exception {
        withPlane(
                List.of(n -> Frames.frame(
                        n, Frames.error(0, Errors.EPROTO, "HELLO: the client speaks ABI x"), Frames.done())),
                () -> thrown(Errors.EPROTO, this::open, "HELLO: the client speaks ABI x"));
    }

    @Test
    void aPlaneThatClosesAtOnceIsNamed() throws Exception {
        withPlane(List.of(n -> new byte[0]), () -> thrown(Errors.ECONNRESET, this::open, "did not answer HELLO"));
    }

    @Test
    void aPlaneThatAnswersHelloWithSomethingElseIsNamed() throws Exception {
        withPlane(
                List.of(n -> Frames.frame(n, Frames.done())),
                () -> thrown(Errors.EPROTO, this::open, "did not answer HELLO with its version"));
    }

    private static byte[] vifMessage(int at, int value) {
        byte[] body = new byte[AbiLayout.VifMsg.SIZE_BYTES];
        ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).putInt(AbiLayout.VifMsg.MTU, 1500);
        body[at] = (byte) value;
        return Frames.message(AbiCodes.WEFT_OBJECT_VIF, 0, body);
    }

    private void dumpAnswered(IntFunction<byte[]> answer, int errno, String... texts) throws Exception {
        withPlane(List.of(n -> Frames.frame(n, Frames.hello(), Frames.done()), answer), () -> {
            try (Dataplane plane = open()) {
                thrown(errno, plane::vifs, texts);
            }
        });
    }

    @Test
    void anAnswerThatBreaksTheAbiIsNamed() throws Exception {
        String broken = "does not follow weft_abi.h";
        dumpAnswered(n -> Frames.frame(n), Errors.EPROTO, broken, "DONE is missing");
    }

    @Test
    void anUnknownObjectIsNamed() throws Exception {
        dumpAnswered(
                n -> Frames.frame(n, Frames.message(999, 0, new byte[8]), Frames.done()), Errors.EPROTO, "object 999");
    }

    @Test
    void anObjectThatWasNotAskedForIsNamed() throws Exception {
        byte[] label = Frames.message(AbiCodes.WEFT_OBJECT_LABEL, 0, new byte[AbiLayout.LabelMsg.SIZE_BYTES]);
        dumpAnswered(n -> Frames.frame(n, label, Frames.done()), Errors.EPROTO, "object 9 was not asked for");
    }

    @Test
    void aBodyOfAnotherSizeIsNamed() throws Exception {
        dumpAnswered(
                n -> Frames.frame(n, Frames.message(AbiCodes.WEFT_OBJECT_VIF, 0, new byte[8]), Frames.done()),
                Errors.EPROTO,
                "body of 8 bytes",
                "must be " + AbiLayout.VifMsg.SIZE_BYTES);
    }

    @Test
    void aMessageLongerThanItsFrameIsNamed() throws Exception {
        dumpAnswered(
                n -> {
                    byte[] frame = Frames.frame(n, Frames.done());
                    frame[AbiLayout.FrameHeader.SIZE_BYTES + AbiLayout.MessageHeader.BYTES + 1] = 1;
                    return frame;
                },
                Errors.EPROTO,
                "message of 336 bytes");
    }

    @Test
    void bytesBehindTheEndAreNamed() throws Exception {
        dumpAnswered(n -> Frames.frame(n, Frames.done(), Frames.done()), Errors.EPROTO, "follow its last message");
    }

    @Test
    void valuesOutOfRangeAreNamed() throws Exception {
        dumpAnswered(
                n -> Frames.frame(n, vifMessage(AbiLayout.VifMsg.TYPE, 77), Frames.done()),
                Errors.EPROTO,
                "VifType",
                "77");
    }

    @Test
    void tooManyAddressesAreNamed() throws Exception {
        dumpAnswered(
                n -> Frames.frame(n, vifMessage(AbiLayout.VifMsg.ADDRESS_COUNT, 33), Frames.done()),
                Errors.EPROTO,
                "address count is 33");
    }

    @Test
    void aDumpThatDoesNotGetOnIsEnded() throws Exception {
        withPlane(
                List.of(
                        n -> Frames.frame(n, Frames.hello(), Frames.done()),
                        n -> Frames.frame(n, Frames.done(true, 7)),
                        n -> Frames.frame(n, Frames.done(true, 7))),
                () -> {
                    try (Dataplane plane = open()) {
                        thrown(Errors.EPROTO, plane::vifs, "does not get on");
                    }
                });
    }

    @Test
    void anAnswerToAnotherRequestIsRefused() throws Exception {
        dumpAnswered(n -> Frames.frame(n + 1, Frames.done()), Errors.EPROTO);
    }

    @Test
    void aRefusalOfAMessageThatWasNotSentIsNamed() throws Exception {
        withPlane(
                List.of(
                        n -> Frames.frame(n, Frames.hello(), Frames.done()),
                        n -> Frames.frame(n, Frames.error(1, 22, "x"), Frames.done())),
                () -> {
                    try (Dataplane plane = open()) {
                        List<Operation> one = List.of(new Operation.Set(ObjectCases.VRF, 1));
                        thrown(Errors.EPROTO, () -> plane.apply(one), "refuses message 1 of 1");
                    }
                });
    }

    /** Cut at many places: always the same clear end, at once and for good. */
    @ParameterizedTest
    @CsvSource({"0", "1", "15", "16", "17", "40", "95"})
    void anAnswerThatEndsEarlyIsAnEndOfTheConnection(int bytes) throws Exception {
        withPlane(
                List.of(
                        n -> Frames.frame(n, Frames.hello(), Frames.done()),
                        n -> Arrays.copyOf(Frames.frame(n, Frames.done()), bytes)),
                () -> {
                    try (Dataplane plane = open()) {
                        thrown(Errors.ECONNRESET, plane::vifs, "the plane went away");
                        thrown(Errors.ECONNRESET, plane::plane, "the plane went away");
                    }
                });
    }

    @Test
    void namesThePathWhereNoPlaneListens() throws IOException {
        thrown(
                Errors.ENOENT,
                this::open,
                "no plane listens at " + socket().toString().substring(0, 20));
        try (ServerSocketChannel gone = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            gone.bind(UnixDomainSocketAddress.of(socket()));
        }
        assertTrue(Files.exists(socket()));
        thrown(Errors.ECONNREFUSED, this::open, "no plane listens at");
    }

    @ParameterizedTest
    @CsvSource({
        "udp:1.2.3.4, must begin with dpdk:",
        "'', must begin with dpdk:",
        "host:x, nothing may follow host:",
        "dpdk:, socket path",
    })
    void refusesAPlaneItCannotReach(String url, String text) {
        thrown(Errors.EINVAL, () -> Dataplane.open(url, "test"), text);
    }

    @Test
    void refusesAPathOrAPeerThatIsTooLong() {
        thrown(Errors.EINVAL, () -> Dataplane.open("dpdk:/" + "x".repeat(107), "test"), "108 bytes", "107");
        thrown(Errors.EINVAL, () -> Dataplane.open("host:", "p".repeat(64)), "peer has 64 bytes", "at most 63");
    }
}
