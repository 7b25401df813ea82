package io.weft.control;

import io.weft.config.runtime.ConfigApi;
import io.weft.controller.runtime.Controller;
import io.weft.protocol.settings.Setting;
import io.weft.protocol.settings.SettingValues;
import io.weft.protocol.settings.SettingValues.BadSettingException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
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
 * config API over HTTP, as it would from another machine.
 */
public final class ControlNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlNode.class);

    /** Where the controller finds the config API; not a setting here, because it is the one in this process. */
    private static final String CONFIG_API = "config-api";

    private final ConfigApi configApi;
    private final Controller controller;

    private ControlNode(ConfigApi configApi, Controller controller) {
        this.configApi = configApi;
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
        merged.remove(CONFIG_API);
        return List.copyOf(merged.values());
    }

    /** Starts both parts; when the second does not start the first is closed again. */
    public static ControlNode start(SettingValues values) {
        ConfigApi configApi = ConfigApi.start(values);
        try {
            return new ControlNode(configApi, Controller.start(controllerValues(values, configApi.restAddress())));
        } catch (RuntimeException e) {
            configApi.close();
            throw e;
        }
    }

    private static SettingValues controllerValues(SettingValues values, InetSocketAddress rest) {
        List<String> arguments = new ArrayList<>();
        for (Setting setting : Controller.settings()) {
            String text = setting.name().equals(CONFIG_API) ? text(rest) : values.text(setting.name());
            arguments.add("--" + setting.name() + "=" + text);
        }
        return SettingValues.parse(Controller.settings(), arguments, Map.of(), ControlNode::read);
    }

    /** The line a supervisor waits for. */
    public String readyLine() {
        return "ready rest=%s xmpp=%s introspect=%s"
                .formatted(
                        text(configApi.restAddress()),
                        text(controller.xmppAddress()),
                        text(controller.introspectAddress()));
    }

    /** The controller first, so that it does not take the end of its config for a failure. */
    @Override
    public void close() {
        controller.close();
        configApi.close();
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
