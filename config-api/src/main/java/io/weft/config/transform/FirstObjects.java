package io.weft.config.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceFactory;
import io.weft.config.schema.ObjectType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The objects that exist from the first start on (opencontrail section 1.4, as far as their types are in the schema). Pure but for random uuids. */
public final class FirstObjects {
    private static final String DOMAIN = "default-domain";
    private static final String PROJECT = "default-project";

    /** Group of ports that are to have no rule at all: it allows nothing. */
    public static final List<String> NO_RULE_GROUP = List.of(DOMAIN, PROJECT, "__no_rule__");

    private final ResourceFactory factory;
    private final Image image;
    private final List<Resource> objects = new ArrayList<>();

    private FirstObjects(ResourceFactory factory, Image image) {
        this.factory = factory;
        this.image = image;
    }

    /** All of them, those already in the image as they are there, parents before children. */
    public static List<Resource> of(ResourceFactory factory, Image image) {
        return new FirstObjects(factory, image).all();
    }

    private List<Resource> all() {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        present(ObjectType.ROOT, null, List.of(ObjectType.ROOT), Map.of());
        Resource global = present(
                "global-system-config",
                null,
                RouteTargets.GLOBAL_CONFIG,
                Map.of("autonomous_system", nodes.numberNode((int) RouteTargets.DEFAULT_ASN)));
        ObjectNode encapsulations = nodes.objectNode();
        encapsulations.putArray("encapsulation").add("MPLSoUDP").add("VXLAN");
        present(
                "global-vrouter-config",
                global,
                List.of(global.name(), "default-global-vrouter-config"),
                Map.of("encapsulation_priorities", encapsulations));
        Resource domain = present("domain", null, List.of(DOMAIN), Map.of());
        Resource project = present("project", domain, List.of(DOMAIN, PROJECT), Map.of());
        present(
                "network-ipam",
                project,
                List.of(DOMAIN, PROJECT, "default-network-ipam"),
                Map.of("perms2", nodes.objectNode().put("global_access", 5)));
        present(
                "virtual-network",
                project,
                Transformer.IP_FABRIC,
                Map.of("is_provider_network", nodes.booleanNode(true)));
        present("virtual-network", project, List.of(DOMAIN, PROJECT, "__link_local__"), Map.of());
        ObjectNode noRules = nodes.objectNode();
        noRules.putArray("policy_rule");
        present(
                "security-group",
                project,
                NO_RULE_GROUP,
                Map.of(
                        "security_group_id",
                        ResourceFactory.number(NumberSource.FIRST_SECURITY_GROUP_ID),
                        "security_group_entries",
                        noRules));
        return objects;
    }

    private Resource present(String type, Resource parent, List<String> fqName, Map<String, JsonNode> properties) {
        Resource found = image.named(type, fqName);
        if (found == null) {
            found = factory.create(type, UUID.randomUUID().toString(), fqName, parent, false, properties, Map.of());
        }
        objects.add(found);
        return found;
    }
}
