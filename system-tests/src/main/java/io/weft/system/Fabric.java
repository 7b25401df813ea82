package io.weft.system;

import java.util.List;

/**
 * The machines: a router with one subnet per host, so that the underlay is routed, not one wire. The stranger is attached to the
 * same router but is no host of Weft.
 */
final class Fabric {
    /** Name of the interface by which a machine reaches the router. */
    static final String UPLINK = "uplink";

    private static final int PREFIX_LENGTH = 26;

    /**
     * A machine behind the router.
     *
     * @param name last part of its namespace's name
     * @param address its address
     * @param gateway the router's address on its link
     */
    record Machine(String name, Netns netns, String address, String gateway) {
        /** The router's interface toward it. */
        String routerInterface() {
            return "to-" + name;
        }
    }

    private final Netns router;
    private final Machine control;
    private final Machine stranger;
    private final Machine third;
    private final List<Machine> hosts;

    Fabric(String prefix) {
        this.router = new Netns(prefix + "-router");
        this.hosts = List.of(
                machine(prefix, "h1", "192.0.2.2", "192.0.2.1"), machine(prefix, "h2", "192.0.2.66", "192.0.2.65"));
        this.third = machine(prefix, "h3", "198.51.100.2", "198.51.100.1");
        this.control = machine(prefix, "control", "192.0.2.130", "192.0.2.129");
        this.stranger = machine(prefix, "stranger", "192.0.2.194", "192.0.2.193");
    }

    private static Machine machine(String prefix, String name, String address, String gateway) {
        return new Machine(name, new Netns(prefix + "-" + name), address, gateway);
    }

    Netns router() {
        return router;
    }

    /** Of a second controller on the same machine; reached from there only. */
    String secondControlAddress() {
        return "192.0.2.131";
    }

    Machine control() {
        return control;
    }

    Machine stranger() {
        return stranger;
    }

    /** Of a host that is started only when a line needs it. */
    Machine third() {
        return third;
    }

    List<Machine> hosts() {
        return hosts;
    }

    void create() {
        router.create();
        router.sysctl("net.ipv4.ip_forward", 1);
        for (Machine machine : List.of(hosts.get(0), hosts.get(1), third, control, stranger)) {
            machine.netns().create();
            router.ip(
                    "link add " + machine.routerInterface() + " type veth peer name " + UPLINK + " netns "
                            + machine.netns().name(),
                    "address add " + machine.gateway() + "/" + PREFIX_LENGTH + " dev " + machine.routerInterface(),
                    "link set " + machine.routerInterface() + " up");
            machine.netns()
                    .ip(
                            "address add " + machine.address() + "/" + PREFIX_LENGTH + " dev " + UPLINK,
                            "link set " + UPLINK + " up",
                            "route add default via " + machine.gateway());
        }
    }

    /** UDP segmentation of every fabric link: off while a capture must see packets as they would be on a wire. */
    void segmentation(boolean on) {
        for (Machine host : hosts) {
            router.command("ethtool", "-K", host.routerInterface(), "tx-udp-segmentation", on ? "on" : "off")
                    .mustRun();
            host.netns()
                    .command("ethtool", "-K", UPLINK, "tx-udp-segmentation", on ? "on" : "off")
                    .mustRun();
        }
    }

    /** The link of a machine goes down, at both ends. */
    void unplug(Machine machine) {
        router.ipNow("link", "set", "dev", machine.routerInterface(), "down");
    }

    /** Gives the router another MAC on a host's link, as a replaced router has. Nobody is told. */
    void changeRouterMac(Machine host, String mac) {
        router.ipNow("link", "set", "dev", host.routerInterface(), "address", mac);
    }

    /** MAC of an interface. */
    static String macOf(Netns netns, String device) {
        return Rest.parse(Command.of("ip", "-n", netns.name(), "-j", "link", "show", "dev", device)
                        .mustRun()
                        .out())
                .path(0)
                .path("address")
                .asText();
    }
}
