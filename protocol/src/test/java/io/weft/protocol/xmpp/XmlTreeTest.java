package io.weft.protocol.xmpp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class XmlTreeTest {
    private static void refused(Executable construction, String text) {
        String message =
                assertThrows(IllegalArgumentException.class, construction).getMessage();
        assertTrue(message.contains(text), () -> "'" + text + "' is not in: " + message);
    }

    private static String written(XmlTree tree) {
        XmlWriter out = new XmlWriter().start("v");
        tree.write(out);
        return new String(out.end().bytes(), StandardCharsets.UTF_8);
    }

    @Test
    void jsonBecomesElements() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("a_b", List.of(1, "two", List.of(true, 2.5)));
        json.put("none", null);
        json.put("empty", List.of());
        json.put("nothing", new ArrayList<>(Arrays.asList((Object) null)));
        json.put("map", Map.of("x_y", "z"));
        json.put("blank", Map.of());
        assertEquals(
                "<v><a-b>1</a-b><a-b>two</a-b><a-b>true</a-b><a-b>2.5</a-b><map><x-y>z</x-y></map><blank/></v>",
                written(XmlTree.fromJson(json)));
        assertEquals("<v/>", written(XmlTree.fromJson(null)));
    }

    @Test
    void whatCannotBeElementsIsRefusedNamingIt() {
        refused(() -> XmlTree.fromJson(Map.of("a b", 1)), "'a b'");
        refused(() -> XmlTree.fromJson(Map.of("", 1)), "''");
        refused(() -> XmlTree.fromJson(Map.of("1a", 1)), "'1a'");
        refused(() -> XmlTree.fromJson(new Object()), "java.lang.Object");
        refused(() -> XmlTree.fromJson(Map.of("a", new Thread[0])), "Thread");
        refused(() -> new XmlTree("text", Map.of("a", List.of(XmlTree.EMPTY))), "text 'text' beside children [a]");
        refused(() -> new XmlTree("", Map.of("a", List.of())), "element 'a' has no value");
        Object maps = "x";
        Object lists = "x";
        for (int i = 0; i < 40; i++) {
            maps = Map.of("m", maps);
            lists = List.of(lists);
        }
        Object deepMaps = maps;
        Object deepLists = lists;
        refused(() -> XmlTree.fromJson(deepMaps), "deeper than 32");
        refused(() -> XmlTree.fromJson(Map.of("l", deepLists)), "deeper than 32");
    }

    private static final XmlTree TREE = XmlTree.fromJson(Map.of(
            "list",
            List.of(Map.of("v", " 1 "), Map.of("v", "2")),
            "flag",
            "true",
            "bad",
            "yes",
            "blank",
            " \n",
            "n",
            "-5"));

    @Test
    void valuesAreFoundByPathsWithEitherSeparator() {
        assertEquals(Optional.of("1"), TREE.text("list/v"));
        assertEquals(List.of(" 1 "), TREE.texts("list/v"));
        assertEquals(2, TREE.list("list").size());
        assertEquals(List.of(), TREE.list("list/none/v"));
        assertEquals(Optional.empty(), TREE.at("none"));
        assertEquals(Optional.empty(), TREE.text("blank"));
        assertEquals(OptionalLong.of(-5), TREE.number("n"));
        assertEquals(OptionalLong.empty(), TREE.number("none"));
        assertTrue(TREE.flag("flag", false));
        assertTrue(TREE.flag("none", true));
        assertFalse(TREE.flag("none", false));
        refused(() -> TREE.flag("bad", true), "bad 'yes' is not true or false");
        refused(() -> TREE.number("flag"), "flag 'true' is not a number");
        assertTrue(XmlTree.EMPTY.isEmpty() && !TREE.isEmpty());
    }

    @Test
    void theUuidIsTwoUnsignedNumbers() {
        UUID uuid = UUID.fromString("f0000000-0000-4000-8000-000000000001");
        Map<String, Object> halves = new HashMap<>();
        halves.put("uuid_mslong", Long.toUnsignedString(uuid.getMostSignificantBits()));
        halves.put("uuid_lslong", Long.toUnsignedString(uuid.getLeastSignificantBits()));
        assertEquals(
                Optional.of(uuid),
                XmlTree.fromJson(Map.of("id_perms", Map.of("uuid", halves))).uuid());
        halves.remove("uuid_lslong");
        assertEquals(
                Optional.empty(),
                XmlTree.fromJson(Map.of("id_perms", Map.of("uuid", halves))).uuid());
        halves.put("uuid_lslong", "18446744073709551616");
        XmlTree large = XmlTree.fromJson(Map.of("id_perms", Map.of("uuid", halves)));
        refused(large::uuid, "18446744073709551616");
    }

    @Test
    void theWriterEscapesAndReplacesWhatXmlForbids() {
        String text = new String(
                new XmlWriter()
                        .start("a")
                        .attribute("b", "<>&\"'\r\n\t\u0000é😀")
                        .text("<>&\"'\r\n\t\u0001\uFFFE\uD800]]>")
                        .end()
                        .bytes(),
                StandardCharsets.UTF_8);
        assertEquals(
                "<a b=\"&lt;&gt;&amp;&quot;'&#13;&#10;&#9;\uFFFDé😀\">&lt;&gt;&amp;\"'&#13;\n\t\uFFFD\uFFFD\uFFFD]]&gt;</a>",
                text);
    }
}
