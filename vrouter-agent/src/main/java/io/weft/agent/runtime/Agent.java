package io.weft.agent.runtime;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.weft.agent.introspect.Introspect;
import io.weft.agent.port.ConfigApiClient;
import io.weft.agent.port.ConfigObjects;
import io.weft.agent.port.ContainerPorts;
import io.weft.agent.port.HttpServer;
import io.weft.agent.port.PortApi;
import io.weft.agent.port.PortStore;
import io.weft.agent.session.LearnedStore;
import io.weft.agent.session.NettyConnector;
import io.weft.dataplane.Dataplane;
import io.weft.dataplane.DataplaneException;
import io.weft.protocol.settings.SettingValues;
import io.weft.protocol.settings.SettingValues.BadSettingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The vRouter agent: wiring and main program. Stopping it leaves the plane and its packets alone. */
public final class Agent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
    private static final int REGISTER_RETRY_MS = 1_000;
    private static final int DELETIONS_RETRY_MS = 5_000;
    private static final int STOP_QUIET_MS = 0;
    private static final int STOP_WAIT_MS = 2_000;

    private final AgentSettings settings;
    private final MultiThreadIoEventLoopGroup loop;
    private final AgentCore core;
    private final CoreThread thread;
    private final HttpServer portServer;
    private final HttpServer introspectServer;
    private final CompletableFuture<UUID> virtualRouter = new CompletableFuture<>();
    private final CountDownLatch failed = new CountDownLatch(1);
    private volatile boolean stopping;

    private Agent(AgentSettings settings, Callable<Dataplane> opener) throws IOException {
        this.settings = settings;
        loop = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("weft-agent-io", true), EpollIoHandler.newFactory());
        PortStore store = new PortStore(settings.stateDir());
        core = new AgentCore(
                settings,
                store.readPorts(),
                opener,
                inbox -> new NettyConnector(loop, inbox),
                new LearnedStore(settings.stateDir()),
                Thread::startVirtualThread,
                new SplittableRandom(),
                System.nanoTime());
        thread = new CoreThread(core, failed::countDown);
        ConfigApiClient client = new ConfigApiClient(settings.configApi(), loop, (int) settings.cniTimeoutMs());
        ConfigObjects objects = new ConfigObjects(client, settings.name());
        ContainerPorts ports = new ContainerPorts(
                new ContainerPorts.Limits(settings.name(), settings.cniTimeoutMs(), settings.networksAllowed()),
                core,
                store,
                objects,
                virtualRouter,
                System::nanoTime);
        Warmup.run(settings);
        introspectServer = HttpServer.tcp(loop, settings.introspect(), new Introspect(Pages.of(core), Pages.docs()));
        portServer = HttpServer.unix(loop, settings.socket(), new PortApi(ports, core));
        Warmup.socket(settings.socket());
        thread.start();
        client.warm();
        register(objects);
        loop.scheduleWithFixedDelay(
                () -> Thread.startVirtualThread(() -> retryDeletions(ports)),
                0,
                DELETIONS_RETRY_MS,
                TimeUnit.MILLISECONDS);
    }

    /**
     * Starts an agent inside this process.
     *
     * @throws IOException a socket or the state folder cannot be used
     */
    public static Agent start(AgentSettings settings) throws IOException {
        Callable<Dataplane> opener = () -> Dataplane.open(settings.dataplane(), "agent " + settings.name());
        try {
            opener.call().close();
        } catch (DataplaneException e) {
            LOG.debug("no plane yet: {}", e.getMessage());
        } catch (LinkageError e) {
            throw new IOException("the plane's client library cannot be used: " + e.getMessage(), e);
        } catch (Exception e) {
            throw new IllegalStateException("opening the plane failed unexpectedly", e);
        }
        return start(settings, opener);
    }

    /** As {@link #start(AgentSettings)}, with a plane that `opener` opens, now and after each loss. */
    static Agent start(AgentSettings settings, Callable<Dataplane> opener) throws IOException {
        return new Agent(settings, opener);
    }

    /** Creates the object of this host; tried again until it works. */
    private void register(ConfigObjects objects) {
        objects.register(settings.underlay()).whenComplete((uuid, failure) -> {
            if (failure == null) {
                LOG.info("virtual-router {} is {}", settings.name(), uuid);
                virtualRouter.complete(uuid);
            } else if (!stopping) {
                LOG.warn("virtual-router {} cannot be created yet: {}", settings.name(), failure.getMessage());
                loop.schedule(() -> register(objects), REGISTER_RETRY_MS, TimeUnit.MILLISECONDS);
            }
        });
    }

    private static void retryDeletions(ContainerPorts ports) {
        try {
            int done = ports.retryDeletions();
            if (done > 0) {
                LOG.info("configuration of {} removed ports deleted", done);
            }
        } catch (IOException e) {
            LOG.warn("waiting deletions cannot be read: {}", e.getMessage());
        }
    }

    public InetSocketAddress introspectAddress() {
        return introspectServer.address();
    }

    public AgentSettings settings() {
        return settings;
    }

    /** The core, for tests of this package. */
    AgentCore core() {
        return core;
    }

    /** Ends sockets, core and sessions; nothing is withdrawn and the plane keeps what it has. */
    @Override
    public void close() {
        stopping = true;
        portServer.close();
        introspectServer.close();
        thread.close();
        loop.shutdownGracefully(STOP_QUIET_MS, STOP_WAIT_MS, TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(STOP_WAIT_MS);
    }

    public static void main(String[] arguments) throws InterruptedException {
        System.exit(run(List.of(arguments)));
    }

    private static int run(List<String> arguments) throws InterruptedException {
        if (arguments.contains("--help")) {
            System.out.print("weft agent settings:\n" + SettingValues.describe(AgentSettings.TABLE));
            return 0;
        }
        AgentSettings settings;
        try {
            settings =
                    AgentSettings.of(SettingValues.parse(AgentSettings.TABLE, arguments, System.getenv(), Agent::read));
        } catch (BadSettingException | UncheckedIOException e) {
            System.err.println("weft agent: " + e.getMessage());
            return 2;
        }
        AtomicInteger failure = new AtomicInteger();
        CountDownLatch stop = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stop.countDown();
            awaitStopped(stopped);
            // A signal's own exit status would be 143; an asked-for stop is a clean one.
            Runtime.getRuntime().halt(failure.get());
        }));
        try (Agent agent = start(settings)) {
            InetSocketAddress address = agent.introspectAddress();
            System.out.println("ready introspect=" + address.getAddress().getHostAddress() + ":" + address.getPort()
                    + " socket=" + settings.socket());
            System.out.flush();
            Thread.startVirtualThread(() -> {
                try {
                    agent.failed.await();
                    Runtime.getRuntime().halt(1);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            stop.await();
            LOG.info("stopping; the plane goes on");
            return 0;
        } catch (IOException e) {
            System.err.println("weft agent: " + e.getMessage());
            failure.set(1);
            return 1;
        } finally {
            stopped.countDown();
        }
    }

    private static void awaitStopped(CountDownLatch stopped) {
        try {
            if (!stopped.await(2L * STOP_WAIT_MS, TimeUnit.MILLISECONDS)) {
                LOG.warn("stopping took too long");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException("settings file " + file + ": " + e.getMessage(), e);
        }
    }
}
