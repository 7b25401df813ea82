package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * A pod: a network namespace that the CNI plugin has attached.
 *
 * @param network fully qualified, joined by ':'
 * @param result what the plugin printed
 */
record Pod(String name, Host host, Netns netns, String containerId, String network, JsonNode result) {
    /** Its address of one family, without the prefix length. */
    String address(int family) {
        return addressWithLength(family).replaceFirst("/.*", "");
    }

    private String addressWithLength(int family) {
        for (JsonNode ip : result.path("ips")) {
            String address = ip.path("address").asText();
            if (address.contains(":") == (family == 6)) {
                return address;
            }
        }
        throw new SystemFailure("the plugin gave pod " + name + " no IPv" + family + " address: " + result);
    }

    String mac() {
        for (JsonNode one : result.path("interfaces")) {
            if (!one.path("sandbox").asText().isEmpty()) {
                return one.path("mac").asText();
            }
        }
        throw new SystemFailure("the plugin gave pod " + name + " no interface: " + result);
    }

    /** Uuid of its virtual-machine-interface. */
    String vmi() {
        for (JsonNode vif : host.weftctl().show("vif")) {
            if (vif.path("mac").asText().equals(mac())) {
                return vif.path("key").asText();
            }
        }
        throw new SystemFailure("plane of " + host.name() + " has no interface of pod " + name);
    }

    Command command(String... words) {
        return netns.command(words);
    }

    Command command(List<String> words) {
        return Command.of(netns.inside(words));
    }
}
