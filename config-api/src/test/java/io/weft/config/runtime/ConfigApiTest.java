package io.weft.config.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigApiTest {
    @TempDir
    Path folder;

    private RunningApi open() {
        return new RunningApi(folder.resolve("store"), "--store-snapshot-revisions=10", "--store-segment-bytes=4096");
    }

    private long files(String prefix) throws IOException {
        try (Stream<Path> entries = Files.list(folder.resolve("store"))) {
            return entries.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .count();
        }
    }

    @Test
    void goesOnFromItsSnapshotsWithTheSameObjects() throws IOException {
        JsonNode before;
        long revision;
        try (RunningApi api = open()) {
            for (int i = 0; i < 60; i++) {
                String vm = api.create("virtual-machine", "'fq_name':['vm" + i + "']");
                if (i % 3 == 0) {
                    assertEquals(200, api.delete("/virtual-machine/" + vm).status());
                }
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> files("snapshot-0") == 1 && files("log-") < 6);
            before = api.get("/virtual-machines?detail=True&exclude_hrefs=True").json();
            revision = api.api().revision();
        }
        try (RunningApi api = open()) {
            assertEquals(revision, api.api().revision());
            assertEquals(40, before.path("virtual-machines").size());
            assertEquals(
                    before,
                    api.get("/virtual-machines?detail=True&exclude_hrefs=True").json());
        }
    }

    @Test
    void stopsAtOnceWithAWatchClientConnected() throws IOException {
        RunningApi api = open();
        try (Socket watch = new Socket("127.0.0.1", api.port())) {
            watch.getOutputStream().write("GET /watch HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertEquals('H', watch.getInputStream().read());
            assertTimeoutPreemptively(Duration.ofSeconds(5), api::close);
            watch.setSoTimeout(5_000);
            assertTrue(watch.getInputStream().readAllBytes().length > 0);
        }
    }

    @Test
    void saysWhyItCannotStartAndLetsGoOfTheStore() {
        try (RunningApi api = open()) {
            IllegalStateException inUse = assertThrows(IllegalStateException.class, this::open);
            assertTrue(inUse.getMessage().contains("in use by another writer"), inUse.getMessage());
            IllegalStateException port = assertThrows(
                    IllegalStateException.class,
                    () -> ConfigApi.start(io.weft.protocol.settings.SettingValues.parse(
                            ConfigApi.settings(),
                            java.util.List.of(
                                    "--rest-listen=127.0.0.1:" + api.port(), "--store-dir=" + folder.resolve("other")),
                            java.util.Map.of(),
                            file -> "")));
            assertTrue(port.getMessage().contains("rest-listen"), port.getMessage());
        }
        new RunningApi(folder.resolve("other")).close();
    }
}
