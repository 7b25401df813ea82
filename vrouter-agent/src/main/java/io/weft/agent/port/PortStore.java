package io.weft.agent.port;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.agent.compile.AttachedPort;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ports of this host on disk: {@code ports/<vmi>.json} while attached, {@code deletions/<vmi>.json} while their configuration waits to
 * be deleted. Files are replaced by rename and have mode 0600. A file that cannot be read as a port is renamed to {@code *.broken} and
 * reported. Survives a crash of the agent; after a crash of the machine no port exists any more, so nothing is synced to disk. Any
 * thread; calls for one vmi must not overlap.
 */
public final class PortStore {
    private static final Logger LOG = LoggerFactory.getLogger(PortStore.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path ports;
    private final Path deletions;

    /** Makes the folders (mode 0700) under `stateDir` when they are missing. */
    public PortStore(Path stateDir) throws IOException {
        ports = stateDir.resolve("ports");
        deletions = stateDir.resolve("deletions");
        var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        Files.createDirectories(stateDir);
        for (Path folder : List.of(ports, deletions)) {
            if (!Files.isDirectory(folder)) {
                Files.createDirectory(folder, mode);
            }
        }
    }

    public List<AttachedPort> readPorts() throws IOException {
        return read(ports);
    }

    public List<AttachedPort> readDeletions() throws IOException {
        return read(deletions);
    }

    /** The port is attached; a deletion of its configuration that still waits is forgotten. */
    public void attached(AttachedPort port) throws IOException {
        write(ports, port);
        Files.deleteIfExists(file(deletions, port.vmi()));
    }

    /** The port is gone and its configuration has to be deleted. */
    public void detached(AttachedPort port) throws IOException {
        write(deletions, port);
        Files.deleteIfExists(file(ports, port.vmi()));
    }

    /** Nothing of the port is left. */
    public void deleted(UUID vmi) throws IOException {
        Files.deleteIfExists(file(ports, vmi));
        Files.deleteIfExists(file(deletions, vmi));
    }

    private static Path file(Path folder, UUID vmi) {
        return folder.resolve(vmi + ".json");
    }

    private static void write(Path folder, AttachedPort port) throws IOException {
        ObjectNode node = JSON.createObjectNode();
        node.put("vmi", port.vmi().toString());
        node.put("vm", port.vm().toString());
        node.put("container-id", port.containerId());
        node.put("netns", port.netns());
        node.put("ifname", port.ifname());
        node.put("network", port.network());
        node.put("configuration", port.configuration());
        node.put("own-config", port.ownConfig());
        Path temporary = folder.resolve(port.vmi() + ".new");
        Files.deleteIfExists(temporary);
        Files.createFile(temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(temporary, JSON.writeValueAsBytes(node));
        Files.move(
                temporary,
                file(folder, port.vmi()),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    private static List<AttachedPort> read(Path folder) throws IOException {
        List<AttachedPort> found = new ArrayList<>();
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "*.json")) {
            entries.forEach(files::add);
        }
        try (Stream<Path> sorted = files.stream().sorted()) {
            for (Path file : sorted.toList()) {
                try {
                    found.add(parse(file));
                } catch (IllegalArgumentException | JacksonException e) {
                    Path aside = file.resolveSibling(file.getFileName() + ".broken");
                    Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
                    LOG.warn("port file {} set aside as {}: {}", file, aside.getFileName(), firstLine(e));
                } catch (NoSuchFileException e) {
                    LOG.info("port file {} vanished while it was read", file);
                }
            }
        }
        return found;
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private static AttachedPort parse(Path file) throws IOException {
        JsonNode node = JSON.readTree(Files.readAllBytes(file));
        if (node == null || !node.isObject()) {
            throw new IllegalArgumentException("not a JSON object");
        }
        AttachedPort port = new AttachedPort(
                UUID.fromString(text(node, "vmi")),
                UUID.fromString(text(node, "vm")),
                text(node, "container-id"),
                text(node, "netns"),
                text(node, "ifname"),
                text(node, "network"),
                text(node, "configuration"),
                node.path("own-config").asBoolean(false));
        if (!file.getFileName().toString().equals(port.vmi() + ".json")) {
            throw new IllegalArgumentException("vmi '" + port.vmi() + "' is not the one of the file name");
        }
        return port;
    }

    private static String text(JsonNode node, String field) {
        JsonNode value = node.get(field);
        if (value == null || !value.isTextual()) {
            throw new IllegalArgumentException("field '" + field + "' is missing or not text");
        }
        return value.textValue();
    }
}
