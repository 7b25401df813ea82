package io.weft.dataplane.ffi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What native/abi says, read as text: independent of the tables that C makes of it, so that what these forgot is found. */
final class AbiHeader {
    private static final Pattern STRUCT =
            Pattern.compile("^struct (weft_\\w+) \\{(.*?)^\\};", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern DEFINE = Pattern.compile("^#define (WEFT_[A-Z0-9_]+) +[(0-9]", Pattern.MULTILINE);
    private static final Pattern ENUMERATOR = Pattern.compile("\\b(WEFT_[A-Z0-9_]+) = ");
    private static final Pattern LISTED = Pattern.compile("^(WEFT_[A-Z]+)\\(\\d+, (\\w+),", Pattern.MULTILINE);
    private static final Pattern OBJECT = Pattern.compile("^WEFT_OBJECT\\(\\d+, \\w+, (\\w+),", Pattern.MULTILINE);
    private static final Pattern INCLUDE = Pattern.compile("^#include \"(\\w+\\.def)\"$", Pattern.MULTILINE);

    private final String header;
    private final String lists;

    private AbiHeader(String header, String lists) {
        this.header = header;
        this.lists = lists;
    }

    /** weft_abi.h and the lists it includes, without comments. */
    static AbiHeader read(Path root) throws IOException {
        Path abi = root.resolve("native/abi");
        String comments = "(?s)/\\*.*?\\*/";
        String header = Files.readString(abi.resolve("weft_abi.h")).replaceAll(comments, "");
        StringBuilder lists = new StringBuilder();
        Matcher include = INCLUDE.matcher(header);
        while (include.find()) {
            lists.append(Files.readString(abi.resolve(include.group(1))).replaceAll(comments, ""));
        }
        return new AbiHeader(header, lists.toString());
    }

    /** "weft_x_msg" for each struct and "weft_x_msg.field" for each field, in order. A tail of variable size is no field. */
    List<String> structsAndFields() {
        List<String> found = new ArrayList<>();
        Matcher struct = STRUCT.matcher(header);
        while (struct.find()) {
            found.add(struct.group(1));
            for (String declaration : struct.group(2).split(";")) {
                if (declaration.isBlank()) {
                    continue;
                }
                String names = declaration.strip().replaceFirst("^(struct )?\\w+\\s+", "");
                for (String name : names.split(",")) {
                    if (name.endsWith("[]")) {
                        continue;
                    }
                    found.add(
                            struct.group(1) + "." + name.replaceAll("\\[.*", "").strip());
                }
            }
        }
        return found;
    }

    /** Every constant: macros, enumerators, and those that the lists make (WEFT_OBJECT_*, WEFT_DROP_*, …). */
    Set<String> constants() {
        Set<String> found = new TreeSet<>();
        DEFINE.matcher(header).results().forEach(result -> found.add(result.group(1)));
        ENUMERATOR.matcher(header).results().forEach(result -> found.add(result.group(1)));
        LISTED.matcher(lists).results().forEach(result -> found.add(result.group(1) + "_" + result.group(2)));
        return found;
    }

    /** "weft_x_msg" of every object of objects.def. */
    Set<String> objectStructs() {
        Set<String> found = new TreeSet<>();
        OBJECT.matcher(lists).results().forEach(result -> found.add("weft_" + result.group(1) + "_msg"));
        return found;
    }
}
