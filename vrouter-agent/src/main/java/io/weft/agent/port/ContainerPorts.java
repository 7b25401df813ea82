package io.weft.agent.port;

import io.weft.agent.compile.AttachedPort;
import io.weft.agent.compile.Interface;
import io.weft.agent.compile.PortState;
import io.weft.agent.compile.PortState.PortAddress;
import io.weft.cni.Attachment;
import io.weft.cni.CniError;
import io.weft.cni.CniException;
import io.weft.cni.PortRequest;
import io.weft.cni.PortResult;
import io.weft.cni.PortService;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Attaches and detaches containers. Called on virtual threads; calls for one container interface run one after the other. A call that
 * fails leaves nothing behind; what cannot be removed now (the config API is away) is kept on disk and tried again.
 */
public final class ContainerPorts implements PortService {
    /**
     * @param host name of this virtual router
     * @param timeoutMs longest time of one call
     * @param networksAllowed empty: all
     */
    public record Limits(String host, long timeoutMs, Set<String> networksAllowed) {
        public Limits {
            networksAllowed = Set.copyOf(networksAllowed);
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(ContainerPorts.class);
    private static final long DELETE_WAIT_MS = 5_000;

    private final Limits limits;
    private final PortCore core;
    private final PortStore store;
    private final ConfigObjects objects;
    private final CompletableFuture<UUID> virtualRouter;
    private final LongSupplier nanos;
    private final KeyedLock locks = new KeyedLock();

    /**
     * @param virtualRouter completes when the object of this host exists
     * @param nanos monotonic clock
     */
    public ContainerPorts(
            Limits limits,
            PortCore core,
            PortStore store,
            ConfigObjects objects,
            CompletableFuture<UUID> virtualRouter,
            LongSupplier nanos) {
        this.limits = limits;
        this.core = core;
        this.store = store;
        this.objects = objects;
        this.virtualRouter = virtualRouter;
        this.nanos = nanos;
    }

    @Override
    public PortResult add(PortRequest request) throws CniException {
        long deadline = deadline();
        Attachment attachment = request.attachment();
        String netns = request.netns().orElse("");
        if (netns.isEmpty() || !Path.of(netns).toFile().exists()) {
            throw new CniException(CniError.INVALID_ENVIRONMENT, "CNI_NETNS is \"" + netns + "\", no such file");
        }
        String network = network(request);
        KeyedLock.Held held = locks.lock(key(attachment));
        try {
            UUID podUid = uuid(request.args().get("K8S_POD_UID"));
            PortCore.Known known = await(
                    core.lookup(attachment.containerId(), attachment.ifname(), podUid, network), deadline, "lookup");
            if (known.port().isPresent()) {
                AttachedPort present = known.port().get();
                if (present.netns().equals(netns) && present.network().equals(network)) {
                    return result(await(core.attach(present, Set.of()), deadline, "port"), present);
                }
                LOG.info("container {} {} attached anew in {}", present.containerId(), present.ifname(), netns);
                remove(present, deadline);
            }
            Optional<Interface> configured = known.podInterfaces().stream()
                    .filter(found -> found.network().equals(network))
                    .findFirst();
            if (configured.isPresent()) {
                AttachedPort port = new AttachedPort(
                        configured.get().vmi(),
                        podUid,
                        attachment.containerId(),
                        netns,
                        attachment.ifname(),
                        network,
                        request.networkName(),
                        false);
                return attach(port, Set.of(), null, deadline);
            }
            Set<Integer> families =
                    known.families().isPresent() ? known.families().get() : families(network, deadline);
            PortNames names = PortNames.of(limits.host(), attachment.containerId(), attachment.ifname());
            AttachedPort port = new AttachedPort(
                    names.vmi(),
                    names.vm(),
                    attachment.containerId(),
                    netns,
                    attachment.ifname(),
                    network,
                    request.networkName(),
                    true);
            return attach(port, families, names, deadline);
        } finally {
            held.release();
        }
    }

    private String network(PortRequest request) throws CniException {
        String network = request.network()
                .orElseThrow(() -> new CniException(
                        CniError.INVALID_CONFIG,
                        "no network is named: want WEFT_NETWORK in CNI_ARGS or weft.network in the configuration"));
        if (!limits.networksAllowed().isEmpty() && !limits.networksAllowed().contains(network)) {
            throw new CniException(CniError.INVALID_CONFIG, "network \"" + network + "\" is not allowed on this host");
        }
        return network;
    }

    private Set<Integer> families(String network, long deadline) throws CniException {
        Set<Integer> families = await(objects.families(network), deadline, "network " + network)
                .orElseThrow(
                        () -> new CniException(CniError.INVALID_CONFIG, "network \"" + network + "\" does not exist"));
        if (families.isEmpty()) {
            throw new CniException(CniError.INVALID_CONFIG, "network \"" + network + "\" has no subnet");
        }
        return families;
    }

    /** @param names of the objects to create; null: the configuration has them */
    private PortResult attach(AttachedPort port, Set<Integer> families, PortNames names, long deadline)
            throws CniException {
        boolean asked = false;
        long begun = nanos.getAsLong();
        try {
            store.attached(port);
            CompletableFuture<PortState> attached = core.attach(port, families);
            if (names != null) {
                UUID router = await(virtualRouter, deadline, "virtual-router object of this host");
                asked = true;
                String display = port.containerId() + "/" + port.ifname();
                await(objects.create(names, router, port.network(), families, display), deadline, "config API");
            }
            long written = nanos.getAsLong();
            PortResult result = result(await(attached, deadline, "configuration and plane"), port);
            LOG.debug(
                    "{} {} attached: asked after {} us, configuration written after {} us, port there after {} us",
                    port.containerId(),
                    port.ifname(),
                    (begun - deadline) / 1_000 + limits.timeoutMs() * 1_000,
                    (written - begun) / 1_000,
                    (nanos.getAsLong() - written) / 1_000);
            return result;
        } catch (CniException e) {
            rollBack(port, asked, e.getMessage());
            throw e;
        } catch (IOException e) {
            rollBack(port, asked, e.getMessage());
            throw new CniException(CniError.IO, "port file of " + port.vmi() + ": " + e.getMessage());
        }
    }

    private void rollBack(AttachedPort port, boolean created, String why) throws CniException {
        LOG.warn("attaching {} {} is rolled back: {}", port.containerId(), port.ifname(), why);
        if (created) {
            remove(port, deadline());
        } else {
            detach(port, deadline());
            forget(port.vmi());
        }
    }

    @Override
    public void delete(PortRequest request) throws CniException {
        long deadline = deadline();
        Attachment attachment = request.attachment();
        KeyedLock.Held held = locks.lock(key(attachment));
        try {
            AttachedPort port = find(attachment, deadline).orElseGet(() -> unknown(request));
            remove(port, deadline);
        } finally {
            held.release();
        }
    }

    /** A DEL for a container this agent has no port of: whatever may be left has these names. */
    private AttachedPort unknown(PortRequest request) {
        Attachment attachment = request.attachment();
        PortNames names = PortNames.of(limits.host(), attachment.containerId(), attachment.ifname());
        return new AttachedPort(
                names.vmi(),
                names.vm(),
                attachment.containerId(),
                "/gone",
                attachment.ifname(),
                request.network().orElse(""),
                request.networkName(),
                true);
    }

    private Optional<AttachedPort> find(Attachment attachment, long deadline) throws CniException {
        return await(core.lookup(attachment.containerId(), attachment.ifname(), null, ""), deadline, "lookup")
                .port();
    }

    /** Removes a port: plane and routes at once, then its configuration, now or later. */
    private void remove(AttachedPort port, long deadline) throws CniException {
        detach(port, deadline);
        if (!port.ownConfig()) {
            forget(port.vmi());
            return;
        }
        try {
            store.detached(port);
        } catch (IOException e) {
            throw new CniException(CniError.IO, "port file of " + port.vmi() + ": " + e.getMessage());
        }
        deleteConfig(port);
    }

    private void detach(AttachedPort port, long deadline) throws CniException {
        await(core.detach(port.vmi()), deadline, "removal from the plane");
    }

    /** True: nothing of the port is left in the configuration. Otherwise it is tried again later. */
    private boolean deleteConfig(AttachedPort port) {
        PortNames names = PortNames.of(limits.host(), port.containerId(), port.ifname());
        try {
            UUID router = virtualRouter.isDone() && !virtualRouter.isCompletedExceptionally()
                    ? virtualRouter.join()
                    : PortNames.virtualRouter(limits.host());
            objects.delete(names, router).get(DELETE_WAIT_MS, TimeUnit.MILLISECONDS);
            store.deleted(port.vmi());
            return true;
        } catch (ExecutionException | TimeoutException | IOException e) {
            LOG.warn(
                    "configuration of {} {} is deleted later: {}",
                    port.containerId(),
                    port.ifname(),
                    ConfigObjects.unwrap(e).toString());
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void forget(UUID vmi) throws CniException {
        try {
            store.deleted(vmi);
        } catch (IOException e) {
            throw new CniException(CniError.IO, "port file of " + vmi + ": " + e.getMessage());
        }
    }

    /** Deletes configuration that is waiting for it; stops at the first that fails. How many were deleted. */
    public int retryDeletions() throws IOException {
        int done = 0;
        for (AttachedPort port : store.readDeletions()) {
            KeyedLock.Held held = locks.lock(key(new Attachment(port.containerId(), port.ifname())));
            try {
                boolean waiting = store.readDeletions().contains(port);
                if (waiting && !deleteConfig(port)) {
                    return done;
                }
                done++;
            } finally {
                held.release();
            }
        }
        return done;
    }

    @Override
    public void check(PortRequest request) throws CniException {
        long deadline = deadline();
        Attachment attachment = request.attachment();
        AttachedPort port = find(attachment, deadline)
                .orElseThrow(() -> new CniException(
                        CniError.UNKNOWN_CONTAINER,
                        "container " + attachment.containerId() + " has no port " + attachment.ifname()));
        PortCore.Status status = await(core.status(port.vmi()), deadline, "port")
                .orElseThrow(() -> new CniException(CniError.FAILED, "port " + port.vmi() + " is being removed"));
        if (!status.programmed() || status.state().isEmpty()) {
            throw new CniException(CniError.FAILED, "the plane does not hold port " + port.vmi() + " as it should be");
        }
        PortResult actual = result(status.state().get(), port);
        if (!request.netns().orElse("").equals(port.netns())) {
            throw new CniException(
                    CniError.FAILED,
                    "CNI_NETNS is \"" + request.netns().orElse("") + "\", the port is in " + port.netns());
        }
        if (request.expected().isPresent()) {
            for (PortResult.Address address : request.expected().get().addresses()) {
                if (actual.addresses().stream().noneMatch(have -> have.address().equals(address.address()))) {
                    throw new CniException(
                            CniError.FAILED,
                            "address " + address.address().getHostAddress() + " is not one of port " + port.vmi());
                }
            }
        }
    }

    @Override
    public void gc(String networkName, Set<Attachment> valid) throws CniException {
        long deadline = deadline();
        for (AttachedPort port : await(core.ports(), deadline, "ports")) {
            Attachment attachment = new Attachment(port.containerId(), port.ifname());
            if (port.configuration().equals(networkName) && !valid.contains(attachment)) {
                KeyedLock.Held held = locks.lock(key(attachment));
                try {
                    LOG.info("garbage: port of {} {}", port.containerId(), port.ifname());
                    remove(port, deadline);
                } finally {
                    held.release();
                }
            }
        }
    }

    @Override
    public void status() throws CniException {
        PortCore.Health health = await(core.health(), deadline(), "status");
        if (!health.plane()) {
            throw new CniException(CniError.NOT_AVAILABLE, "the forwarding plane is not connected");
        }
        if (health.controllers() == 0) {
            throw new CniException(CniError.NOT_AVAILABLE, "no controller is connected");
        }
    }

    /** Attaches a port whose interface the configuration has, as OpenContrail's POST /vm asks. */
    PortState attachConfigured(AttachedPort port) throws CniException {
        long deadline = deadline();
        KeyedLock.Held held = locks.lock(key(new Attachment(port.containerId(), port.ifname())));
        try {
            store.attached(port);
            return await(core.attach(port, Set.of()), deadline, "configuration and plane");
        } catch (CniException e) {
            rollBack(port, false, e.getMessage());
            throw e;
        } catch (IOException e) {
            throw new CniException(CniError.IO, "port file of " + port.vmi() + ": " + e.getMessage());
        } finally {
            held.release();
        }
    }

    /** Removes a port by its vmi; false: there is none. */
    boolean detachByVmi(UUID vmi) throws CniException {
        Optional<PortCore.Status> status = await(core.status(vmi), deadline(), "port");
        if (status.isPresent()) {
            AttachedPort port = status.get().port();
            KeyedLock.Held held = locks.lock(key(new Attachment(port.containerId(), port.ifname())));
            try {
                remove(port, deadline());
            } finally {
                held.release();
            }
        }
        return status.isPresent();
    }

    private static PortResult result(PortState state, AttachedPort port) {
        List<PortResult.Address> addresses = new ArrayList<>();
        for (PortAddress own : state.own()) {
            Optional<java.net.InetAddress> gateway = state.addresses().stream()
                    .filter(PortAddress::gateway)
                    .map(PortAddress::address)
                    .filter(address ->
                            address.getAddress().length == own.address().getAddress().length)
                    .findFirst();
            addresses.add(new PortResult.Address(own.address(), own.prefixLength(), gateway));
        }
        return new PortResult(port.ifname(), state.mac().toString(), state.mtu(), port.netns(), addresses);
    }

    private static String key(Attachment attachment) {
        return attachment.containerId() + "/" + attachment.ifname();
    }

    private static UUID uuid(String text) {
        try {
            return text == null ? null : UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            LOG.debug("K8S_POD_UID {} is not a uuid", text);
            return null;
        }
    }

    private long deadline() {
        return nanos.getAsLong() + TimeUnit.MILLISECONDS.toNanos(limits.timeoutMs());
    }

    private <T> T await(CompletableFuture<T> future, long deadline, String what) throws CniException {
        try {
            return future.get(Math.max(0, deadline - nanos.getAsLong()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new CniException(CniError.TRY_AGAIN, what + ": not there within " + limits.timeoutMs() + " ms");
        } catch (CancellationException e) {
            throw new CniException(CniError.TRY_AGAIN, what + ": the port was removed meanwhile");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CniException(CniError.TRY_AGAIN, what + ": the agent is stopping");
        } catch (ExecutionException e) {
            throw failure(ConfigObjects.unwrap(e), what);
        }
    }

    private static CniException failure(Throwable cause, String what) {
        return switch (cause) {
            case CniException known -> known;
            case PortCore.RefusedException refused -> new CniException(CniError.FAILED, refused.getMessage());
            case ConfigObjects.RefusedException refused
            when refused.status() < 500 -> new CniException(CniError.INVALID_CONFIG, refused.getMessage());
            default -> new CniException(CniError.TRY_AGAIN, what + ": " + cause.getMessage());
        };
    }

    /** Waiting or running calls, for introspection. */
    public int calls() {
        return locks.size();
    }

    /** Families as a sorted set, for tests and introspection. */
    static Set<Integer> families(PortState state) {
        Set<Integer> families = new TreeSet<>();
        state.own().forEach(own -> families.add(own.address().getAddress().length == 4 ? 4 : 6));
        return families;
    }
}
