package io.weft.config.write;

import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Resource;
import io.weft.config.schema.RefusedException;

/** access-control-list: derived from policies and security groups, never a client's. */
final class AccessControlListRules implements TypeRules {
    @Override
    public Resource written(Image image, NumberSource numbers, Resource before, Resource after) {
        if (before == null) {
            throw RefusedException.forbidden("access-control-list " + after.fullName()
                    + " cannot be created: it is derived from network-policies and security-groups");
        }
        return after;
    }
}
