package io.weft.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Rules about the files of the repository; each has a canary that shows it finds what it looks for. */
class RepositoryRulesTest {
    private static final int JAVA_FILE_LINES = 600;
    private static final int JAVA_METHOD_LINES = 60;
    private static final int C_FILE_LINES = 800;
    private static final int C_FUNCTION_LINES = 70;
    private static final String EXCEPTIONS = "system-tests/src/test/resources/rules/size-exceptions.txt";
    private static final String SPDX = "SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)";

    private static Map<String, String> files;

    @BeforeAll
    static void readTree() {
        files = SourceTree.read();
        assertTrue(files.size() > 100, "only " + files.size() + " files under " + SourceTree.root());
    }

    @Test
    void bannedTextsAreNotThere() {
        List<String> found = new ArrayList<>();
        for (BannedText rule : BannedText.ALL) {
            files.forEach((path, text) -> {
                if (rule.files().test(path)) {
                    found.addAll(rule.violations(path, text));
                }
            });
        }
        assertEquals(List.of(), found, () -> "\n" + String.join("\n", found));
    }

    @Test
    void everyBanFindsItsCanary() {
        for (BannedText rule : BannedText.ALL) {
            assertFalse(
                    rule.violations("x/src/main/java/Canary.java", rule.canary())
                            .isEmpty(),
                    rule.name());
            assertTrue(rule.files().test("x/src/main/java/Canary.java"), rule.name() + " looks at no main source");
        }
    }

    /** Path, or path and body -> lines above the limit. */
    private static Map<String, Integer> tooLong(Map<String, String> sources) {
        Map<String, Integer> found = new TreeMap<>();
        sources.forEach((path, text) -> {
            boolean java = path.endsWith(".java");
            boolean c = path.endsWith(".c") || path.endsWith(".h");
            if (!java && !c) {
                return;
            }
            int lines = text.split("\n", -1).length - 1;
            if (lines > (java ? JAVA_FILE_LINES : C_FILE_LINES)
                    && !text.startsWith("// Generated")
                    && !text.contains("Generated from native/abi by ")) {
                found.put(path, lines);
            }
            BlockLengths.of(text, java).forEach((name, length) -> {
                if (length > (java ? JAVA_METHOD_LINES : C_FUNCTION_LINES)) {
                    found.put(path + "#" + name.replaceFirst(" \\(line \\d+\\)$", ""), length);
                }
            });
        });
        return found;
    }

    /** The file has one line "path[#body] lines" each; an exception may shrink or go, never grow. */
    @Test
    void filesAndBodiesAreShort() throws IOException {
        Map<String, Integer> allowed = Files.readAllLines(SourceTree.root().resolve(EXCEPTIONS)).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> line.strip().split("\\s+"))
                .collect(Collectors.toMap(line -> line[0], line -> Integer.parseInt(line[1])));
        Map<String, Integer> found = tooLong(files);
        List<String> wrong = new ArrayList<>();
        found.forEach((what, lines) -> {
            int limit = allowed.getOrDefault(what, 0);
            if (lines > limit) {
                wrong.add(what + " has " + lines
                        + " lines; split it (limits: Java file 600, method 60; C file 800, function 70)");
            } else if (lines < limit) {
                wrong.add(what + " has " + lines + " lines now: lower its number in " + EXCEPTIONS);
            }
        });
        allowed.keySet().stream()
                .filter(what -> !found.containsKey(what))
                .forEach(what -> wrong.add(what + " is short enough now: remove it from " + EXCEPTIONS));
        assertEquals(List.of(), wrong, () -> "\n" + String.join("\n", wrong));
    }

    @Test
    void lengthRuleFindsItsCanaries() {
        String body = "    int x;\n".repeat(80);
        String method = "class A {\n  @Override\n  void one(int a)\n      throws IOException {\n" + body + "  }\n}\n";
        String function = "static int one(int a,\n\t\tint b)\n{\n" + body + "}\n";
        String large = "int x;\n".repeat(900);
        Map<String, Integer> found = tooLong(Map.of("A.java", method, "a.c", function, "b.c", large, "B.java", large));
        assertEquals(List.of("A.java#one", "B.java", "a.c#one", "b.c"), List.copyOf(found.keySet()));
    }

    private static boolean needsLicenceLine(String path) {
        return path.startsWith("native/")
                && (path.matches(".*\\.(c|h|def|sh|py)$") || path.endsWith("meson.build") || path.endsWith("/Kbuild"));
    }

    private static boolean hasLicenceLine(String text) {
        return text.lines().limit(2).anyMatch(line -> line.contains(SPDX));
    }

    @Test
    void nativeSourcesNameTheirLicence() {
        List<String> without = files.entrySet().stream()
                .filter(file -> needsLicenceLine(file.getKey()) && !hasLicenceLine(file.getValue()))
                .map(Map.Entry::getKey)
                .toList();
        assertEquals(List.of(), without, "want '" + SPDX + "' in line 1 or 2");
    }

    @Test
    void licenceRuleFindsItsCanary() {
        assertTrue(needsLicenceLine("native/core/canary.c"));
        assertFalse(hasLicenceLine("int main(void)\n{\n\treturn 0;\n}\n"));
    }
}
