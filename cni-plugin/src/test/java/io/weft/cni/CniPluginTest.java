package io.weft.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The protocol of the CNI specification 1.1.0 and of the versions before it, against ports in memory. */
class CniPluginTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Attachment POD = new Attachment("c1", "eth0");
    private static final String NETNS = "/run/netns/pod";

    private final FakePorts ports = new FakePorts();
    private final CniPlugin plugin = new CniPlugin(ports);

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (java.io.IOException e) {
            throw new AssertionError(text, e);
        }
    }

    private static String config(String version, String more) {
        return "{\"cniVersion\":\"" + version + "\",\"name\":\"weft\",\"type\":\"weft-cni\",\"weft\":{\"network\":\""
                + FakePorts.NETWORK + "\"}" + more + "}";
    }

    private static Map<String, String> environment(String command) {
        return new HashMap<>(Map.of(
                "CNI_COMMAND",
                command,
                "CNI_CONTAINERID",
                POD.containerId(),
                "CNI_IFNAME",
                POD.ifname(),
                "CNI_NETNS",
                NETNS));
    }

    private CniReply run(String command, String config) {
        return plugin.serve(new CniRequest(environment(command), config));
    }

    private CniReply runWith(String command, String name, String value) {
        Map<String, String> environment = environment(command);
        if (value == null) {
            environment.remove(name);
        } else {
            environment.put(name, value);
        }
        return plugin.serve(new CniRequest(environment, config("1.1.0", "")));
    }

    private static void assertDone(CniReply reply) {
        assertEquals(new CniReply(0, ""), reply);
    }

    /** An error JSON of this code whose message has the texts; returns it. */
    private static JsonNode assertError(int code, CniReply reply, String... texts) {
        assertEquals(1, reply.exit(), reply.output());
        JsonNode error = json(reply.output());
        assertEquals(code, error.path("code").asInt(), reply.output());
        assertTrue(CniVersion.parse(error.path("cniVersion").asText()).isPresent(), reply.output());
        assertFalse(error.path("msg").asText().isEmpty(), reply.output());
        for (String text : texts) {
            assertTrue(error.path("msg").asText().contains(text), () -> "'" + text + "' is not in: " + reply.output());
        }
        return error;
    }

    private static String result(String version) {
        CniVersion spoken = CniVersion.parse(version).orElseThrow();
        if (!spoken.atLeast(CniVersion.V0_3_0)) {
            return "{\"cniVersion\":\"" + version + "\",\"ip4\":{\"ip\":\"10.1.1.5/24\",\"gateway\":\"10.1.1.1\","
                    + "\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"10.1.1.1\"}]},\"ip6\":{\"ip\":\"fd00:1:1:0:0:0:0:5/64\"}}";
        }
        boolean old = !spoken.atLeast(CniVersion.V1_0_0);
        String mtu = spoken.atLeast(CniVersion.V1_1_0) ? "\"mtu\":1450," : "";
        return "{\"cniVersion\":\"" + version + "\",\"interfaces\":[{\"name\":\"eth0\",\"mac\":\"02:00:00:00:00:05\","
                + mtu
                + "\"sandbox\":\"" + NETNS + "\"}],\"ips\":[{" + (old ? "\"version\":\"4\"," : "")
                + "\"interface\":0,\"address\":\"10.1.1.5/24\",\"gateway\":\"10.1.1.1\"},{"
                + (old ? "\"version\":\"6\"," : "")
                + "\"interface\":0,\"address\":\"fd00:1:1:0:0:0:0:5/64\"}],"
                + "\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"10.1.1.1\"}]}";
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"})
    void addAnswersInTheShapeOfTheAskedVersion(String version) {
        CniReply reply = run("ADD", config(version, ""));
        assertEquals(0, reply.exit(), reply.output());
        assertEquals(json(result(version)), json(reply.output()));
    }

    @Test
    void addTellsThePortServiceWhatTheRuntimeSaid() {
        Map<String, String> environment = environment("ADD");
        environment.put("CNI_ARGS", "IgnoreUnknown=1;K8S_POD_NAMESPACE=ns;K8S_POD_NAME=p=q;OTHER=x");
        assertEquals(
                0,
                plugin.serve(new CniRequest(environment, config("1.1.0", ""))).exit());
        assertEquals(
                List.of(new PortRequest(
                        POD,
                        Optional.of(NETNS),
                        Optional.of(FakePorts.NETWORK),
                        "weft",
                        Map.of("K8S_POD_NAMESPACE", "ns", "K8S_POD_NAME", "p=q", "OTHER", "x"),
                        Optional.empty())),
                ports.calls);
    }

    @Test
    void theNetworkOfTheArgumentsWinsOverTheConfiguration() {
        assertEquals(
                0,
                runWith("ADD", "CNI_ARGS", "WEFT_NETWORK=" + FakePorts.NETWORK).exit());
        assertError(7, runWith("ADD", "CNI_ARGS", "WEFT_NETWORK=a:b:c"), "network a:b:c is not known");
        String without = "{\"cniVersion\":\"1.1.0\",\"name\":\"weft\",\"type\":\"weft-cni\"}";
        assertError(7, run("ADD", without), "network none");
    }

    @Test
    void addIsRepeatable() {
        CniReply first = run("ADD", config("1.1.0", ""));
        assertEquals(first, run("ADD", config("1.1.0", "")));
        assertEquals(1, ports.present.size());
    }

    @Test
    void aFailedAddLeavesNothingBehind() {
        JsonNode error = assertError(
                7,
                run("ADD", config("1.0.0", "").replace(FakePorts.NETWORK, "default-domain:red:gone")),
                "default-domain:red:gone is not known");
        assertEquals("1.0.0", error.path("cniVersion").asText());
        assertEquals(
                "CNI_ARGS WEFT_NETWORK or weft.network", error.path("details").asText());
        assertEquals(Map.of(), ports.present);
        ports.failure = new CniException(CniError.TRY_AGAIN, "the plane is away");
        assertError(11, run("ADD", config("1.1.0", "")), "the plane is away");
        assertEquals(Map.of(), ports.present);
        ports.failure = null;
        assertDone(run("DEL", config("1.1.0", "")));
        assertEquals(0, run("ADD", config("1.1.0", "")).exit());
    }

    @Test
    void delIsIdempotentAndNeedsNoNamespace() {
        run("ADD", config("1.1.0", ""));
        assertEquals(Set.of(POD), ports.present.keySet());
        assertDone(runWith("DEL", "CNI_NETNS", ""));
        assertEquals(Map.of(), ports.present);
        assertDone(runWith("DEL", "CNI_NETNS", ""));
        assertDone(runWith("DEL", "CNI_NETNS", null));
        assertDone(runWith("DEL", "CNI_NETNS", "/run/netns/gone"));
        PortRequest last = (PortRequest) ports.calls.getLast();
        assertEquals(Optional.of("/run/netns/gone"), last.netns());
        assertEquals(Optional.empty(), ((PortRequest) ports.calls.get(2)).netns());
        assertEquals(Optional.empty(), ((PortRequest) ports.calls.get(3)).netns());
    }

    @Test
    void delDoesNotNeedAKnownNetworkOrAPreviousResult() {
        assertDone(run("DEL", config("0.3.0", "").replace(FakePorts.NETWORK, "a:b:gone")));
        assertDone(run("DEL", config("1.1.0", ",\"prevResult\":" + result("1.1.0"))));
        assertDone(run("DEL", config("1.1.0", ",\"prevResult\":{}")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.4.0", "1.0.0", "1.1.0"})
    void checkComparesWithWhatAddAnswered(String version) {
        String added = run("ADD", config(version, "")).output();
        assertDone(run("CHECK", config(version, ",\"prevResult\":" + added)));
        PortResult expected = ((PortRequest) ports.calls.getLast()).expected().orElseThrow();
        assertEquals(version.equals("1.1.0") ? 1450 : 0, expected.mtu());
        assertEquals(NETNS, expected.netns());
        String other = added.replace("10.1.1.5/24", "10.1.1.6/24");
        assertError(100, run("CHECK", config(version, ",\"prevResult\":" + other)), "10.1.1.6");
        run("DEL", config(version, ""));
        assertError(100, run("CHECK", config(version, ",\"prevResult\":" + added)), "there is no port");
    }

    /** A chained plugin before us added an interface and an address of its own. */
    @Test
    void checkLooksOnlyAtItsOwnInterfaceOfThePreviousResult() throws Exception {
        ObjectNode result = (ObjectNode) json(run("ADD", config("1.1.0", "")).output());
        ObjectNode foreign = JSON.createObjectNode().put("name", "eth0").put("sandbox", "/other");
        result.withArray("interfaces").insert(0, foreign);
        result.withArray("ips").forEach(ip -> ((ObjectNode) ip).put("interface", 1));
        result.withArray("ips").insertObject(0).put("interface", 0).put("address", "192.0.2.1/24");
        result.withArray("ips").addObject().put("address", "192.0.2.2/24");
        assertDone(run("CHECK", config("1.1.0", ",\"prevResult\":" + JSON.writeValueAsString(result))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|prevResult is missing",
                ",'prevResult':null|prevResult is missing",
                ",'prevResult':[]|prevResult is a JSON array, must be an object",
                ",'prevResult':{}|no interface \"eth0\" in the namespace \"/run/netns/pod\"",
                ",'prevResult':{'interfaces':[{'name':'eth1','sandbox':'/run/netns/pod'}]}|no interface \"eth0\"",
                ",'prevResult':{'interfaces':[{'name':'eth0','sandbox':'/other'}]}|no interface \"eth0\"",
                ",'prevResult':{'interfaces':{'name':'eth0'}}|no interface \"eth0\"",
                ",'prevResult':{'interfaces':[{'name':'eth0','sandbox':'/run/netns/pod'}],'ips':[{'interface':0}]}|must have an address",
                ",'prevResult':{'interfaces':[{'name':'eth0','sandbox':'/run/netns/pod'}],'ips':[{'interface':0,'address':'10.1.1.5'}]}|10.1.1.5",
                ",'prevResult':{'interfaces':[{'name':'eth0','sandbox':'/run/netns/pod'}],'ips':[{'interface':0,'address':'10.1.1.5/x'}]}|10.1.1.5/x",
                ",'prevResult':{'interfaces':[{'name':'eth0','sandbox':'/run/netns/pod'}],'ips':[{'interface':0,'address':'10.1.1.5/33'}]}|10.1.1.5/33",
                ",'prevResult':{'interfaces':[{'name':'eth0','sandbox':'/run/netns/pod'}],'ips':[{'interface':0,'address':'10.1.1.5/24','gateway':'x'}]}|'x'",
            })
    void checkNamesWhatIsWrongWithThePreviousResult(String more, String text) {
        run("ADD", config("1.1.0", ""));
        int calls = ports.calls.size();
        String quoted = more == null ? "" : more.replace('\'', '"');
        assertError(7, run("CHECK", config("1.1.0", quoted)), text.equals("'x'") ? "\"x\"" : text);
        assertEquals(calls, ports.calls.size());
    }

    private static String valid(String list) {
        return config("1.1.0", ",\"cni.dev/valid-attachments\":" + list);
    }

    @Test
    void gcKeepsWhatTheRuntimeStillKnows() {
        for (String id : List.of("c1", "c2", "c3")) {
            runWith("ADD", "CNI_CONTAINERID", id);
        }
        plugin.serve(new CniRequest(environment("ADD"), config("1.1.0", "").replace("\"weft\",", "\"other\",")));
        assertEquals(3, ports.present.size());
        assertDone(run(
                "GC",
                valid("[{\"containerID\":\"c2\",\"ifname\":\"eth0\"},{\"containerID\":\"c3\",\"ifname\":\"eth1\"}]")));
        // c1 belongs to the network configuration "other" since its second ADD; c3 is known with another interface only
        assertEquals(Set.of(POD, new Attachment("c2", "eth0")), ports.present.keySet());
        assertDone(run("GC", valid("[]")));
        assertEquals(Set.of(POD), ports.present.keySet());
    }

    @Test
    void gcNeedsNoContainer() {
        assertDone(plugin.serve(new CniRequest(Map.of("CNI_COMMAND", "GC", "CNI_PATH", "/opt/cni/bin"), valid("[]"))));
        assertEquals(List.of(Set.of()), ports.calls);
    }

    @Test
    void gcDeletesNothingWhenTheListIsMissingOrBroken() {
        run("ADD", config("1.1.0", ""));
        assertError(7, run("GC", config("1.1.0", "")), "cni.dev/valid-attachments is missing");
        assertError(7, run("GC", valid("null")), "cni.dev/valid-attachments is missing");
        assertError(7, run("GC", valid("{}")), "cni.dev/valid-attachments is a JSON object, must be an array");
        assertError(7, run("GC", valid("[{\"containerID\":\"c1\"}]")), "must have containerID and ifname");
        assertError(7, run("GC", valid("[\"c1\"]")), "\"c1\"");
        assertEquals(Set.of(POD), ports.present.keySet());
    }

    @Test
    void statusSaysWhetherAddCanWork() {
        assertDone(run("STATUS", config("1.1.0", "")));
        assertDone(plugin.serve(new CniRequest(Map.of("CNI_COMMAND", "STATUS"), config("1.1.0", ""))));
        ports.failure = new CniException(CniError.NOT_AVAILABLE, "no controller", "none of 2 sessions is up");
        JsonNode error = assertError(50, run("STATUS", config("1.1.0", "")), "no controller");
        assertEquals("none of 2 sessions is up", error.path("details").asText());
        ports.failure = new CniException(CniError.LIMITED_CONNECTIVITY, "the plane is away");
        assertError(51, run("STATUS", config("1.1.0", "")), "the plane is away");
    }

    @ParameterizedTest
    @CsvSource({"CHECK,0.1.0", "CHECK,0.3.0", "CHECK,0.3.1", "GC,0.4.0", "GC,1.0.0", "STATUS,0.3.1", "STATUS,1.0.0"})
    void commandsThatAVersionDoesNotHaveAreRefused(String command, String version) {
        JsonNode error = assertError(1, run(command, config(version, "")), version, command + " needs at least");
        assertEquals(version, error.path("cniVersion").asText());
        assertEquals(List.of(), ports.calls);
    }

    @ParameterizedTest
    @CsvSource({
        "0.3.0,0.3.0",
        "0.3.1,0.3.1",
        "0.4.0,0.4.0",
        "1.0.0,1.0.0",
        "1.1.0,1.1.0",
        "0.1.0,0.1.0",
        "0.2.0,0.2.0",
        "0.0.9,1.1.0",
        "2.0.0,1.1.0"
    })
    void versionListsWhatIsSpoken(String asked, String answered) {
        CniReply reply =
                plugin.serve(new CniRequest(Map.of("CNI_COMMAND", "VERSION"), "{\"cniVersion\":\"" + asked + "\"}"));
        assertEquals(0, reply.exit());
        assertEquals(
                json(
                        "{\"cniVersion\":\"" + answered
                                + "\",\"supportedVersions\":[\"0.1.0\",\"0.2.0\",\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}"),
                json(reply.output()));
    }

    @Test
    void versionNeedsNoConfigurationButRefusesABrokenOne() {
        for (String config : List.of("", " \n", "{}", "{\"cniVersion\":5}")) {
            CniReply reply = plugin.serve(new CniRequest(Map.of("CNI_COMMAND", "VERSION"), config));
            assertEquals(0, reply.exit(), reply.output());
            assertEquals("1.1.0", json(reply.output()).path("cniVersion").asText());
        }
        assertError(6, run("VERSION", "{"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.9", "0.5.0", "1.2.0", "2.0.0", "1.1", "v1.1.0", ""})
    void anUnknownVersionIsRefusedNamingTheSpokenOnes(String version) {
        for (String command : List.of("ADD", "DEL", "CHECK", "GC", "STATUS")) {
            JsonNode error = assertError(1, run(command, config(version, "")), "\"" + version + "\"", "not supported");
            assertEquals("1.1.0", error.path("cniVersion").asText());
            assertTrue(error.path("details").asText().contains("0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0"));
        }
        assertEquals(List.of(), ports.calls);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|empty",
                "` `|empty",
                "{|not JSON",
                "nonsense|not JSON",
                "{'cniVersion':'1.1.0'|not JSON",
                "{'cniVersion':'1.1.0'} x|not JSON",
                "{} {}|not JSON",
                "[]|a JSON array, must be a JSON object",
                "5|a JSON number",
                "null|a JSON null",
                "'text'|a JSON string",
            })
    void whatIsNoJsonObjectCannotBeDecoded(String config, String text) {
        String sent = config == null ? "" : config.replace('\'', '"');
        for (String command : List.of("ADD", "DEL", "CHECK", "GC", "STATUS")) {
            JsonNode error = assertError(6, run(command, sent), text);
            assertEquals("1.1.0", error.path("cniVersion").asText());
        }
        assertEquals(List.of(), ports.calls);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'name':'weft','type':'t'}|cniVersion is missing",
                "{'cniVersion':1,'name':'weft','type':'t'}|cniVersion is 1, must be a string",
                "{'cniVersion':'1.1.0','type':'t'}|name of the network is missing",
                "{'cniVersion':'1.1.0','name':'','type':'t'}|name is \"\"",
                "{'cniVersion':'1.1.0','name':5,'type':'t'}|name is 5",
                "{'cniVersion':'1.1.0','name':'-x','type':'t'}|name is \"-x\", must start alphanumeric",
                "{'cniVersion':'1.1.0','name':'a/b','type':'t'}|name is \"a/b\"",
                "{'cniVersion':'1.1.0','name':'weft'}|type of the plugin is missing",
                "{'cniVersion':'1.1.0','name':'weft','type':'t','weft':'x'}|weft is a JSON string, must be an object",
                "{'cniVersion':'1.1.0','name':'weft','type':'t','weft':{'network':'web'}}|weft.network is \"web\", must be domain:project:network",
                "{'cniVersion':'1.1.0','name':'weft','type':'t','weft':{'network':'a:b:c:d'}}|weft.network is \"a:b:c:d\"",
                "{'cniVersion':'1.1.0','name':'weft','type':'t','weft':{'network':['a']}}|network is [\"a\"], must be a string",
            })
    void aBadConfigurationIsNamed(String config, String text) {
        assertError(7, run("ADD", config.replace('\'', '"')), text);
        assertError(7, run("DEL", config.replace('\'', '"')), text);
        assertEquals(List.of(), ports.calls);
    }

    @ParameterizedTest
    @CsvSource({
        "ADD,CNI_CONTAINERID",
        "ADD,CNI_IFNAME",
        "ADD,CNI_NETNS",
        "ADD,CNI_COMMAND",
        "DEL,CNI_CONTAINERID",
        "DEL,CNI_IFNAME",
        "CHECK,CNI_CONTAINERID",
        "CHECK,CNI_IFNAME",
        "CHECK,CNI_NETNS"
    })
    void aMissingVariableIsNamed(String command, String name) {
        assertError(4, runWith(command, name, null), name + " is missing or empty");
        assertError(4, runWith(command, name, ""), name + " is missing or empty");
        assertEquals(List.of(), ports.calls);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "CNI_COMMAND|add|CNI_COMMAND is \"add\", must be ADD, DEL",
                "CNI_CONTAINERID|-c|must start alphanumeric",
                "CNI_CONTAINERID|a b|CNI_CONTAINERID is \"a b\"",
                "CNI_CONTAINERID|a/../b|a/../b",
                "CNI_IFNAME|sixteen-bytes-xx|at most 15 bytes",
                "CNI_IFNAME|äöüäöüäö|at most 15 bytes",
                "CNI_IFNAME|.|must not be . or ..",
                "CNI_IFNAME|..|must not be . or ..",
                "CNI_IFNAME|a/b|'/'",
                "CNI_IFNAME|a:b|':'",
                "CNI_IFNAME|a b|blanks",
                "CNI_ARGS|K8S|\"K8S\", must be KEY=VALUE",
                "CNI_ARGS|=x|\"=x\"",
                "CNI_ARGS|A=1|\"A\" is not known",
                "CNI_ARGS|IgnoreUnknown=0;A=1|\"A\" is not known",
                "CNI_ARGS|IgnoreUnknown=maybe|IgnoreUnknown is \"maybe\"",
                "CNI_ARGS|WEFT_NETWORK=web|WEFT_NETWORK is \"web\", must be domain:project:network",
                "CNI_ARGS|WEFT_NETWORK=|WEFT_NETWORK is \"\"",
            })
    void aBadVariableIsNamed(String name, String value, String text) {
        assertError(4, runWith("ADD", name, value), text);
        assertEquals(List.of(), ports.calls);
    }

    @Test
    void argumentsMayHaveEmptyPartsAndIgnoreUnknownInAnyCase() {
        for (String args : List.of("", ";", "K8S_POD_NAME=x;;", "IgnoreUnknown=TRUE;A=", "A=1;IgnoreUnknown=1")) {
            assertEquals(0, runWith("ADD", "CNI_ARGS", args).exit(), args);
        }
    }

    /** Every code of the specification's list goes out as it is. */
    @ParameterizedTest
    @EnumSource(CniError.class)
    void errorsOfThePortServiceKeepTheirCode(CniError error) {
        ports.failure = new CniException(error, "said the port service");
        for (String command : List.of("ADD", "DEL", "STATUS")) {
            JsonNode answer = assertError(error.code(), run(command, config("1.1.0", "")), "said");
            assertFalse(answer.has("details"));
        }
    }

    @Test
    void codesAreThoseOfTheSpecification() {
        Map<CniError, Integer> codes = new HashMap<>();
        for (CniError error : CniError.values()) {
            codes.put(error, error.code());
        }
        assertEquals(
                Map.of(
                        CniError.INCOMPATIBLE_VERSION, 1,
                        CniError.UNSUPPORTED_FIELD, 2,
                        CniError.UNKNOWN_CONTAINER, 3,
                        CniError.INVALID_ENVIRONMENT, 4,
                        CniError.IO, 5,
                        CniError.DECODE, 6,
                        CniError.INVALID_CONFIG, 7,
                        CniError.TRY_AGAIN, 11,
                        CniError.NOT_AVAILABLE, 50,
                        CniError.LIMITED_CONNECTIVITY, 51),
                without(codes));
        assertTrue(CniError.FAILED.code() >= 100, "the plugin's own codes");
    }

    private static Map<CniError, Integer> without(Map<CniError, Integer> codes) {
        codes.remove(CniError.FAILED);
        return codes;
    }

    @Test
    void aBugOfTheAgentIsAnErrorJsonToo() {
        ports.bug = new IllegalStateException("broken");
        JsonNode error = assertError(100, run("ADD", config("0.4.0", "")), "internal error", "broken");
        assertEquals("0.4.0", error.path("cniVersion").asText());
        assertEquals("this is a bug of the agent", error.path("details").asText());
    }
}
