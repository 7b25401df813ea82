package io.weft.dataplane.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.weft.dataplane.Ageing;
import io.weft.dataplane.Connection;
import io.weft.dataplane.Dataplane;
import io.weft.dataplane.DataplaneException;
import io.weft.dataplane.DropCount;
import io.weft.dataplane.FloatingIp;
import io.weft.dataplane.HostDataplane;
import io.weft.dataplane.Identity;
import io.weft.dataplane.Label;
import io.weft.dataplane.LogEvent;
import io.weft.dataplane.LogPage;
import io.weft.dataplane.NatPool;
import io.weft.dataplane.NatPoolState;
import io.weft.dataplane.NextHop;
import io.weft.dataplane.Operation;
import io.weft.dataplane.PlaneState;
import io.weft.dataplane.PolicySet;
import io.weft.dataplane.PolicyState;
import io.weft.dataplane.Refusal;
import io.weft.dataplane.Route;
import io.weft.dataplane.Service;
import io.weft.dataplane.ServiceState;
import io.weft.dataplane.Stored;
import io.weft.dataplane.UnderlayPath;
import io.weft.dataplane.Vif;
import io.weft.dataplane.VifState;
import io.weft.dataplane.Vni;
import io.weft.dataplane.Vrf;
import io.weft.dataplane.VrfState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A plane through libweft.so. Any thread may call; calls wait for one another. */
public final class NativeDataplane implements HostDataplane {
    private static final int TIMEOUT_MS = 10_000;
    private static final int HOST_FRAME_BYTES_MAX = 65_600;
    private static final int MARKER_BYTES = AbiLayout.DoneMsg.SIZE_BYTES - AbiLayout.DoneMsg.MARKER;

    private final LibWeft library;
    private final MemorySegment handle;
    private final Arena arena;
    private final Frame frame;
    private boolean closed;

    private NativeDataplane(LibWeft library, MemorySegment handle) {
        this.library = library;
        this.handle = handle;
        this.arena = Arena.ofShared();
        this.frame = new Frame(arena);
    }

    /** As {@link Dataplane#open}. */
    public static Dataplane open(String url, String peer) throws DataplaneException {
        return connect(url, peer);
    }

    /** As {@link HostDataplane#open}. */
    public static HostDataplane openHost(String peer) throws DataplaneException {
        return connect("host:", peer);
    }

    private static NativeDataplane connect(String url, String peer) throws DataplaneException {
        LibWeft library = LibWeft.get();
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment out = scratch.allocate(ADDRESS);
            MemorySegment text = scratch.allocate(AbiCodes.WEFT_ERROR_TEXT_BYTES);
            int error = library.open(scratch.allocateFrom(url), scratch.allocateFrom(peer), out, text);
            if (error != 0) {
                throw new DataplaneException(-error, Wire.text(text, 0, AbiCodes.WEFT_ERROR_TEXT_BYTES));
            }
            return new NativeDataplane(library, out.get(ADDRESS, 0));
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            library.close(handle);
            arena.close();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("this connection to the plane is closed");
        }
    }

    @Override
    public synchronized List<Refusal> apply(List<? extends Operation> operations) throws DataplaneException {
        requireOpen();
        frame.clear();
        Batches batches = new Batches(operations);
        try {
            for (int i = 0; i < operations.size(); i++) {
                Operation operation = operations.get(i);
                int bytes = bodyBytes(operation);
                if (!frame.hasRoom(bytes)) {
                    batches.send();
                }
                add(operation, bytes);
            }
            if (frame.messages() > 0) {
                batches.send();
            }
        } catch (RuntimeException | Error e) {
            batches.abandon(e);
            throw e;
        }
        batches.settle();
        return batches.refusals;
    }

    private static int bodyBytes(Operation operation) {
        if (operation instanceof Operation.Set set && set.object() instanceof Route) {
            return AbiLayout.RouteMsg.SIZE_BYTES; // nearly everything in bulk is a route: not through two switches
        }
        return switch (operation) {
            case Operation.Set set -> ObjectWriter.bodyBytes(set.object());
            case Operation.Delete delete -> ObjectWriter.bodyBytesOfDelete(delete.object());
            case Operation.Sweep ignored -> 0;
        };
    }

    private void add(Operation operation, int bytes) {
        switch (operation) {
            case Operation.Set set
            when set.object() instanceof Route route ->
                ObjectWriter.writeRoute(
                        frame.buffer(),
                        frame.add(AbiCodes.WEFT_OBJECT_ROUTE, AbiCodes.WEFT_OPERATION_SET, set.epoch(), bytes),
                        route);
            case Operation.Set set -> {
                long at = frame.add(ObjectWriter.code(set.object()), AbiCodes.WEFT_OPERATION_SET, set.epoch(), bytes);
                ObjectWriter.write(frame.buffer(), at, set.object());
            }
            case Operation.Delete delete -> {
                long at = frame.add(ObjectWriter.code(delete.object()), AbiCodes.WEFT_OPERATION_DELETE, 0, bytes);
                ObjectWriter.writeDelete(frame.buffer(), at, delete.object());
            }
            case Operation.Sweep sweep ->
                frame.add(sweep.kind().code(), AbiCodes.WEFT_OPERATION_SWEEP, sweep.epoch(), bytes);
        }
    }

    /** The frames of an {@link #apply}: one is with the plane while the next is written. */
    private final class Batches {
        private final List<? extends Operation> operations;
        private final List<Refusal> refusals = new ArrayList<>(0);
        private int first;
        private int sent;

        Batches(List<? extends Operation> operations) {
            this.operations = operations;
        }

        void send() throws DataplaneException {
            settle();
            first += sent;
            sent = frame.messages();
            frame.send(library, handle, TIMEOUT_MS);
        }

        void settle() throws DataplaneException {
            if (frame.waits()) {
                frame.receive(library, handle, TIMEOUT_MS, this::refuse);
            }
        }

        /** The answer to what was sent before {@code cause} is taken: it is not the next call's. */
        void abandon(Throwable cause) {
            try {
                settle();
            } catch (DataplaneException e) {
                cause.addSuppressed(e);
            }
        }

        private void refuse(Frame.Message message) throws DataplaneException {
            if (message.object() == AbiCodes.WEFT_OBJECT_ERROR) {
                int index = message.body().get(Wire.INT, AbiLayout.ErrorMsg.INDEX);
                if (index < 0 || index >= sent) {
                    throw Frame.broken("it refuses message " + index + " of " + sent);
                }
                int errno = message.body().get(Wire.INT, AbiLayout.ErrorMsg.CODE);
                refusals.add(
                        new Refusal(operations.get(first + index), first + index, errno, errorText(message.body())));
            }
        }
    }

    private static String errorText(MemorySegment body) {
        return Wire.text(body, AbiLayout.ErrorMsg.TEXT, AbiCodes.WEFT_ERROR_TEXT_BYTES);
    }

    private record Pages<T>(List<T> objects, byte[] marker) {}

    private <T> List<T> dump(int object, int scope, int limit, Function<Frame.Message, T> decode)
            throws DataplaneException {
        return dump(object, scope, limit, new byte[MARKER_BYTES], decode).objects();
    }

    /** All pages of a dump from a place on; stops after {@code limit} objects. */
    private synchronized <T> Pages<T> dump(
            int object, int scope, int limit, byte[] from, Function<Frame.Message, T> decode)
            throws DataplaneException {
        requireOpen();
        if (object == AbiCodes.WEFT_OBJECT_POLICY) {
            frame.expectLargeObjects();
        }
        List<T> objects = new ArrayList<>();
        byte[] marker = from;
        boolean more = true;
        while (more && objects.size() < limit) {
            frame.clear();
            long at = frame.add(object, AbiCodes.WEFT_OPERATION_DUMP, 0, AbiLayout.DumpMsg.SIZE_BYTES);
            int left = limit == Integer.MAX_VALUE ? 0 : limit - objects.size();
            frame.buffer().set(Wire.INT, at + AbiLayout.DumpMsg.VRF_ID, scope);
            frame.buffer().set(Wire.INT, at + AbiLayout.DumpMsg.LIMIT, left);
            MemorySegment.copy(marker, 0, frame.buffer(), JAVA_BYTE, at + AbiLayout.DumpMsg.MARKER, MARKER_BYTES);
            boolean[] again = {false};
            byte[][] next = {marker};
            frame.exchange(library, handle, TIMEOUT_MS, message -> {
                if (message.object() == object) {
                    objects.add(decode.apply(message));
                } else if (message.object() == AbiCodes.WEFT_OBJECT_DONE) {
                    again[0] = message.body().get(Wire.INT, AbiLayout.DoneMsg.MORE) != 0;
                    next[0] = Wire.bytes(message.body(), AbiLayout.DoneMsg.MARKER, MARKER_BYTES);
                } else {
                    refuse(message);
                }
            });
            if (again[0] && java.util.Arrays.equals(marker, next[0])) {
                throw Frame.broken("a dump of object " + object + " does not get on");
            }
            more = again[0];
            marker = next[0];
        }
        return new Pages<>(objects, marker);
    }

    private static void refuse(Frame.Message message) throws DataplaneException {
        if (message.object() == AbiCodes.WEFT_OBJECT_ERROR) {
            int errno = message.body().get(Wire.INT, AbiLayout.ErrorMsg.CODE);
            throw new DataplaneException(errno, errorText(message.body()));
        }
        throw Frame.broken("object " + message.object() + " was not asked for");
    }

    private <T> List<T> dump(int object, Function<Frame.Message, T> decode) throws DataplaneException {
        return dump(object, ALL_VRFS, Integer.MAX_VALUE, decode);
    }

    @Override
    public List<Stored<Vif>> vifs() throws DataplaneException {
        return dump(
                AbiCodes.WEFT_OBJECT_VIF,
                m -> new Stored<>(ObjectReader.vif(m.body(), m.epoch()).vif(), m.epoch()));
    }

    @Override
    public List<VifState> vifStates() throws DataplaneException {
        return dump(AbiCodes.WEFT_OBJECT_VIF, m -> ObjectReader.vif(m.body(), m.epoch()));
    }

    @Override
    public synchronized Optional<VifState> vif(int vifId) throws DataplaneException {
        requireOpen();
        frame.clear();
        long at = frame.add(AbiCodes.WEFT_OBJECT_VIF, AbiCodes.WEFT_OPERATION_GET, 0, AbiLayout.VifMsg.SIZE_BYTES);
        frame.buffer().set(Wire.INT, at + AbiLayout.VifMsg.VIF_ID, vifId);
        return Optional.ofNullable(get(AbiCodes.WEFT_OBJECT_VIF, m -> ObjectReader.vif(m.body(), m.epoch())));
    }

    @Override
    public synchronized PlaneState plane() throws DataplaneException {
        requireOpen();
        frame.clear();
        frame.add(AbiCodes.WEFT_OBJECT_PLANE, AbiCodes.WEFT_OPERATION_GET, 0, AbiLayout.PlaneMsg.SIZE_BYTES);
        PlaneState state = get(AbiCodes.WEFT_OBJECT_PLANE, m -> ObjectReader.plane(m.body(), m.epoch()));
        if (state == null) {
            throw Frame.broken("GET of the plane brought nothing");
        }
        return state;
    }

    /** Answer of the one GET in the frame; null when the plane says ENOENT. */
    private <T> T get(int object, Function<Frame.Message, T> decode) throws DataplaneException {
        List<T> found = new ArrayList<>(1);
        frame.exchange(library, handle, TIMEOUT_MS, message -> {
            if (message.object() == object) {
                found.add(decode.apply(message));
            } else if (message.object() == AbiCodes.WEFT_OBJECT_ERROR) {
                if (message.body().get(Wire.INT, AbiLayout.ErrorMsg.CODE) != Errno.ENOENT) {
                    refuse(message);
                }
            } else if (message.object() != AbiCodes.WEFT_OBJECT_DONE) {
                refuse(message);
            }
        });
        return found.isEmpty() ? null : found.getFirst();
    }

    @Override
    public List<VrfState> vrfStates() throws DataplaneException {
        return dump(AbiCodes.WEFT_OBJECT_VRF, m -> ObjectReader.vrfState(m.body(), m.epoch()));
    }

    @Override
    public Stored<Ageing> ageing() throws DataplaneException {
        return dump(AbiCodes.WEFT_OBJECT_AGEING, m -> new Stored<>(ObjectReader.ageing(m.body()), m.epoch()))
                .getFirst();
    }

    @Override
    public List<Stored<Vrf>> vrfs() throws DataplaneException {
        return dump(AbiCodes.WEFT_OBJECT_VRF, m -> new Stored<>(ObjectReader.vrf(m.body()), m.epoch()));
    }

    @Override
    public List<Stored<Identity>> identities() throws DataplaneException {
        return dump(AbiCodes.WEFT_OBJECT_IDENTITY, m -> new Stored<>(PolicyCodec.identity(m.body()), m.epoch()));
    }

    @Override
    public List<Stored<PolicySet>> policies() throws DataplaneException {
        return dump(
                AbiCodes.WEFT_OBJECT_POLICY,
                m -> new Stored<>(PolicyCodec.set(m.body(), m.epoch()).set(), m.epoch()));
    }

    @Override
    public List<PolicyState> policyStates() throws DataplaneException {
        return dump(AbiCodes.WEFT_OBJECT_POLICY, m -> PolicyCodec.set(m.body(), m.epoch()));
    }

    @Override
    public List<Stored<FloatingIp>> floatingIps() throws DataplaneException {
        return dump(AbiCodes.WEFT_OBJECT_FLOATING_IP, m -> new Stored<>(NatCodec.floatingIp(m.body()), m.epoch()));
    }

    @Override
    public List<Stored<NatPool>> natPools() throws DataplaneException {
        return dump(
                AbiCodes.WEFT_OBJECT_NAT_POOL,
                m -> new Stored<>(NatCodec.natPool(m.body(), m.epoch()).pool(), m.epoch()));
    }

    @Override
    public List<NatPoolState> natPoolStates() throws DataplaneException {
        return dump(AbiCodes.WEFT_OBJECT_NAT_POOL, m -> NatCodec.natPool(m.body(), m.epoch()));
    }

    @Override
    public List<Stored<Service>> services() throws DataplaneException {
        return dump(
                AbiCodes.WEFT_OBJECT_SERVICE,
                m -> new Stored<>(ServiceCodec.service(m.body(), m.epoch()).service(), m.epoch()));
    }

    @Override
    public List<ServiceState> serviceStates() throws DataplaneException {
        return dump(AbiCodes.WEFT_OBJECT_SERVICE, m -> ServiceCodec.service(m.body(), m.epoch()));
    }

    @Override
    public List<Stored<NextHop>> nextHops() throws DataplaneException {
        return dump(AbiCodes.WEFT_OBJECT_NEXTHOP, m -> new Stored<>(ObjectReader.nextHop(m.body()), m.epoch()));
    }

    @Override
    public List<Stored<Route>> routes(int vrfId) throws DataplaneException {
        return dump(
                AbiCodes.WEFT_OBJECT_ROUTE,
                vrfId,
                Integer.MAX_VALUE,
                m -> new Stored<>(ObjectReader.route(m.body()), m.epoch()));
    }

    @Override
    public List<Stored<Label>> labels() throws DataplaneException {
        return dump(AbiCodes.WEFT_OBJECT_LABEL, m -> new Stored<>(ObjectReader.label(m.body()), m.epoch()));
    }

    @Override
    public List<Stored<Vni>> vnis() throws DataplaneException {
        return dump(AbiCodes.WEFT_OBJECT_VNI, m -> new Stored<>(ObjectReader.vni(m.body()), m.epoch()));
    }

    @Override
    public List<UnderlayPath> paths() throws DataplaneException {
        return dump(AbiCodes.WEFT_OBJECT_PATH, m -> ObjectReader.path(m.body()));
    }

    @Override
    public List<DropCount> drops() throws DataplaneException {
        return drops(DropCount.ALL_VIFS);
    }

    @Override
    public List<DropCount> drops(int vifId) throws DataplaneException {
        return dump(AbiCodes.WEFT_OBJECT_DROP, vifId, Integer.MAX_VALUE, m -> ObjectReader.drop(m.body()));
    }

    @Override
    public List<Connection> connections(int vrfId, int limit) throws DataplaneException {
        requirePositive(limit);
        return dump(AbiCodes.WEFT_OBJECT_CONNECTION, vrfId, limit, m -> ObjectReader.connection(m.body()));
    }

    @Override
    public LogPage log(LogPage.Marker from, int limit) throws DataplaneException {
        requirePositive(limit);
        Pages<LogEvent> pages =
                dump(AbiCodes.WEFT_OBJECT_LOG, ALL_VRFS, limit, from.bytes(), m -> PolicyCodec.event(m.body()));
        return new LogPage(pages.objects(), LogPage.Marker.of(pages.marker()));
    }

    private static void requirePositive(int limit) {
        if (limit <= 0) {
            throw new IllegalArgumentException("limit is " + limit + ", must be at least 1");
        }
    }

    @Override
    public synchronized void inject(int vifId, byte[] bytes) throws DataplaneException {
        requireOpen();
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment copy = scratch.allocate(Math.max(1, bytes.length));
            MemorySegment.copy(bytes, 0, copy, JAVA_BYTE, 0, bytes.length);
            check(library.hostInject(handle, vifId, copy, bytes.length), "injecting into vif " + vifId);
        }
    }

    @Override
    public synchronized Optional<byte[]> collect(int vifId) throws DataplaneException {
        requireOpen();
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment room = scratch.allocate(HOST_FRAME_BYTES_MAX);
            long got = library.hostCollect(handle, vifId, room, HOST_FRAME_BYTES_MAX);
            check(got, "collecting from vif " + vifId);
            return got == 0 ? Optional.empty() : Optional.of(Wire.bytes(room, 0, (int) got));
        }
    }

    @Override
    public synchronized void advance(long nowNs) throws DataplaneException {
        requireOpen();
        check(library.hostAdvance(handle, nowNs), "advancing the clock");
    }

    private static void check(long result, String what) throws DataplaneException {
        if (result < 0) {
            throw new DataplaneException((int) -result, what + " failed, " + Errno.text((int) -result));
        }
    }
}
