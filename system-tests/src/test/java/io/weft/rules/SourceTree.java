package io.weft.rules;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.TreeMap;

/** The text files of the checkout that people write: no build results, nothing binary. */
final class SourceTree {
    private static final Path ROOT =
            Path.of(System.getProperty("weft.root", "..")).toAbsolutePath().normalize();
    private static final int BYTES_MAX = 2_000_000;

    private SourceTree() {}

    static Path root() {
        return ROOT;
    }

    /** Path relative to the root, with '/' -> text. */
    static Map<String, String> read() {
        Map<String, String> files = new TreeMap<>();
        try {
            Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                    String name = folder.getFileName().toString();
                    boolean built = name.equals("target")
                            || name.equals(".git")
                            || name.startsWith("build") && folder.getParent().endsWith("native")
                            || name.equals("__pycache__")
                            || name.equals(".idea")
                            || name.equals("corpus");
                    return built ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    if (!attributes.isRegularFile() || attributes.size() > BYTES_MAX) {
                        return FileVisitResult.CONTINUE;
                    }
                    String text = new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.UTF_8);
                    if (text.indexOf('\0') < 0) {
                        files.put(ROOT.relativize(file).toString().replace('\\', '/'), text);
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("source tree " + ROOT, e);
        }
        return files;
    }
}
