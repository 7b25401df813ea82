package io.weft.dataplane;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Bench: host routes into a plane, as an agent programs them. The records are made before; what is timed is {@link Dataplane#apply}
 * until its answer, after which every lookup sees the routes. The last of them leads to the plane itself, so that a ping proves it.
 *
 * <p>Usage: {@code RouteProgramming URL VRF-ID ROUTES}; the VRF is there. Prints one JSON object.
 */
public final class RouteProgramming {
    private static final int EPOCH = 1;
    private static final int NEXT_HOP_DISCARD = 0;
    private static final int NEXT_HOP_RECEIVE = 900_000;
    private static final int WARM_UP_VRF = 60_000;
    private static final int WARM_UP_ROUTES = 300_000;
    private static final int BATCH = 50_000;
    private static final int FIRST_ADDRESS = 0x0b000000;

    private RouteProgramming() {}

    /** Runs; fails with an exception when the plane refuses anything. */
    public static void main(String[] arguments) throws DataplaneException, UnknownHostException {
        int vrf = Integer.parseInt(arguments[1]);
        int count = Integer.parseInt(arguments[2]);
        try (Dataplane plane = Dataplane.open(arguments[0], "bench")) {
            take(
                    plane,
                    List.of(
                            new Operation.Set(new Vrf(WARM_UP_VRF, 0, ObjectKey.ofText("warm-up"), "warm-up"), EPOCH),
                            new Operation.Set(
                                    new NextHop.Receive(NEXT_HOP_RECEIVE, ObjectKey.ofText("receive")), EPOCH)));
            program(plane, routes(WARM_UP_VRF, WARM_UP_ROUTES));
            List<Operation> routes = routes(vrf, count);
            long before = plane.plane().routes();
            long start = System.nanoTime();
            program(plane, routes);
            double seconds = (System.nanoTime() - start) / 1e9;
            long added = plane.plane().routes() - before;
            if (added != count) {
                throw new IllegalStateException("the plane has " + added + " routes more, must be " + count);
            }
            System.out.println(String.format(
                    Locale.ROOT,
                    "{\"routes\": %d, \"seconds\": %.3f, \"routes_per_second\": %.0f, \"last\": \"%s\"}",
                    count,
                    seconds,
                    count / seconds,
                    address(count - 1).getHostAddress()));
        }
    }

    private static List<Operation> routes(int vrf, int count) throws UnknownHostException {
        List<Operation> operations = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int nextHop = i == count - 1 ? NEXT_HOP_RECEIVE : NEXT_HOP_DISCARD;
            operations.add(new Operation.Set(
                    new Route(vrf, IpPrefix.host(address(i)), nextHop, Route.NO_LABEL, 0, false, true), EPOCH));
        }
        return operations;
    }

    private static InetAddress address(int number) throws UnknownHostException {
        byte[] bytes = ByteBuffer.allocate(4).putInt(FIRST_ADDRESS + number).array();
        return InetAddress.getByAddress(bytes);
    }

    private static void program(Dataplane plane, List<Operation> operations) throws DataplaneException {
        for (int at = 0; at < operations.size(); at += BATCH) {
            take(plane, operations.subList(at, Math.min(operations.size(), at + BATCH)));
        }
    }

    private static void take(Dataplane plane, List<Operation> operations) throws DataplaneException {
        List<Refusal> refusals = plane.apply(operations);
        if (!refusals.isEmpty()) {
            throw new IllegalStateException(refusals.size() + " refused, the first: " + refusals.getFirst());
        }
    }
}
