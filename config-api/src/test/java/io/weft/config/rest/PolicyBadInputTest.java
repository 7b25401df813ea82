package io.weft.config.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.runtime.RunningApi;
import io.weft.config.runtime.RunningApi.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyBadInputTest {
    private static final String ANY = "'start_port':-1,'end_port':-1";
    private static final String RULE = "'direction':'>','protocol':'tcp','src_addresses':[{'virtual_network':'local'}],"
            + "'src_ports':[{" + ANY + "}],'dst_addresses':[{'virtual_network':'default-domain:red:later'}],"
            + "'dst_ports':[{" + ANY + "}],'action_list':{'simple_action':'pass'}";
    private static final String GROUP_RULE = "'direction':'>','protocol':'tcp',"
            + "'src_addresses':[{'security_group':'default-domain:red:later'}],'src_ports':[{" + ANY + "}],"
            + "'dst_addresses':[{'security_group':'local'}],'dst_ports':[{" + ANY + "}]";

    @TempDir
    static Path folder;

    private static RunningApi api;
    private static String network;
    private static String policy;
    private static String group;

    @BeforeAll
    static void start() {
        api = new RunningApi(folder.resolve("store"), "--store-sync=false");
        network = api.createNetwork("red", "");
        policy = api.create(
                "network-policy",
                "'fq_name':['default-domain','red','good'],'network_policy_entries':{'policy_rule':[{" + RULE + "}]}");
        group = api.create(
                "security-group",
                "'fq_name':['default-domain','red','good'],'configured_security_group_id':77,"
                        + "'security_group_entries':{'policy_rule':[{" + GROUP_RULE + "}]}");
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    private static void refused(int status, String part, Answer answer) {
        assertEquals(status, answer.status(), answer.text());
        assertTrue(answer.text().contains(part), answer.text());
        assertFalse(answer.text().contains("Exception"), answer.text());
    }

    private static Answer policy(String... rules) {
        return api.put(
                "/network-policy/" + policy,
                "{'network-policy':{'network_policy_entries':{'policy_rule':[{" + String.join("},{", rules) + "}]}}}");
    }

    private static Answer group(String... rules) {
        return api.put(
                "/security-group/" + group,
                "{'security-group':{'security_group_entries':{'policy_rule':[{" + String.join("},{", rules) + "}]}}}");
    }

    private static String with(String field, String value) {
        return with(RULE, field, value);
    }

    /** The rule with one of its fields replaced, or added. */
    private static String with(String rule, String field, String value) {
        ObjectNode tree = (ObjectNode) RunningApi.parse(RunningApi.json("{" + rule + "}"));
        tree.set(field, RunningApi.parse(RunningApi.json(value)));
        String text = tree.toString();
        return text.substring(1, text.length() - 1);
    }

    @Test
    void namesTheRuleFieldValueAndLimit() {
        String where = "network_policy_entries.policy_rule[0]";
        refused(400, where + ".protocol: 'tpc' is not any, tcp", policy(with("protocol", "'tpc'")));
        refused(
                400,
                where + ".protocol: '256' is not any, tcp, udp, icmp, icmp6 or 0..255",
                policy(with("protocol", "'256'")));
        refused(400, where + ".protocol is required", policy(with("protocol", "null")));
        refused(400, where + ".direction: \"<\" is not one of [>, <>]", policy(with("direction", "'<'")));
        refused(
                400,
                where + ".dst_ports[0].start_port: 81 is above end_port 80",
                policy(with("dst_ports", "[{'start_port':81,'end_port':80}]")));
        refused(
                400,
                where + ".src_ports[1].end_port: 65536 is not in -1..65535",
                policy(with("src_ports", "[{" + ANY + "},{'start_port':1,'end_port':65536}]")));
        refused(
                400,
                where + ".src_ports[0].start_port: -2 is not in -1..65535",
                policy(with("src_ports", "[{'start_port':-2,'end_port':1}]")));
        refused(400, "-1 means any port", policy(with("src_ports", "[{'start_port':-1,'end_port':7}]")));
        refused(400, where + ".src_ports: is empty", policy(with("src_ports", "[]")));
        refused(400, where + ".dst_addresses: is empty", policy(with("dst_addresses", "[]")));
        refused(400, where + ".ethertype: \"ARP\" is not one of [IPv4, IPv6]", policy(with("ethertype", "'ARP'")));
        refused(400, where + ".rule_uuid: 'x' is not a uuid", policy(with("rule_uuid", "'x'")));
        refused(400, where + ": PolicyRuleType has no field 'x'", policy(with("x", "1")));
        refused(
                400,
                where + ".action_list.simple_action: neither pass nor deny is given",
                policy(with("action_list", "{'log':true}")));
        refused(
                400,
                where + ".action_list.simple_action: \"drop\" is not one of [deny, pass]",
                policy(with("action_list", "{'simple_action':'drop'}")));
        refused(
                400,
                where + ".action_list.apply_service[0]: 'fw' is not domain:project:service-instance",
                policy(with("action_list", "{'apply_service':['fw']}")));
        refused(400, "policy_rule[1].protocol: 'x'", policy(RULE, with("protocol", "'x'")));
        assertEquals(1, entries("network-policy", policy).size(), "nothing that was there is lost");
    }

    private static JsonNode entries(String type, String uuid) {
        return api.object(type, uuid).path(type.replace('-', '_') + "_entries").path("policy_rule");
    }

    private static Answer address(String address) {
        return policy(with("dst_addresses", "[" + address + "]"));
    }

    private static String subnet(String prefix, int length) {
        return "'subnet':{'ip_prefix':'" + prefix + "','ip_prefix_len':" + length + "}";
    }

    @Test
    void checksAddresses() {
        String where = "policy_rule[0].dst_addresses[0]";
        refused(400, where + ": nothing is given; want one of virtual_network", address("{}"));
        refused(
                400,
                where + ": [virtual_network, network_policy] is given",
                address("{'virtual_network':'any','network_policy':'a:b:c'}"));
        refused(400, "is given; want one of", address("{'network_policy':'a:b:c'," + subnet("10.0.0.0", 8) + "}"));
        refused(400, "names no group", address("{'security_group':'a:b:c'}"));
        for (String name :
                List.of("web", "a:b", "a:b:c:d", "a::c", ":b:c", "a:b:", "a:b:<c>", "a:b:" + "x".repeat(256))) {
            refused(400, where + ".virtual_network: '", address("{'virtual_network':'" + name + "'}"));
        }
        refused(400, "is not domain:project:network-policy", address("{'network_policy':'any'}"));
        refused(400, where + ".subnet.ip_prefix_len: 33 is not in 0..32", address("{" + subnet("10.0.0.0", 33) + "}"));
        refused(400, "ip_prefix_len: 129 is not in 0..128", address("{" + subnet("fd00::", 129) + "}"));
        refused(400, "ip_prefix: '10.0.0' is not", address("{" + subnet("10.0.0", 8) + "}"));
        refused(400, "ip_prefix and ip_prefix_len are required", address("{'subnet':{'ip_prefix':'10.0.0.0'}}"));
        refused(
                400,
                where + ".subnet_list[1]: fd00::/64 is IPv6 and does not fit dst_addresses[0].subnet_list[0] IPv4",
                address(
                        "{'subnet_list':[{'ip_prefix':'10.0.0.0','ip_prefix_len':8},{'ip_prefix':'fd00::','ip_prefix_len':64}]}"));
        refused(
                400,
                "10.0.0.0/8 is IPv4 and does not fit ethertype IPv6",
                policy(with(with("ethertype", "'IPv6'"), "dst_addresses", "[{" + subnet("10.0.0.0", 8) + "}]")));
        assertEquals(
                200,
                address("{'virtual_network':'default-domain:red:web'," + subnet("10.0.0.0", 8) + "}")
                        .status());
        assertEquals(200, policy(RULE).status());
    }

    @Test
    void boundsWhatRulesBecomeAndRefusesEqualOnes() {
        refused(409, "policy_rule[1]: the same rule as policy_rule[0]", policy(RULE, RULE));
        String uuid = "'00000000-0000-4000-8000-000000000001'";
        refused(
                400,
                "policy_rule[1].rule_uuid: '00000000-0000-4000-8000-000000000001' is there twice",
                policy(with("rule_uuid", uuid), with(with("rule_uuid", uuid), "protocol", "'udp'")));
        List<String> ranges = new ArrayList<>();
        for (int i = 0; i < 91; i++) {
            ranges.add("{'start_port':" + i + ",'end_port':" + i + "}");
        }
        refused(
                400,
                "policy_rule[0]: with this rule the pairs of addresses and ports are 8281, more than 8192",
                policy(with(with("src_ports", ranges.toString()), "dst_ports", ranges.toString())));
    }

    @Test
    void aRuleKeepsItsUuidWhenItIsWrittenAgainWithout() {
        String first =
                entries("network-policy", policy).get(0).path("rule_uuid").asText();
        assertTrue(first.matches("[0-9a-f]{8}-.*"), first);
        assertEquals(200, policy(with("protocol", "'udp'"), RULE).status());
        JsonNode rules = entries("network-policy", policy);
        assertEquals(first, rules.get(1).path("rule_uuid").asText());
        assertFalse(rules.get(0).path("rule_uuid").asText().equals(first));
        assertEquals(200, policy(RULE).status());
        long revision = api.api().revision();
        assertEquals(200, policy(RULE).status());
        assertEquals(revision, api.api().revision(), "the same rules again are no change");
    }

    @Test
    void securityGroupsAllowOnlyAndHaveOneLocalSide() {
        String where = "security_group_entries.policy_rule[0]";
        refused(
                400,
                where + ".action_list.simple_action: 'deny' is not pass",
                group(with(GROUP_RULE, "action_list", "{'simple_action':'deny'}")));
        refused(
                400,
                "a security-group's rule has none of",
                group(with(GROUP_RULE, "action_list", "{'simple_action':'pass','apply_service':['a:b:c']}")));
        refused(
                400,
                where + ": neither src_addresses nor dst_addresses is local",
                group(with(GROUP_RULE, "dst_addresses", "[{'security_group':'any'}]")));
        refused(
                400,
                "both src_addresses and dst_addresses are local",
                group(with(GROUP_RULE, "src_addresses", "[{'virtual_network':'local'}]")));
        refused(
                400,
                where + ".dst_addresses: the local side holds local alone",
                group(with(GROUP_RULE, "dst_addresses", "[{'security_group':'local'},{'security_group':'any'}]")));
        refused(400, "names no policy", group(with(GROUP_RULE, "src_addresses", "[{'network_policy':'a:b:c'}]")));
        refused(
                400,
                where + ".src_addresses[0].security_group: 'web' is not domain:project:security-group nor local or any",
                group(with(GROUP_RULE, "src_addresses", "[{'security_group':'web'}]")));
        assertEquals(1, entries("security-group", group).size());
    }

    @Test
    void numbersOfGroupsAreTheSystemsOrUnique() {
        assertEquals(
                77,
                api.object("security-group", group).path("security_group_id").asInt());
        String other = "'fq_name':['default-domain','red','%s'],'configured_security_group_id':%d";
        refused(
                409,
                "configured_security_group_id: 77 is in use by security-group " + group,
                api.post("/security-groups", "{'security-group':{" + other.formatted("other", 77) + "}}"));
        refused(
                400,
                "configured_security_group_id: 8000000 is not in 0..7999999",
                api.post("/security-groups", "{'security-group':{" + other.formatted("other", 8_000_000) + "}}"));
        refused(
                403,
                "security_group_id is system-only",
                api.put("/security-group/" + group, "{'security-group':{'security_group_id':8000009}}"));
        refused(
                403,
                "security_group_id is system-only",
                api.post(
                        "/security-groups",
                        "{'security-group':{'fq_name':['default-domain','red','x'],'security_group_id':8000009}}"));
        String noRule = api.post(
                        "/fqname-to-id",
                        "{'type':'security-group','fq_name':['default-domain','default-project','__no_rule__']}")
                .json()
                .path("uuid")
                .asText();
        refused(409, "is the system's", api.delete("/security-group/" + noRule));
        assertEquals(
                8_000_000,
                api.object("security-group", noRule).path("security_group_id").asInt());
        // what was read can be written back
        assertEquals(
                200,
                api.put("/security-group/" + group, "{'security-group':" + api.object("security-group", group) + "}")
                        .status());
    }

    @Test
    void accessControlListsAreNobodysToWrite() {
        refused(
                403,
                "is derived from",
                api.post(
                        "/access-control-lists",
                        "{'access-control-list':{'fq_name':['default-domain','red','web','mine'],'parent_type':'virtual-network'}}"));
        String list = api.object("security-group", group)
                .at("/access_control_lists/0/uuid")
                .asText();
        refused(403, "derived", api.delete("/access-control-list/" + list));
        refused(
                403,
                "access_control_list_hash is system-only",
                api.put("/access-control-list/" + list, "{'access-control-list':{'access_control_list_hash':1}}"));
        assertEquals(
                200,
                api.put(
                                "/access-control-list/" + list,
                                "{'access-control-list':" + api.object("access-control-list", list) + "}")
                        .status());
    }

    @Test
    void checksReferencesToPoliciesAndGroups() {
        String web = "/virtual-network/" + network;
        refused(
                400,
                "network_policy_refs[0].attr.sequence.minor is required",
                api.put(
                        web,
                        "{'virtual-network':{'network_policy_refs':[{'uuid':'" + policy
                                + "','attr':{'sequence':{'major':1}}}]}}"));
        refused(
                400,
                "network-policy default-domain:red:none does not exist",
                api.put(web, "{'virtual-network':{'network_policy_refs':[{'to':['default-domain','red','none']}]}}"));
        refused(
                400,
                "security_group_refs: not with port_security_enabled false",
                api.post(
                        "/virtual-machine-interfaces",
                        "{'virtual-machine-interface':{'fq_name':['default-domain','red','p'],'parent_type':'project','port_security_enabled':false,"
                                + "'virtual_network_refs':[{'uuid':'" + network + "'}],'security_group_refs':[{'uuid':'"
                                + group + "'}]}}"));
    }

    private static final String ROUTER_NAME =
            "'fq_name':['default-domain','default-project','ip-fabric','__default__','%s']";
    private static final String PARAMETERS =
            ",'bgp_router_parameters':{'autonomous_system':%s,'identifier':'10.0.0.1','address':'%s'%s}";

    @Test
    void checksBgpRouters() {
        String[][] bad = {
            {"0", "10.0.0.1", "", "autonomous_system: 0 is not in 1..4294967295"},
            {"1", "here", "", "address: 'here' is not an IPv4 or IPv6 address"},
            {"1", "10.0.0.1", ",'port':0", "port: 0 is not in 1..65535"},
            {"1", "10.0.0.1", ",'hold_time':65536", "hold_time: 65536 is not in 0..65535"},
            {"1", "10.0.0.1", ",'router_type':'x'", "router_type: \"x\" is not one of [control-node"},
            {
                "1",
                "10.0.0.1",
                ",'address_families':{'family':['ipx']}",
                "address_families.family[0]: \"ipx\" is not one of [inet,"
            },
            {
                "1",
                "10.0.0.1",
                ",'auth_data':{'key_type':'sha','key_items':[]}",
                "auth_data.key_type: \"sha\" is not one of [md5]"
            },
        };
        for (String[] one : bad) {
            refused(
                    400,
                    "bgp_router_parameters." + one[3],
                    api.post(
                            "/bgp-routers",
                            "{'bgp-router':{" + ROUTER_NAME.formatted("r")
                                    + PARAMETERS.formatted(one[0], one[1], one[2]) + "}}"));
        }
        refused(
                400,
                "bgp_router_parameters is required",
                api.post("/bgp-routers", "{'bgp-router':{" + ROUTER_NAME.formatted("r") + "}}"));
        refused(
                400,
                "parent routing-instance default-domain:red:web:none does not exist",
                api.post(
                        "/bgp-routers",
                        "{'bgp-router':{'fq_name':['default-domain','red','web','none','r']"
                                + PARAMETERS.formatted("1", "10.0.0.1", "") + "}}"));
    }

    @Test
    void bgpRoutersReferToEachOtherAndNotToThemselves() {
        String router =
                api.create("bgp-router", ROUTER_NAME.formatted("r") + PARAMETERS.formatted("1", "10.0.0.1", ""));
        refused(
                400,
                "cannot refer to itself",
                api.post(
                        "/ref-update",
                        "{'type':'bgp-router','uuid':'" + router + "','ref-type':'bgp-router','ref-uuid':'" + router
                                + "','operation':'ADD'}"));
        String second =
                api.create("bgp-router", ROUTER_NAME.formatted("s") + PARAMETERS.formatted("2", "10.0.0.2", ""));
        refused(
                400,
                "attr.session is required",
                api.post(
                        "/ref-update",
                        "{'type':'bgp-router','uuid':'" + router + "','ref-type':'bgp-router','ref-uuid':'" + second
                                + "','operation':'ADD','attr':{}}"));
        assertEquals(
                200,
                api.post(
                                "/ref-update",
                                "{'type':'bgp-router','uuid':'" + router + "','ref-type':'bgp-router','ref-uuid':'"
                                        + second
                                        + "','operation':'ADD','attr':{'session':[{'attributes':[{'passive':true}]}]}}")
                        .status());
        JsonNode other = api.object("bgp-router", second);
        assertTrue(other.at("/bgp_router_refs/0/attr/session/0/attributes/0/passive")
                .asBoolean());
        assertFalse(other.has("bgp_router_back_refs"));
        assertEquals(200, api.delete("/bgp-router/" + router).status());
        assertFalse(api.object("bgp-router", second).has("bgp_router_refs"));
    }
}
