package io.weft.agent.runtime;

import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread of the core: turns while there is work, parks until something arrives or the next timer is due. */
final class CoreThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CoreThread.class);
    private static final long STOP_WAIT_MS = 5_000;

    private final AgentCore core;
    private final Thread thread;
    private volatile boolean stopping;
    private final Runnable onFailure;

    /** @param onFailure told when the core threw: a bug, after which the agent must end */
    CoreThread(AgentCore core, Runnable onFailure) {
        this.core = core;
        this.onFailure = onFailure;
        this.thread = new Thread(this::run, "weft-agent-core");
        core.inbox().consumer(thread);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            while (!stopping) {
                int work = core.doWork(System.nanoTime());
                if (work == 0 && core.inbox().isEmpty() && !stopping) {
                    long pause = core.deadlineNs() - System.nanoTime();
                    if (pause > 0) {
                        LockSupport.parkNanos(this, pause);
                    }
                }
            }
        } catch (RuntimeException | Error e) {
            LOG.error("the core failed; the agent ends, the plane goes on", e);
            onFailure.run();
        }
    }

    /** Stops the thread and then the core. */
    @Override
    public void close() {
        stopping = true;
        LockSupport.unpark(thread);
        try {
            thread.join(STOP_WAIT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!thread.isAlive()) {
            core.close();
        }
    }
}
