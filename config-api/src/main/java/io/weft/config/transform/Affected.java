package io.weft.config.transform;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.config.resource.Draft;
import io.weft.config.resource.Image;
import io.weft.config.resource.Mentions;
import io.weft.config.resource.Ref;
import io.weft.config.resource.Resource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * What must be derived again because of what a draft changed: found from the changed objects along the image's indexes, never by walking
 * all objects. Uuids, but for the autonomous systems.
 */
final class Affected {
    /** Networks whose instances and route targets are looked at. */
    final Set<String> networks = new LinkedHashSet<>();
    /** Route targets that may have lost their last user. */
    final Set<String> targets = new LinkedHashSet<>();
    /** Networks whose policies say something else than before. */
    final Set<String> policed = new TreeSet<>();
    /** Security groups whose lists say something else than before. */
    final Set<String> groups = new TreeSet<>();
    /** Autonomous systems whose mesh of bgp-routers is looked at. */
    final Set<Long> autonomousSystems = new TreeSet<>();

    private final Draft draft;
    private final Image image;

    Affected(Draft draft) {
        this.draft = draft;
        this.image = draft.image();
        for (String uuid : draft.touched()) {
            Resource before = draft.before(uuid);
            Resource now = image.get(uuid);
            if (before != null || now != null) {
                collect(before, now);
            }
        }
    }

    private void collect(Resource before, Resource now) {
        Resource any = now == null ? before : now;
        switch (any.type()) {
            case NetworkPolicies.NETWORK -> network(before, now, any);
            case NetworkInstances.INSTANCE -> {
                networks.add(any.parentUuid());
                policed.add(any.parentUuid());
                if (before != null) {
                    before.refs(NetworkInstances.TARGET).forEach(ref -> targets.add(ref.uuid()));
                }
            }
            case NetworkPolicies.POLICY -> {
                if (now != null && changed(before, now, "network_policy_entries")) {
                    holdersOf(now);
                }
            }
            case GroupEntries.GROUP -> {
                if (changed(before, now, "security_group_entries")) {
                    groups.add(any.uuid());
                }
                if (changed(before, now, "security_group_id")) {
                    image.forEachMention(Mentions.group(any.fullName()), group -> {
                        if (group.type().equals(GroupEntries.GROUP)) {
                            groups.add(group.uuid());
                        }
                    });
                }
            }
            case NetworkInstances.ACCESS_LIST -> {
                policed.add(any.parentUuid());
                groups.add(any.parentUuid());
            }
            case PeerMesh.ROUTER -> {
                PeerMesh.autonomousSystem(before).ifPresent(autonomousSystems::add);
                PeerMesh.autonomousSystem(now).ifPresent(autonomousSystems::add);
            }
            case NetworkInstances.GLOBAL -> global(before, now);
            default -> {
                // nothing is derived from other types
            }
        }
    }

    private void network(Resource before, Resource now, Resource any) {
        networks.add(any.uuid());
        List<Ref> old = before == null ? List.of() : before.refs(NetworkPolicies.POLICY);
        List<Ref> present = now == null ? List.of() : now.refs(NetworkPolicies.POLICY);
        if (old.equals(present)) {
            return;
        }
        policed.add(any.uuid());
        Set<String> moved = new TreeSet<>();
        old.forEach(ref -> moved.add(String.join(":", ref.to())));
        for (Ref ref : present) {
            String name = String.join(":", ref.to());
            if (!moved.remove(name)) {
                moved.add(name);
            }
        }
        // rules may mean "all networks that have this policy"
        for (String name : moved) {
            image.forEachMention(Mentions.policy(name), this::holdersOf);
        }
    }

    private void holdersOf(Resource policy) {
        image.forEachBackRef(policy.uuid(), NetworkPolicies.NETWORK, network -> policed.add(network.uuid()));
    }

    private void global(Resource before, Resource now) {
        if (changed(before, now, "autonomous_system")) {
            image.forEachOfType(NetworkPolicies.NETWORK, network -> networks.add(network.uuid()));
        }
        if (changed(before, now, PeerMesh.AUTO_MESH)) {
            image.forEachOfType(
                    PeerMesh.ROUTER, router -> PeerMesh.autonomousSystem(router).ifPresent(autonomousSystems::add));
        }
    }

    private static boolean changed(Resource before, Resource now, String property) {
        JsonNode old = before == null ? null : before.property(property);
        JsonNode present = now == null ? null : now.property(property);
        return before == null || !Objects.equals(old, present);
    }
}
