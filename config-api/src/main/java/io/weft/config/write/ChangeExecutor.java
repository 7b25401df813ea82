package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.config.resource.Draft;
import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Ref;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceFactory;
import io.weft.config.schema.ObjectType;
import io.weft.config.schema.PropertyType;
import io.weft.config.schema.ReferenceType;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.Schema;
import io.weft.config.schema.Shown;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;

/** Carries out one change-set on a draft: checks against the present objects, type rules, allocation. Used by the writer's thread. */
final class ChangeExecutor {
    private static final Map<String, TypeRules> RULES = Map.of(
            "virtual-network", new NetworkRules(),
            "instance-ip", new InstanceIpRules(),
            "virtual-machine-interface", new InterfaceRules(),
            "route-target", new RouteTargetRules(),
            "network-policy", new NetworkPolicyRules(),
            "security-group", new SecurityGroupRules(),
            "access-control-list", new AccessControlListRules());

    private final Schema schema;
    private final ResourceFactory factory;
    private final NumberSource numbers;
    private final Draft draft;

    ChangeExecutor(Schema schema, ResourceFactory factory, NumberSource numbers, Draft draft) {
        this.schema = schema;
        this.factory = factory;
        this.numbers = numbers;
        this.draft = draft;
    }

    Committed.Outcome execute(Operation operation) {
        return switch (operation) {
            case Operation.Create create -> create(create);
            case Operation.Update update -> update(update);
            case Operation.Delete delete -> delete(delete);
            case Operation.RefUpdate refUpdate -> refUpdate(refUpdate);
            case Operation.RefRelax relax -> relax(relax);
            case Operation.CollectionUpdate update -> collectionUpdate(update);
        };
    }

    /** Puts objects of the system, except those whose type and name are there. */
    void install(Function<Image, List<Resource>> objects) {
        for (Resource resource : objects.apply(draft.image())) {
            if (draft.image().named(resource.type(), resource.fqName()) == null) {
                stored(null, resource);
            }
        }
    }

    private Committed.Outcome create(Operation.Create create) {
        ObjectType type = create.type();
        ObjectPatch patch = create.patch();
        if (type.name().equals(ObjectType.ROOT)) {
            throw RefusedException.forbidden(ObjectType.ROOT + " is the system's");
        }
        if (patch.fqName() == null) {
            throw RefusedException.bad("fq_name is required and not given");
        }
        Resource present = present(type, patch);
        if (present != null) {
            if (create.ifAbsent()
                    && Objects.equals(present.uuid(), patch.uuid())
                    && present.fqName().equals(patch.fqName())
                    && present.type().equals(type.name())) {
                return outcome(present);
            }
            throw RefusedException.conflict(
                    present.type() + " " + present.fqName() + " already exists with uuid: " + present.uuid());
        }
        Resource parent = parent(type, patch);
        Map<String, JsonNode> properties = new TreeMap<>();
        for (PropertyType property : type.properties().values()) {
            Optional<JsonNode> given = patch.properties().getOrDefault(property.name(), Optional.empty());
            if (given.isPresent()) {
                refuseSystem(property, property.byDefault(), given.get());
                properties.put(property.name(), given.get());
            } else if (property.required()) {
                throw RefusedException.bad(property.name() + " is required and not given");
            }
        }
        for (ReferenceType reference : type.references().values()) {
            if (reference.required() && !patch.references().containsKey(reference.target())) {
                throw RefusedException.bad(reference.field() + " is required and not given");
            }
        }
        String uuid = patch.uuid() == null ? UUID.randomUUID().toString() : patch.uuid();
        Resource resource = factory.create(type.name(), uuid, patch.fqName(), parent, false, properties, Map.of());
        return stored(null, withReferences(type, resource, patch));
    }

    private Resource present(ObjectType type, ObjectPatch patch) {
        Resource byUuid = patch.uuid() == null ? null : draft.image().get(patch.uuid());
        return byUuid != null ? byUuid : draft.image().named(type.name(), patch.fqName());
    }

    /** The parent a create names, by type and the fq_name without its last part; null for an object that stands alone. */
    private Resource parent(ObjectType type, ObjectPatch patch) {
        String parentType = patch.parentType();
        if (type.topLevel() && (parentType == null || parentType.equals(ObjectType.ROOT))) {
            boolean alone = type.parents().isEmpty() || patch.fqName().size() == 1;
            if (!alone) {
                throw RefusedException.bad("fq_name: a " + type.name() + " has one name, not " + patch.fqName());
            }
            return null;
        }
        if (parentType == null && type.parents().size() > 1) {
            throw RefusedException.bad("parent_type is required: one of " + type.parents());
        }
        String wanted = parentType == null ? type.parents().getFirst() : parentType.replace('_', '-');
        if (!type.parents().contains(wanted)) {
            throw RefusedException.bad("parent_type: '" + Shown.of(wanted) + "' is not one of " + type.parents());
        }
        List<String> parentName = patch.fqName().subList(0, patch.fqName().size() - 1);
        Resource parent = draft.image().named(wanted, parentName);
        if (parent == null) {
            throw RefusedException.bad(
                    "fq_name: parent " + wanted + " " + String.join(":", parentName) + " does not exist");
        }
        if (patch.parentUuid() != null && !patch.parentUuid().equals(parent.uuid())) {
            throw RefusedException.bad("parent_uuid: " + patch.parentUuid() + " is not the " + wanted + " "
                    + parent.fullName() + ", " + parent.uuid());
        }
        return parent;
    }

    private static void refuseSystem(PropertyType property, JsonNode present, JsonNode given) {
        if (property.system() && !given.equals(present)) {
            throw RefusedException.forbidden(property.name() + " is system-only; " + Shown.of(given) + " is refused");
        }
    }

    private Resource withReferences(ObjectType type, Resource resource, ObjectPatch patch) {
        Resource out = resource;
        for (Map.Entry<String, List<RefRequest>> entry : patch.references().entrySet()) {
            ReferenceType reference = type.references().get(entry.getKey());
            out = References.replaced(draft.image(), out, reference, entry.getValue());
        }
        return out;
    }

    private Committed.Outcome update(Operation.Update update) {
        ObjectType type = update.type();
        ObjectPatch patch = update.patch();
        Resource before = existing(type.name(), update.uuid());
        same("uuid", patch.uuid(), before.uuid());
        same("fq_name", patch.fqName(), before.fqName());
        same("parent_type", patch.parentType(), before.parentType() == null ? ObjectType.ROOT : before.parentType());
        same("parent_uuid", patch.parentUuid(), before.parentUuid());
        Resource after = before;
        for (Map.Entry<String, Optional<JsonNode>> entry : patch.properties().entrySet()) {
            after = withProperty(after, type.properties().get(entry.getKey()), entry.getValue());
        }
        return stored(before, withReferences(type, after, patch));
    }

    private static Resource withProperty(Resource resource, PropertyType property, Optional<JsonNode> given) {
        JsonNode present = resource.property(property.name());
        if (property.system() && given.isEmpty() && present != null) {
            throw RefusedException.forbidden(property.name() + " is system-only and cannot be removed");
        }
        given.ifPresent(value -> refuseSystem(property, present, value));
        return switch (property.name()) {
            case "id_perms" ->
                given.isEmpty()
                        ? resource
                        : resource.withProperty("id_perms", ResourceFactory.mergedIdPerms(present, given.get()));
            case "perms2" -> given.isEmpty() ? resource : resource.withProperty("perms2", given.get());
            default -> resource.withProperty(property.name(), given.orElse(null));
        };
    }

    private static void same(String field, Object given, Object present) {
        if (given != null && !given.equals(present)) {
            throw RefusedException.bad(field + " is " + present + " and cannot change to " + Shown.of(given));
        }
    }

    private Committed.Outcome delete(Operation.Delete delete) {
        Resource resource = draft.image().get(delete.type().name(), delete.uuid());
        if (resource == null && delete.ifPresent()) {
            return new Committed.Outcome(delete.type().name(), delete.uuid());
        }
        resource = existing(delete.type().name(), delete.uuid());
        if (resource.type().equals(ObjectType.ROOT)) {
            throw RefusedException.forbidden(ObjectType.ROOT + " is the system's");
        }
        if (resource.derived()) {
            throw RefusedException.forbidden(
                    resource.type() + " " + resource.fullName() + " is derived and goes with what it is derived from");
        }
        RULES.getOrDefault(resource.type(), TypeRules.NONE).deleted(draft.image(), resource);
        new Deletion(draft, factory).delete(resource);
        return outcome(resource);
    }

    private Committed.Outcome refUpdate(Operation.RefUpdate update) {
        Resource before = existing(update.type().name(), update.uuid());
        ReferenceType reference =
                update.type().references().get(update.refType().name());
        if (reference == null) {
            throw RefusedException.bad("ref-type: " + update.type().name() + " has no reference to "
                    + update.refType().name());
        }
        Resource target = target(update);
        if (!update.add()) {
            Resource after = before.withoutRefsTo(target.type(), target.uuid());
            if (reference.required() && after.refs(target.type()).isEmpty()) {
                throw RefusedException.bad(reference.field() + " is required and cannot be empty");
            }
            return stored(before, after);
        }
        JsonNode attr = update.attr() == null ? null : PatchReader.attr("attr", reference, update.attr());
        return stored(
                before, References.added(before, target, Ref.to(target, attr).withRelaxed(update.relax())));
    }

    private Resource target(Operation.RefUpdate update) {
        String type = update.refType().name();
        Resource target = update.refUuid() != null
                ? draft.image().get(type, update.refUuid())
                : draft.image().named(type, update.refName());
        if (target == null) {
            Object what = update.refUuid() != null ? update.refUuid() : update.refName();
            throw RefusedException.notFound("ref-uuid: " + type + " " + what + " does not exist");
        }
        return target;
    }

    private Committed.Outcome relax(Operation.RefRelax relax) {
        Resource before = existing(null, relax.uuid());
        boolean[] found = {false};
        Resource after = before;
        for (Map.Entry<String, List<Ref>> entry : before.references().entrySet()) {
            List<Ref> refs = new ArrayList<>();
            for (Ref ref : entry.getValue()) {
                boolean meant = ref.uuid().equals(relax.refUuid());
                found[0] |= meant;
                refs.add(meant ? ref.withRelaxed(true) : ref);
            }
            after = after.withRefs(entry.getKey(), refs);
        }
        if (!found[0]) {
            throw RefusedException.notFound("ref-uuid: " + relax.uuid() + " has no reference to " + relax.refUuid());
        }
        return stored(before, after);
    }

    private Committed.Outcome collectionUpdate(Operation.CollectionUpdate update) {
        Resource before = existing(null, update.uuid());
        ObjectType type = schema.type(before.type());
        Resource after = before;
        for (Operation.CollectionUpdate.Step step : update.steps()) {
            PropertyType property = type.properties().get(step.field());
            if (property == null) {
                throw RefusedException.bad(type.name() + " has no property '" + Shown.of(step.field()) + "'");
            }
            JsonNode value = Collections.stepped(property, after.property(step.field()), step);
            after = withProperty(after, property, Optional.of(value));
        }
        return stored(before, after);
    }

    private Resource existing(String type, String uuid) {
        Image image = draft.image();
        Resource resource = type == null ? image.get(uuid) : image.get(type, uuid);
        if (resource == null) {
            throw RefusedException.notFound((type == null ? "object" : type) + " " + uuid + " does not exist");
        }
        return resource;
    }

    private Committed.Outcome stored(Resource before, Resource after) {
        Resource ruled =
                RULES.getOrDefault(after.type(), TypeRules.NONE).written(draft.image(), numbers, before, after);
        if (before == null) {
            draft.put(ruled);
        } else if (!before.sameContent(ruled)) {
            draft.put(factory.modified(ruled));
        }
        return outcome(ruled);
    }

    private static Committed.Outcome outcome(Resource resource) {
        return new Committed.Outcome(resource.type(), resource.uuid());
    }
}
