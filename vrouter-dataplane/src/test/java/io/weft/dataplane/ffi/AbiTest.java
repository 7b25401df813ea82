package io.weft.dataplane.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** weft_abi.h, what libweft.so exports of it and its Java twins say the same, in both directions. */
class AbiTest {
    private static final Path ROOT = Path.of(System.getProperty("weft.root"));
    private static final Path BUILD = Path.of(System.getProperty("weft.native"));
    private static final String PACKAGE = "vrouter-dataplane/src/main/java/io/weft/dataplane/ffi/";

    /** weft_abi_layout() of the library itself: {@link LibWeft} does not load one that differs. */
    private static List<AbiLayout.Field> exported() throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment function =
                    SymbolLookup.libraryLookup(LibWeft.path(), Arena.global()).findOrThrow("weft_abi_layout");
            MemorySegment count = arena.allocate(JAVA_LONG);
            MemorySegment table = (MemorySegment) Linker.nativeLinker()
                    .downcallHandle(function, FunctionDescriptor.of(ADDRESS, ADDRESS))
                    .invokeExact(count);
            long fields = count.get(JAVA_LONG, 0);
            MemorySegment entries = table.reinterpret(fields * 24);
            List<AbiLayout.Field> list = new ArrayList<>();
            for (long at = 0; at < fields * 24; at += 24) {
                list.add(new AbiLayout.Field(
                        entries.get(ADDRESS, at).reinterpret(256).getString(0),
                        entries.get(ADDRESS, at + 8).reinterpret(256).getString(0),
                        entries.get(JAVA_INT, at + 16),
                        entries.get(JAVA_INT, at + 20)));
            }
            return list;
        }
    }

    private static String name(AbiLayout.Field field) {
        return field.field().isEmpty() ? field.struct() : field.struct() + "." + field.field();
    }

    /** One sentence per struct or field that is in one only, or differs. */
    private static List<String> differences(List<AbiLayout.Field> c, List<AbiLayout.Field> java) {
        Map<String, AbiLayout.Field> left = new LinkedHashMap<>();
        Map<String, AbiLayout.Field> right = new LinkedHashMap<>();
        c.forEach(field -> left.put(name(field), field));
        java.forEach(field -> right.put(name(field), field));
        List<String> found = new ArrayList<>();
        left.forEach((name, field) -> {
            AbiLayout.Field other = right.get(name);
            if (other == null) {
                found.add(name + " is in libweft.so only");
            } else if (!other.equals(field)) {
                found.add(name + " is " + field.offset() + "+" + field.bytes() + " in libweft.so, " + other.offset()
                        + "+" + other.bytes() + " in AbiLayout");
            }
        });
        right.keySet().stream()
                .filter(name -> !left.containsKey(name))
                .forEach(name -> found.add(name + " is in AbiLayout only"));
        return found;
    }

    @Test
    void everyStructAndFieldOfTheLibraryIsInAbiLayoutAndBack() throws Throwable {
        List<AbiLayout.Field> exported = exported();
        assertTrue(exported.size() > 100, exported.size() + " fields");
        assertEquals(List.of(), differences(exported, AbiLayout.FIELDS), regenerate("layout"));
        assertEquals(exported, AbiLayout.FIELDS, "order");
    }

    @Test
    void theComparisonFindsItsCanaries() {
        List<AbiLayout.Field> good = AbiLayout.FIELDS;
        List<AbiLayout.Field> moved = new ArrayList<>(good);
        AbiLayout.Field was = moved.set(
                5, new AbiLayout.Field(good.get(5).struct(), good.get(5).field(), 99, 4));
        List<AbiLayout.Field> shorter = good.subList(0, good.size() - 1);
        assertEquals(1, differences(good, moved).size(), name(was));
        assertEquals(List.of(name(good.getLast()) + " is in libweft.so only"), differences(good, shorter));
        assertEquals(List.of(name(good.getLast()) + " is in AbiLayout only"), differences(shorter, good));
        assertEquals(List.of(), differences(good, List.copyOf(good)));
    }

    /** The constants that code uses (AbiLayout.VifMsg.MTU) against the list. */
    @Test
    void everyConstantOfAbiLayoutIsAFieldOfItsListAndBack() {
        Map<String, Integer> listed = new TreeMap<>();
        for (AbiLayout.Field field : AbiLayout.FIELDS) {
            String owner = Arrays.stream(
                            field.struct().substring("weft_".length()).split("_"))
                    .map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
                    .collect(Collectors.joining());
            if (field.field().isEmpty()) {
                listed.put(owner + ".SIZE_BYTES", field.bytes());
            } else {
                listed.put(owner + "." + field.field().toUpperCase(Locale.ROOT), field.offset());
            }
        }
        Map<String, Integer> declared = new TreeMap<>();
        for (Class<?> struct : AbiLayout.class.getDeclaredClasses()) {
            if (!struct.isRecord()) {
                constants(struct).forEach((name, value) -> declared.put(struct.getSimpleName() + "." + name, value));
            }
        }
        assertEquals(listed, declared, regenerate("layout"));
    }

    private static Map<String, Integer> constants(Class<?> owner) {
        Map<String, Integer> found = new TreeMap<>();
        for (var field : owner.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == int.class) {
                try {
                    found.put(field.getName(), field.getInt(null));
                } catch (IllegalAccessException e) {
                    throw new AssertionError(field + " is not public", e);
                }
            }
        }
        return found;
    }

    /** layout.def and the tables in java_layout.c are written by hand: what they forget is not in the twins. */
    @Test
    void everyStructFieldAndConstantOfTheHeaderHasItsTwin() throws IOException {
        AbiHeader header = AbiHeader.read(ROOT);
        assertEquals(
                header.structsAndFields(),
                AbiLayout.FIELDS.stream().map(AbiTest::name).toList(),
                "weft_abi.h against layout.def");
        assertEquals(header.constants(), constants(AbiCodes.class).keySet(), "weft_abi.h against java_layout.c");
        Set<String> structs =
                AbiLayout.FIELDS.stream().map(AbiLayout.Field::struct).collect(Collectors.toCollection(TreeSet::new));
        Set<String> missing = new TreeSet<>(header.objectStructs());
        missing.removeAll(structs);
        assertEquals(Set.of(), missing, "objects of objects.def without their struct");
    }

    @Test
    void namesAndTextsOfDropReasonsAreTheLibrarysAndBack() {
        LibWeft library = LibWeft.get();
        Map<String, Integer> codes = constants(AbiCodes.class);
        Map<String, Integer> exported = new TreeMap<>();
        for (int code = -1; code <= AbiCodes.WEFT_DROP_LIMIT; code++) {
            assertEquals(library.dropName(code), AbiCodes.dropName(code), "name of " + code);
            assertEquals(library.dropDoc(code), AbiCodes.dropDoc(code), "text of " + code);
            if (library.dropName(code) != null) {
                exported.put("WEFT_DROP_" + library.dropName(code), code);
            }
        }
        codes.keySet().removeIf(name -> !name.startsWith("WEFT_DROP_") || name.equals("WEFT_DROP_LIMIT"));
        assertTrue(exported.size() > 20, exported.toString());
        assertEquals(exported, codes);
    }

    private static String regenerate(String what) {
        String file = what.equals("layout") ? "AbiLayout.java" : "AbiCodes.java";
        return PACKAGE + file + " is not what native/abi says; build native/ and regenerate it in the checkout:\n"
                + "    native/build/client/java_layout " + what + " > " + PACKAGE + file + "\n";
    }

    @ParameterizedTest
    @CsvSource({"layout, AbiLayout.java", "codes, AbiCodes.java"})
    void checkedInFilesAreWhatTheBuiltProgramPrints(String what, String file) throws Exception {
        Path program = BUILD.resolve("client/java_layout");
        assertTrue(Files.isExecutable(program), program + " is not built: ninja -C native/build");
        Process process = new ProcessBuilder(program.toString(), what).start();
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String complaint = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), complaint);
        String checkedIn = Files.readString(ROOT.resolve(PACKAGE).resolve(file));
        assertFalse(printed.isEmpty());
        assertEquals(printed, checkedIn, regenerate(what));
    }
}
