package io.weft.agent.runtime;

import io.weft.agent.compile.AttachedPort;
import io.weft.agent.compile.Compiler;
import io.weft.agent.compile.ConfigGraph;
import io.weft.agent.compile.Interface;
import io.weft.agent.compile.Network;
import io.weft.agent.compile.PortState;
import io.weft.agent.compile.RouteTable;
import io.weft.agent.compile.StateDelta;
import io.weft.agent.compile.VrfDelta;
import io.weft.agent.port.PortCore;
import io.weft.agent.program.Programmer;
import io.weft.agent.session.Connection;
import io.weft.agent.session.LearnedState;
import io.weft.agent.session.LearnedStore;
import io.weft.agent.session.Publications;
import io.weft.dataplane.DataplaneException;
import io.weft.dataplane.MacAddress;
import io.weft.dataplane.PlaneSettings;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The single writer of the agent: one duty cycle that takes what sockets and request threads handed in, compiles, programs the plane,
 * publishes. Everything here belongs to the thread that calls {@link #doWork}, except the {@link PortCore} calls, which hand themselves in.
 */
public final class AgentCore implements PortCore {
    private static final Logger LOG = LoggerFactory.getLogger(AgentCore.class);
    private static final int INBOX_CAPACITY = 16_384;
    private static final int DRAIN_MAX = 4_096;

    private record Waiter(CompletableFuture<PortState> future, Set<Integer> families) {}

    private final Inbox inbox = new Inbox(INBOX_CAPACITY);
    private final ConfigGraph graph = new ConfigGraph();
    private final RouteTable routes = new RouteTable();
    private final Compiler compiler = new Compiler(graph, routes);
    private final Publications publications = new Publications();
    private final Programmer programmer;
    private final PlaneLink plane;
    private final Controllers controllers;
    private final LocalRoutes localRoutes;
    private final HostLiveness liveness;
    private final StateSaver saver;
    private final Optional<LearnedState> restored;
    private final Map<UUID, Waiter> waiters = new HashMap<>();
    private final Set<UUID> evictions = new HashSet<>();
    private boolean inSync;
    private boolean everInSync;
    private long cycles;
    private long nowNs;

    /**
     * @param ports attached before the agent started
     * @param connector makes connections whose events come through {@link #inbox}
     * @param store has what was learned before the agent started, and is given what is learned
     * @param writer runs a write to the store, which blocks
     * @throws IOException the store cannot be read
     */
    public AgentCore(
            AgentSettings settings,
            Collection<AttachedPort> ports,
            java.util.concurrent.Callable<io.weft.dataplane.Dataplane> opener,
            java.util.function.Function<Inbox, Connection.Connector> connector,
            LearnedStore store,
            Executor writer,
            RandomGenerator random,
            long nowNs)
            throws IOException {
        this.nowNs = nowNs;
        List<String> names = settings.controllers().stream()
                .map(address -> address.getHostString() + ":" + address.getPort())
                .toList();
        restored = store.read();
        restored.ifPresent(state -> state.restore(graph, routes, names));
        saver = new StateSaver(
                store, writer, () -> graph.changes() + routes.changes(), () -> LearnedState.of(graph, routes, names));
        programmer = new Programmer(
                new Programmer.Uplink(settings.uplink(), settings.uplinkEthdev()), planeSettings(settings));
        plane = new PlaneLink(() -> opened(opener), programmer, settings.name(), settings.underlay(), nowNs);
        controllers = new Controllers(settings, connector.apply(inbox), graph, routes, publications, random, nowNs);
        localRoutes = new LocalRoutes(programmer, publications);
        liveness = new HostLiveness(programmer, nowNs);
        ports.forEach(compiler::attach);
    }

    private static io.weft.dataplane.Dataplane opened(java.util.concurrent.Callable<io.weft.dataplane.Dataplane> opener)
            throws DataplaneException {
        try {
            return opener.call();
        } catch (DataplaneException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("opening the plane failed unexpectedly", e);
        }
    }

    private static PlaneSettings planeSettings(AgentSettings settings) {
        InetAddress underlay = settings.underlay();
        MacAddress mac = io.weft.agent.compile.HostFacts.routerMac(settings.name());
        return new PlaneSettings(
                underlay instanceof Inet4Address four ? Optional.of(four) : Optional.empty(),
                underlay instanceof Inet6Address six ? Optional.of(six) : Optional.empty(),
                mac,
                settings.bfdIntervalMs(),
                settings.bfdMultiplier());
    }

    public Inbox inbox() {
        return inbox;
    }

    /** One turn. How much was done; 0: nothing until {@link #deadlineNs} or until something arrives. */
    public int doWork(long now) {
        nowNs = now;
        cycles++;
        controllers.time(now);
        int work = inbox.drain(DRAIN_MAX);
        boolean planeChanged = plane.tick(now);
        if (planeChanged && programmer.isOpen()) {
            opened();
        }
        controllers.tick(now);
        if (controllers.sweep(now)) {
            work++;
        }
        if (plane.isGone(now)) {
            localRoutes.withdrawAll();
        }
        step();
        settle();
        readLiveness();
        controllers.tell(liveness.states(), now);
        saver.tick(now);
        return work;
    }

    /** When the next timer is due. */
    public long deadlineNs() {
        return Math.min(
                Math.min(liveness.deadlineNs(), saver.deadlineNs()),
                Math.min(plane.deadlineNs(), controllers.deadlineNs()));
    }

    private void opened() {
        plane.facts().ifPresent(compiler::host);
        localRoutes.resume();
        try {
            for (UUID vmi : List.copyOf(evictions)) {
                programmer.evict(vmi, nowNs);
                evictions.remove(vmi);
            }
        } catch (DataplaneException e) {
            plane.lost(e, nowNs);
        }
    }

    /** Compiles what is touched, programs and publishes it. */
    private void step() {
        StateDelta delta = compiler.step();
        programmer.apply(delta, nowNs);
        for (VrfDelta vrf : delta.vrfs()) {
            localRoutes.apply(vrf);
            if (vrf.network().isEmpty()) {
                controllers.forget(vrf.instance());
            }
        }
        flush();
        plane.facts().ifPresent(localRoutes::publish);
        answerWaiters();
    }

    private void flush() {
        try {
            programmer.flush(nowNs);
        } catch (DataplaneException e) {
            plane.lost(e, nowNs);
        }
    }

    private void readLiveness() {
        try {
            liveness.tick(nowNs);
        } catch (DataplaneException e) {
            plane.lost(e, nowNs);
        }
    }

    private void settle() {
        boolean now = programmer.isOpen() && plane.facts().isPresent() && controllers.isInSync();
        if (now && !everInSync) {
            everInSync = true;
            LOG.info("in sync: what is not desired is removed from the plane");
            programmer.inSync();
            flush();
        }
        inSync = now;
    }

    private void answerWaiters() {
        waiters.entrySet().removeIf(entry -> {
            Waiter waiter = entry.getValue();
            Optional<String> refusal = programmer.refusal(entry.getKey());
            if (refusal.isPresent()) {
                waiter.future.completeExceptionally(
                        new RefusedException("the plane refused the port: " + refusal.get()));
                return true;
            }
            Optional<PortState> state = programmer.port(entry.getKey());
            boolean done = state.isPresent()
                    && programmer.isProgrammed(entry.getKey())
                    && families(state.get()).containsAll(waiter.families);
            return done && waiter.future.complete(state.get()) || waiter.future.isDone();
        });
    }

    private static Set<Integer> families(PortState state) {
        Set<Integer> families = new TreeSet<>();
        state.own().forEach(own -> families.add(own.address().getAddress().length == 4 ? 4 : 6));
        return families;
    }

    @Override
    public CompletableFuture<Known> lookup(String containerId, String ifname, UUID podUid, String network) {
        return inbox.ask(() -> {
            Optional<AttachedPort> port = compiler.attached().stream()
                    .filter(one -> one.containerId().equals(containerId)
                            && one.ifname().equals(ifname))
                    .findFirst();
            List<Interface> pod = podUid == null ? List.of() : compiler.interfacesOf(podUid);
            Optional<Set<Integer>> families = compiler.network(network).map(AgentCore::families);
            return new Known(port, pod, families);
        });
    }

    private static Set<Integer> families(Network network) {
        Set<Integer> families = new TreeSet<>();
        network.subnets()
                .forEach(subnet -> families.add(subnet.prefix().address().getAddress().length == 4 ? 4 : 6));
        return families;
    }

    @Override
    public CompletableFuture<PortState> attach(AttachedPort port, Set<Integer> families) {
        CompletableFuture<PortState> future = new CompletableFuture<>();
        inbox.ask(() -> {
                    evictions.remove(port.vmi());
                    compiler.attach(port);
                    Waiter before = waiters.put(port.vmi(), new Waiter(future, Set.copyOf(families)));
                    if (before != null) {
                        before.future.cancel(false);
                    }
                    return null;
                })
                .exceptionally(refused -> {
                    future.completeExceptionally(refused);
                    return null;
                });
        return future;
    }

    @Override
    public CompletableFuture<Void> detach(UUID vmi) {
        return inbox.ask(() -> {
            Waiter waiter = waiters.remove(vmi);
            if (waiter != null) {
                waiter.future.cancel(false);
            }
            compiler.detach(vmi);
            step();
            if (programmer.isOpen()) {
                programmer.evict(vmi, nowNs);
            } else {
                evictions.add(vmi);
            }
            return null;
        });
    }

    @Override
    public CompletableFuture<Optional<Status>> status(UUID vmi) {
        return inbox.ask(() -> compiler.attached(vmi)
                .map(port -> new Status(port, programmer.port(vmi), programmer.isProgrammed(vmi))));
    }

    @Override
    public CompletableFuture<List<AttachedPort>> ports() {
        return inbox.ask(() -> new ArrayList<>(compiler.attached()));
    }

    @Override
    public CompletableFuture<Health> health() {
        return inbox.ask(() -> new Health(programmer.isOpen(), controllers.up()));
    }

    /** Runs on the core thread with a look at everything; for introspection. */
    <T> CompletableFuture<T> look(java.util.function.Function<View, T> question) {
        return inbox.ask(() -> question.apply(new View(this)));
    }

    /** Read access for introspection, on the core thread only. */
    record View(AgentCore core) {
        Programmer programmer() {
            return core.programmer;
        }

        Compiler compiler() {
            return core.compiler;
        }

        ConfigGraph graph() {
            return core.graph;
        }

        RouteTable routes() {
            return core.routes;
        }

        Publications publications() {
            return core.publications;
        }

        Controllers controllers() {
            return core.controllers;
        }

        Map<InetAddress, Boolean> hosts() {
            return core.liveness.states();
        }

        /** The agent began with what it had learned before. */
        boolean isRestored() {
            return core.restored.isPresent();
        }

        int adoptions() {
            return core.plane.adoptions();
        }

        StateSaver.Counters saves() {
            return core.saver.counters();
        }

        boolean inSync() {
            return core.inSync;
        }

        boolean everInSync() {
            return core.everInSync;
        }

        long cycles() {
            return core.cycles;
        }

        int waiting() {
            return core.waiters.size();
        }

        long inboxRefused() {
            return core.inbox.refused();
        }
    }

    /** Ends the sessions, keeps what was learned and leaves the plane as it is. Blocks. Call after the last {@link #doWork}. */
    public void close() {
        controllers.close();
        programmer.lost();
        saver.close();
    }
}
