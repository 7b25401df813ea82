package io.weft.config.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.Image;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceJson;
import io.weft.config.schema.ObjectType;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.Schema;
import io.weft.config.schema.Shown;
import io.weft.config.schema.TextFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A list request of the VNC API: {@code GET /<type>s?…} and the same in the body of {@code /list-bulk-collection}. Pure. */
final class ListQuery {
    private static final int DEFAULT_PAGE = 256;
    private static final int MAX_FILTERS = 64;
    private static final Set<String> IDENTITY = Set.of("uuid", "name", "fq_name", "parent_type", "parent_uuid");

    private final ObjectType type;
    private final Map<String, String> parameters;
    private final ReadView view;
    private final Map<String, List<JsonNode>> filters;

    /** @throws RefusedException 400 a parameter is wrong */
    ListQuery(Schema schema, ObjectType type, Map<String, String> parameters) {
        this.type = type;
        this.parameters = parameters;
        this.view = ReadView.of(schema, type, parameters);
        this.filters = filters(type, parameters.get("filters"));
    }

    ObjectNode run(Image image, String baseUrl) {
        Set<String> parents = parents(image);
        Set<String> targets = parameters.get("back_ref_id") == null ? Set.of() : new HashSet<>(uuids("back_ref_id"));
        TreeMap<String, Resource> found = candidates(image, parents);
        found.values().removeIf(resource -> !matches(resource, parents, targets));
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        if (ReadView.truth(parameters.get("count"))) {
            out.putObject(type.collection()).put("count", found.size());
            return out;
        }
        Page page = page(new ArrayList<>(found.values()));
        ArrayNode list = out.putArray(type.collection());
        boolean detail = ReadView.truth(parameters.get("detail"));
        for (Resource resource : page.resources) {
            if (detail) {
                list.addObject().set(type.name(), detailed(image, resource, baseUrl));
            } else {
                list.add(view.showBrief(image, resource, baseUrl));
            }
        }
        if (parameters.get("page_marker") != null || parameters.get("page_limit") != null) {
            out.put("marker", page.marker);
        }
        return out;
    }

    /** Details carry children and back references only when fields names them (as the original does, for speed). */
    private ObjectNode detailed(Image image, Resource resource, String baseUrl) {
        return view.fields() == null
                ? ResourceJson.whole(resource, view.hrefs() ? baseUrl : null)
                : view.show(image, resource, baseUrl);
    }

    private record Page(List<Resource> resources, String marker) {}

    private Page page(List<Resource> all) {
        String marker = parameters.get("page_marker");
        String limitText = parameters.get("page_limit");
        if (marker == null && limitText == null) {
            return new Page(all, null);
        }
        int limit = DEFAULT_PAGE;
        if (limitText != null) {
            if (!limitText.matches("[1-9][0-9]{0,5}")) {
                throw RefusedException.bad("page_limit: '" + Shown.of(limitText) + "' is not in 1..999999");
            }
            limit = Integer.parseInt(limitText);
        }
        if (marker != null && !marker.equals("None")) {
            all.removeIf(resource -> resource.uuid().compareTo(marker) <= 0);
        }
        if (all.size() <= limit) {
            return new Page(all, null);
        }
        List<Resource> page = all.subList(0, limit);
        return new Page(page, page.getLast().uuid());
    }

    /** The narrowest index that holds all results, by uuid. */
    private TreeMap<String, Resource> candidates(Image image, Set<String> parents) {
        TreeMap<String, Resource> out = new TreeMap<>();
        if (parameters.get("obj_uuids") != null) {
            uuids("obj_uuids").forEach(uuid -> put(out, image.get(type.name(), uuid)));
        } else if (parameters.get("fq_names") != null) {
            for (String name : csv("fq_names")) {
                put(out, image.named(type.name(), fqName(name)));
            }
        } else if (!parents.isEmpty()) {
            parents.forEach(uuid -> image.forEachChild(uuid, type.name(), child -> put(out, child)));
        } else if (parameters.get("parent_id") == null && parameters.get("back_ref_id") != null) {
            uuids("back_ref_id").forEach(uuid -> image.forEachBackRef(uuid, type.name(), source -> put(out, source)));
        } else if (parameters.get("parent_id") == null && parameters.get("parent_fq_name_str") == null) {
            image.forEachOfType(type.name(), resource -> put(out, resource));
        }
        return out;
    }

    private List<String> fqName(String text) {
        return type.name().equals("route-target") ? List.of(text) : List.of(text.split(":"));
    }

    private static void put(TreeMap<String, Resource> out, Resource resource) {
        if (resource != null) {
            out.put(resource.uuid(), resource);
        }
    }

    private Set<String> parents(Image image) {
        Set<String> out = new HashSet<>();
        if (parameters.get("parent_id") != null) {
            out.addAll(uuids("parent_id"));
        }
        String name = parameters.get("parent_fq_name_str");
        if (name != null) {
            String parentType = parameters.get("parent_type");
            for (String candidate : parentType == null ? type.parents() : List.of(parentType.replace('_', '-'))) {
                Resource parent = image.named(candidate, List.of(name.split(":")));
                if (parent != null) {
                    out.add(parent.uuid());
                }
            }
        }
        return out;
    }

    private boolean matches(Resource resource, Set<String> parents, Set<String> targets) {
        boolean parentAsked = parameters.get("parent_id") != null || parameters.get("parent_fq_name_str") != null;
        if (parentAsked && !parents.contains(resource.parentUuid() == null ? "" : resource.parentUuid())) {
            return false;
        }
        if (parameters.get("back_ref_id") != null) {
            boolean[] refers = {false};
            resource.forEachRef(ref -> refers[0] |= targets.contains(ref.uuid()));
            if (!refers[0]) {
                return false;
            }
        }
        return filters.entrySet().stream().allMatch(filter -> {
            JsonNode value = value(resource, filter.getKey());
            return value != null && filter.getValue().contains(value);
        });
    }

    private static JsonNode value(Resource resource, String field) {
        return IDENTITY.contains(field) ? ResourceJson.identity(resource, null).get(field) : resource.property(field);
    }

    private List<String> csv(String name) {
        return Arrays.asList(parameters.get(name).split(","));
    }

    private List<String> uuids(String name) {
        return csv(name).stream()
                .map(one -> TextFormat.UUID.require(name, one.strip()))
                .toList();
    }

    /** {@code key==<json>,key2==<json>}: a repeated key is an or, different keys an and. */
    private static Map<String, List<JsonNode>> filters(ObjectType type, String text) {
        Map<String, List<JsonNode>> out = new TreeMap<>();
        if (text == null || text.isEmpty()) {
            return out;
        }
        for (String filter : split(text)) {
            int equals = filter.indexOf("==");
            String key = equals < 0 ? "" : filter.substring(0, equals).strip();
            boolean known = type.properties().containsKey(key)
                    || Set.of("uuid", "name", "fq_name", "parent_type", "parent_uuid")
                            .contains(key);
            if (!known) {
                throw RefusedException.bad(
                        "filters: '" + Shown.of(filter) + "' is not <property of " + type.name() + ">==<JSON>");
            }
            out.computeIfAbsent(key, name -> new ArrayList<>())
                    .add(JsonBody.value("filters", filter.substring(equals + 2)));
        }
        return out;
    }

    /** Splits at commas outside quotes and brackets. */
    private static List<String> split(String text) {
        List<String> out = new ArrayList<>();
        int depth = 0;
        int start = 0;
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' && (i == 0 || text.charAt(i - 1) != '\\')) {
                quoted = !quoted;
            } else if (!quoted && (c == '[' || c == '{')) {
                depth++;
            } else if (!quoted && (c == ']' || c == '}')) {
                depth--;
            } else if (c == ',' && !quoted && depth == 0) {
                out.add(text.substring(start, i));
                start = i + 1;
            }
        }
        out.add(text.substring(start));
        if (out.size() > MAX_FILTERS) {
            throw RefusedException.bad("filters: " + out.size() + " filters, the limit is " + MAX_FILTERS);
        }
        return out;
    }
}
