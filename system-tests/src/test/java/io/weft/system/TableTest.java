package io.weft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
    private static final List<Row> ROWS = List.of(
            Row.check(1, "ping", "5 of 5 answered", "5 of 5 answered", true),
            Row.check(3, "a very long description ".repeat(10), "none", "two", false),
            Row.goal(6, "ADD", "p50 goal 14 ms", "p50 20 ms", false));

    @Test
    void wrapsWideCellsAndKeepsEveryWord() {
        String text = Table.text(ROWS);
        assertTrue(text.lines().allMatch(line -> line.length() <= 200), text);
        assertEquals(10, text.split("very long", -1).length - 1);
    }

    @Test
    void countsOutcomes() {
        assertEquals("1 ok, 1 goals missed, 1 failed", Table.summary(ROWS));
    }

    @Test
    void jsonNamesTheOutcomeOfEveryRow() {
        assertEquals(
                "MISSED",
                Rest.parse(Table.json(ROWS))
                        .path("rows")
                        .path(2)
                        .path("outcome")
                        .asText());
    }

    @Test
    void refusesRowOfUnknownLine() {
        assertThrows(IllegalArgumentException.class, () -> Row.check(Row.LINES + 1, "", "", "", true));
    }
}
