package io.weft.config.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.config.runtime.RunningApi;
import io.weft.config.runtime.RunningApi.Answer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BadInputTest {
    @TempDir
    static Path folder;

    private static RunningApi api;
    private static String network;

    @BeforeAll
    static void start() {
        api = new RunningApi(folder.resolve("store"), "--store-sync=false", "--rest-max-request-bytes=20000");
        network = api.createNetwork("red", "");
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    private static void refused(int status, String part, Answer answer) {
        assertEquals(status, answer.status(), answer.text());
        assertTrue(answer.text().contains(part), answer.text());
        assertFalse(answer.text().contains("Exception"), answer.text());
        assertEquals(
                "text/plain; charset=utf-8",
                answer.raw().headers().firstValue("Content-Type").orElse(""));
    }

    private static Answer network(String fields) {
        return api.post(
                "/virtual-networks",
                "{'virtual-network':{'fq_name':['default-domain','red','bad'],'parent_type':'project'," + fields
                        + "}}");
    }

    private static Answer subnet(String fields) {
        return network("'network_ipam_refs':[{'to':['default-domain','default-project','default-network-ipam'],"
                + "'attr':{'ipam_subnets':[" + fields + "]}}]");
    }

    private static Answer address(String fields) {
        return api.post(
                "/instance-ips",
                "{'instance-ip':{'fq_name':['bad'],'virtual_network_refs':[{'uuid':'" + network + "'}]," + fields
                        + "}}");
    }

    @Test
    void namesAnUnknownType() {
        refused(404, "floating-ip-pools", api.get("/floating-ip-pools"));
        refused(404, "no-such-thing", api.post("/fqname-to-id", "{'type':'no-such-thing','fq_name':['a']}"));
        refused(
                404,
                "floating-ip-pool",
                api.post("/change-set", "{'operations':[{'create':{'floating-ip-pool':{}}}]}"));
        refused(404, "widget", api.get("/watch?resource_type=widget"));
        refused(400, "type 'route-table' is not known", network("'route_table_refs':[{'to':['a']}]"));
    }

    @Test
    void namesAWrongPropertyItsValueAndTheLimit() {
        refused(400, "virtual-network has no property 'colour'", network("'colour':1"));
        refused(400, "mtu: \"big\" is not a whole number", network("'mtu':'big'"));
        refused(400, "mtu: 9217 is not in 0..9216", network("'mtu':9217"));
        refused(
                400,
                "virtual_network_properties.rpf: \"on\" is not one of [enable, disable]",
                network("'virtual_network_properties':{'rpf':'on'}"));
        refused(400, "VirtualNetworkType has no field 'x'", network("'virtual_network_properties':{'x':1}"));
        refused(400, "is_shared: \"yes\" is not true or false", network("'is_shared':'yes'"));
        refused(
                400,
                "route_target_list.route_target[0]: 'target:1' is not a route target",
                network("'route_target_list':{'route_target':['target:1']}"));
        refused(400, "automatic", network("'route_target_list':{'route_target':['target:64512:8000009']}"));
        refused(403, "virtual_network_network_id is system-only", network("'virtual_network_network_id':77"));
        refused(
                403,
                "virtual_network_network_id is system-only",
                api.put("/virtual-network/" + network, "{'virtual-network':{'virtual_network_network_id':77}}"));
    }

    @Test
    void checksNamesAndParents() {
        refused(400, "fq_name is required", api.post("/projects", "{'project':{'parent_type':'domain'}}"));
        refused(400, "a:b", api.post("/projects", "{'project':{'fq_name':['default-domain','a:b']}}"));
        refused(400, "'<x>'", api.post("/projects", "{'project':{'fq_name':['default-domain','<x>']}}"));
        refused(
                400,
                "parent domain nowhere does not exist",
                api.post("/projects", "{'project':{'fq_name':['nowhere','p']}}"));
        refused(
                400,
                "parent_type is required: one of [project, virtual-machine, virtual-router]",
                api.post(
                        "/virtual-machine-interfaces",
                        "{'virtual-machine-interface':{'fq_name':['default-domain','red','p'],'virtual_network_refs':[{'uuid':'"
                                + network + "'}]}}"));
        refused(
                400,
                "parent_type: 'domain'",
                api.post(
                        "/virtual-networks",
                        "{'virtual-network':{'fq_name':['default-domain','red'],'parent_type':'domain'}}"));
        refused(
                409,
                "already exists with uuid: " + network,
                api.post(
                        "/virtual-networks",
                        "{'virtual-network':{'fq_name':['default-domain','red','web'],'parent_type':'project'}}"));
        refused(
                409,
                "already exists with uuid: " + network,
                api.post("/virtual-machines", "{'virtual-machine':{'uuid':'" + network + "','fq_name':['v']}}"));
        refused(400, "uuid: 'zz'", api.post("/virtual-machines", "{'virtual-machine':{'uuid':'zz','fq_name':['v']}}"));
    }

    @Test
    void refusesTextsThatXmlCannotCarry() {
        refused(400, "control characters", network("'display_name':'a\\u0000b'"));
        refused(400, "control characters", network("'display_name':'\\ud800'"));
        refused(400, "fq_name", api.post("/projects", "{'project':{'fq_name':['default-domain','\\uffff']}}"));
        refused(404, "'zz' is not the uuid of an object", api.get("/project/zz"));
    }

    @Test
    void checksReferences() {
        refused(
                400,
                "virtual_network_refs is required",
                api.post(
                        "/virtual-machine-interfaces",
                        "{'virtual-machine-interface':{'fq_name':['default-domain','red','p'],'parent_type':'project'}}"));
        refused(400, "network-ipam a:b does not exist", network("'network_ipam_refs':[{'to':['a','b']}]"));
        refused(400, "has neither to nor uuid", network("'network_ipam_refs':[{}]"));
        refused(400, "virtual-network has no reference 'domain_refs'", network("'domain_refs':[]"));
        refused(
                404,
                "does not exist",
                api.post(
                        "/ref-update",
                        "{'type':'virtual-network','uuid':'" + network
                                + "','ref-type':'network-ipam','ref-fq-name':['x'],'operation':'ADD'}"));
        refused(
                400,
                "operation: 'REPLACE'",
                api.post(
                        "/ref-update",
                        "{'type':'virtual-network','uuid':'" + network
                                + "','ref-type':'network-ipam','ref-fq-name':['x'],'operation':'REPLACE'}"));
    }

    @Test
    void checksSubnets() {
        refused(
                400,
                "ip_prefix: '10.1.1.256' is not an IPv4 or IPv6 address",
                subnet("{'subnet':{'ip_prefix':'10.1.1.256','ip_prefix_len':24}}"));
        refused(
                400,
                "ip_prefix_len: 129 is not in 0..128",
                subnet("{'subnet':{'ip_prefix':'10.1.1.0','ip_prefix_len':129}}"));
        refused(409, "ip_prefix_len 33", subnet("{'subnet':{'ip_prefix':'10.1.1.0','ip_prefix_len':33}}"));
        refused(
                409,
                "default_gateway 10.9.9.1 is not in the subnet 10.1.1.0/24",
                subnet("{'subnet':{'ip_prefix':'10.1.1.0','ip_prefix_len':24},'default_gateway':'10.9.9.1'}"));
        refused(
                409,
                "allocation_pools 10.1.1.9 - 10.1.1.5",
                subnet(
                        "{'subnet':{'ip_prefix':'10.1.1.0','ip_prefix_len':24},'allocation_pools':[{'start':'10.1.1.9','end':'10.1.1.5'}]}"));
        refused(
                400,
                "subnet 10.1.1.0/24 overlaps 10.1.0.0/16",
                subnet(
                        "{'subnet':{'ip_prefix':'10.1.0.0','ip_prefix_len':16}},{'subnet':{'ip_prefix':'10.1.1.0','ip_prefix_len':24}}"));
    }

    @Test
    void checksAddresses() {
        refused(
                400,
                "10.2.0.9 is in no subnet of default-domain:red:web: [10.1.1.0/24, fd00:1:1::/64]",
                address("'instance_ip_address':'10.2.0.9'"));
        refused(400, "instance_ip_address: '10.1.1' is not", address("'instance_ip_address':'10.1.1'"));
        refused(400, "first or last", address("'instance_ip_address':'10.1.1.255'"));
        refused(400, "'v4' does not fit", address("'instance_ip_address':'fd00:1:1::9','instance_ip_family':'v4'"));
        refused(409, "dns_server_address", address("'instance_ip_address':'10.1.1.2'"));
        String taken = api.create(
                "instance-ip",
                "'fq_name':['taken'],'instance_ip_address':'10.1.1.77','virtual_network_refs':[{'uuid':'" + network
                        + "'}]");
        refused(409, "in use by instance-ip " + taken, address("'instance_ip_address':'10.1.1.77'"));
        refused(
                400,
                "cannot change",
                api.put("/instance-ip/" + taken, "{'instance-ip':{'instance_ip_address':'10.1.1.78'}}"));
        refused(
                409,
                "10.1.1.77",
                api.put("/virtual-network/" + network, "{'virtual-network':{'network_ipam_refs':[]}}"));
        refused(400, "subnet_uuid", address("'subnet_uuid':'" + network + "'"));
    }

    @Test
    void refusesDeletionOfUsedObjects() {
        String project = api.post("/fqname-to-id", "{'type':'project','fq_name':['default-domain','red']}")
                .json()
                .path("uuid")
                .asText();
        refused(409, "/virtual-network/" + network, api.delete("/project/" + project));
        String fabric = api.post(
                        "/fqname-to-id",
                        "{'type':'virtual-network','fq_name':['default-domain','default-project','ip-fabric']}")
                .json()
                .path("uuid")
                .asText();
        refused(409, "ip-fabric", api.delete("/virtual-network/" + fabric));
        refused(404, project, api.delete("/virtual-network/" + project));
        String instance = api.object("virtual-network", network)
                .at("/routing_instances/0/uuid")
                .asText();
        refused(403, "derived", api.delete("/routing-instance/" + instance));
    }

    @Test
    void answersRequestsThatAreHardlyHttp() throws IOException {
        for (String request : new String[] {
            "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /%u0000 HTTP/1.1\r\nHost: a\r\n\r\n",
            "NONSENSE\r\n\r\n",
            "GET /" + "a%41".repeat(7000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /projects?filters=" + "[".repeat(20000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /virtual-network/x/y HTTP/1.1\r\nHost: <a>\r\n\r\n",
            "POST /projects HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 3\r\n\r\na=b"
        }) {
            try (Socket socket = new Socket("127.0.0.1", api.port())) {
                socket.setSoTimeout(10_000);
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                String status = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
                assertTrue(status.matches("HTTP/1.[01] 40[04]"), request + " -> " + status);
            }
        }
        assertEquals(200, api.get("/projects").status());
    }

    @Test
    void boundsWhatItReads() {
        refused(400, "body: not JSON at line 1", api.post("/projects", "{'project':"));
        refused(400, "body: empty", api.post("/projects", ""));
        refused(400, "want {\"project\"", api.post("/projects", "[1]"));
        refused(400, "Duplicate field", api.post("/projects", "{'project':{'fq_name':['a'],'fq_name':['b']}}"));
        refused(400, "not JSON", api.post("/projects", "{'project':{}} x"));
        refused(400, "depth", api.post("/projects", "[".repeat(500) + "]".repeat(500)));
        refused(
                413,
                "rest-max-request-bytes",
                api.post("/projects", "{'project':{'display_name':'" + "x".repeat(30_000) + "'}}"));
        refused(400, "operations", api.post("/change-set", "{'operations':[]}"));
        refused(400, "operation 0: 'upsert'", api.post("/change-set", "{'operations':[{'upsert':{}}]}"));
        refused(400, "page_limit: '-1'", api.get("/projects?page_limit=-1"));
        refused(400, "filters", api.get("/projects?filters=nonsense"));
        refused(400, "fields: project has no field 'x'", api.get("/projects?fields=x"));
    }
}
