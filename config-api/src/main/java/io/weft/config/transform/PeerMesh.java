package io.weft.config.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.Image;
import io.weft.config.resource.Mentions;
import io.weft.config.resource.Ref;
import io.weft.config.resource.Resource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The iBGP mesh: bgp-routers of one autonomous system refer to each other (opencontrail section 3). When some of them are route reflectors
 * (cluster_id), those without one refer to reflectors only. Pure functions.
 */
final class PeerMesh {
    static final String ROUTER = "bgp-router";
    static final String AUTO_MESH = "ibgp_auto_mesh";
    private static final String PARAMETERS = "bgp_router_parameters";
    private static final Set<String> MESHED = Set.of("control-node", "external-control-node", "router");
    private static final List<String> FAMILIES = List.of("inet-vpn", "inet6-vpn");

    private PeerMesh() {}

    /** autonomous_system of the router; empty for null. */
    static OptionalLong autonomousSystem(Resource router) {
        JsonNode parameters = router == null ? null : router.property(PARAMETERS);
        return parameters == null
                ? OptionalLong.empty()
                : OptionalLong.of(parameters.path("autonomous_system").longValue());
    }

    /** The derived references of every router of that autonomous system, by its uuid and the other's. */
    static Map<String, Map<String, Ref>> of(Image image, long asn) {
        Map<String, Map<String, Ref>> out = new TreeMap<>();
        Resource global = image.named(NetworkInstances.GLOBAL, RouteTargets.GLOBAL_CONFIG);
        JsonNode flag = global == null ? null : global.property(AUTO_MESH);
        boolean wanted = flag == null || flag.booleanValue();
        List<Resource> meshed = new ArrayList<>();
        image.forEachMention(Mentions.autonomousSystem(asn), router -> {
            out.put(router.uuid(), new HashMap<>());
            String type = router.property(PARAMETERS).path("router_type").asText("control-node");
            if (wanted && MESHED.contains(type)) {
                meshed.add(router);
            }
        });
        boolean reflected = meshed.stream().anyMatch(PeerMesh::reflects);
        for (Resource one : meshed) {
            for (Resource other : meshed) {
                boolean apart =
                        one.uuid().equals(other.uuid()) || !one.parentUuid().equals(other.parentUuid());
                if (!apart && (!reflected || reflects(one) || reflects(other))) {
                    out.get(one.uuid()).put(other.uuid(), Ref.derivedTo(other, attributes(one, other)));
                }
            }
        }
        out.replaceAll((uuid, refs) -> new TreeMap<>(refs));
        return out;
    }

    private static boolean reflects(Resource router) {
        return router.property(PARAMETERS).path("cluster_id").longValue() != 0;
    }

    /** The same for both, because both refer to each other with it. */
    private static ObjectNode attributes(Resource one, Resource other) {
        boolean first = one.uuid().compareTo(other.uuid()) < 0;
        String seed = "weft/bgp-session/" + (first ? one : other).uuid() + "/" + (first ? other : one).uuid();
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        ObjectNode session = out.putArray("session").addObject();
        session.put(
                "uuid",
                UUID.nameUUIDFromBytes(seed.getBytes(StandardCharsets.UTF_8)).toString());
        ObjectNode families = session.putArray("attributes").addObject().putObject("address_families");
        FAMILIES.forEach(families.putArray("family")::add);
        return out;
    }
}
