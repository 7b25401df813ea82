package io.weft.controller.runtime;

import io.netty.channel.EventLoopGroup;
import io.weft.controller.bgp.BgpSettings;
import io.weft.controller.bgp.BgpSpeaker;
import io.weft.controller.bgp.NettyTransport;
import io.weft.controller.xmpp.ControlCore;
import io.weft.controller.xmpp.CoreEvent;
import io.weft.controller.xmpp.CoreSettings;
import java.util.SplittableRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns the core: parks until something is queued or a timer is due. */
final class CoreThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CoreThread.class);
    private static final int INBOX_EVENTS = 16384;
    private static final long MAX_PARK_NS = 1_000_000_000L;

    private final ArrayBlockingQueue<CoreEvent> inbox = new ArrayBlockingQueue<>(INBOX_EVENTS);
    private final NettyTransport transport;
    private final ControlCore core;
    private final Thread thread;
    private final AtomicBoolean parked = new AtomicBoolean();
    private volatile boolean stopping;

    CoreThread(CoreSettings settings, BgpSettings bgp, EventLoopGroup group) {
        transport = new NettyTransport(group, event -> accept(new CoreEvent.Bgp(event)));
        core = new ControlCore(
                inbox, settings, ribs -> new BgpSpeaker(bgp, transport, ribs, ribs, new SplittableRandom()));
        thread = new Thread(this::run, "weft-controller");
        thread.setDaemon(true);
    }

    NettyTransport transport() {
        return transport;
    }

    void start() {
        thread.start();
    }

    /** Queues an event; waits while the queue is full. */
    void accept(CoreEvent event) {
        try {
            inbox.put(event);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the core is busy", e);
        }
        if (parked.getAndSet(false)) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        try {
            while (!stopping) {
                long now = System.nanoTime();
                if (core.doWork(now) > 0) {
                    continue;
                }
                parked.set(true);
                if (inbox.isEmpty() && !stopping) {
                    LockSupport.parkNanos(this, Math.clamp(core.nextTimerNs() - now, 1, MAX_PARK_NS));
                }
                parked.set(false);
            }
        } catch (RuntimeException | Error e) {
            // A bug: this process is of no use any more, and its supervisor starts another.
            LOG.error("the controller's core failed", e);
            Runtime.getRuntime().halt(1);
        }
    }

    @Override
    public void close() {
        stopping = true;
        LockSupport.unpark(thread);
        try {
            thread.join(5000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        inbox.clear();
    }
}
