package io.weft.config.watch;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.ChangeSet;
import io.weft.config.resource.Image;
import io.weft.config.resource.ResourceJson;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;

/** Tells watchers what was committed. Thread-safe. */
public final class WatchHub {
    private final WatchLog log;
    private final long queueRevisions;
    private final Set<Watcher> watchers = new CopyOnWriteArraySet<>();
    private volatile Image image;

    /**
     * @param retained change-sets kept for watchers that reconnect
     * @param queueRevisions a watcher that does not read is disconnected when it is further behind than this; less than {@code retained}
     * @param image where watching starts
     * @param recent change-sets up to the image, oldest first, perhaps none
     */
    public WatchHub(int retained, int queueRevisions, Image image, List<ChangeSet> recent) {
        this.image = image;
        this.queueRevisions = Math.min(queueRevisions, retained - 1);
        this.log = new WatchLog(retained, image.revision() - recent.size());
        recent.forEach(log::add);
    }

    /** After a commit; called by the writer's thread only. */
    public void publish(Image after, List<ChangeSet> changeSets) {
        changeSets.forEach(log::add);
        image = after;
        for (Watcher watcher : watchers) {
            watcher.wake();
        }
    }

    /** Watchers connected now. */
    public int watcherCount() {
        return watchers.size();
    }

    void add(Watcher watcher) {
        watchers.add(watcher);
        watcher.wake();
    }

    void remove(Watcher watcher) {
        watchers.remove(watcher);
    }

    /** Whether every change-set after that revision is still here. */
    boolean follows(long revision) {
        return log.follows(revision);
    }

    /** Revisions a watcher is behind. */
    long lag(long revision) {
        return log.last() - revision;
    }

    /** How far behind a watcher that does not read may be. */
    long queueRevisions() {
        return queueRevisions;
    }

    /** The next change-set for a watcher, or null. */
    WatchEntry after(long revision) {
        return log.after(revision);
    }

    Image image() {
        return image;
    }

    /** The event {@code init}: all objects of the types, each type named even when it has none. */
    static byte[] init(Image image, Iterable<String> types) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        for (String type : types) {
            ArrayNode list = data.putArray(type);
            image.forEachOfType(type, resource -> list.add(ResourceJson.whole(resource, null)));
        }
        return WatchEntry.text("event: init\nid: " + image.revision() + "\ndata: " + WatchEntry.json(data) + "\n\n");
    }
}
