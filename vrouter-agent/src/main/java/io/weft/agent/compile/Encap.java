package io.weft.agent.compile;

import java.util.List;
import java.util.Optional;

/** Encapsulations this agent programs. */
public enum Encap {
    VXLAN("VXLAN", "vxlan"),
    MPLS_OVER_UDP("MPLSoUDP", "udp");

    /** What a site has when its global-vrouter-config names nothing. */
    public static final List<Encap> DEFAULT_PRIORITIES = List.of(MPLS_OVER_UDP, VXLAN);

    private final String configName;
    private final String wireName;

    Encap(String configName, String wireName) {
        this.configName = configName;
        this.wireName = wireName;
    }

    /** Name in tunnel-encapsulation-list of a route. */
    public String wireName() {
        return wireName;
    }

    /** By the name of encapsulation_priorities; empty: one that is not supported here. */
    public static Optional<Encap> ofConfig(String name) {
        for (Encap encap : values()) {
            if (encap.configName.equals(name)) {
                return Optional.of(encap);
            }
        }
        return Optional.empty();
    }
}
