package io.weft.controller.vpn;

import io.weft.protocol.net.RouteTarget;
import java.util.Set;

/** Route targets of an instance: whose routes it takes, and what its own routes carry. */
public record Targets(Set<RouteTarget> imports, Set<RouteTarget> exports) {
    public Targets {
        imports = Set.copyOf(imports);
        exports = Set.copyOf(exports);
    }
}
