package io.weft.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text that must not be in some files.
 *
 * @param name of the rule
 * @param files the paths it looks at
 * @param banned what must not be there
 * @param instead what to write in its place
 * @param canary a text that breaks it: shows that the rule finds what it looks for
 */
record BannedText(String name, Predicate<String> files, Pattern banned, String instead, String canary) {
    private static final Predicate<String> JAVA = path -> path.endsWith(".java") && !path.contains("/rules/");
    private static final Predicate<String> JAVA_MAIN = JAVA.and(path -> path.contains("/src/main/"));
    private static final Predicate<String> WIRING = path -> path.contains("/runtime/");
    private static final Predicate<String> ANY = path -> !path.contains("/rules/");

    static final List<BannedText> ALL = List.of(
            java("sleep", "Thread\\.sleep\\(", "a condition with a deadline", "Thread.sleep(10);"),
            java("stack trace", "\\.printStackTrace\\(", "a log line, or let it go up", "e.printStackTrace();"),
            new BannedText(
                    "unseeded random",
                    JAVA.and(WIRING.negate()),
                    Pattern.compile(
                            "new (Random|SplittableRandom)\\(\\s*\\)(?!\\.nextLong)|Math\\.random\\(|ThreadLocalRandom\\.current\\("),
                    "a generator with a seed that is given or printed",
                    "var r = new Random();"),
            new BannedText(
                    "console",
                    JAVA_MAIN.and(WIRING.negate()),
                    Pattern.compile("System\\.(out|err)\\.print"),
                    "a logger; a program's main hands streams on as PrintStream",
                    "System.out.println(1);"),
            java(
                    "names that say nothing",
                    "\\b(class|record|interface|enum) \\w*(Utils?|Helpers?|Managers?|Impl|Info|Base)\\b",
                    "a name of what it is or does",
                    "final class RouteManager {"),
            new BannedText(
                    "work to do later",
                    ANY,
                    Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b"),
                    "an issue, or the work",
                    "// TO" + "DO: later"),
            new BannedText(
                    "path of one machine",
                    ANY.and(path -> !path.equals("LICENSE")),
                    Pattern.compile("(?<![\\w.~-])/(root|work|home/\\w+)/\\w|/usr/lib/jvm/\\w*-?\\w*\\d"),
                    "a path relative to the checkout, or a setting",
                    "file = /ro" + "ot/x"),
            new BannedText(
                    "registry host",
                    ANY,
                    Pattern.compile("artifactory|//repo1?\\.maven|registry\\.npmjs|proxy\\.golang\\.org|nexus\\."),
                    "nothing: the build tool's settings say where packages come from",
                    "https:/" + "/repo.maven.example"));

    private static BannedText java(String name, String banned, String instead, String canary) {
        return new BannedText(name, JAVA, Pattern.compile(banned), instead, canary);
    }

    /** One sentence per occurrence. */
    List<String> violations(String path, String text) {
        List<String> found = new ArrayList<>();
        int number = 0;
        for (String line : text.split("\\R", -1)) {
            number++;
            Matcher matcher = banned.matcher(line);
            if (matcher.find()) {
                found.add(path + ":" + number + ": '" + matcher.group() + "' (" + name + "); instead: " + instead);
            }
        }
        return found;
    }
}
