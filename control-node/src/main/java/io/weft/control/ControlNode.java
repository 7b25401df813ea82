package io.weft.control;

import io.weft.config.runtime.ConfigApi;
import io.weft.controller.runtime.Controller;
import io.weft.protocol.settings.Setting;
import io.weft.protocol.settings.SettingValues;
import io.weft.protocol.settings.SettingValues.BadSettingException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control plane of a site in one JVM: config API and controller. They share nothing but the process: the controller follows the
 * config API over HTTP, as it would from another machine. A further process of the site has only a controller, and the setting
 * {@code config-api} names the config API of the first one.
 */
public final class ControlNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlNode.class);

    private static final String CONFIG_API = "config-api";

    private final ConfigApi configApi;
    private final InetSocketAddress rest;
    private final Controller controller;

    /** @param configApi null when this process follows another one's */
    private ControlNode(ConfigApi configApi, InetSocketAddress rest, Controller controller) {
        this.configApi = configApi;
        this.rest = rest;
        this.controller = controller;
    }

    /**
     * The settings of both parts.
     *
     * @throws IllegalStateException when the parts give one name two meanings
     */
    public static List<Setting> settings() {
        Map<String, Setting> merged = new LinkedHashMap<>();
        List<Setting> all = new ArrayList<>(ConfigApi.settings());
        all.addAll(Controller.settings());
        for (Setting setting : all) {
            Setting present = merged.putIfAbsent(setting.name(), setting);
            if (present != null && !present.equals(setting)) {
                throw new IllegalStateException(
                        "setting '" + setting.name() + "' means two things: " + present + " and " + setting);
            }
        }
        merged.put(
                CONFIG_API,
                Setting.text(
                        CONFIG_API,
                        "",
                        "Config API of another process, as host:port, which the controller follows; empty: this process runs its own."));
        return List.copyOf(merged.values());
    }

    /**
     * Starts both parts, or the controller alone when {@code config-api} is set; when the second does not start the first is closed again.
     *
     * @throws BadSettingException config-api is no address
     * @throws IllegalStateException a part did not start; the message says why
     */
    public static ControlNode start(SettingValues values) {
        InetSocketAddress followed = followed(values);
        if (followed != null) {
            return new ControlNode(null, followed, Controller.start(controllerValues(values, followed)));
        }
        ConfigApi configApi = ConfigApi.start(values);
        try {
            InetSocketAddress rest = configApi.restAddress();
            return new ControlNode(configApi, rest, Controller.start(controllerValues(values, reachable(rest))));
        } catch (RuntimeException e) {
            configApi.close();
            throw e;
        }
    }

    /** The config API of another process, or null. */
    private static InetSocketAddress followed(SettingValues values) {
        String text = values.text(CONFIG_API);
        if (text.isEmpty()) {
            return null;
        }
        return SettingValues.parse(
                        Controller.settings(), List.of("--" + CONFIG_API + "=" + text), Map.of(), ControlNode::read)
                .address(CONFIG_API);
    }

    /** What listens on every address is reached on loopback. */
    private static InetSocketAddress reachable(InetSocketAddress rest) {
        InetSocketAddress resolved = new InetSocketAddress(rest.getHostString(), rest.getPort());
        boolean everywhere = !resolved.isUnresolved() && resolved.getAddress().isAnyLocalAddress();
        return everywhere ? new InetSocketAddress(InetAddress.getLoopbackAddress(), rest.getPort()) : rest;
    }

    private static SettingValues controllerValues(SettingValues values, InetSocketAddress rest) {
        List<String> arguments = new ArrayList<>();
        for (Setting setting : Controller.settings()) {
            String text = setting.name().equals(CONFIG_API) ? text(rest) : values.text(setting.name());
            arguments.add("--" + setting.name() + "=" + text);
        }
        return SettingValues.parse(Controller.settings(), arguments, Map.of(), ControlNode::read);
    }

    /** The line a supervisor waits for; {@code rest} is where the config API answers, in whichever process; {@code bgp=configured}: where its bgp-router says. */
    public String readyLine() {
        return "ready rest=%s xmpp=%s introspect=%s bgp=%s"
                .formatted(
                        text(rest),
                        text(controller.xmppAddress()),
                        text(controller.introspectAddress()),
                        controller.bgpAddress().map(ControlNode::text).orElse("configured"));
    }

    /** The controller first, so that it does not take the end of its config for a failure. */
    @Override
    public void close() {
        controller.close();
        if (configApi != null) {
            configApi.close();
        }
    }

    private static String text(InetSocketAddress address) {
        String host = address.isUnresolved()
                ? address.getHostString()
                : address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException("settings file " + file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Exit status: 0 clean stop, 1 failure, 2 bad settings. */
    public static void main(String[] arguments) {
        int status = run(List.of(arguments), System.getenv(), System.out, System.err);
        if (status != 0) {
            System.exit(status);
        }
    }

    static int run(List<String> arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
        if (arguments.contains("--help")) {
            out.print("Control node: config API and controller.\n" + SettingValues.describe(settings()));
            return 0;
        }
        SettingValues values;
        try {
            values = SettingValues.parse(settings(), arguments, environment, ControlNode::read);
            followed(values);
        } catch (BadSettingException | UncheckedIOException e) {
            err.println(e.getMessage());
            return 2;
        }
        ControlNode node;
        try {
            node = start(values);
        } catch (IllegalStateException e) {
            // The parts say what the operator should know; the stack is for whoever asks for it.
            LOG.error("control node did not start: {}", e.getMessage());
            LOG.debug("control node did not start", e);
            return 1;
        }
        CountDownLatch stopped = new CountDownLatch(1);
        // SIGTERM and SIGINT begin the JVM's shutdown: it goes on when everything is closed, and its exit status would
        // be
        // 143 or 130; halt makes a clean stop's 0.
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            node.close();
                            LOG.info("control node stopped");
                            stopped.countDown();
                            Runtime.getRuntime().halt(0);
                        },
                        "weft-control-stop"));
        out.println(node.readyLine());
        out.flush();
        LOG.info("control node {}", node.readyLine());
        awaitStop(stopped);
        return 0;
    }

    private static void awaitStop(CountDownLatch stopped) {
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
