package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.schema.PropertyType;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.Shown;

/** Single elements of list and map properties (prop-collection-update). Pure. */
final class Collections {
    private Collections() {}

    /**
     * The property's value after one step, checked.
     *
     * @param present the value, or null
     */
    static JsonNode stepped(PropertyType type, JsonNode present, Operation.CollectionUpdate.Step step) {
        ObjectNode value = present == null ? JsonNodeFactory.instance.objectNode() : present.deepCopy();
        ArrayNode list = value.withArray(type.listField());
        switch (type.collection()) {
            case MAP -> map(type, list, step);
            case LIST -> list(type, list, step);
            case NONE -> throw RefusedException.bad(type.name() + " is neither a list nor a map");
        }
        return type.type().check(type.name(), value);
    }

    private static void map(PropertyType type, ArrayNode list, Operation.CollectionUpdate.Step step) {
        String key = step.position();
        if (step.value() != null && step.value().path(type.keyField()).isTextual()) {
            key = step.value().get(type.keyField()).textValue();
        }
        if (key == null) {
            throw RefusedException.bad(type.name() + ": neither position nor value." + type.keyField() + " is given");
        }
        int index = 0;
        while (index < list.size()
                && !key.equals(list.get(index).path(type.keyField()).asText(null))) {
            index++;
        }
        switch (step.action()) {
            case "set" -> {
                JsonNode value = value(type, step);
                if (index < list.size()) {
                    list.set(index, value);
                } else {
                    list.add(value);
                }
            }
            case "delete" -> {
                if (index < list.size()) {
                    list.remove(index);
                }
            }
            default -> throw wrongAction(type, step, "set or delete");
        }
    }

    private static void list(PropertyType type, ArrayNode list, Operation.CollectionUpdate.Step step) {
        switch (step.action()) {
            case "add" -> list.add(value(type, step));
            case "modify" -> list.set(index(type, list, step), value(type, step));
            case "delete" -> list.remove(index(type, list, step));
            default -> throw wrongAction(type, step, "add, modify or delete");
        }
    }

    private static JsonNode value(PropertyType type, Operation.CollectionUpdate.Step step) {
        if (step.value() == null) {
            throw RefusedException.bad(type.name() + ": " + step.action() + " without a value");
        }
        return step.value();
    }

    private static int index(PropertyType type, ArrayNode list, Operation.CollectionUpdate.Step step) {
        String position = step.position();
        if (position == null || !position.matches("[0-9]{1,6}") || Integer.parseInt(position) >= list.size()) {
            throw RefusedException.bad(type.name() + ": position '" + Shown.of(position) + "' is not in a list of "
                    + list.size() + " elements");
        }
        return Integer.parseInt(position);
    }

    private static RefusedException wrongAction(
            PropertyType type, Operation.CollectionUpdate.Step step, String wanted) {
        return RefusedException.bad(type.name() + ": operation '" + Shown.of(step.action()) + "' is not " + wanted);
    }
}
