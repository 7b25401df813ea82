package io.weft.config.transform;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.config.resource.Draft;
import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Ref;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceFactory;
import io.weft.config.write.WriterFixture;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the transformer made of an image, as text that does not depend on the order of writes; and the slow twin that makes it from nothing. */
final class DerivedState {
    private DerivedState() {}

    /** Derived objects and references by owner; automatic route targets are shown as "auto". */
    static TreeMap<String, String> of(Image image) {
        TreeMap<String, String> out = new TreeMap<>();
        image.forEach(resource -> {
            TreeSet<String> refs = new TreeSet<>();
            resource.forEachRef(ref -> {
                if (ref.derived()) {
                    String name = String.join(":", ref.to());
                    boolean auto =
                            ref.type().equals("route-target") && RouteTargets.automatic(name, RouteTargets.asn(image));
                    refs.add((auto ? "auto" : name) + " " + ref.attr());
                }
            });
            boolean target = resource.type().equals("route-target");
            if (resource.derived() && !target || !refs.isEmpty()) {
                out.put(
                        resource.type() + " " + resource.fullName(),
                        resource.property("access_control_list_entries") + " "
                                + resource.property("access_control_list_hash") + " " + refs);
            }
        });
        return out;
    }

    /** The same derived from nothing: only what clients wrote is kept, and all of it counts as changed. */
    static TreeMap<String, String> fromNothing(Image image) {
        Draft draft = new Draft(Image.empty());
        List<Resource> rest = new ArrayList<>();
        image.forEach(resource -> {
            if (!resource.derived()) {
                rest.add(stripped(resource));
            }
        });
        rest.forEach(draft::put);
        new Transformer(new ResourceFactory(WriterFixture.SCHEMA, InstantSource.system()))
                .derive(draft, new NumberSource());
        return of(draft.image());
    }

    private static Resource stripped(Resource resource) {
        Resource out = resource;
        for (Map.Entry<String, List<Ref>> entry : resource.references().entrySet()) {
            out = out.withRefs(
                    entry.getKey(),
                    entry.getValue().stream().filter(ref -> !ref.derived()).toList());
        }
        return out;
    }

    /** Entries of a list, one line each: {@code pass 6 <from>[:ports] > <to>[:ports] [ethertype] [#last part of the uuid]}. */
    static List<String> lines(Image image, String... fqName) {
        Resource list = image.named("access-control-list", List.of(fqName));
        if (list == null) {
            return null;
        }
        List<String> out = new ArrayList<>();
        for (JsonNode entry : list.property("access_control_list_entries").path("acl_rule")) {
            JsonNode match = entry.path("match_condition");
            String uuid = entry.path("rule_uuid").asText("");
            out.add((entry.at("/action_list/simple_action").asText() + " "
                            + match.path("protocol").asText() + " " + end(match, "src") + " "
                            + entry.path("direction").asText() + " " + end(match, "dst") + " "
                            + match.path("ethertype").asText("") + " #" + uuid.substring(uuid.lastIndexOf('-') + 1))
                    .replaceAll(" +", " "));
        }
        return out;
    }

    private static String end(JsonNode match, String side) {
        JsonNode address = match.path(side + "_address");
        String name = address.path("virtual_network")
                .asText(address.path("security_group").asText(""));
        String subnet = address.has("subnet")
                ? "/" + address.at("/subnet/ip_prefix").asText() + "/"
                        + address.at("/subnet/ip_prefix_len").asText()
                : "";
        int start = match.path(side + "_port").path("start_port").asInt();
        int last = match.path(side + "_port").path("end_port").asInt();
        String ports = start < 0 ? "" : ":" + start + "-" + last;
        return (name.isEmpty() && subnet.isEmpty() ? "local" : name.replace("default-domain:default-project:", ""))
                + subnet
                + ports;
    }

    /** Names of the networks whose instances this one's refers to. */
    static TreeSet<String> connected(Image image, String... network) {
        List<String> name = new ArrayList<>(List.of(network));
        name.add(name.getLast());
        TreeSet<String> out = new TreeSet<>();
        image.named("routing-instance", name)
                .refs("routing-instance")
                .forEach(ref -> out.add(ref.to().getLast()));
        return out;
    }
}
