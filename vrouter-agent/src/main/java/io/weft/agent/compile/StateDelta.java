package io.weft.agent.compile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What changed in the desired state.
 *
 * @param policies those not named are as before; an empty value means gone
 * @param vrfs one per VRF that changed, those that vanish first
 */
public record StateDelta(Map<PolicySource, Optional<PolicyState>> policies, List<VrfDelta> vrfs) {
    public static final StateDelta NONE = new StateDelta(Map.of(), List.of());

    public StateDelta {
        policies = Map.copyOf(policies);
        vrfs = List.copyOf(vrfs);
    }

    public boolean isEmpty() {
        return policies.isEmpty() && vrfs.isEmpty();
    }

    /** From one state to another. */
    public static StateDelta between(DesiredState before, DesiredState after) {
        Set<String> instances = new TreeSet<>(before.vrfs().keySet());
        instances.addAll(after.vrfs().keySet());
        List<VrfDelta> vrfs = new ArrayList<>();
        for (String instance : instances) {
            vrfs.add(VrfDelta.between(before.vrfs().get(instance), after.vrfs().get(instance)));
        }
        return new StateDelta(VrfDelta.changes(before.policies(), after.policies()), vrfs);
    }
}
