package io.weft.config.resource;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Objects;

/**
 * A reference of an object to another one.
 *
 * @param type the target's type name
 * @param uuid the target's uuid
 * @param to the target's fq_name
 * @param attr attribute, or null; never changed
 * @param derived made by the transformer; does not keep the target from being deleted
 * @param relaxed does not keep the target from being deleted, because a client said so
 */
public record Ref(String type, String uuid, List<String> to, JsonNode attr, boolean derived, boolean relaxed) {
    public Ref {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(uuid, "uuid");
        to = List.copyOf(to);
    }

    public static Ref to(Resource target, JsonNode attr) {
        return new Ref(target.type(), target.uuid(), target.fqName(), attr, false, false);
    }

    public static Ref derivedTo(Resource target, JsonNode attr) {
        return new Ref(target.type(), target.uuid(), target.fqName(), attr, true, false);
    }

    public Ref withRelaxed(boolean value) {
        return new Ref(type, uuid, to, attr, derived, value);
    }

    /** Whether the target cannot be deleted while this reference is there. */
    public boolean holdsTarget() {
        return !derived && !relaxed;
    }
}
