package io.weft.config.transform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.config.resource.Resource;
import io.weft.config.schema.RefusedException;
import io.weft.config.write.Operation;
import io.weft.config.write.WriterFixture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyTwinTest {
    private static final int WRITES = 900;
    private static final int COMPARED_EVERY = 10;
    private static final int NAMES = 6;
    private static final List<String> TYPES =
            List.of("virtual-network", "network-policy", "security-group", "bgp-router");

    @TempDir
    Path folder;

    private Random random;
    private WriterFixture api;

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private String project() {
        return pick("default-project", "other");
    }

    private String fullName() {
        return "default-domain:" + project() + ":x" + random.nextInt(NAMES);
    }

    private String network() {
        return switch (random.nextInt(6)) {
            case 0 -> "{'virtual_network':'any'}";
            case 1 -> "{'network_policy':'" + fullName() + "'}";
            case 2 -> "{'virtual_network':'" + fullName() + "','subnet':{'ip_prefix':'10.0.0.0','ip_prefix_len':8}}";
            case 3, 4 -> "{'virtual_network':'local'}";
            default -> "{'virtual_network':'" + fullName() + "'}";
        };
    }

    private String rules(boolean group) {
        List<String> rules = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            String from = group ? "{'security_group':'local'}" : network();
            String to = group ? pick("{'security_group':'" + fullName() + "'}", "{'security_group':'any'}") : network();
            boolean turned = random.nextBoolean();
            rules.add("{'direction':'" + pick(">", "<>") + "','protocol':'" + pick("any", "tcp", "58")
                    + "','src_addresses':[" + (turned ? to : from) + "],'dst_addresses':[" + (turned ? from : to)
                    + "],'src_ports':[{'start_port':" + i + ",'end_port':" + i
                    + "}],'dst_ports':[{'start_port':-1,'end_port':-1}],'action_list':{'simple_action':'"
                    + (group ? "pass" : pick("pass", "pass", "deny")) + "'}}");
        }
        return "{'policy_rule':[" + String.join(",", rules) + "]}";
    }

    private String policies() {
        List<String> refs = new ArrayList<>();
        api.image().forEachOfType("network-policy", policy -> {
            if (random.nextInt(5) == 0) {
                refs.add("{'uuid':'" + policy.uuid() + "','attr':{'sequence':{'major':" + random.nextInt(3)
                        + ",'minor':0}}}");
            }
        });
        return "'network_policy_refs':[" + String.join(",", refs) + "]";
    }

    private String fields(String type) {
        return switch (type) {
            case "virtual-network" -> policies();
            case "network-policy" -> "'network_policy_entries':" + rules(false);
            case "security-group" ->
                "'security_group_entries':" + rules(true) + ",'configured_security_group_id':"
                        + pick("0", "0", "7", "8");
            default ->
                "'bgp_router_parameters':{'autonomous_system':" + pick("64512", "64513")
                        + ",'identifier':'10.0.0.1','address':'10.0.0.1','router_type':'"
                        + pick("control-node", "router", "bgpaas-client") + "'"
                        + pick("", "", ",'cluster_id':3") + "}";
        };
    }

    private List<String> name(String type) {
        String own = "x" + random.nextInt(NAMES);
        return type.equals("bgp-router")
                ? List.of("default-domain", "default-project", "ip-fabric", "__default__", own)
                : List.of("default-domain", project(), own);
    }

    private Operation operation() {
        String type = TYPES.get(random.nextInt(TYPES.size()));
        List<String> name = name(type);
        Resource present = api.image().named(type, name);
        if (random.nextInt(20) == 0) {
            String global = api.image()
                    .named("global-system-config", List.of("default-global-system-config"))
                    .uuid();
            return api.update("global-system-config", global, "'ibgp_auto_mesh':" + random.nextBoolean());
        }
        if (present == null) {
            return api.create(type, "'fq_name':['" + String.join("','", name) + "']," + fields(type));
        }
        if (random.nextInt(3) == 0) {
            return api.delete(type, present.uuid());
        }
        return api.update(type, present.uuid(), fields(type));
    }

    @Test
    void incrementalDerivationEqualsDerivationFromNothing() {
        long seed = Long.getLong("weft.seed", new Random().nextLong());
        System.out.println("PolicyTwinTest seed " + seed);
        random = new Random(seed);
        int done = 0;
        try (WriterFixture fixture = new WriterFixture(folder, false)) {
            api = fixture;
            api.write(api.create("project", "'fq_name':['default-domain','other']"));
            for (int i = 0; i < WRITES; i++) {
                List<Operation> changeSet = new ArrayList<>();
                for (int n = random.nextInt(3); n >= 0; n--) {
                    changeSet.add(operation());
                }
                try {
                    api.write(changeSet.toArray(Operation[]::new));
                    done++;
                } catch (RefusedException e) {
                    assertTrue(e.status() == 409 || e.status() == 404 || e.status() == 400, e.getMessage());
                }
                if (i % COMPARED_EVERY == 0) {
                    assertEquals(DerivedState.fromNothing(api.image()), DerivedState.of(api.image()), "seed " + seed);
                }
            }
        }
        assertTrue(done > WRITES / 4, done + " of " + WRITES + " writes were carried out, seed " + seed);
    }
}
