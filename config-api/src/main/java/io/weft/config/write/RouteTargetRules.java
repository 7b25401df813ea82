package io.weft.config.write;

import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Resource;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.TextFormat;
import io.weft.config.transform.RouteTargets;

/** route-target: its name is the target. */
final class RouteTargetRules implements TypeRules {
    @Override
    public Resource written(Image image, NumberSource numbers, Resource before, Resource after) {
        String canonical = TextFormat.ROUTE_TARGET.require("fq_name", after.fullName());
        if (after.fqName().size() != 1 || !canonical.equals(after.name())) {
            throw RefusedException.bad("fq_name: a route-target has one name, " + canonical);
        }
        if (before == null && RouteTargets.automatic(canonical, RouteTargets.asn(image))) {
            throw RefusedException.bad("fq_name: '" + canonical + "' is in the range of automatic route targets");
        }
        return after;
    }
}
