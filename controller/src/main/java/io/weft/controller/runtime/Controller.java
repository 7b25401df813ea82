package io.weft.controller.runtime;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.weft.controller.bgp.BgpSettings;
import io.weft.controller.bgp.PeerTimes;
import io.weft.controller.config.WatchClient;
import io.weft.controller.introspect.IntrospectServer;
import io.weft.controller.xmpp.CoreEvent;
import io.weft.controller.xmpp.CoreSettings;
import io.weft.controller.xmpp.XmppServer;
import io.weft.protocol.settings.Setting;
import io.weft.protocol.settings.SettingValues;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A running controller: XMPP server, follower of the config API, introspect pages, and the core between them. Starts before the config API
 * answers; agents wait until it does.
 */
public final class Controller implements AutoCloseable {
    private static final List<Setting> SETTINGS = List.of(
            Setting.address("config-api", "127.0.0.1:8082", "Where the config API answers."),
            Setting.address("xmpp-listen", "127.0.0.1:5269", "Where agents connect."),
            Setting.address("introspect-listen", "127.0.0.1:8083", "Where the controller's JSON pages are."),
            Setting.number(
                    "xmpp-hold-time-ms", 90_000, 1000, 3_600_000, "Silence after which an agent's session is dead."),
            Setting.number(
                    "stale-time-ms",
                    300_000,
                    1,
                    600_000,
                    "How long routes outlive their agent's session, unless graceful restart is configured."),
            Setting.number(
                    "admit-time-ms",
                    30_000,
                    1,
                    3_600_000,
                    "How long an agent may wait for its virtual-router to exist."),
            Setting.number(
                    "end-of-rib-time-ms",
                    30_000,
                    1,
                    3_600_000,
                    "After which an agent is told that its first routes are complete though it has not said so itself."),
            Setting.text(
                    "name",
                    "",
                    "Name of this controller, which its bgp-router object ends with; without it there is no BGP."),
            Setting.address(
                    "bgp-listen",
                    "0.0.0.0:0",
                    "Where BGP peers connect; port 0: at address and port of its bgp-router object, nowhere without one."),
            Setting.number(
                    "bgp-connect-retry-ms",
                    30_000,
                    100,
                    3_600_000,
                    "Time between two attempts to connect to a BGP peer."));

    private final EventLoopGroup group;
    private final CoreThread core;
    private final XmppServer xmpp;
    private final IntrospectServer introspect;
    private final Optional<InetSocketAddress> bgp;
    private final WatchClient watch;

    private Controller(SettingValues values) {
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        core = new CoreThread(coreSettings(values), bgpSettings(values), group);
        XmppServer xmppServer = null;
        IntrospectServer introspectServer = null;
        try {
            xmppServer = new XmppServer(group, values.address("xmpp-listen"), core::accept);
            introspectServer = new IntrospectServer(group, values.address("introspect-listen"), core::accept);
            bgp = listensByConfig(values)
                    ? Optional.empty()
                    : Optional.of(core.transport().listenNow(values.address("bgp-listen")));
        } catch (RuntimeException e) {
            if (xmppServer != null) {
                xmppServer.close();
            }
            if (introspectServer != null) {
                introspectServer.close();
            }
            stop(group);
            throw e;
        }
        xmpp = xmppServer;
        introspect = introspectServer;
        watch = new WatchClient(
                group, values.address("config-api"), change -> core.accept(new CoreEvent.Configured(change)));
        core.start();
        watch.start();
    }

    private static CoreSettings coreSettings(SettingValues values) {
        return new CoreSettings(
                values.number("xmpp-hold-time-ms"),
                values.number("stale-time-ms"),
                values.number("admit-time-ms"),
                values.number("end-of-rib-time-ms"));
    }

    private static BgpSettings bgpSettings(SettingValues values) {
        long staleMs = values.number("stale-time-ms");
        return new BgpSettings(
                values.text("name"),
                listensByConfig(values),
                staleMs,
                PeerTimes.of(values.number("bgp-connect-retry-ms"), Math.clamp(staleMs / 1000, 1, 4095)));
    }

    private static boolean listensByConfig(SettingValues values) {
        return values.address("bgp-listen").getPort() == 0;
    }

    /** The settings table. */
    public static List<Setting> settings() {
        return SETTINGS;
    }

    /** @throws IllegalStateException an address cannot be listened on */
    public static Controller start(SettingValues values) {
        return new Controller(values);
    }

    public InetSocketAddress xmppAddress() {
        return xmpp.address();
    }

    public InetSocketAddress introspectAddress() {
        return introspect.address();
    }

    /** Empty: by its bgp-router object. */
    public Optional<InetSocketAddress> bgpAddress() {
        return bgp;
    }

    @Override
    public void close() {
        watch.close();
        core.transport().close();
        xmpp.close();
        introspect.close();
        stop(group);
        core.close();
    }

    private static void stop(EventLoopGroup group) {
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
