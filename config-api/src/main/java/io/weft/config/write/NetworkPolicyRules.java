package io.weft.config.write;

import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Resource;

/** network-policy: its rules. */
final class NetworkPolicyRules implements TypeRules {
    private static final PolicyEntries ENTRIES = new PolicyEntries("network_policy_entries", false);

    @Override
    public Resource written(Image image, NumberSource numbers, Resource before, Resource after) {
        return ENTRIES.checked(before, after);
    }
}
