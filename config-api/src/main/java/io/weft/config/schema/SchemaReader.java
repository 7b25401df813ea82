package io.weft.config.schema;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Reads the object model: {@code types.yaml} (complex and simple types) and one YAML file per object type. A mistake in a file stops
 * the start with the file and field named.
 */
public final class SchemaReader {
    private static final String FOLDER = "schema/";
    private static final String YAML = ".yaml";
    private static final String TYPES = "types.yaml";
    private static final BigInteger LOWEST = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger HIGHEST = BigInteger.valueOf(Long.MAX_VALUE);
    private static final Set<String> OBJECT_KEYS = Set.of("type", "parents", "references", "properties");
    private static final Set<String> VALUE_KEYS = Set.of(
            "type", "list", "enum", "min", "max", "format", "required", "default", "system", "collection", "key");
    private static final Set<String> REFERENCE_KEYS = Set.of("attr", "required");
    private static final Map<String, String> COMMON = Map.of(
            "display_name", "{type: string}",
            "id_perms", "{type: IdPermsType}",
            "perms2", "{type: PermType2}",
            "annotations", "{type: KeyValuePairs, collection: map, key: key}");

    private final ObjectMapper yaml = new ObjectMapper(new YAMLFactory());
    private final Map<String, JsonNode> named = new HashMap<>();
    private final Map<String, ValueType> resolved = new HashMap<>();
    private final Set<String> resolving = new TreeSet<>();

    private SchemaReader() {}

    /** The model this program was built with. */
    public static Schema builtIn() {
        try {
            URL types = SchemaReader.class.getResource("/" + FOLDER + TYPES);
            if (types == null) {
                throw new IllegalStateException("resource " + FOLDER + TYPES + " is missing");
            }
            URLConnection connection = types.openConnection();
            if (connection instanceof JarURLConnection inJar) {
                inJar.setUseCaches(false);
                try (JarFile jar = inJar.getJarFile()) {
                    return read(files(jar));
                }
            }
            return read(files(Path.of(types.toURI()).getParent()));
        } catch (IOException e) {
            throw new UncheckedIOException("resource folder " + FOLDER, e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("resource folder " + FOLDER, e);
        }
    }

    /**
     * @param files file name -> YAML text; {@code types.yaml} must be there
     * @throws IllegalStateException a file is wrong
     */
    public static Schema read(Map<String, String> files) {
        SchemaReader reader = new SchemaReader();
        reader.tree(TYPES, files.get(TYPES))
                .properties()
                .forEach(entry -> reader.named.put(entry.getKey(), entry.getValue()));
        List<ObjectType> types = new ArrayList<>();
        for (Map.Entry<String, String> file : files.entrySet()) {
            if (!file.getKey().equals(TYPES)) {
                types.add(reader.objectType(file.getKey(), reader.tree(file.getKey(), file.getValue())));
            }
        }
        return new Schema(types);
    }

    private static Map<String, String> files(JarFile jar) throws IOException {
        Map<String, String> out = new TreeMap<>();
        for (JarEntry entry : Collections.list(jar.entries())) {
            if (entry.getName().startsWith(FOLDER) && entry.getName().endsWith(YAML)) {
                try (InputStream content = jar.getInputStream(entry)) {
                    String text = new String(content.readAllBytes(), StandardCharsets.UTF_8);
                    out.put(entry.getName().substring(FOLDER.length()), text);
                }
            }
        }
        return out;
    }

    private static Map<String, String> files(Path folder) throws IOException {
        Map<String, String> out = new TreeMap<>();
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path file : entries.toList()) {
                if (file.toString().endsWith(YAML)) {
                    out.put(file.getFileName().toString(), Files.readString(file));
                }
            }
        }
        return out;
    }

    private JsonNode tree(String file, String text) {
        try {
            JsonNode tree = text == null ? null : yaml.readTree(text);
            if (tree == null || !tree.isObject()) {
                throw new IllegalStateException("schema file " + file + " is missing or not a map");
            }
            return tree;
        } catch (JacksonException e) {
            throw new IllegalStateException("schema file " + file + ": " + e.getOriginalMessage(), e);
        }
    }

    private ObjectType objectType(String file, JsonNode tree) {
        onlyKeys(file, tree, OBJECT_KEYS);
        String name = tree.path("type").asText();
        if (!file.equals(name + ".yaml")) {
            throw new IllegalStateException("schema file " + file + ": holds type '" + name + "'");
        }
        List<String> parents = new ArrayList<>();
        tree.path("parents").forEach(parent -> parents.add(parent.asText()));
        Map<String, ReferenceType> references = new HashMap<>();
        tree.path("references").properties().forEach(entry -> {
            String where = file + " references." + entry.getKey();
            onlyKeys(where, entry.getValue(), REFERENCE_KEYS);
            JsonNode attr = entry.getValue().get("attr");
            references.put(
                    entry.getKey(),
                    new ReferenceType(
                            entry.getKey(),
                            attr == null ? null : namedType(where, attr.asText()),
                            entry.getValue().path("required").asBoolean()));
        });
        Map<String, PropertyType> properties = new HashMap<>();
        COMMON.forEach((common, text) -> properties.put(common, property(file, common, tree(file, text))));
        tree.path("properties")
                .properties()
                .forEach(entry -> properties.put(entry.getKey(), property(file, entry.getKey(), entry.getValue())));
        return new ObjectType(name, parents, references, properties);
    }

    private PropertyType property(String file, String name, JsonNode tree) {
        String where = file + " properties." + name;
        ValueType type = value(where, tree);
        PropertyType.Collection collection = switch (tree.path("collection").asText("")) {
            case "" -> PropertyType.Collection.NONE;
            case "list" -> PropertyType.Collection.LIST;
            case "map" -> PropertyType.Collection.MAP;
            default -> throw new IllegalStateException(where + ": collection '" + tree.path("collection") + "'");
        };
        String listField = null;
        if (collection != PropertyType.Collection.NONE) {
            if (!(type instanceof ValueType.Structure structure)
                    || structure.fields().size() != 1) {
                throw new IllegalStateException(where + ": a collection is a structure of one list");
            }
            listField = structure.fields().keySet().iterator().next();
        }
        return new PropertyType(
                name,
                type,
                tree.path("required").asBoolean(),
                tree.get("default"),
                tree.path("system").asBoolean(),
                collection,
                listField,
                tree.path("key").asText(null));
    }

    private ValueType value(String where, JsonNode tree) {
        onlyKeys(where, tree, VALUE_KEYS);
        ValueType one = switch (tree.path("type").asText()) {
            case "string" -> new ValueType.Text(texts(tree.path("enum")), format(where, tree));
            case "integer" ->
                new ValueType.Whole(
                        tree.has("min") ? tree.get("min").bigIntegerValue() : LOWEST,
                        tree.has("max") ? tree.get("max").bigIntegerValue() : HIGHEST);
            case "boolean" -> new ValueType.Flag();
            default ->
                tree.has("format")
                        ? new ValueType.Text(List.of(), format(where, tree))
                        : namedType(where, tree.path("type").asText());
        };
        return tree.path("list").asBoolean() ? new ValueType.ListOf(one) : one;
    }

    private ValueType namedType(String where, String name) {
        ValueType known = resolved.get(name);
        if (known != null) {
            return known;
        }
        JsonNode tree = named.get(name);
        if (tree == null) {
            throw new IllegalStateException(where + ": no type '" + name + "' in " + TYPES);
        }
        if (!resolving.add(name)) {
            throw new IllegalStateException(where + ": type '" + name + "' contains itself");
        }
        ValueType type = tree.has("fields") ? structure(name, tree.get("fields")) : value(TYPES + " " + name, tree);
        resolving.remove(name);
        resolved.put(name, type);
        return type;
    }

    private ValueType structure(String name, JsonNode fields) {
        Map<String, ValueType.Field> out = new HashMap<>();
        fields.properties()
                .forEach(entry -> out.put(
                        entry.getKey(),
                        new ValueType.Field(
                                value(TYPES + " " + name + "." + entry.getKey(), entry.getValue()),
                                entry.getValue().path("required").asBoolean())));
        return new ValueType.Structure(name, out);
    }

    private static List<String> texts(JsonNode list) {
        List<String> out = new ArrayList<>();
        list.forEach(one -> out.add(one.asText()));
        return out;
    }

    private static TextFormat format(String where, JsonNode tree) {
        return switch (tree.path("format").asText("")) {
            case "" -> TextFormat.ANY;
            case "ip" -> TextFormat.IP;
            case "prefix" -> TextFormat.PREFIX;
            case "mac" -> TextFormat.MAC;
            case "uuid" -> TextFormat.UUID;
            case "route-target" -> TextFormat.ROUTE_TARGET;
            default -> throw new IllegalStateException(where + ": format '" + tree.path("format") + "'");
        };
    }

    private static void onlyKeys(String where, JsonNode tree, Set<String> allowed) {
        tree.fieldNames().forEachRemaining(key -> {
            if (!allowed.contains(key)) {
                throw new IllegalStateException("schema " + where + ": unknown key '" + key + "'");
            }
        });
    }
}
