package io.weft.agent.introspect;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.weft.agent.port.HttpReply;
import io.weft.agent.port.HttpServer;
import io.weft.dataplane.Identity;
import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.MacAddress;
import io.weft.dataplane.ObjectKey;
import io.weft.dataplane.PolicyEnd;
import io.weft.dataplane.PortRange;
import io.weft.protocol.net.Prefix;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The agent's state as JSON over HTTP, read only. A page is made on the core thread from plain values and written on a virtual one. */
public final class Introspect implements HttpServer.Handler {
    /** Makes a page. The answer consists of records, maps, lists, texts and numbers. */
    public interface Page {
        CompletableFuture<Object> read(Map<String, String> query);
    }

    private static final long WAIT_MS = 5_000;

    private final ObjectMapper json = mapper();
    private final Map<String, Page> pages;
    private final Map<String, String> docs;

    /**
     * @param pages by path, e.g. {@code /status}
     * @param docs one sentence per path for the index
     */
    public Introspect(Map<String, Page> pages, Map<String, String> docs) {
        this.pages = Map.copyOf(pages);
        this.docs = new LinkedHashMap<>(docs);
    }

    @Override
    public HttpReply handle(String method, String uri, String body) throws Exception {
        int mark = uri.indexOf('?');
        String path = mark < 0 ? uri : uri.substring(0, mark);
        if (!method.equals("GET")) {
            return HttpReply.json(405, "{\"error\":\"only GET\"}");
        }
        if (path.equals("/")) {
            return HttpReply.json(200, json.writeValueAsString(Map.of("agent", "weft", "pages", docs)));
        }
        Page page = pages.get(path);
        if (page == null) {
            return HttpReply.json(404, json.writeValueAsString(Map.of("error", "no page " + path, "pages", docs)));
        }
        Object answer =
                page.read(query(mark < 0 ? "" : uri.substring(mark + 1))).get(WAIT_MS, TimeUnit.MILLISECONDS);
        return HttpReply.json(200, json.writeValueAsString(answer) + "\n");
    }

    private static Map<String, String> query(String text) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String pair : text.split("&")) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                found.put(
                        URLDecoder.decode(pair.substring(0, equals), StandardCharsets.UTF_8),
                        URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return found;
    }

    private static ObjectMapper mapper() {
        SimpleModule values = new SimpleModule();
        asText(values, ObjectKey.class);
        asText(values, MacAddress.class);
        asText(values, IpPrefix.class);
        asText(values, Identity.Element.class);
        asText(values, PolicyEnd.class);
        asText(values, PortRange.class);
        asText(values, Prefix.class);
        asText(values, io.weft.protocol.net.MacAddress.class);
        values.addSerializer(InetAddress.class, new JsonSerializer<>() {
            @Override
            public void serialize(InetAddress value, JsonGenerator out, SerializerProvider provider)
                    throws IOException {
                out.writeString(value.getHostAddress());
            }
        });
        values.addSerializer(OptionalInt.class, new JsonSerializer<>() {
            @Override
            public void serialize(OptionalInt value, JsonGenerator out, SerializerProvider provider)
                    throws IOException {
                out.writeObject(value.isPresent() ? value.getAsInt() : null);
            }
        });
        values.addSerializer(OptionalLong.class, new JsonSerializer<>() {
            @Override
            public void serialize(OptionalLong value, JsonGenerator out, SerializerProvider provider)
                    throws IOException {
                out.writeObject(value.isPresent() ? value.getAsLong() : null);
            }
        });
        @SuppressWarnings("rawtypes")
        JsonSerializer<Optional> optional = new JsonSerializer<>() {
            @Override
            public void serialize(Optional value, JsonGenerator out, SerializerProvider provider) throws IOException {
                provider.defaultSerializeValue(value.isPresent() ? value.get() : null, out);
            }
        };
        values.addSerializer(Optional.class, optional);
        return new ObjectMapper().registerModule(values).enable(SerializationFeature.INDENT_OUTPUT);
    }

    private static <T> void asText(SimpleModule module, Class<T> type) {
        module.addSerializer(type, new JsonSerializer<>() {
            @Override
            public void serialize(T value, JsonGenerator out, SerializerProvider provider) throws IOException {
                out.writeString(value.toString());
            }
        });
    }
}
