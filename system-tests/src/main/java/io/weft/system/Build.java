package io.weft.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The built programs of a checkout.
 *
 * @param root the checkout
 * @param nativeDir where native/ was built
 */
public record Build(Path root, Path nativeDir) {
    /** From the system properties weft.root and weft.native. */
    public static Build ofProperties() {
        Path root =
                Path.of(System.getProperty("weft.root", ".")).toAbsolutePath().normalize();
        return new Build(
                root,
                Path.of(System.getProperty(
                        "weft.native", root.resolve("native/build").toString())));
    }

    /**
     * A file of the native build.
     *
     * @throws SystemFailure when it was not built
     */
    Path nativeFile(String name) {
        Path file = nativeDir.resolve(name);
        if (!Files.exists(file)) {
            throw new SystemFailure(file + " is not there: run ./weft build");
        }
        return file;
    }

    /** A program of native/tests/system. */
    String tool(String name) {
        return nativeFile("tests/system/" + name).toString();
    }

    /** The words that start a Java program of a module, as docs/ARCHITECTURE.md says. */
    List<String> java(String module, int heapMib, String mainClass) {
        Path options = root.resolve("jvm.options");
        if (!Files.exists(options)) {
            throw new SystemFailure(options + " is not there: it has the JVM options of every Weft program");
        }
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + options,
                "-Xmx" + heapMib + "m",
                "-Dweft.native=" + nativeDir,
                "-cp",
                classPath(module),
                mainClass);
    }

    private String classPath(String module) {
        Path target = root.resolve(module).resolve("target");
        try (Stream<Path> files = Files.list(target)) {
            Path jar = files.filter(file -> file.getFileName().toString().matches("weft-.*\\.jar"))
                    .filter(file -> !file.getFileName().toString().matches(".*-(sources|javadoc|tests)\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new SystemFailure("no jar in " + target + ": run ./weft build"));
            return jar + ":" + target.resolve("lib") + "/*";
        } catch (IOException e) {
            throw new UncheckedIOException(target + " cannot be read: run ./weft build", e);
        }
    }
}
