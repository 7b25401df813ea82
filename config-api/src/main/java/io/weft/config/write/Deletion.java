package io.weft.config.write;

import io.weft.config.resource.Draft;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceFactory;
import io.weft.config.schema.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Deletes an object with its derived children, unless something holds it. */
final class Deletion {
    private final Draft draft;
    private final ResourceFactory factory;

    Deletion(Draft draft, ResourceFactory factory) {
        this.draft = draft;
        this.factory = factory;
    }

    /** @throws RefusedException 409 naming the hrefs of what holds it */
    void delete(Resource resource) {
        List<Resource> whole = new ArrayList<>();
        TreeSet<String> ids = new TreeSet<>();
        collect(resource, whole, ids);
        for (Resource one : whole) {
            refuseIfHeld(one, ids);
        }
        for (Resource one : whole.reversed()) {
            List<Resource> sources = new ArrayList<>();
            draft.image().forEachBackRef(one.uuid(), null, sources::add);
            for (Resource source : sources) {
                if (!ids.contains(source.uuid())) {
                    draft.put(factory.modified(source.withoutRefsTo(one.type(), one.uuid())));
                }
            }
            draft.remove(one);
        }
    }

    /** The object and, below it, what the transformer made. */
    private void collect(Resource resource, List<Resource> whole, TreeSet<String> ids) {
        whole.add(resource);
        ids.add(resource.uuid());
        draft.image().forEachChild(resource.uuid(), null, child -> {
            if (child.derived()) {
                collect(child, whole, ids);
            }
        });
    }

    /** A reference between two objects of one type holds neither: it is as much the one's as the other's. */
    private void refuseIfHeld(Resource resource, TreeSet<String> ids) {
        TreeSet<String> children = new TreeSet<>();
        draft.image().forEachChild(resource.uuid(), null, child -> {
            if (!ids.contains(child.uuid())) {
                children.add("/" + child.type() + "/" + child.uuid());
            }
        });
        if (!children.isEmpty()) {
            throw RefusedException.conflict("Delete when children still present: " + children);
        }
        TreeSet<String> referrers = new TreeSet<>();
        draft.image().forEachBackRef(resource.uuid(), null, source -> {
            boolean holds = source.refs(resource.type()).stream()
                    .anyMatch(ref -> ref.uuid().equals(resource.uuid()) && ref.holdsTarget());
            boolean symmetric = source.type().equals(resource.type());
            if (holds && !symmetric && !ids.contains(source.uuid())) {
                referrers.add("/" + source.type() + "/" + source.uuid());
            }
        });
        if (!referrers.isEmpty()) {
            throw RefusedException.conflict("Delete when resource still referred: " + referrers);
        }
    }
}
