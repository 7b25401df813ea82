package io.weft.agent.runtime;

import io.weft.protocol.settings.Setting;
import io.weft.protocol.settings.SettingValues;
import io.weft.protocol.settings.SettingValues.BadSettingException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Settings of the agent, checked.
 *
 * @param name XMPP name and name of the virtual-router object
 * @param underlay tunnel address of this host
 * @param uplinkEthdev the uplink is DPDK devargs, not a netdev
 * @param dataplane URL of the plane
 * @param controllers one or two
 * @param xmppHoldTimeMs a session without any byte for so long is closed
 * @param cniTimeoutMs longest time of one CNI call
 * @param bfdIntervalMs how often the plane asks each tunnel destination for a sign of life: 50 .. 60000; 0: never
 * @param bfdMultiplier so many signs missing mean down
 * @param networksAllowed networks pods may ask for; empty: all
 */
public record AgentSettings(
        String name,
        InetAddress underlay,
        String uplink,
        boolean uplinkEthdev,
        String dataplane,
        List<InetSocketAddress> controllers,
        InetSocketAddress configApi,
        Path socket,
        InetSocketAddress introspect,
        Path stateDir,
        long xmppHoldTimeMs,
        long cniTimeoutMs,
        int bfdIntervalMs,
        int bfdMultiplier,
        Set<String> networksAllowed) {
    public static final List<Setting> TABLE = List.of(
            Setting.text("name", null, "name of this virtual router: its XMPP name and its object in the config API"),
            Setting.text("underlay-address", null, "this host's tunnel address, IPv4 or IPv6"),
            Setting.text("uplink", null, "netdev that reaches the fabric, or DPDK devargs with uplink-kind=ethdev"),
            Setting.text("uplink-kind", "af-packet", "how the plane drives the uplink: af-packet or ethdev"),
            Setting.text("dataplane", "dpdk:/run/weft/dataplane.sock", "the forwarding plane"),
            Setting.text("controllers", "127.0.0.1:5269", "one or two controllers, host:port joined by commas"),
            Setting.address("config-api", "127.0.0.1:8082", "the config API, for objects the agent creates"),
            Setting.path("socket", "/run/weft/agent.sock", "unix socket of the CNI shim and the port API"),
            Setting.address("introspect-listen", "127.0.0.1:8085", "address of the introspect server"),
            Setting.path(
                    "state-dir",
                    "/var/lib/weft/agent",
                    "folder for the ports of this host and what the controllers said last"),
            Setting.number("xmpp-hold-time-ms", 90_000, 300, 3_600_000, "an XMPP session silent for so long is closed"),
            Setting.number("cni-timeout-ms", 30_000, 100, 600_000, "longest time of one CNI call"),
            Setting.number(
                    "bfd-interval-ms",
                    300,
                    0,
                    60_000,
                    "how often the plane asks each other host for a sign of life (BFD); at least 50, or 0: never"),
            Setting.number("bfd-multiplier", 3, 2, 50, "so many signs of life missing mean that a host is down"),
            Setting.text(
                    "networks-allowed",
                    "*",
                    "networks pods may ask for, domain:project:network joined by commas, or * for all"));

    private static final int CONTROLLERS_MAX = 2;
    private static final int NAME_MAX = 63;
    private static final int BFD_INTERVAL_MS_MIN = 50;

    public AgentSettings {
        controllers = List.copyOf(controllers);
        networksAllowed = Set.copyOf(networksAllowed);
    }

    /**
     * @throws BadSettingException names setting, value and limit
     */
    public static AgentSettings of(SettingValues values) {
        String name = values.text("name");
        if (!name.matches("[A-Za-z0-9._-]{1," + NAME_MAX + "}")) {
            throw new BadSettingException(
                    "setting 'name': '" + name + "' is not 1.." + NAME_MAX + " letters, digits, '.', '_' or '-'");
        }
        String kind = values.text("uplink-kind");
        if (!kind.equals("af-packet") && !kind.equals("ethdev")) {
            throw new BadSettingException("setting 'uplink-kind': '" + kind + "' is not af-packet or ethdev");
        }
        String uplink = values.text("uplink");
        if (uplink.isEmpty() || uplink.length() > 63) {
            throw new BadSettingException("setting 'uplink': '" + uplink + "' is not 1..63 bytes long");
        }
        return new AgentSettings(
                name,
                underlay(values.text("underlay-address")),
                uplink,
                kind.equals("ethdev"),
                values.text("dataplane"),
                controllers(values.text("controllers")),
                values.address("config-api"),
                Path.of(values.text("socket")),
                values.address("introspect-listen"),
                Path.of(values.text("state-dir")),
                values.number("xmpp-hold-time-ms"),
                values.number("cni-timeout-ms"),
                bfdInterval(values.number("bfd-interval-ms")),
                (int) values.number("bfd-multiplier"),
                networks(values.text("networks-allowed")));
    }

    private static int bfdInterval(long value) {
        if (value != 0 && value < BFD_INTERVAL_MS_MIN) {
            throw new BadSettingException(
                    "setting 'bfd-interval-ms': " + value + " is not 0 or " + BFD_INTERVAL_MS_MIN + "..60000");
        }
        return (int) value;
    }

    private static InetAddress underlay(String text) {
        try {
            InetAddress address = InetAddress.ofLiteral(text);
            if (!address.isAnyLocalAddress() && !address.isMulticastAddress()) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            // reported below, with the whole text
        }
        throw new BadSettingException(
                "setting 'underlay-address': '" + text + "' is not an IPv4 or IPv6 unicast address");
    }

    private static List<InetSocketAddress> controllers(String text) {
        List<InetSocketAddress> found = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            SettingValues one = SettingValues.parse(
                    List.of(Setting.address("controllers", null, "controller")),
                    List.of("--controllers=" + part.strip()),
                    java.util.Map.of(),
                    file -> "");
            found.add(one.address("controllers"));
        }
        if (found.size() > CONTROLLERS_MAX) {
            throw new BadSettingException(
                    "setting 'controllers': " + found.size() + " addresses, want 1.." + CONTROLLERS_MAX);
        }
        return found;
    }

    private static Set<String> networks(String text) {
        if (text.strip().equals("*")) {
            return Set.of();
        }
        Set<String> found = new TreeSet<>();
        Arrays.stream(text.split(",", -1)).map(String::strip).forEach(name -> {
            if (name.split(":", -1).length != 3) {
                throw new BadSettingException(
                        "setting 'networks-allowed': '" + name + "' is not domain:project:network");
            }
            found.add(name);
        });
        return found;
    }
}
