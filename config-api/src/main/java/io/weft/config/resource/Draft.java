package io.weft.config.resource;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

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

    /** Puts the object; its version counts up from the stored one. */
    public void put(Resource resource) {
        touch(resource.uuid());
        Resource old = base.get(resource.uuid());
        image = image.with(resource.withVersion(old == null ? 1 : old.version() + 1));
    }

    public void remove(Resource resource) {
        touch(resource.uuid());
        image = image.without(resource.uuid());
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
