package io.weft.config.transform;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which route targets a network's instance has. Pure functions. */
public final class RouteTargets {
    /** Properties of a network that list route targets; imported and exported, only imported, only exported. */
    public static final List<String> LISTS =
            List.of("route_target_list", "import_route_target_list", "export_route_target_list");

    /** The ASN when there is no global-system-config. */
    public static final long DEFAULT_ASN = 64512;

    static final List<String> GLOBAL_CONFIG = List.of("default-global-system-config");

    private RouteTargets() {}

    /** autonomous_system of the global configuration. */
    public static long asn(Image image) {
        Resource global = image.named("global-system-config", GLOBAL_CONFIG);
        JsonNode asn = global == null ? null : global.property("autonomous_system");
        return asn == null ? DEFAULT_ASN : asn.longValue();
    }

    /** The targets of one list, e.g. {@code target:64512:100}. */
    public static List<String> listed(Resource network, String property) {
        List<String> out = new ArrayList<>();
        JsonNode list = network.property(property);
        if (list != null) {
            list.path("route_target").forEach(one -> out.add(one.textValue()));
        }
        return out;
    }

    /** Whether the target is one the transformer gives out itself under this ASN. */
    public static boolean automatic(String target, long asn) {
        String[] parts = target.split(":");
        return parts.length == 3
                && parts[1].equals(Long.toString(asn))
                && Long.parseLong(parts[2]) >= NumberSource.firstTarget(asn);
    }

    /**
     * Targets of the network's own instance and how they are used: {@code import}, {@code export}, or empty for both. A target in both lists is
     * used both ways.
     *
     * @param automatic the network's own target, or null
     */
    static Map<String, String> wanted(Resource network, String automatic) {
        Map<String, String> out = new TreeMap<>();
        for (String target : listed(network, "import_route_target_list")) {
            out.put(target, "import");
        }
        for (String target : listed(network, "export_route_target_list")) {
            out.merge(target, "export", (present, added) -> present.equals(added) ? present : "");
        }
        for (String target : listed(network, "route_target_list")) {
            out.put(target, "");
        }
        if (automatic != null) {
            out.put(automatic, "");
        }
        return out;
    }
}
