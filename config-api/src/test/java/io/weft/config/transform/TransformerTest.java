package io.weft.config.transform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.config.resource.Image;
import io.weft.config.resource.Ref;
import io.weft.config.resource.Resource;
import io.weft.config.schema.RefusedException;
import io.weft.config.write.Operation;
import io.weft.config.write.WriterFixture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransformerTest {
    @TempDir
    Path folder;

    /** One write of a scenario; its order among the others must not matter. */
    private interface Step extends Function<WriterFixture, Operation> {}

    private static String name(String network) {
        return "'fq_name':['default-domain','default-project','" + network + "']";
    }

    /** The derived objects, with automatic targets shown as "auto". */
    private static TreeMap<String, TreeSet<String>> derived(Image image) {
        TreeMap<String, TreeSet<String>> out = new TreeMap<>();
        image.forEachOfType("routing-instance", instance -> {
            TreeSet<String> targets = new TreeSet<>();
            for (Ref ref : instance.refs("route-target")) {
                String target = ref.to().getFirst();
                targets.add((RouteTargets.automatic(target, RouteTargets.asn(image)) ? "auto" : target) + " "
                        + ref.attr().path("import_export").asText());
            }
            out.put(instance.fullName(), targets);
        });
        TreeSet<String> objects = new TreeSet<>();
        image.forEachOfType(
                "route-target",
                target -> objects.add(
                        RouteTargets.automatic(target.name(), RouteTargets.asn(image)) ? "auto" : target.name()));
        out.put("objects", objects);
        return out;
    }

    private TreeMap<String, TreeSet<String>> run(String label, List<List<Step>> steps) {
        try (WriterFixture api = new WriterFixture(folder.resolve(label), false)) {
            for (List<Step> changeSet : steps) {
                try {
                    api.write(changeSet.stream().map(step -> step.apply(api)).toArray(Operation[]::new));
                } catch (RefusedException e) {
                    assertEquals(409, e.status(), e.getMessage());
                }
            }
            return derived(api.image());
        }
    }

    @Test
    void endsInTheSameStateWhateverTheOrder() {
        List<Step> steps = List.of(
                api -> api.create("virtual-network", name("plain")),
                api -> api.create("route-target", "'fq_name':['target:1:1']"),
                api -> api.create(
                        "virtual-network",
                        name("lists") + ",'route_target_list':{'route_target':['target:1:1']},"
                                + "'import_route_target_list':{'route_target':['target:1:2','target:1:3']},"
                                + "'export_route_target_list':{'route_target':['target:1:3','target:1:4']}"),
                api -> api.create(
                        "virtual-network",
                        name("shared") + ",'import_route_target_list':{'route_target':['target:1:4']}"));
        List<List<Step>> single = new ArrayList<>();
        List<List<Step>> doubled = new ArrayList<>();
        for (Step step : steps) {
            single.add(List.of(step));
            doubled.add(List.of(step));
            doubled.add(List.of(step));
        }
        TreeMap<String, TreeSet<String>> asWritten = run("as-written", single);
        assertEquals(
                new TreeSet<>(List.of(
                        "auto null", "target:1:1 null", "target:1:2 import", "target:1:3 null", "target:1:4 export")),
                asWritten.get("default-domain:default-project:lists:lists"));
        assertEquals(new TreeSet<>(List.of("auto null")), asWritten.get("default-domain:default-project:plain:plain"));
        assertEquals(new TreeSet<>(), asWritten.get("default-domain:default-project:ip-fabric:ip-fabric"));
        assertEquals(asWritten, run("reversed", single.reversed()));
        assertEquals(asWritten, run("duplicated", doubled));
        assertEquals(asWritten, run("together", List.of(steps)));
        // reached by updates instead
        List<List<Step>> updated = new ArrayList<>();
        updated.add(List.of(steps.get(0), steps.get(1), api -> api.create("virtual-network", name("lists"))));
        updated.add(List.of(steps.get(3)));
        updated.add(
                List.of(
                        api -> api.update(
                                "virtual-network",
                                uuid(api, "lists"),
                                "'route_target_list':{'route_target':['target:1:9']},'export_route_target_list':{'route_target':['target:1:1']}")));
        updated.add(List.of(api -> api.update(
                "virtual-network",
                uuid(api, "lists"),
                "'route_target_list':{'route_target':['target:1:1']},'import_route_target_list':{'route_target':['target:1:2','target:1:3']},"
                        + "'export_route_target_list':{'route_target':['target:1:3','target:1:4']}")));
        assertEquals(asWritten, run("updated", updated));
    }

    private static String uuid(WriterFixture api, String network) {
        return api.image()
                .named("virtual-network", List.of("default-domain", "default-project", network))
                .uuid();
    }

    @Test
    void keepsClientTargetsAndRemovesItsOwnWhenUnused() {
        try (WriterFixture api = new WriterFixture(folder.resolve("unused"), false)) {
            api.write(api.create("route-target", "'fq_name':['target:1:1']"));
            Resource network = api.write(api.create(
                    "virtual-network",
                    name("n") + ",'route_target_list':{'route_target':['target:1:1','target:1:2']}"));
            assertEquals(5 - 1, derivedTargets(api.image()));
            api.write(api.update("virtual-network", network.uuid(), "'route_target_list':null"));
            assertTrue(api.image().named("route-target", List.of("target:1:1")) != null);
            assertNull(api.image().named("route-target", List.of("target:1:2")));
            api.write(api.delete("virtual-network", network.uuid()));
            assertEquals(2, derivedTargets(api.image()), "the client's and that of __link_local__");
        }
    }

    private static int derivedTargets(Image image) {
        return image.count("route-target");
    }

    @Test
    void movesEveryAutomaticTargetToANewAsn() {
        try (WriterFixture api = new WriterFixture(folder.resolve("asn"), false)) {
            Resource network = api.write(api.create("virtual-network", name("n")));
            Resource global = api.image().named("global-system-config", List.of("default-global-system-config"));
            api.write(api.update("global-system-config", global.uuid(), "'autonomous_system':65000"));
            List<String> names = new ArrayList<>();
            api.image().forEachOfType("route-target", target -> names.add(target.name()));
            assertEquals(2, names.size());
            assertTrue(names.stream().allMatch(name -> name.startsWith("target:65000:80000")), names.toString());
            api.write(api.update("global-system-config", global.uuid(), "'autonomous_system':70000"));
            names.clear();
            api.image().forEachOfType("route-target", target -> names.add(target.name()));
            assertTrue(names.stream().allMatch(name -> name.startsWith("target:70000:80")), names.toString());
            assertEquals(2, api.image().get(network.uuid()).version() + 1);
        }
    }
}
