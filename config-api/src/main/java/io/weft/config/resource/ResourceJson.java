package io.weft.config.resource;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;

/** Objects as REST and watch clients see them (the VNC API's bodies). Pure functions. */
public final class ResourceJson {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private ResourceJson() {}

    /** {@code http://host:port/virtual-network/<uuid>} */
    public static String href(String baseUrl, String type, String uuid) {
        return baseUrl + "/" + type + "/" + uuid;
    }

    /** What identifies an object: names, uuid and parent. {@code baseUrl} null leaves out the hrefs. */
    public static ObjectNode identity(Resource resource, String baseUrl) {
        ObjectNode out = NODES.objectNode();
        out.put("uuid", resource.uuid()).put("name", resource.name());
        out.set("fq_name", texts(resource.fqName()));
        if (resource.parentUuid() != null) {
            out.put("parent_type", resource.parentType()).put("parent_uuid", resource.parentUuid());
        }
        if (baseUrl != null) {
            out.put("href", href(baseUrl, resource.type(), resource.uuid()));
            if (resource.parentUuid() != null) {
                out.put("parent_href", href(baseUrl, resource.parentType(), resource.parentUuid()));
            }
        }
        return out;
    }

    /** The whole object with its references, without children and back references. */
    public static ObjectNode whole(Resource resource, String baseUrl) {
        ObjectNode out = identity(resource, baseUrl);
        resource.properties().forEach(out::set);
        out.put("configuration_version", resource.version());
        resource.references().forEach((type, refs) -> {
            ArrayNode list = out.putArray(type.replace('-', '_') + "_refs");
            refs.forEach(ref -> list.add(link(ref, baseUrl)));
        });
        return out;
    }

    /** Adds {@code <type>s} lists of the children; {@code only} null adds all types. */
    public static void addChildren(ObjectNode out, Image image, Resource resource, String baseUrl, Set<String> only) {
        image.forEachChild(resource.uuid(), null, child -> {
            String field = child.type().replace('-', '_') + "s";
            if (only == null || only.contains(field)) {
                out.withArray(field).add(link(child, baseUrl));
            }
        });
    }

    /** Adds {@code <type>_back_refs} lists; {@code only} null adds all types. */
    public static void addBackRefs(ObjectNode out, Image image, Resource resource, String baseUrl, Set<String> only) {
        image.forEachBackRef(resource.uuid(), null, source -> {
            String field = source.type().replace('-', '_') + "_back_refs";
            if (source.type().equals(resource.type())) {
                return; // it is among the object's own references
            }
            if (only == null || only.contains(field)) {
                for (Ref ref : source.refs(resource.type())) {
                    if (ref.uuid().equals(resource.uuid())) {
                        ObjectNode one = link(source, baseUrl);
                        one.set("attr", ref.attr() == null ? NODES.nullNode() : ref.attr());
                        out.withArray(field).add(one);
                    }
                }
            }
        });
    }

    private static ObjectNode link(Resource target, String baseUrl) {
        return link(target.type(), target.uuid(), target.fqName(), baseUrl);
    }

    private static ObjectNode link(Ref ref, String baseUrl) {
        ObjectNode out = link(ref.type(), ref.uuid(), ref.to(), baseUrl);
        out.set("attr", ref.attr() == null ? NODES.nullNode() : ref.attr());
        return out;
    }

    private static ObjectNode link(String type, String uuid, List<String> name, String baseUrl) {
        ObjectNode out = NODES.objectNode();
        out.set("to", texts(name));
        out.put("uuid", uuid);
        if (baseUrl != null) {
            out.put("href", href(baseUrl, type, uuid));
        }
        return out;
    }

    /** A JSON list of texts. */
    public static ArrayNode texts(List<String> texts) {
        ArrayNode out = NODES.arrayNode();
        texts.forEach(out::add);
        return out;
    }
}
