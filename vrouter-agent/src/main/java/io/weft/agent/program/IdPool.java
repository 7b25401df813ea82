package io.weft.agent.program;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Numbers of one kind (vif, VRF, next hop, label) given to keys. A freed number is not given again for the quarantine time, because
 * other hosts may still send with it; the same key asking within that time gets its old number back. One thread.
 *
 * @param <K> key, a value type
 */
public final class IdPool<K> {
    private record Freed<K>(K key, int id, long untilNs) {}

    private final String name;
    private final int first;
    private final int limit;
    private final long quarantineNs;
    private final Map<K, Integer> ids = new HashMap<>();
    private final Map<K, Freed<K>> freedByKey = new HashMap<>();
    private final Deque<Freed<K>> freed = new ArrayDeque<>();
    private final BitSet used = new BitSet();
    private int next;

    /**
     * @param name for messages
     * @param first smallest number given
     * @param limit one above the largest
     * @param quarantineNs how long a freed number rests
     */
    public IdPool(String name, int first, int limit, long quarantineNs) {
        this.name = name;
        this.first = first;
        this.limit = limit;
        this.quarantineNs = quarantineNs;
        this.next = first;
    }

    /** The number of a key, given now when it has none. Throws IllegalStateException when all are in use or resting. */
    public int get(K key, long nowNs) {
        Integer present = ids.get(key);
        if (present != null) {
            return present;
        }
        Freed<K> back = freedByKey.remove(key);
        if (back != null) {
            freed.remove(back);
            ids.put(key, back.id());
            return back.id();
        }
        release(nowNs);
        int id = used.nextClearBit(next);
        if (id >= limit) {
            id = used.nextClearBit(first);
        }
        if (id >= limit) {
            throw new IllegalStateException("no free " + name + " id: all of " + first + ".." + (limit - 1)
                    + " are in use or freed less than " + quarantineNs / 1_000_000_000L + " s ago");
        }
        take(key, id);
        next = id + 1;
        return id;
    }

    /** The number of a key that has one. */
    public OptionalInt find(K key) {
        Integer id = ids.get(key);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** Takes over a number found in the plane. False: the number or the key is taken, nothing changed. */
    public boolean adopt(K key, int id) {
        Integer present = ids.get(key);
        if (present != null) {
            return present == id;
        }
        if (id < first || id >= limit || used.get(id)) {
            return false;
        }
        take(key, id);
        return true;
    }

    /** Marks a number found in the plane under a key nobody knows, so that it is not given out. */
    public void reserve(int id) {
        if (id >= first && id < limit) {
            used.set(id);
        }
    }

    /** The key gives its number back; it rests before others get it. No effect for an unknown key. */
    public void free(K key, long nowNs) {
        Integer id = ids.remove(key);
        if (id != null) {
            Freed<K> entry = new Freed<>(key, id, nowNs + quarantineNs);
            freed.add(entry);
            freedByKey.put(key, entry);
        }
    }

    public int size() {
        return ids.size();
    }

    /** Numbers that rest. */
    public int resting() {
        return freed.size();
    }

    private void take(K key, int id) {
        ids.put(key, id);
        used.set(id);
    }

    private void release(long nowNs) {
        for (Freed<K> oldest = freed.peek(); oldest != null && oldest.untilNs() - nowNs <= 0; oldest = freed.peek()) {
            freed.remove();
            freedByKey.remove(oldest.key(), oldest);
            used.clear(oldest.id());
        }
    }
}
