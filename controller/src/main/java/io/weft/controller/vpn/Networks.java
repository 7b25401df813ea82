package io.weft.controller.vpn;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** Ids of virtual networks: BGP carries the id, XMPP the name. Part of {@link Ribs}. */
final class Networks {
    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<Integer, String> names = new HashMap<>();

    /**
     * @param id empty: gone
     * @return false: as before
     */
    boolean set(String name, OptionalInt id) {
        if (id(name).equals(id)) {
            return false;
        }
        Integer before = ids.remove(name);
        if (before != null) {
            names.remove(before, name);
        }
        if (id.isPresent()) {
            ids.put(name, id.getAsInt());
            names.put(id.getAsInt(), name);
        }
        return true;
    }

    OptionalInt id(String name) {
        Integer id = ids.get(name);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** Empty: none is known. */
    String name(OptionalInt id) {
        return id.isPresent() ? names.getOrDefault(id.getAsInt(), "") : "";
    }
}
