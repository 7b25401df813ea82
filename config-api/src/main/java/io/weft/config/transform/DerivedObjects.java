package io.weft.config.transform;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.config.resource.Draft;
import io.weft.config.resource.Ref;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Makes, changes and removes derived objects and references in a draft, and touches nothing that is already as wanted. Used by the writer's thread. */
final class DerivedObjects {
    private final ResourceFactory factory;
    private final Draft draft;

    DerivedObjects(ResourceFactory factory, Draft draft) {
        this.factory = factory;
        this.draft = draft;
    }

    /** The name of a child. */
    static List<String> childName(Resource parent, String name) {
        List<String> fqName = new ArrayList<>(parent.fqName());
        fqName.add(name);
        return fqName;
    }

    /** A new derived object; it is not in the draft yet. @param seed tells it from others of the type; the same one gives the same uuid */
    Resource made(String type, String seed, List<String> fqName, Resource parent, Map<String, JsonNode> properties) {
        return factory.create(type, uuid(type, seed), fqName, parent, true, properties, Map.of());
    }

    /** The same object gets the same uuid whenever and in whatever order it is derived, unless a client took that uuid before. */
    private String uuid(String type, String seed) {
        String uuid = UUID.nameUUIDFromBytes(("weft/" + type + "/" + seed).getBytes(StandardCharsets.UTF_8))
                .toString();
        return draft.image().get(uuid) == null ? uuid : UUID.randomUUID().toString();
    }

    /** Brings the derived child of that name in line; {@code properties} null: there is none. */
    void child(String type, Resource parent, String name, Map<String, JsonNode> properties) {
        List<String> fqName = childName(parent, name);
        Resource present = draft.image().named(type, fqName);
        if (properties == null) {
            if (present != null && present.derived()) {
                draft.remove(present);
            }
            return;
        }
        if (present == null) {
            draft.put(made(type, parent.uuid() + "/" + name, fqName, parent, properties));
            return;
        }
        Resource wanted = present;
        for (Map.Entry<String, JsonNode> property : properties.entrySet()) {
            wanted = wanted.withProperty(property.getKey(), property.getValue());
        }
        putChanged(present, wanted);
    }

    /** Replaces the derived references to a type; a client's reference to the same object wins over a derived one. */
    void refs(Resource resource, String target, Map<String, Ref> wanted) {
        List<Ref> refs = new ArrayList<>();
        for (Ref ref : resource.refs(target)) {
            if (!ref.derived()) {
                refs.add(ref);
            }
        }
        for (Ref ref : wanted.values()) {
            if (refs.stream().noneMatch(present -> present.uuid().equals(ref.uuid()))) {
                refs.add(ref);
            }
        }
        replaceRefs(resource, target, refs);
    }

    /** Replaces all references to a type. */
    void replaceRefs(Resource resource, String target, List<Ref> refs) {
        putChanged(resource, resource.withRefs(target, refs));
    }

    private void putChanged(Resource present, Resource wanted) {
        if (!present.sameContent(wanted)) {
            draft.put(factory.modified(wanted));
        }
    }
}
