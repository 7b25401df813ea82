package io.weft.config.rest;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.Image;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceJson;
import io.weft.config.schema.ObjectType;
import io.weft.config.schema.ReferenceType;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.Schema;
import io.weft.config.schema.Shown;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What of an object a client wants to see.
 *
 * @param fields only these besides the identity; null: everything
 * @param children with the lists of children
 * @param backRefs with the lists of what refers to it
 * @param hrefs with hrefs
 */
record ReadView(Set<String> fields, boolean children, boolean backRefs, boolean hrefs) {
    private static final Set<String> ALWAYS = Set.of(
            "uuid", "name", "fq_name", "parent_type", "parent_uuid", "href", "parent_href", "configuration_version");

    /** @param parameters query parameters: fields, exclude_children, exclude_back_refs, exclude_hrefs */
    static ReadView of(Schema schema, ObjectType type, Map<String, String> parameters) {
        String csv = parameters.get("fields");
        Set<String> fields = null;
        if (csv != null && !csv.isEmpty()) {
            fields = new LinkedHashSet<>(Arrays.asList(csv.split(",")));
            fields.forEach(field -> known(schema, type, field));
        }
        return new ReadView(
                fields,
                !truth(parameters.get("exclude_children")),
                !truth(parameters.get("exclude_back_refs")),
                !truth(parameters.get("exclude_hrefs")));
    }

    /** How VNC clients write a true parameter. */
    static boolean truth(String text) {
        return "True".equals(text) || "true".equals(text) || "1".equals(text);
    }

    private static void known(Schema schema, ObjectType type, String field) {
        boolean known = ALWAYS.contains(field) || type.properties().containsKey(field) || field.endsWith("_back_refs");
        for (ReferenceType reference : type.references().values()) {
            known |= reference.field().equals(field);
        }
        for (ObjectType child : schema.childrenOf(type.name())) {
            known |= field.equals(child.fieldName() + "s");
        }
        if (!known) {
            throw RefusedException.bad("fields: " + type.name() + " has no field '" + Shown.of(field) + "'");
        }
    }

    ObjectNode show(Image image, Resource resource, String baseUrl) {
        String base = hrefs ? baseUrl : null;
        ObjectNode out = ResourceJson.whole(resource, base);
        if (children && (fields == null || fields.stream().anyMatch(field -> !field.endsWith("refs")))) {
            ResourceJson.addChildren(out, image, resource, base, fields);
        }
        if (backRefs && (fields == null || fields.stream().anyMatch(field -> field.endsWith("_back_refs")))) {
            ResourceJson.addBackRefs(out, image, resource, base, fields);
        }
        if (fields != null) {
            out.retain(joined());
        }
        return out;
    }

    private Set<String> joined() {
        Set<String> kept = new LinkedHashSet<>(ALWAYS);
        kept.addAll(fields);
        return kept;
    }

    /** For a plain list: uuid, fq_name, href and the fields asked for. */
    ObjectNode showBrief(Image image, Resource resource, String baseUrl) {
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        out.set("fq_name", ResourceJson.texts(resource.fqName()));
        out.put("uuid", resource.uuid());
        if (hrefs) {
            out.put("href", ResourceJson.href(baseUrl, resource.type(), resource.uuid()));
        }
        if (fields != null) {
            ObjectNode whole = show(image, resource, baseUrl);
            fields.stream().filter(whole::has).forEach(field -> out.set(field, whole.get(field)));
        }
        return out;
    }
}
