package io.weft.config.write;

import io.weft.config.resource.Image;
import io.weft.config.resource.Ref;
import io.weft.config.resource.Resource;
import io.weft.config.schema.ReferenceType;
import io.weft.config.schema.RefusedException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns references as clients write them into stored ones. Pure. */
final class References {
    private References() {}

    /** The object a request means. @throws RefusedException 400 there is none, or name and uuid disagree */
    static Resource target(Image image, String targetType, RefRequest request) {
        Resource target =
                request.uuid() != null ? image.get(targetType, request.uuid()) : image.named(targetType, request.to());
        if (target == null) {
            String what = request.uuid() != null ? request.uuid() : String.join(":", request.to());
            throw RefusedException.bad(
                    targetType.replace('-', '_') + "_refs: " + targetType + " " + what + " does not exist");
        }
        if (request.to() != null && !request.to().equals(target.fqName())) {
            throw RefusedException.bad(targetType.replace('-', '_') + "_refs: " + request.uuid() + " is named "
                    + target.fullName() + " and not " + String.join(":", request.to()));
        }
        return target;
    }

    /** The whole list as a client wants it; references of the transformer stay. */
    static Resource replaced(Image image, Resource resource, ReferenceType type, List<RefRequest> requests) {
        Map<String, Ref> refs = new LinkedHashMap<>();
        Map<String, Ref> present = new LinkedHashMap<>();
        for (Ref ref : resource.refs(type.target())) {
            present.put(ref.uuid(), ref);
            if (ref.derived()) {
                refs.put(ref.uuid(), ref);
            }
        }
        for (RefRequest request : requests) {
            Resource target = target(image, type.target(), request);
            refuseItself(resource, target, type.field());
            Ref old = present.get(target.uuid());
            boolean derived = old != null && old.derived();
            Ref ref = derived ? old : Ref.to(target, request.attr()).withRelaxed(old != null && old.relaxed());
            if (refs.put(target.uuid(), ref) != null && !derived) {
                throw RefusedException.bad(type.field() + ": " + target.fullName() + " is there twice");
            }
        }
        return resource.withRefs(type.target(), new ArrayList<>(refs.values()));
    }

    private static void refuseItself(Resource resource, Resource target, String field) {
        if (target.uuid().equals(resource.uuid())) {
            throw RefusedException.bad(field + ": " + target.fullName() + " cannot refer to itself");
        }
    }

    /** With one reference added, or its attribute replaced. */
    static Resource added(Resource resource, Resource target, Ref ref) {
        refuseItself(resource, target, ref.type().replace('-', '_') + "_refs");
        List<Ref> refs = new ArrayList<>(resource.refs(ref.type()));
        refs.removeIf(present -> present.uuid().equals(ref.uuid()));
        refs.add(ref);
        return resource.withRefs(ref.type(), refs);
    }
}
