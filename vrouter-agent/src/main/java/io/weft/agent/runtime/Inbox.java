package io.weft.agent.runtime;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What sockets and request threads hand to the core thread. Bounded; a refusal is counted and seen by the caller. Any thread may hand
 * in, one thread takes.
 */
public final class Inbox implements Executor {
    private final ArrayBlockingQueue<Runnable> queue;
    private final AtomicLong refused = new AtomicLong();
    private volatile Thread consumer;

    public Inbox(int capacity) {
        queue = new ArrayBlockingQueue<>(capacity);
    }

    /** The thread to wake when something arrives. */
    public void consumer(Thread thread) {
        consumer = thread;
    }

    /**
     * @throws RejectedExecutionException the inbox is full
     */
    @Override
    public void execute(Runnable work) {
        if (!queue.offer(work)) {
            refused.incrementAndGet();
            throw new RejectedExecutionException("the agent's inbox is full");
        }
        LockSupport.unpark(consumer);
    }

    /** Runs on the core thread; the future carries the result, or what was thrown, or the refusal of a full inbox. */
    public <T> CompletableFuture<T> ask(java.util.concurrent.Callable<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            execute(() -> {
                try {
                    answer.complete(question.call());
                } catch (Exception e) {
                    answer.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(e);
        }
        return answer;
    }

    /** Runs at most `limit` pieces of work on the calling thread; how many. */
    public int drain(int limit) {
        int done = 0;
        while (done < limit) {
            Runnable work = queue.poll();
            if (work == null) {
                break;
            }
            work.run();
            done++;
        }
        return done;
    }

    public boolean isEmpty() {
        return queue.isEmpty();
    }

    public long refused() {
        return refused.get();
    }
}
