package io.weft.config.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.Draft;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Ref;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Derives objects from what clients configured: for a virtual-network its routing-instance, route-target objects and the references
 * between them (opencontrail section 3). The result depends on the configuration alone, and only what a change-set touched is looked at. It
 * runs inside the change-set, so nobody sees a network without its instance. Used by the writer's thread.
 */
public final class Transformer {
    private static final String NETWORK = "virtual-network";
    private static final String INSTANCE = "routing-instance";
    private static final String TARGET = "route-target";
    private static final String GLOBAL = "global-system-config";
    private static final String IS_DEFAULT = "routing_instance_is_default";

    /** The provider network: no route target, and a second instance for the fabric's own peers. */
    static final List<String> IP_FABRIC = List.of("default-domain", "default-project", "ip-fabric");

    private static final String FABRIC_INSTANCE = "__default__";

    private final ResourceFactory factory;

    public Transformer(ResourceFactory factory) {
        this.factory = factory;
    }

    /** Brings the derived objects in line with what the draft changed. */
    public void derive(Draft draft, NumberSource numbers) {
        Set<String> networks = new LinkedHashSet<>();
        Set<String> targets = new LinkedHashSet<>();
        for (String uuid : draft.touched()) {
            collect(draft, uuid, networks, targets);
        }
        for (String uuid : networks) {
            Resource network = draft.image().get(NETWORK, uuid);
            if (network != null) {
                deriveNetwork(draft, numbers, network, targets);
            }
        }
        for (String uuid : targets) {
            removeUnused(draft, uuid);
        }
    }

    private static void collect(Draft draft, String uuid, Set<String> networks, Set<String> targets) {
        Resource before = draft.before(uuid);
        Resource now = draft.image().get(uuid);
        Resource any = now == null ? before : now;
        if (any == null) {
            return;
        }
        switch (any.type()) {
            case NETWORK -> networks.add(uuid);
            case INSTANCE -> {
                networks.add(any.parentUuid());
                if (before != null) {
                    before.refs(TARGET).forEach(ref -> targets.add(ref.uuid()));
                }
            }
            case GLOBAL -> {
                JsonNode oldAsn = before == null ? null : before.property("autonomous_system");
                JsonNode newAsn = now == null ? null : now.property("autonomous_system");
                if (!Objects.equals(oldAsn, newAsn)) {
                    draft.image().forEachOfType(NETWORK, network -> networks.add(network.uuid()));
                }
            }
            default -> {
                // nothing is derived from other types
            }
        }
    }

    private void deriveNetwork(Draft draft, NumberSource numbers, Resource network, Set<String> targets) {
        boolean fabric = network.fqName().equals(IP_FABRIC);
        if (fabric) {
            Resource second = instance(draft, network, FABRIC_INSTANCE);
            if (second == null) {
                draft.put(newInstance(draft, network, FABRIC_INSTANCE, false));
            }
        }
        Resource instance = instance(draft, network, network.name());
        String automatic = null;
        if (!fabric) {
            long asn = RouteTargets.asn(draft.image());
            automatic = instance == null ? null : automaticOf(instance, asn);
            if (automatic == null) {
                automatic = "target:" + asn + ":" + numbers.targetNumber(draft.image(), asn);
            }
        }
        List<Ref> refs = new ArrayList<>();
        Map<String, Ref> derived = new TreeMap<>();
        RouteTargets.wanted(network, automatic)
                .forEach((name, use) -> derived.put(name, Ref.derivedTo(target(draft, name), useOf(use))));
        if (instance != null) {
            for (Ref ref : instance.refs(TARGET)) {
                if (ref.derived()) {
                    targets.add(ref.uuid());
                } else if (!derived.containsKey(ref.to().getFirst())) {
                    refs.add(ref);
                }
            }
        }
        refs.addAll(derived.values());
        refs.sort((a, b) -> a.uuid().compareTo(b.uuid()));
        if (instance == null) {
            draft.put(newInstance(draft, network, network.name(), true).withRefs(TARGET, refs));
        } else if (!instance.refs(TARGET).equals(refs)) {
            draft.put(factory.modified(instance.withRefs(TARGET, refs)));
        }
    }

    private static Resource instance(Draft draft, Resource network, String name) {
        return draft.image().named(INSTANCE, childName(network, name));
    }

    private static List<String> childName(Resource parent, String name) {
        List<String> fqName = new ArrayList<>(parent.fqName());
        fqName.add(name);
        return fqName;
    }

    private Resource newInstance(Draft draft, Resource network, String name, boolean isDefault) {
        return factory.create(
                INSTANCE,
                uuid(draft, INSTANCE, network.uuid() + "/" + name),
                childName(network, name),
                network,
                true,
                Map.of(IS_DEFAULT, JsonNodeFactory.instance.booleanNode(isDefault)),
                Map.of());
    }

    private static String automaticOf(Resource instance, long asn) {
        for (Ref ref : instance.refs(TARGET)) {
            if (ref.derived() && RouteTargets.automatic(ref.to().getFirst(), asn)) {
                return ref.to().getFirst();
            }
        }
        return null;
    }

    private Resource target(Draft draft, String name) {
        Resource present = draft.image().named(TARGET, List.of(name));
        if (present == null) {
            draft.put(factory.create(TARGET, uuid(draft, TARGET, name), List.of(name), null, true, Map.of(), Map.of()));
            present = draft.image().named(TARGET, List.of(name));
        }
        return present;
    }

    private static JsonNode useOf(String use) {
        ObjectNode attr = JsonNodeFactory.instance.objectNode();
        return use.isEmpty() ? attr.putNull("import_export") : attr.put("import_export", use);
    }

    /** The same object gets the same uuid whenever and in whatever order it is derived, unless a client took that uuid before. */
    private static String uuid(Draft draft, String type, String seed) {
        String uuid = UUID.nameUUIDFromBytes(("weft/" + type + "/" + seed).getBytes(StandardCharsets.UTF_8))
                .toString();
        return draft.image().get(uuid) == null ? uuid : UUID.randomUUID().toString();
    }

    private static void removeUnused(Draft draft, String uuid) {
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
