package io.weft.config.resource;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/** An image being changed by one change-set. Throwing it away undoes everything. Used by one thread. */
public final class Draft {
    private final Image base;
    private Image image;
    private final Map<String, Optional<Resource>> before = new LinkedHashMap<>();

    public Draft(Image base) {
        this.base = base;
        this.image = base;
    }

    /** The image with the changes so far. */
    public Image image() {
        return image;
    }

    /** Puts the object; its version counts up from the stored one. References between two objects of its type change on both. */
    public void put(Resource resource) {
        Resource old = image.get(resource.uuid());
        store(resource);
        mirror(old, resource);
    }

    /** Removes the object, and the references to it from objects of its type. */
    public void remove(Resource resource) {
        touch(resource.uuid());
        Resource old = image.get(resource.uuid());
        image = image.without(resource.uuid());
        mirror(old, old.withRefs(old.type(), List.of()));
    }

    private void store(Resource resource) {
        touch(resource.uuid());
        Resource old = base.get(resource.uuid());
        image = image.with(resource.withVersion(old == null ? 1 : old.version() + 1));
    }

    private void mirror(Resource old, Resource now) {
        String type = now.type();
        if (now.refs(type).isEmpty() && (old == null || old.refs(type).isEmpty())) {
            return;
        }
        Map<String, Ref> gone = new LinkedHashMap<>();
        if (old != null) {
            old.refs(type).forEach(ref -> gone.put(ref.uuid(), ref));
        }
        for (Ref ref : now.refs(type)) {
            if (!ref.equals(gone.remove(ref.uuid()))) {
                other(
                        now,
                        ref,
                        list -> list.add(
                                new Ref(type, now.uuid(), now.fqName(), ref.attr(), ref.derived(), ref.relaxed())));
            }
        }
        gone.values().forEach(ref -> other(now, ref, list -> {}));
    }

    /** The object at the other end, its reference back to the one just written taken out and perhaps put in anew. */
    private void other(Resource now, Ref ref, Consumer<List<Ref>> change) {
        Resource other = image.get(now.type(), ref.uuid());
        if (other == null || other.uuid().equals(now.uuid())) {
            return;
        }
        List<Ref> refs = new ArrayList<>(other.refs(now.type()));
        refs.removeIf(back -> back.uuid().equals(now.uuid()));
        change.accept(refs);
        store(other.withRefs(now.type(), refs).modifiedWith(now));
    }

    /** Uuids of the objects changed so far, in order of their first change. */
    public List<String> touched() {
        return List.copyOf(before.keySet());
    }

    /** The object as it was before the draft, or null. */
    public Resource before(String uuid) {
        return base.get(uuid);
    }

    /** What the draft changed, as the change-set of the next revision; empty when nothing differs. */
    public Optional<ChangeSet> changeSet() {
        List<Change> changes = new ArrayList<>();
        before.forEach((uuid, old) -> {
            Resource now = image.get(uuid);
            if (now == null) {
                old.ifPresent(gone -> changes.add(new Change.Remove(gone.type(), uuid, gone.fqName())));
            } else if (old.isEmpty() || !Objects.equals(old.get(), now)) {
                changes.add(new Change.Put(now, old.isEmpty()));
            }
        });
        return changes.isEmpty() ? Optional.empty() : Optional.of(new ChangeSet(base.revision() + 1, changes));
    }

    private void touch(String uuid) {
        before.computeIfAbsent(uuid, id -> Optional.ofNullable(base.get(id)));
    }
}
