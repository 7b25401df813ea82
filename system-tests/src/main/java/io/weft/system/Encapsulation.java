package io.weft.system;

/** What the fabric carries. */
public enum Encapsulation {
    VXLAN("vxlan", "VXLAN", 4789),
    MPLS_OVER_UDP("mplsoudp", "MPLSoUDP", 6635);

    private final String option;
    private final String configName;
    private final int port;

    Encapsulation(String option, String configName, int port) {
        this.option = option;
        this.configName = configName;
        this.port = port;
    }

    /** As the command line says it. */
    public String option() {
        return option;
    }

    /** As global-vrouter-config's encapsulation_priorities say it. */
    String configName() {
        return configName;
    }

    /** UDP destination port: RFC 7348, RFC 7510. */
    int port() {
        return port;
    }

    Encapsulation other() {
        return this == VXLAN ? MPLS_OVER_UDP : VXLAN;
    }

    public static Encapsulation of(String option) {
        for (Encapsulation one : values()) {
            if (one.option.equals(option)) {
                return one;
            }
        }
        throw new IllegalArgumentException("encapsulation '" + option + "': want vxlan or mplsoudp");
    }
}
