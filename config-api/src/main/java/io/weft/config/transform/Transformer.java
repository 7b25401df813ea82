package io.weft.config.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.Draft;
import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Ref;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceFactory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Derives objects from what clients configured: routing-instances, route targets, access-control-lists and the references that connect
 * instances and peers (opencontrail section 3). The result depends on the configuration alone, and only what depends on a change is looked at. It
 * runs inside the change-set, so nobody sees a network without its instance. Used by the writer's thread.
 */
public final class Transformer {
    /** The provider network: no route target, and a second instance for the fabric's own peers. */
    static final List<String> IP_FABRIC = List.of("default-domain", "default-project", "ip-fabric");

    private final ResourceFactory factory;

    public Transformer(ResourceFactory factory) {
        this.factory = factory;
    }

    /** Brings the derived objects in line with what the draft changed. */
    public void derive(Draft draft, NumberSource numbers) {
        Affected affected = new Affected(draft);
        DerivedObjects objects = new DerivedObjects(factory, draft);
        NetworkInstances instances = new NetworkInstances(draft, numbers, objects);
        for (String uuid : affected.networks) {
            Resource network = draft.image().get(NetworkPolicies.NETWORK, uuid);
            if (network != null) {
                instances.derive(network, affected.targets);
            }
        }
        affected.targets.forEach(instances::removeUnused);
        policies(draft, affected, objects);
        for (String uuid : affected.groups) {
            Resource group = draft.image().get(GroupEntries.GROUP, uuid);
            if (group != null) {
                list(objects, group, GroupEntries.INGRESS, GroupEntries.of(draft.image(), group, true));
                list(objects, group, GroupEntries.EGRESS, GroupEntries.of(draft.image(), group, false));
            }
        }
        for (long asn : affected.autonomousSystems) {
            PeerMesh.of(draft.image(), asn)
                    .forEach((uuid, refs) -> objects.refs(draft.image().get(uuid), PeerMesh.ROUTER, refs));
        }
    }

    private static void policies(Draft draft, Affected affected, DerivedObjects objects) {
        // what is derived below changes neither networks nor policies
        NetworkPolicies policies = new NetworkPolicies(draft.image());
        for (String uuid : affected.policed) {
            Resource network = draft.image().get(NetworkPolicies.NETWORK, uuid);
            if (network == null) {
                continue;
            }
            list(objects, network, network.name(), policies.entries(network));
            Resource instance = NetworkInstances.of(draft.image(), network);
            if (instance != null) {
                objects.refs(instance, NetworkInstances.INSTANCE, connections(draft.image(), policies, network));
            }
        }
    }

    private static Map<String, Ref> connections(Image image, NetworkPolicies policies, Resource network) {
        Map<String, Ref> out = new TreeMap<>();
        for (Resource other : policies.connected(network).values()) {
            Resource instance = NetworkInstances.of(image, other);
            if (instance != null) {
                out.put(instance.uuid(), Ref.derivedTo(instance, JsonNodeFactory.instance.objectNode()));
            }
        }
        return out;
    }

    /** @param entries null: there is no list */
    private static void list(DerivedObjects objects, Resource owner, String name, ObjectNode entries) {
        Map<String, JsonNode> properties = entries == null
                ? null
                : Map.of(
                        "access_control_list_entries",
                        entries,
                        "access_control_list_hash",
                        ResourceFactory.number(AclEntries.hash(entries)));
        objects.child(NetworkInstances.ACCESS_LIST, owner, name, properties);
    }
}
