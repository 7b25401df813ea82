package io.weft.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Result and error JSON in the shape of each version. */
final class Results {
    private Results() {}

    static String error(CniVersion version, CniException e) {
        ObjectNode reply = Json.object();
        reply.put("cniVersion", version.text());
        reply.put("code", e.error().code());
        reply.put("msg", e.getMessage());
        if (!e.details().isEmpty()) {
            reply.put("details", e.details());
        }
        return Json.write(reply);
    }

    /** "Success" of each version: ip4 and ip6 until 0.2.0, ips[].version until 0.4.0, interfaces[].mtu from 1.1.0. */
    static String added(CniVersion version, PortResult port) {
        ObjectNode reply = Json.object();
        reply.put("cniVersion", version.text());
        if (!version.atLeast(CniVersion.V0_3_0)) {
            port.addresses().forEach(address -> addFamily(reply, address));
            return Json.write(reply);
        }
        ObjectNode device = reply.putArray("interfaces").addObject();
        device.put("name", port.ifname());
        device.put("mac", port.mac());
        if (version.atLeast(CniVersion.V1_1_0)) {
            device.put("mtu", port.mtu());
        }
        device.put("sandbox", port.netns());
        ArrayNode ips = reply.putArray("ips");
        ArrayNode routes = reply.putArray("routes");
        for (PortResult.Address address : port.addresses()) {
            ObjectNode ip = ips.addObject();
            if (!version.atLeast(CniVersion.V1_0_0)) {
                ip.put("version", address.isV4() ? "4" : "6");
            }
            ip.put("interface", 0);
            ip.put("address", address.address().getHostAddress() + "/" + address.prefixLength());
            address.gateway().ifPresent(gateway -> {
                ip.put("gateway", gateway.getHostAddress());
                addDefaultRoute(routes, address, gateway);
            });
        }
        return Json.write(reply);
    }

    /** 0.1.0 and 0.2.0 know one address of each family: the first. */
    private static void addFamily(ObjectNode reply, PortResult.Address address) {
        String family = address.isV4() ? "ip4" : "ip6";
        if (reply.has(family)) {
            return;
        }
        ObjectNode ip = reply.putObject(family);
        ip.put("ip", address.address().getHostAddress() + "/" + address.prefixLength());
        address.gateway().ifPresent(gateway -> {
            ip.put("gateway", gateway.getHostAddress());
            addDefaultRoute(ip.putArray("routes"), address, gateway);
        });
    }

    private static void addDefaultRoute(ArrayNode routes, PortResult.Address address, InetAddress gateway) {
        ObjectNode route = routes.addObject();
        route.put("dst", address.isV4() ? "0.0.0.0/0" : "::/0");
        route.put("gw", gateway.getHostAddress());
    }

    /** Reads what ADD answered, of any version that has CHECK; it may hold interfaces and addresses of plugins before us. */
    static PortResult previous(JsonNode result, Attachment attachment, String netns) throws CniException {
        JsonNode interfaces = result.path("interfaces");
        int index = -1;
        for (int i = 0; i < interfaces.size(); i++) {
            JsonNode device = interfaces.path(i);
            if (device.path("name").asText().equals(attachment.ifname())
                    && device.path("sandbox").asText().equals(netns)) {
                index = i;
            }
        }
        if (index < 0) {
            throw new CniException(
                    CniError.INVALID_CONFIG,
                    "prevResult has no interface \"" + attachment.ifname() + "\" in the namespace \"" + netns + "\"");
        }
        List<PortResult.Address> addresses = new ArrayList<>();
        for (JsonNode ip : result.path("ips")) {
            if (ip.path("interface").asInt(-1) == index) {
                addresses.add(address(ip));
            }
        }
        JsonNode device = interfaces.get(index);
        return new PortResult(
                attachment.ifname(),
                device.path("mac").asText(""),
                device.path("mtu").asInt(0),
                netns,
                addresses);
    }

    private static PortResult.Address address(JsonNode ip) throws CniException {
        String text = ip.path("address").asText("");
        int slash = text.indexOf('/');
        try {
            Optional<InetAddress> gateway = Optional.empty();
            if (ip.path("gateway").isTextual()) {
                gateway = Optional.of(InetAddress.ofLiteral(ip.path("gateway").asText()));
            }
            return new PortResult.Address(
                    InetAddress.ofLiteral(text.substring(0, Math.max(slash, 0))),
                    Integer.parseInt(text.substring(slash + 1)),
                    gateway);
        } catch (IllegalArgumentException e) {
            throw new CniException(
                    CniError.INVALID_CONFIG,
                    "prevResult.ips holds " + ip + ", must have an address like 10.1.1.3/24",
                    e.getMessage());
        }
    }
}
