package io.weft.config.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.Draft;
import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Ref;
import io.weft.config.resource.Resource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Routing-instances and route targets of networks (opencontrail section 3). Used by the writer's thread. */
final class NetworkInstances {
    static final String INSTANCE = "routing-instance";
    static final String TARGET = "route-target";
    static final String GLOBAL = "global-system-config";
    static final String ACCESS_LIST = "access-control-list";
    private static final String IS_DEFAULT = "routing_instance_is_default";
    private static final String FABRIC_INSTANCE = "__default__";

    private final Draft draft;
    private final NumberSource numbers;
    private final DerivedObjects objects;

    NetworkInstances(Draft draft, NumberSource numbers, DerivedObjects objects) {
        this.draft = draft;
        this.numbers = numbers;
        this.objects = objects;
    }

    /** @param targets gets the route targets that may have lost their last user */
    void derive(Resource network, Set<String> targets) {
        boolean fabric = network.fqName().equals(Transformer.IP_FABRIC);
        if (fabric) {
            if (instance(draft.image(), network, FABRIC_INSTANCE) == null) {
                draft.put(newInstance(network, FABRIC_INSTANCE, false));
            }
        }
        Resource instance = of(draft.image(), network);
        String automatic = null;
        if (!fabric) {
            long asn = RouteTargets.asn(draft.image());
            automatic = instance == null ? null : automaticOf(instance, asn);
            if (automatic == null) {
                automatic = "target:" + asn + ":" + numbers.targetNumber(draft.image(), asn);
            }
        }
        Map<String, Ref> wanted = new TreeMap<>();
        RouteTargets.wanted(network, automatic)
                .forEach((name, use) -> wanted.put(name, Ref.derivedTo(target(name), useOf(use))));
        if (instance == null) {
            draft.put(newInstance(network, network.name(), true).withRefs(TARGET, sorted(wanted.values())));
            return;
        }
        List<Ref> refs = new ArrayList<>(wanted.values());
        for (Ref ref : instance.refs(TARGET)) {
            if (ref.derived()) {
                targets.add(ref.uuid());
            } else if (!wanted.containsKey(ref.to().getFirst())) {
                refs.add(ref);
            }
        }
        objects.replaceRefs(instance, TARGET, sorted(refs));
    }

    private static List<Ref> sorted(Collection<Ref> refs) {
        return refs.stream().sorted(Comparator.comparing(Ref::uuid)).toList();
    }

    /** The network's own instance, or null. */
    static Resource of(Image image, Resource network) {
        return instance(image, network, network.name());
    }

    private static Resource instance(Image image, Resource network, String name) {
        return image.named(INSTANCE, DerivedObjects.childName(network, name));
    }

    private Resource newInstance(Resource network, String name, boolean isDefault) {
        return objects.made(
                INSTANCE,
                network.uuid() + "/" + name,
                DerivedObjects.childName(network, name),
                network,
                Map.of(IS_DEFAULT, JsonNodeFactory.instance.booleanNode(isDefault)));
    }

    private static String automaticOf(Resource instance, long asn) {
        for (Ref ref : instance.refs(TARGET)) {
            if (ref.derived() && RouteTargets.automatic(ref.to().getFirst(), asn)) {
                return ref.to().getFirst();
            }
        }
        return null;
    }

    private Resource target(String name) {
        Resource present = draft.image().named(TARGET, List.of(name));
        if (present == null) {
            draft.put(objects.made(TARGET, name, List.of(name), null, Map.of()));
            present = draft.image().named(TARGET, List.of(name));
        }
        return present;
    }

    private static JsonNode useOf(String use) {
        ObjectNode attr = JsonNodeFactory.instance.objectNode();
        return use.isEmpty() ? attr.putNull("import_export") : attr.put("import_export", use);
    }

    /** Removes a derived route target that nothing refers to. */
    void removeUnused(String uuid) {
        Resource target = draft.image().get(TARGET, uuid);
        if (target != null && target.derived()) {
            boolean[] used = {false};
            draft.image().forEachBackRef(uuid, null, source -> used[0] = true);
            if (!used[0]) {
                draft.remove(target);
            }
        }
    }
}
