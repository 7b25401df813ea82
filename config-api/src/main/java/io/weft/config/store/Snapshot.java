package io.weft.config.store;

import io.weft.config.resource.Image;
import io.weft.config.resource.Resource;
import java.util.ArrayList;
import java.util.List;

/**
 * All objects at one revision.
 *
 * @param revision 0 for the empty configuration of a new store
 */
public record Snapshot(long revision, List<Resource> resources) {
    public static final Snapshot EMPTY = new Snapshot(0, List.of());

    public Snapshot {
        resources = List.copyOf(resources);
        if (revision < 0 || revision == 0 && !resources.isEmpty()) {
            throw new IllegalArgumentException(
                    "snapshot revision " + revision + " with " + resources.size() + " objects");
        }
    }

    public static Snapshot of(Image image) {
        List<Resource> all = new ArrayList<>(image.size());
        image.forEach(all::add);
        return new Snapshot(image.revision(), all);
    }

    public Image toImage() {
        Image image = Image.empty();
        for (Resource resource : resources) {
            image = image.with(resource);
        }
        return image.atRevision(revision);
    }
}
