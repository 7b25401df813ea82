package io.weft.config.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.config.runtime.RunningApi;
import io.weft.config.runtime.RunningApi.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObjectLifeTest {
    private static final String VM = "11111111-1111-4111-8111-111111111111";
    private static final String PORT = "aabbccdd-eeff-4111-8111-111111111112";

    @TempDir
    Path folder;

    private RunningApi api;

    @BeforeEach
    void start() {
        api = new RunningApi(folder.resolve("store"), "--store-sync=false");
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private String change(String... operations) {
        return "{'operations':[" + String.join(",", operations) + "]}";
    }

    private String attach(String network) {
        return change(
                "{'create':{'virtual-machine':{'uuid':'" + VM + "','fq_name':['" + VM + "']}},'if_absent':true}",
                "{'create':{'virtual-machine-interface':{'uuid':'" + PORT + "','fq_name':['default-domain','red','p1'],"
                        + "'parent_type':'project','virtual_network_refs':[{'uuid':'" + network + "'}],"
                        + "'virtual_machine_refs':[{'uuid':'" + VM + "'}]}},'if_absent':true}",
                "{'create':{'instance-ip':{'fq_name':['p1-v4'],'instance_ip_family':'v4',"
                        + "'virtual_network_refs':[{'uuid':'" + network + "'}],"
                        + "'virtual_machine_interface_refs':[{'uuid':'" + PORT + "'}]}}}",
                "{'create':{'instance-ip':{'fq_name':['p1-v6'],'instance_ip_family':'v6',"
                        + "'virtual_network_refs':[{'uuid':'" + network + "'}],"
                        + "'virtual_machine_interface_refs':[{'uuid':'" + PORT + "'}]}}}");
    }

    @Test
    void answersACreateWithTheIdentityOfTheObject() {
        api.create("project", "'fq_name':['default-domain','red'],'parent_type':'domain'");
        String uuid = "22222222-2222-4222-8222-222222222222";
        Answer answer = api.post(
                "/virtual-networks",
                "{'virtual-network':{'uuid':'" + uuid
                        + "','fq_name':['default-domain','red','web'],'parent_type':'project'}}");
        String project = api.post("/fqname-to-id", "{'type':'project','fq_name':['default-domain','red']}")
                .json()
                .path("uuid")
                .asText();
        assertEquals(200, answer.status(), answer.text());
        assertEquals(
                RunningApi.parse(RunningApi.json("{'virtual-network':{'uuid':'" + uuid
                        + "','name':'web','fq_name':['default-domain','red','web'],'parent_type':'project','parent_uuid':'"
                        + project + "','href':'" + api.base() + "/virtual-network/" + uuid + "','parent_href':'"
                        + api.base() + "/project/" + project + "'}}")),
                answer.json());
    }

    @Test
    void derivesInstanceAndTargetAndFillsInTheSubnets() {
        String network = api.createNetwork("red", "");
        JsonNode whole = api.object("virtual-network", network);
        JsonNode v4 = whole.at("/network_ipam_refs/0/attr/ipam_subnets/0");
        assertEquals("10.1.1.1", v4.path("default_gateway").asText());
        assertEquals("10.1.1.2", v4.path("dns_server_address").asText());
        assertTrue(v4.path("enable_dhcp").asBoolean());
        assertEquals(36, v4.path("subnet_uuid").asText().length());
        assertEquals(
                "fd00:1:1::1",
                whole.at("/network_ipam_refs/0/attr/ipam_subnets/1/default_gateway")
                        .asText());
        assertTrue(whole.path("virtual_network_network_id").asInt() >= 1);
        assertEquals("web", whole.at("/routing_instances/0/to/3").asText());

        JsonNode instance = api.object(
                "routing-instance", whole.at("/routing_instances/0/uuid").asText());
        assertTrue(instance.path("routing_instance_is_default").asBoolean());
        assertTrue(instance.at("/route_target_refs/0/to/0").asText().matches("target:64512:80000[0-9]{2}"));
        assertTrue(instance.at("/route_target_refs/0/attr/import_export").isNull());
    }

    @Test
    void attachesAPodInOneChangeSet() {
        String network = api.createNetwork("red", "");
        Answer answer = api.post("/change-set", attach(network));
        assertEquals(200, answer.status(), answer.text());
        JsonNode results = answer.json().path("results");
        assertEquals(api.api().revision(), answer.json().path("revision").asLong());
        assertEquals(VM, results.at("/0/virtual-machine/uuid").asText());
        JsonNode port = results.at("/1/virtual-machine-interface");
        assertEquals(
                "02:aa:bb:cc:dd:ee",
                port.at("/virtual_machine_interface_mac_addresses/mac_address/0")
                        .asText());
        assertEquals(
                "10.1.1.3", results.at("/2/instance-ip/instance_ip_address").asText());
        assertEquals(
                "fd00:1:1::3", results.at("/3/instance-ip/instance_ip_address").asText());
        assertEquals("v6", results.at("/3/instance-ip/instance_ip_family").asText());

        JsonNode read = api.object("virtual-machine-interface", PORT);
        assertEquals(2, read.path("instance_ip_back_refs").size());
        assertEquals("web", read.at("/virtual_network_refs/0/to/2").asText());
        assertEquals(
                api.base() + "/virtual-network/" + network,
                read.at("/virtual_network_refs/0/href").asText());
    }

    @Test
    void answersARepeatedCreateWithThePresentObjectWhenAsked() {
        String network = api.createNetwork("red", "");
        String first = "{'create':{'virtual-machine':{'uuid':'" + VM + "','fq_name':['" + VM + "']}},'if_absent':true}";
        Answer one = api.post("/change-set", change(first));
        Answer two = api.post("/change-set", change(first));
        assertEquals(one.json().at("/results/0"), two.json().at("/results/0"));
        assertEquals(one.json().path("revision"), two.json().path("revision"));
        Answer other = api.post(
                "/change-set",
                change("{'create':{'virtual-machine':{'uuid':'" + network + "','fq_name':['" + VM
                        + "']}},'if_absent':true}"));
        assertEquals(409, other.status());
        assertEquals(
                200,
                api.post(
                                "/change-set",
                                change("{'delete':{'virtual-machine':{'uuid':'" + PORT + "'}},'if_present':true}"))
                        .status());
    }

    @Test
    void refusesAWholeChangeSetForOneBadOperation() {
        String network = api.createNetwork("red", "");
        long before = api.api().revision();
        Answer answer = api.post("/change-set", attach(network).replace("'v6'", "'v7'"));
        assertEquals(400, answer.status());
        assertTrue(answer.text().startsWith("operation 3: instance_ip_family: \"v7\""), answer.text());
        assertEquals(404, api.get("/virtual-machine/" + VM).status());
        assertEquals(before, api.api().revision());
    }

    @Test
    void freesAddressesAndDeletesDerivedObjectsWithTheirNetwork() {
        String network = api.createNetwork("red", "");
        JsonNode results = api.post("/change-set", attach(network)).json().path("results");
        String v4 = results.at("/2/instance-ip/uuid").asText();
        String v6 = results.at("/3/instance-ip/uuid").asText();
        Answer used = api.delete("/virtual-network/" + network);
        assertEquals(409, used.status());
        assertTrue(used.text().contains("/instance-ip/" + v4), used.text());
        assertEquals(409, api.delete("/virtual-machine/" + VM).status());

        Answer all = api.post(
                "/change-set",
                change(
                        "{'delete':{'instance-ip':{'uuid':'" + v4 + "'}}}",
                        "{'delete':{'instance-ip':{'uuid':'" + v6 + "'}}}",
                        "{'delete':{'virtual-machine-interface':{'uuid':'" + PORT + "'}}}",
                        "{'delete':{'virtual-machine':{'uuid':'" + VM + "'}}}"));
        assertEquals(200, all.status(), all.text());
        assertEquals(
                "10.1.1.3",
                api.post("/change-set", attach(network))
                        .json()
                        .at("/results/2/instance-ip/instance_ip_address")
                        .asText());
        JsonNode again = api.object("virtual-network", network);
        String instance = again.at("/routing_instances/0/uuid").asText();
        String target = api.object("routing-instance", instance)
                .at("/route_target_refs/0/uuid")
                .asText();
        api.post(
                "/change-set",
                change(
                        "{'delete':{'instance-ip':{'uuid':'"
                                + again.at("/instance_ip_back_refs/0/uuid").asText() + "'}}}",
                        "{'delete':{'instance-ip':{'uuid':'"
                                + again.at("/instance_ip_back_refs/1/uuid").asText() + "'}}}",
                        "{'delete':{'virtual-machine-interface':{'uuid':'" + PORT + "'}}}"));
        Answer deleted = api.delete("/virtual-network/" + network);
        assertEquals(200, deleted.status(), deleted.text());
        assertEquals("", deleted.text());
        assertEquals(404, api.get("/routing-instance/" + instance).status());
        assertEquals(404, api.get("/route-target/" + target).status());
    }

    @Test
    void keepsEverythingOverARestart() {
        String network = api.createNetwork("red", "");
        api.post("/change-set", attach(network));
        JsonNode before = api.object("virtual-network", network);
        long revision = api.api().revision();
        int port = api.port();
        api.close();
        api = new RunningApi(folder.resolve("store"));
        assertEquals(revision, api.api().revision());
        String now =
                api.object("virtual-network", network).toString().replace(":" + api.port() + "/", ":" + port + "/");
        assertEquals(before, RunningApi.parse(now));
        String next = api.create("instance-ip", "'fq_name':['x'],'virtual_network_refs':[{'uuid':'" + network + "'}]");
        assertEquals(
                "10.1.1.4",
                api.object("instance-ip", next).path("instance_ip_address").asText());
    }

    @Test
    void listsAsTheVncClientAsks() {
        String network = api.createNetwork("red", ",'mtu':1400");
        api.createNetwork("blue", "");
        String red = api.post("/fqname-to-id", "{'type':'project','fq_name':['default-domain','red']}")
                .json()
                .path("uuid")
                .asText();
        assertEquals(
                4,
                api.get("/virtual-networks?count=True")
                        .json()
                        .at("/virtual-networks/count")
                        .asInt());
        JsonNode one = api.get("/virtual-networks?parent_id=" + red).json().path("virtual-networks");
        assertEquals(1, one.size());
        assertEquals(network, one.at("/0/uuid").asText());
        assertEquals(List.of("fq_name", "uuid", "href"), fields(one.get(0)));
        assertEquals(
                1400,
                api.get("/virtual-networks?fq_names=default-domain:red:web&fields=mtu")
                        .json()
                        .at("/virtual-networks/0/mtu")
                        .asInt());
        assertEquals(
                1,
                api.get("/virtual-networks?detail=True&filters=mtu==1400,name==%22web%22")
                        .json()
                        .path("virtual-networks")
                        .size());
        assertEquals(
                network,
                api.get("/virtual-networks?detail=True&filters=mtu==1400")
                        .json()
                        .at("/virtual-networks/0/virtual-network/uuid")
                        .asText());
        JsonNode bulk = api.post(
                        "/list-bulk-collection",
                        "{'type':'virtual-network','parent_fq_name_str':'default-domain:red','parent_type':'project','detail':true,'count':false}")
                .json();
        assertEquals(1400, bulk.at("/virtual-networks/0/virtual-network/mtu").asInt());
        JsonNode page = api.get("/virtual-networks?page_marker=0&page_limit=3").json();
        assertEquals(3, page.path("virtual-networks").size());
        JsonNode rest = api.get("/virtual-networks?page_limit=3&page_marker="
                        + page.path("marker").asText())
                .json();
        assertEquals(1, rest.path("virtual-networks").size());
        assertTrue(rest.path("marker").isNull());
    }

    private static List<String> fields(JsonNode node) {
        List<String> out = new ArrayList<>();
        node.fieldNames().forEachRemaining(out::add);
        return out;
    }

    @Test
    void readsWithFieldsExclusionsAndEtag() {
        String network = api.createNetwork("red", "");
        Answer whole = api.get("/virtual-network/" + network);
        String etag = whole.raw().headers().firstValue("ETag").orElseThrow();
        assertEquals(
                304,
                api.get("/virtual-network/" + network, "If-None-Match", etag).status());
        JsonNode less = api.get("/virtual-network/" + network
                        + "?exclude_children=True&exclude_back_refs=True&exclude_hrefs=True")
                .json()
                .path("virtual-network");
        assertFalse(less.has("routing_instances"));
        assertFalse(less.has("href"));
        JsonNode few = api.get("/virtual-network/" + network + "?fields=routing_instances,mtu")
                .json()
                .path("virtual-network");
        assertTrue(few.has("routing_instances"));
        assertFalse(few.has("id_perms"));
    }

    @Test
    void updatesPropertiesReferencesAndCollections() {
        String network = api.createNetwork("red", ",'mtu':1400");
        String etag = api.get("/virtual-network/" + network)
                .raw()
                .headers()
                .firstValue("ETag")
                .orElseThrow();
        Answer put = api.put("/virtual-network/" + network, "{'virtual-network':{'display_name':'Web','mtu':null}}");
        assertEquals(200, put.status(), put.text());
        assertEquals(network, put.json().at("/virtual-network/uuid").asText());
        JsonNode now = api.object("virtual-network", network);
        assertEquals("Web", now.path("display_name").asText());
        assertFalse(now.has("mtu"));
        assertEquals(
                200,
                api.get("/virtual-network/" + network, "If-None-Match", etag).status());
        // a whole object as it was read is accepted back
        assertEquals(
                200,
                api.put("/virtual-network/" + network, "{'virtual-network':" + now + "}")
                        .status());

        String router = api.create(
                "virtual-router",
                "'fq_name':['default-global-system-config','h1'],'parent_type':'global-system-config','virtual_router_ip_address':'10.0.1.1'");
        api.create("virtual-machine", "'uuid':'" + VM + "','fq_name':['" + VM + "']");
        String ref = "{'type':'virtual-router','uuid':'" + router + "','ref-type':'virtual-machine','ref-uuid':'" + VM
                + "','operation':'";
        assertEquals(200, api.post("/ref-update", ref + "ADD','attr':null}").status());
        assertEquals(
                VM,
                api.object("virtual-router", router)
                        .at("/virtual_machine_refs/0/uuid")
                        .asText());
        Answer held = api.delete("/virtual-machine/" + VM);
        assertEquals(409, held.status());
        assertTrue(held.text().contains("/virtual-router/" + router), held.text());
        assertEquals(
                200,
                api.post("/ref-relax-for-delete", "{'uuid':'" + router + "','ref-uuid':'" + VM + "'}")
                        .status());
        assertEquals(200, api.delete("/virtual-machine/" + VM).status());
        assertFalse(api.object("virtual-router", router).has("virtual_machine_refs"));

        String updates = "{'uuid':'" + router
                + "','updates':[{'field':'annotations','operation':'set','value':{'key':'k','value':'v'}}]}";
        assertEquals(200, api.post("/prop-collection-update", updates).status());
        assertEquals(
                RunningApi.parse(RunningApi.json("{'annotations':[[{'key':'k','value':'v'},'k']]}")),
                api.get("/prop-collection-get?uuid=" + router + "&fields=annotations")
                        .json());
    }

    @Test
    void countsReservedAddressesOfASubnet() {
        String network = api.createNetwork("red", "");
        String subnet = api.object("virtual-network", network)
                .at("/network_ipam_refs/0/attr/ipam_subnets/0/subnet_uuid")
                .asText();
        api.post("/change-set", attach(network));
        assertEquals(
                4,
                api.post("/virtual-network/" + network + "/subnet-ip-count", "{'subnet_list':['" + subnet + "']}")
                        .json()
                        .at("/ip_count_list/0")
                        .asInt());
    }

    @Test
    void startsWithTheObjectsOfTheOriginal() {
        JsonNode global = api.get("/global-vrouter-configs?detail=True")
                .json()
                .at("/global-vrouter-configs/0/global-vrouter-config");
        assertEquals(
                "[\"MPLSoUDP\",\"VXLAN\"]",
                global.at("/encapsulation_priorities/encapsulation").toString());
        assertEquals("global-system-config", global.path("parent_type").asText());
        JsonNode instances = api.get("/routing-instances").json().path("routing-instances");
        List<String> names = new ArrayList<>();
        instances.forEach(one -> names.add(
                one.at("/fq_name/2").asText() + "/" + one.at("/fq_name/3").asText()));
        names.sort(null);
        assertEquals(List.of("__link_local__/__link_local__", "ip-fabric/__default__", "ip-fabric/ip-fabric"), names);
        assertEquals(200, api.get("/config-root").status());
        JsonNode links = api.get("/").json().path("links");
        assertTrue(links.size() > 30);
        assertEquals("config-root", links.at("/0/link/name").asText());
    }
}
