package io.weft.config.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/** The type of a property value. Immutable. */
public sealed interface ValueType {
    /**
     * Checks a JSON value.
     *
     * @param where the field's path, for messages
     * @param value not null and not JSON null
     * @return the value as it is stored; the argument is never changed
     * @throws RefusedException 400 naming the field, the value and the limit
     */
    JsonNode check(String where, JsonNode value);

    private static RefusedException wrong(String where, JsonNode value, String wanted) {
        return RefusedException.bad(where + ": " + Shown.of(value) + " is not " + wanted);
    }

    /**
     * @param allowed the only values; empty when any text of the format will do
     */
    record Text(List<String> allowed, TextFormat format) implements ValueType {
        public Text {
            allowed = List.copyOf(allowed);
        }

        @Override
        public JsonNode check(String where, JsonNode value) {
            if (!value.isTextual()) {
                throw wrong(where, value, allowed.isEmpty() ? "a text (" + format.wanted() + ")" : "one of " + allowed);
            }
            if (!allowed.isEmpty() && !allowed.contains(value.textValue())) {
                throw wrong(where, value, "one of " + allowed);
            }
            if (!TextFormat.carriable(value.textValue())) {
                throw wrong(where, value, "a text without control characters and unpaired surrogates");
            }
            return TextNode.valueOf(format.require(where, value.textValue()));
        }
    }

    /** Smallest and largest value; both are part of the range. */
    record Whole(BigInteger min, BigInteger max) implements ValueType {
        @Override
        public JsonNode check(String where, JsonNode value) {
            if (!value.isIntegralNumber()) {
                throw wrong(where, value, "a whole number");
            }
            BigInteger number = value.bigIntegerValue();
            if (number.compareTo(min) < 0 || number.compareTo(max) > 0) {
                throw wrong(where, value, "in " + min + ".." + max);
            }
            return value;
        }
    }

    /** true or false. */
    record Flag() implements ValueType {
        @Override
        public JsonNode check(String where, JsonNode value) {
            if (!value.isBoolean()) {
                throw wrong(where, value, "true or false");
            }
            return value;
        }
    }

    /** A list of values of one type. */
    record ListOf(ValueType element) implements ValueType {
        @Override
        public JsonNode check(String where, JsonNode value) {
            if (!value.isArray()) {
                throw wrong(where, value, "a list");
            }
            ArrayNode out = JsonNodeFactory.instance.arrayNode();
            int index = 0;
            for (JsonNode one : value) {
                String place = where + "[" + index++ + "]";
                if (one.isNull()) {
                    throw wrong(place, one, "a value");
                }
                out.add(element.check(place, one));
            }
            return out;
        }
    }

    /** A field of a structure. */
    record Field(ValueType type, boolean required) {}

    /** A structure; fields given as null count as not given and are not stored. */
    record Structure(String name, Map<String, Field> fields) implements ValueType {
        public Structure {
            fields = Map.copyOf(fields);
        }

        @Override
        public JsonNode check(String where, JsonNode value) {
            if (!value.isObject()) {
                throw wrong(where, value, "an object (" + name + ")");
            }
            ObjectNode out = JsonNodeFactory.instance.objectNode();
            for (Map.Entry<String, JsonNode> one : value.properties()) {
                Field field = fields.get(one.getKey());
                if (field == null) {
                    throw RefusedException.bad(where + ": " + name + " has no field '" + Shown.of(one.getKey()) + "'");
                }
                if (!one.getValue().isNull()) {
                    out.set(one.getKey(), field.type.check(where + "." + one.getKey(), one.getValue()));
                }
            }
            for (Map.Entry<String, Field> field : fields.entrySet()) {
                if (field.getValue().required && !out.has(field.getKey())) {
                    throw RefusedException.bad(where + "." + field.getKey() + " is required and not given");
                }
            }
            return out;
        }
    }
}
