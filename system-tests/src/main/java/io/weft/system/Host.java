package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A host of the overlay: its forwarding plane and its agent. */
final class Host {
    private final Build build;
    private final Fabric.Machine machine;
    private final String controllers;
    private final String configApi;
    private final Path runDir;
    private final Path stateDir;
    private Program plane;
    private Program agent;

    Host(Build build, Fabric.Machine machine, String controllers, String configApi, Path runDir, Path stateDir) {
        this.build = build;
        this.machine = machine;
        this.controllers = controllers;
        this.configApi = configApi;
        this.runDir = runDir;
        this.stateDir = stateDir;
    }

    String name() {
        return machine.name();
    }

    Netns netns() {
        return machine.netns();
    }

    Fabric.Machine machine() {
        return machine;
    }

    String address() {
        return machine.address();
    }

    Path agentSocket() {
        return runDir.resolve(name() + "-agent.sock");
    }

    Path planeSocket() {
        return runDir.resolve(name() + "-dataplane.sock");
    }

    Program plane() {
        return plane;
    }

    Program agent() {
        return agent;
    }

    void startPlane() {
        plane = Program.start(
                name() + "-plane",
                netns(),
                List.of(build.nativeFile("dpdk/weft-dpdk").toString(), "--socket=" + planeSocket()),
                runDir);
    }

    void startAgent() {
        startAgent(controllers);
    }

    /** @param order addresses of the same controllers, the one to be asked first in front */
    void startAgent(String order) {
        List<String> words = new ArrayList<>(build.java("vrouter-agent", 64, "io.weft.agent.runtime.Agent"));
        words.addAll(List.of(
                "--name=" + name(),
                "--underlay-address=" + address(),
                "--uplink=" + Fabric.UPLINK,
                "--uplink-kind=af-packet",
                "--dataplane=dpdk:" + planeSocket(),
                "--controllers=" + order,
                "--config-api=" + configApi,
                "--socket=" + agentSocket(),
                "--state-dir=" + stateDir.resolve(name())));
        agent = Program.start(name() + "-agent", netns(), words, runDir);
    }

    /** Kills plane, its worker and agent at once; none of them is this host's any more. */
    void powerOff() {
        List<Long> pids = new ArrayList<>(plane.children());
        pids.add(plane.pid());
        pids.add(agent.pid());
        Program.kill(pids);
        plane.kill();
        agent.kill();
        plane = null;
        agent = null;
    }

    /** What the agent says of itself on its introspect address. */
    JsonNode agentStatus() {
        Command.Result result = introspect("/status").run();
        return result.ok() ? Rest.parse(result.out()) : Rest.object();
    }

    /** A page of the agent's introspect server; the agent must run. */
    JsonNode agentPage(String path) {
        return Rest.parse(introspect(path).mustRun().out());
    }

    private Command introspect(String path) {
        return netns().command("curl", "-sS", "--max-time", "5", "http://127.0.0.1:8085" + path);
    }

    /** Waits until the agent has a session with every controller, all config and routes, and the plane equals them. */
    void awaitInSync() {
        Await.until("agent of " + name() + " in sync", Duration.ofSeconds(30), () -> {
            if (!agent.running()) {
                throw new SystemFailure(agent.name() + " ended\n" + agent.tail(8));
            }
            JsonNode status = agentStatus();
            return status.path("inSync").asBoolean()
                    && status.path("sessionsUp").asInt() == controllers.split(",").length;
        });
    }

    Weftctl weftctl() {
        return new Weftctl(build.nativeFile("tools/weftctl"), planeSocket());
    }

    /**
     * The CNI plugin as a container runtime executes it: in the host's namespace, everything in the environment, the network
     * configuration on stdin.
     */
    List<String> cniWords(String command, String containerId, String netnsPath, String arguments) {
        return netns().inside(List.of(
                "env",
                "CNI_COMMAND=" + command,
                "CNI_CONTAINERID=" + containerId,
                "CNI_NETNS=" + netnsPath,
                "CNI_IFNAME=eth0",
                "CNI_ARGS=" + arguments,
                "CNI_PATH=" + build.nativeFile("cni"),
                build.nativeFile("cni/weft-cni").toString()));
    }

    /** The network configuration a runtime has for this host. */
    String cniConfig(String network) {
        return """
                {"cniVersion":"1.1.0","name":"weft","type":"weft-cni","weft":{"network":"%s","agent-socket":"%s"}}""".formatted(network, agentSocket());
    }
}
