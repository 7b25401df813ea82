package io.weft.config.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weft.protocol.settings.SettingValues;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A config API on a loopback port of its own, and a client for it. */
public final class RunningApi implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private final ConfigApi api;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final String base;

    /** An answer: status, plain text, and the same as JSON. */
    public record Answer(int status, String text, HttpResponse<String> raw) {
        public JsonNode json() {
            return parse(text);
        }
    }

    public RunningApi(Path store, String... arguments) {
        this("127.0.0.1", store, arguments);
    }

    private RunningApi(String host, Path store, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--rest-listen=" + host + ":0");
        all.add("--store-dir=" + store);
        api = ConfigApi.start(SettingValues.parse(ConfigApi.settings(), all, Map.of(), file -> ""));
        base = "http://" + host + ":" + api.restAddress().getPort();
    }

    /** On an address that other hosts reach: not loopback, when the machine has such a one. */
    public static RunningApi onNetwork(Path store, String... arguments) throws SocketException {
        for (NetworkInterface one : NetworkInterface.networkInterfaces().toList()) {
            for (InetAddress address : one.inetAddresses().toList()) {
                if (one.isUp() && address instanceof Inet4Address && !address.isLoopbackAddress()) {
                    return new RunningApi(address.getHostAddress(), store, arguments);
                }
            }
        }
        return new RunningApi("127.0.0.2", store, arguments);
    }

    public String base() {
        return base;
    }

    public ConfigApi api() {
        return api;
    }

    public int port() {
        return api.restAddress().getPort();
    }

    /** Where it listens. */
    public String host() {
        return api.restAddress().getHostString();
    }

    public static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(text, e);
        }
    }

    /** Single quotes stand for double ones. */
    public static String json(String text) {
        return text.replace('\'', '"');
    }

    public Answer get(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request.GET());
    }

    public Answer post(String path, String body) {
        return send(
                HttpRequest.newBuilder(URI.create(base + path)).POST(HttpRequest.BodyPublishers.ofString(json(body))));
    }

    public Answer put(String path, String body) {
        return send(
                HttpRequest.newBuilder(URI.create(base + path)).PUT(HttpRequest.BodyPublishers.ofString(json(body))));
    }

    public Answer delete(String path) {
        return send(HttpRequest.newBuilder(URI.create(base + path)).DELETE());
    }

    /** Creates an object and returns its uuid; fails when that is refused. */
    public String create(String type, String fields) {
        Answer answer = post("/" + type + "s", "{'" + type + "':{" + fields + "}}");
        if (answer.status() != 200) {
            throw new AssertionError(type + ": " + answer.status() + " " + answer.text());
        }
        return answer.json().path(type).path("uuid").asText();
    }

    /** The whole object. */
    public JsonNode object(String type, String uuid) {
        Answer answer = get("/" + type + "/" + uuid);
        if (answer.status() != 200) {
            throw new AssertionError(type + ": " + answer.status() + " " + answer.text());
        }
        return answer.json().path(type);
    }

    /** Projects red and network red/web with the demo's prefixes; returns the network's uuid. */
    public String createNetwork(String project, String more) {
        create("project", "'fq_name':['default-domain','" + project + "'],'parent_type':'domain'");
        return create(
                "virtual-network",
                "'fq_name':['default-domain','" + project + "','web'],'parent_type':'project',"
                        + "'network_ipam_refs':[{'to':['default-domain','default-project','default-network-ipam'],"
                        + "'attr':{'ipam_subnets':[{'subnet':{'ip_prefix':'10.1.1.0','ip_prefix_len':24},'addr_from_start':true},"
                        + "{'subnet':{'ip_prefix':'fd00:1:1::','ip_prefix_len':64},'addr_from_start':true}]}}]" + more);
    }

    private Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response =
                    client.send(request.timeout(Duration.ofSeconds(20)).build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.body(), response);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        client.close();
        api.close();
    }
}
