package io.weft.protocol.xmpp;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * A value of the configuration as it is on the wire: text, or children by element name (a list is an element that repeats). Names have '-';
 * paths may be written with '_' too and are joined by '/', e.g. {@code id-perms/uuid/uuid-mslong}. Immutable.
 *
 * @param text of a leaf; empty when there are children
 * @param children in the order of the wire; every list has at least one value
 */
public record XmlTree(String text, Map<String, List<XmlTree>> children) {
    /** No text, no children. */
    public static final XmlTree EMPTY = new XmlTree("", Map.of());

    private static final int MAX_DEPTH = 32;

    public XmlTree {
        Objects.requireNonNull(text, "text");
        Map<String, List<XmlTree>> copy = new LinkedHashMap<>();
        children.forEach((name, values) -> {
            if (!name.matches("[A-Za-z][A-Za-z0-9._-]*")) {
                throw new IllegalArgumentException("'" + name + "' cannot be an element name");
            }
            if (values.isEmpty()) {
                throw new IllegalArgumentException("element '" + name + "' has no value");
            }
            copy.put(name, List.copyOf(values));
        });
        children = Collections.unmodifiableMap(copy);
        if (!children.isEmpty() && !text.isEmpty()) {
            throw new IllegalArgumentException("text '" + text + "' beside children " + children.keySet());
        }
    }

    public static XmlTree leaf(String text) {
        return new XmlTree(text, Map.of());
    }

    /**
     * JSON values to elements: '_' in names becomes '-', a list repeats its element, null is left out.
     *
     * @param json Map, List, String, Number, Boolean or null, nested at most 32 deep
     * @throws IllegalArgumentException another type, too deep, or a name that cannot be an element's
     */
    public static XmlTree fromJson(Object json) {
        return fromJson(json, 0);
    }

    private static XmlTree fromJson(Object json, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("value is nested deeper than " + MAX_DEPTH);
        }
        return switch (json) {
            case null -> EMPTY;
            case String text -> leaf(text);
            case Number number -> leaf(number.toString());
            case Boolean flag -> leaf(flag.toString());
            case Map<?, ?> map -> {
                Map<String, List<XmlTree>> children = new LinkedHashMap<>();
                map.forEach((key, value) -> {
                    List<XmlTree> values = new ArrayList<>();
                    collect(value, depth + 1, values);
                    if (!values.isEmpty()) {
                        children.put(key.toString().replace('_', '-'), values);
                    }
                });
                yield new XmlTree("", children);
            }
            default ->
                throw new IllegalArgumentException(
                        "no element for a " + json.getClass().getName());
        };
    }

    private static void collect(Object value, int depth, List<XmlTree> into) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("value is nested deeper than " + MAX_DEPTH);
        }
        if (value instanceof List<?> list) {
            for (Object item : list) {
                collect(item, depth + 1, into);
            }
        } else if (value != null) {
            into.add(fromJson(value, depth));
        }
    }

    static XmlTree fromElements(List<XmlElement> elements, String text) {
        if (elements.isEmpty()) {
            return text.isEmpty() ? EMPTY : leaf(text);
        }
        Map<String, List<XmlTree>> children = new LinkedHashMap<>();
        for (XmlElement element : elements) {
            children.computeIfAbsent(element.name(), absent -> new ArrayList<>())
                    .add(fromElements(element.children(), element.text()));
        }
        return new XmlTree("", children);
    }

    public boolean isEmpty() {
        return text.isEmpty() && children.isEmpty();
    }

    /** About how many characters this is on the wire. */
    public int length() {
        int length = text.length();
        for (Map.Entry<String, List<XmlTree>> child : children.entrySet()) {
            for (XmlTree value : child.getValue()) {
                length += 2 * child.getKey().length() + 5 + value.length();
            }
        }
        return length;
    }

    /** The first value at the path. */
    public Optional<XmlTree> at(String path) {
        List<XmlTree> found = list(path);
        return found.isEmpty() ? Optional.empty() : Optional.of(found.getFirst());
    }

    /** Every value of the path's last name; the first value of each name before it. */
    public List<XmlTree> list(String path) {
        XmlTree at = this;
        String[] names = path.replace('_', '-').split("/");
        for (int i = 0; i < names.length; i++) {
            List<XmlTree> values = at.children.get(names[i]);
            if (values == null) {
                return List.of();
            }
            if (i == names.length - 1) {
                return values;
            }
            at = values.getFirst();
        }
        return List.of();
    }

    /** Texts of {@link #list}. */
    public List<String> texts(String path) {
        return list(path).stream().map(XmlTree::text).toList();
    }

    /** Stripped text of the first value; empty when there is none or it is blank. */
    public Optional<String> text(String path) {
        return at(path).map(found -> found.text.strip()).filter(found -> !found.isEmpty());
    }

    /**
     * Decimal value, signed 64 bit; the upper half of an unsigned 64-bit number reads as negative.
     *
     * @throws IllegalArgumentException present but not a number
     */
    public OptionalLong number(String path) {
        Optional<String> found = text(path);
        if (found.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(
                    found.get().startsWith("-") ? Long.parseLong(found.get()) : Long.parseUnsignedLong(found.get()));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(path + " '" + found.get() + "' is not a number", e);
        }
    }

    /**
     * {@code true} / {@code false}, or the default when there is none.
     *
     * @throws IllegalArgumentException present but neither
     */
    public boolean flag(String path, boolean byDefault) {
        Optional<String> found = text(path);
        if (found.isEmpty()) {
            return byDefault;
        }
        return switch (found.get()) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(path + " '" + found.get() + "' is not true or false");
        };
    }

    /** The uuid in {@code id-perms}; empty when it is not there. */
    public Optional<UUID> uuid() {
        OptionalLong high = number("id-perms/uuid/uuid-mslong");
        OptionalLong low = number("id-perms/uuid/uuid-lslong");
        return high.isEmpty() || low.isEmpty()
                ? Optional.empty()
                : Optional.of(new UUID(high.getAsLong(), low.getAsLong()));
    }

    void write(XmlWriter out) {
        out.text(text);
        children.forEach((name, values) -> {
            for (XmlTree value : values) {
                out.start(name);
                value.write(out);
                out.end();
            }
        });
    }
}
