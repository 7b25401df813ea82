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
    private static final Pattern OBJECT = Pattern.compile("^WEFT_OBJECT\\((\\d+), (\\w+), (\\w+),", Pattern.MULTILINE);
    private static final Pattern DROP = Pattern.compile("^WEFT_DROP\\((\\d+), (\\w+),", Pattern.MULTILINE);

    private final String header;
    private final String objects;
    private final String drops;

    private AbiHeader(String header, String objects, String drops) {
        this.header = header;
        this.objects = objects;
        this.drops = drops;
    }

    static AbiHeader read(Path root) throws IOException {
        Path abi = root.resolve("native/abi");
        String comments = "(?s)/\\*.*?\\*/";
        return new AbiHeader(
                Files.readString(abi.resolve("weft_abi.h")).replaceAll(comments, ""),
                Files.readString(abi.resolve("objects.def")).replaceAll(comments, ""),
                Files.readString(abi.resolve("drops.def")).replaceAll(comments, ""));
    }

    /** "weft_x_msg" for each struct and "weft_x_msg.field" for each field, in order. */
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
                    found.add(
                            struct.group(1) + "." + name.replaceAll("\\[.*", "").strip());
                }
            }
        }
        return found;
    }

    /** Every constant: macros, enumerators, WEFT_OBJECT_* and WEFT_DROP_* of the lists. */
    Set<String> constants() {
        Set<String> found = new TreeSet<>();
        collect(DEFINE.matcher(header), 1, "", found);
        collect(ENUMERATOR.matcher(header), 1, "", found);
        collect(OBJECT.matcher(objects), 2, "WEFT_OBJECT_", found);
        collect(DROP.matcher(drops), 2, "WEFT_DROP_", found);
        return found;
    }

    /** "weft_x_msg" of every object of objects.def. */
    Set<String> objectStructs() {
        Set<String> found = new TreeSet<>();
        Matcher object = OBJECT.matcher(objects);
        while (object.find()) {
            found.add("weft_" + object.group(3) + "_msg");
        }
        return found;
    }

    private static void collect(Matcher matcher, int group, String prefix, Set<String> into) {
        while (matcher.find()) {
            into.add(prefix + matcher.group(group));
        }
    }
}
