package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A running overlay: the control node, two hosts behind a router, the networks of two projects, and the pods attached so far.
 * Everything it makes begins with its prefix; {@link #close} removes all of it, also after a start that failed half-way.
 */
public final class Site implements AutoCloseable {
    static final String RED = "default-domain:red:web";
    static final String DB = "default-domain:red:db";
    static final String MANY = "default-domain:red:many";
    static final int XMPP_PORT_2 = 5270;
    static final String CONTROL = "control";
    static final String CONTROL_2 = "control-2";
    static final String BLUE = "default-domain:blue:web";

    private static final int REST_PORT = 8082;
    private static final int DELAYED_PORT = 8092;
    private static final Duration CONFIG_LIMIT = Duration.ofSeconds(30);

    private final Build build;
    private final String prefix;
    private final Encapsulation encapsulation;
    private final int controllers;
    private final Consumer<String> progress;
    private final Path runDir;
    private final Path stateDir;
    private final Fabric fabric;
    private final List<Host> hosts = new ArrayList<>();
    private final Map<String, Pod> pods = new LinkedHashMap<>();
    private final Rest rest;
    private final Host third;
    private Program control;
    private Program control2;
    private boolean closed;

    private Site(Build build, String prefix, Encapsulation encapsulation, int controllers, Consumer<String> progress) {
        this.build = build;
        this.prefix = prefix;
        this.encapsulation = encapsulation;
        this.controllers = controllers;
        this.progress = progress;
        this.runDir = Path.of("/run", prefix + "-demo");
        this.stateDir = Path.of("/var/lib", prefix + "-demo");
        this.fabric = new Fabric(prefix);
        this.rest = new Rest(fabric.control().netns(), controlAddress() + ":8082");
        for (Fabric.Machine machine : fabric.hosts()) {
            hosts.add(host(machine));
        }
        this.third = host(fabric.third());
    }

    private Host host(Fabric.Machine machine) {
        return new Host(build, machine, xmppAddresses(), controlAddress() + ":8082", runDir, stateDir);
    }

    /**
     * Not yet running; what an earlier run with this prefix left is removed first.
     *
     * @param controllers 1, or 2: the second one follows the config API of the first one's process
     * @param progress takes one sentence per step
     */
    public static Site prepare(
            Build build, String prefix, Encapsulation encapsulation, int controllers, Consumer<String> progress) {
        removeLeftovers(build, prefix);
        return new Site(build, prefix, encapsulation, controllers, progress);
    }

    /** {@code ./weft down} for one prefix: the one place that knows how to remove what somebody left. */
    static void removeLeftovers(Build build, String prefix) {
        new Command(
                        List.of(build.root().resolve("weft").toString(), "down"),
                        "",
                        Map.of("WEFT_DEMO_PREFIX", prefix),
                        Duration.ofSeconds(60))
                .mustRun();
    }

    /** Starts everything up to two networks without pods. */
    public void start() {
        makeFolders();
        progress.accept("fabric: a router, two hosts on their own subnets, a control node");
        fabric.create();
        progress.accept("starting the control node and two forwarding planes");
        startControl();
        if (controllers > 1) {
            startControl2(REST_PORT);
        }
        hosts.forEach(Host::startPlane);
        configure();
        progress.accept("starting two agents");
        hosts.forEach(Host::startAgent);
        hosts.forEach(Host::awaitInSync);
    }

    private void makeFolders() {
        try {
            for (Path folder : List.of(runDir, stateDir)) {
                Files.createDirectories(folder);
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
            }
            Files.createDirectories(runDir.resolve("pids"));
            Files.writeString(
                    runDir.resolve("pids").resolve("main"),
                    Program.record(ProcessHandle.current().pid()));
        } catch (IOException e) {
            throw new UncheckedIOException("folders of the run", e);
        }
    }

    private void startControl() {
        List<String> words = new ArrayList<>(build.java("control-node", 128, "io.weft.control.ControlNode"));
        words.addAll(List.of(
                "--name=" + CONTROL,
                "--bgp-connect-retry-ms=1000",
                "--rest-listen=" + controlAddress() + ":8082",
                "--xmpp-listen=" + controlAddress() + ":5269",
                "--introspect-listen=" + controlAddress() + ":8083",
                "--store-dir=" + stateDir.resolve("config")));
        control = Program.start(CONTROL, fabric.control().netns(), words, runDir);
    }

    /** @param configPort where on the control machine it finds the config API */
    private void startControl2(int configPort) {
        List<String> words = new ArrayList<>(build.java("control-node", 128, "io.weft.control.ControlNode"));
        words.addAll(List.of(
                "--name=" + CONTROL_2,
                "--bgp-connect-retry-ms=1000",
                "--config-api=" + controlAddress() + ":" + configPort,
                "--xmpp-listen=" + controlAddress() + ":" + XMPP_PORT_2,
                "--introspect-listen=" + controlAddress() + ":8084"));
        control2 = Program.start(CONTROL_2, fabric.control().netns(), words, runDir);
    }

    /** The two controllers speak BGP with each other, each from an address of its own. */
    private void configureBgp() {
        fabric.control().netns().ip("address add " + fabric.secondControlAddress() + "/32 dev lo");
        rest.create("bgp-router", bgpRouter(CONTROL, controlAddress()));
        rest.create("bgp-router", bgpRouter(CONTROL_2, fabric.secondControlAddress()));
        awaitBgp();
    }

    /** Both controllers have their session with each other. */
    void awaitBgp() {
        Await.until(
                "BGP between the controllers",
                CONFIG_LIMIT,
                () -> bgpPeers().stream()
                        .allMatch(peer -> peer.path("state").asText().equals("Established")));
    }

    private static ObjectNode bgpRouter(String name, String address) {
        ObjectNode router = Rest.object();
        router.put("parent_type", "routing-instance");
        router.putArray("fq_name")
                .add("default-domain")
                .add("default-project")
                .add("ip-fabric")
                .add("__default__")
                .add(name);
        ObjectNode parameters = router.putObject("bgp_router_parameters");
        parameters.put("router_type", "control-node");
        parameters.put("autonomous_system", 64512);
        parameters.put("identifier", address);
        parameters.put("address", address);
        parameters.put("port", 179);
        parameters.put("hold_time", 90);
        return router;
    }

    /** What each controller says of its BGP peers; two entries when all is well. */
    List<JsonNode> bgpPeers() {
        List<JsonNode> peers = new ArrayList<>();
        for (int port : new int[] {8083, 8084}) {
            JsonNode page = Rest.parse(fabric.control()
                    .netns()
                    .command("curl", "-sS", "--max-time", "5", "http://" + controlAddress() + ":" + port + "/bgp")
                    .mustRun()
                    .out());
            JsonNode list = page.path("peers");
            if (list.isEmpty()) {
                peers.add(page);
            }
            list.forEach(peers::add);
        }
        return peers;
    }

    private String xmppAddresses() {
        return controlAddress() + ":5269" + (controllers > 1 ? "," + controlAddress() + ":" + XMPP_PORT_2 : "");
    }

    private String controlAddress() {
        return fabric.control().address();
    }

    private void configure() {
        progress.accept(
                "REST: encapsulation " + encapsulation.configName()
                        + ", projects red and blue, each with a network web 10.1.1.0/24 + fd00:1:1::/64; red has db 10.1.2.0/24 + fd00:1:2::/64");
        ObjectNode global = Rest.object();
        ArrayNode priorities = global.putObject("encapsulation_priorities").putArray("encapsulation");
        priorities.add(encapsulation.configName()).add(encapsulation.other().configName());
        String uuid =
                rest.uuid("global-vrouter-config", "default-global-system-config", "default-global-vrouter-config");
        ObjectNode body = Rest.object();
        body.set("global-vrouter-config", global);
        rest.mustCall("PUT", "/global-vrouter-config/" + uuid, body);
        for (String project : List.of("red", "blue")) {
            ObjectNode one = Rest.object();
            one.put("parent_type", "domain");
            one.putArray("fq_name").add("default-domain").add(project);
            rest.create("project", one);
            rest.create("virtual-network", network(project, "web", "10.1.1.0", 24, "fd00:1:1::"));
        }
        rest.create("virtual-network", network("red", "db", "10.1.2.0", 24, "fd00:1:2::"));
        rest.create("virtual-network", network("red", "many", "10.8.0.0", 16, "fd00:8::"));
        if (controllers > 1) {
            configureBgp();
        }
    }

    private static ObjectNode network(String project, String name, String prefix4, int length4, String prefix6) {
        ObjectNode network = Rest.object();
        network.put("parent_type", "project");
        network.putArray("fq_name").add("default-domain").add(project).add(name);
        ObjectNode ipam = network.putArray("network_ipam_refs").addObject();
        ipam.putArray("to").add("default-domain").add("default-project").add("default-network-ipam");
        ArrayNode subnets = ipam.putObject("attr").putArray("ipam_subnets");
        addSubnet(subnets, prefix4, length4);
        addSubnet(subnets, prefix6, 64);
        return network;
    }

    private static void addSubnet(ArrayNode subnets, String prefix, int length) {
        ObjectNode subnet = subnets.addObject();
        subnet.putObject("subnet").put("ip_prefix", prefix).put("ip_prefix_len", length);
        subnet.put("addr_from_start", true);
    }

    /** Makes a namespace and has the CNI plugin attach it. */
    Pod attach(String podName, Host host, String network) {
        Netns netns = new Netns(prefix + "-pod-" + podName);
        netns.create();
        String containerId = containerId(podName);
        Command.Result added = Command.of(
                        host.cniWords("ADD", containerId, netns.path().toString(), ""))
                .withInput(host.cniConfig(network))
                .run();
        if (!added.ok()) {
            throw new SystemFailure(
                    "CNI ADD of pod " + podName + " on " + host.name() + ": " + added.out() + added.err());
        }
        Pod pod = new Pod(podName, host, netns, containerId, network, Rest.parse(added.out()));
        pods.put(podName, pod);
        return pod;
    }

    /** The plugin's DEL, then the namespace. */
    void detach(Pod pod) {
        Command.of(pod.host()
                        .cniWords("DEL", pod.containerId(), pod.netns().path().toString(), ""))
                .withInput(pod.host().cniConfig(pod.network()))
                .mustRun();
        pod.netns().delete();
        pods.remove(pod.name());
    }

    /** 64 hexadecimal digits, as runtimes name containers. */
    static String containerId(String podName) {
        return "%08x".formatted(podName.hashCode()).repeat(8);
    }

    Pod pod(String podName) {
        Pod pod = pods.get(podName);
        if (pod == null) {
            throw new SystemFailure("no pod '" + podName + "'; there are " + pods.keySet());
        }
        return pod;
    }

    /** Address, gateway and id of a network as the API allocated them. */
    JsonNode network(String network, String field) {
        return rest.read("virtual-network", network.split(":")).path(field);
    }

    Build build() {
        return build;
    }

    String prefix() {
        return prefix;
    }

    Encapsulation encapsulation() {
        return encapsulation;
    }

    Fabric fabric() {
        return fabric;
    }

    Rest rest() {
        return rest;
    }

    Host h1() {
        return hosts.get(0);
    }

    Host h2() {
        return hosts.get(1);
    }

    List<Host> hosts() {
        return hosts;
    }

    private List<Host> allHosts() {
        return List.of(h1(), h2(), third);
    }

    Path runDir() {
        return runDir;
    }

    void say(String step) {
        progress.accept(step);
    }

    /** While it is open the second controller gets the configuration late, and h2 its configuration from the second controller. */
    final class Delay implements AutoCloseable {
        private final Duration time;
        private final Process proxy;

        private Delay(Duration time) {
            this.time = time;
            proxy = Traffic.startReady(fabric.control()
                    .netns()
                    .inside(List.of(
                            build.tool("weft-delay"),
                            "--listen",
                            controlAddress(),
                            "--port",
                            Integer.toString(DELAYED_PORT),
                            "--to",
                            controlAddress(),
                            "--to-port",
                            Integer.toString(REST_PORT),
                            "--delay-ms",
                            Long.toString(time.toMillis()))));
        }

        Duration time() {
            return time;
        }

        @Override
        public void close() {
            control2.kill();
            proxy.destroy();
            proxy.onExit().join();
            startControl2(REST_PORT);
            hosts.forEach(Host::awaitInSync);
        }
    }

    /** Starts the second controller again, behind a proxy; needs a site with two. */
    Delay delaySecondController(Duration time) {
        if (controllers < 2) {
            throw new SystemFailure("there is only one controller: --controllers 2");
        }
        control2.kill();
        Delay delay = new Delay(time);
        startControl2(DELAYED_PORT);
        Await.until("configuration of h2 from the second controller", CONFIG_LIMIT, () -> {
            h2().agent().stop();
            h2().startAgent("%s:%d,%s:5269".formatted(controlAddress(), XMPP_PORT_2, controlAddress()));
            h2().awaitInSync();
            return configOf(h2()).endsWith(":" + XMPP_PORT_2);
        });
        hosts.forEach(Host::awaitInSync);
        return delay;
    }

    /** Address of the controller that configures a host. */
    String configOf(Host host) {
        for (JsonNode session : host.agentPage("/sessions").path("sessions")) {
            if (session.path("config").asBoolean()) {
                return session.path("controller").asText();
            }
        }
        return "nobody";
    }

    /** A host beside the two, started now. */
    Host startThird() {
        third.startPlane();
        third.startAgent();
        third.awaitInSync();
        return third;
    }

    /** Everything of a host ends at once, and nothing tells anybody. */
    void powerOff(Host host) {
        fabric.unplug(host.machine());
        host.powerOff();
    }

    /** A pod whose host is gone: only its namespace can be removed. */
    void forget(Pod pod) {
        pod.netns().delete();
        pods.remove(pod.name());
    }

    int controllers() {
        return controllers;
    }

    /** One that was started, by its name. */
    Program program(String name) {
        return programs().stream()
                .filter(program -> program.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new SystemFailure("no program '" + name + "'"));
    }

    /** Starts a program again that was killed. */
    void restart(String name) {
        switch (name) {
            case "control" -> startControl();
            case "control-2" -> startControl2(REST_PORT);
            default ->
                hosts.stream()
                        .filter(host -> name.equals(host.name() + "-agent"))
                        .findFirst()
                        .orElseThrow(() -> new SystemFailure("program '" + name + "' cannot be started again"))
                        .startAgent();
        }
    }

    /** Every program that was started last under its name. */
    List<Program> programs() {
        List<Program> programs = new ArrayList<>();
        if (control != null) {
            programs.add(control);
        }
        if (control2 != null) {
            programs.add(control2);
        }
        for (Host host : allHosts()) {
            if (host.plane() != null) {
                programs.add(host.plane());
            }
            if (host.agent() != null) {
                programs.add(host.agent());
            }
        }
        return programs;
    }

    /** The last lines of every log, for a person who looks for what went wrong. */
    public String logs(int lines) {
        StringBuilder text = new StringBuilder();
        for (Program program : programs()) {
            text.append("--- ").append(program.name());
            text.append(program.running() ? "" : " (ended)").append('\n');
            text.append(program.tail(lines)).append('\n');
        }
        return text.toString();
    }

    /**
     * Leaves it running for a person; {@code ./weft down} ends it. This process no longer belongs to it.
     */
    public synchronized void leaveRunning() {
        closed = true;
        try {
            Files.deleteIfExists(runDir.resolve("pids").resolve("main"));
        } catch (IOException e) {
            throw new UncheckedIOException("pid file", e);
        }
    }

    /** Stops and removes everything; what did not stop as it should is told by {@link #stop}. */
    @Override
    public void close() {
        stop();
    }

    /** As close; returns one sentence per program that did not stop cleanly. */
    public synchronized List<String> stop() {
        if (closed) {
            return List.of();
        }
        leaveRunning();
        List<String> complaints = new ArrayList<>();
        for (Host host : allHosts()) {
            stop(host.agent(), complaints);
        }
        stop(control2, complaints);
        stop(control, complaints);
        for (Host host : allHosts()) {
            stop(host.plane(), complaints);
        }
        removeLeftovers(build, prefix);
        return complaints;
    }

    private static void stop(Program program, List<String> complaints) {
        if (program != null) {
            String complaint = program.stop();
            if (!complaint.isEmpty()) {
                complaints.add(complaint);
            }
        }
    }
}
