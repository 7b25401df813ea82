package io.weft.rules;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long the methods of a Java file or the functions of a C file are. Not a parser: it blanks comments and literals, follows braces and
 * takes a block behind ')' for a body unless a control word begins it. Good enough for formatted sources.
 */
final class BlockLengths {
    private static final Pattern NAME = Pattern.compile("(\\w+)\\s*\\([^{};]*$");
    private static final Pattern CONTROL =
            Pattern.compile("\\b(if|for|while|switch|catch|synchronized|try|else|do|return|new)\\b[^;{}]*$");

    private static final Pattern TYPE = Pattern.compile("\\b(record|class|interface|enum)\\s+\\w+");

    private BlockLengths() {}

    /** Name and first line of each body -> lines from there to its closing brace. */
    static Map<String, Integer> of(String source, boolean java) {
        String text = blank(source);
        Map<String, Integer> lengths = new LinkedHashMap<>();
        int line = 1;
        int statement = 0;
        int depth = 0;
        String[] names = new String[512];
        int[] starts = new int[512];
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                line++;
            } else if (c == ';') {
                statement = i + 1;
            } else if (c == '{') {
                String head = text.substring(statement, i);
                names[depth] = java || depth == 0 ? bodyName(head) : null;
                starts[depth] = line
                        - (int) head.stripLeading()
                                .chars()
                                .filter(one -> one == '\n')
                                .count();
                depth = Math.min(depth + 1, names.length - 1);
                statement = i + 1;
            } else if (c == '}' && depth > 0) {
                depth--;
                if (names[depth] != null) {
                    lengths.put(names[depth] + " (line " + starts[depth] + ")", line - starts[depth] + 1);
                }
                statement = i + 1;
            }
        }
        return lengths;
    }

    private static String bodyName(String head) {
        String flat = head.replace('\n', ' ').strip().replaceAll("\\)\\s*throws [\\w.,\\s]+$", ")");
        if (!flat.endsWith(")")
                || flat.endsWith("->")
                || CONTROL.matcher(flat).find()
                || flat.contains(" = ")
                || TYPE.matcher(flat).find()) {
            return null;
        }
        Matcher matcher = NAME.matcher(flat);
        return matcher.find() ? matcher.group(1) : null;
    }

    /** Comments and literals become spaces; line ends stay. */
    private static String blank(String source) {
        Matcher matcher = Pattern.compile(
                        "/\\*.*?\\*/|//[^\\n]*|\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])+'",
                        Pattern.DOTALL)
                .matcher(source);
        StringBuilder out = new StringBuilder();
        while (matcher.find()) {
            matcher.appendReplacement(out, "");
            out.append(matcher.group().replaceAll("[^\\n]", " "));
        }
        return matcher.appendTail(out).toString();
    }
}
