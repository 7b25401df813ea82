package io.weft.config.schema;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All object types. Immutable; made by {@link SchemaReader} from the YAML files in {@code /schema}. */
public final class Schema {
    private final Map<String, ObjectType> types;
    private final Map<String, List<ObjectType>> children = new HashMap<>();
    private final Map<String, ObjectType> byFieldName = new HashMap<>();

    public Schema(Collection<ObjectType> objectTypes) {
        types = new TreeMap<>();
        for (ObjectType type : objectTypes) {
            if (types.put(type.name(), type) != null) {
                throw new IllegalArgumentException("type '" + type.name() + "' is there twice");
            }
            byFieldName.put(type.fieldName(), type);
            for (String parent : type.parents()) {
                children.computeIfAbsent(parent, name -> new ArrayList<>()).add(type);
            }
        }
    }

    /** The types in alphabetical order. */
    public Collection<ObjectType> types() {
        return types.values();
    }

    public boolean has(String name) {
        return types.containsKey(name);
    }

    /**
     * @param name with '-'; '_' is accepted as well
     * @throws RefusedException 404 no such type
     */
    public ObjectType type(String name) {
        ObjectType type = types.get(name);
        if (type == null) {
            type = byFieldName.get(name);
        }
        if (type == null) {
            throw RefusedException.notFound("type '" + Shown.of(name) + "' is not known");
        }
        return type;
    }

    /** Types whose objects may be children of that type. */
    public List<ObjectType> childrenOf(String name) {
        return children.getOrDefault(name, List.of());
    }
}
