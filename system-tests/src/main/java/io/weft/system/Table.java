package io.weft.system;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Rows as text for a person or as JSON for a program. */
final class Table {
    private static final List<Integer> WIDEST = List.of(4, 62, 44, 72, 6);

    private Table() {}

    static String text(List<Row> rows) {
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.of("line", "what", "expected", "measured", ""));
        for (Row row : rows) {
            cells.add(List.of(
                    row.line() == 0 ? "" : Integer.toString(row.line()),
                    row.what(),
                    row.expected(),
                    row.measured(),
                    row.outcome().name()));
        }
        List<Integer> widths = new ArrayList<>();
        for (int column = 0; column < WIDEST.size(); column++) {
            int at = column;
            int longest =
                    cells.stream().mapToInt(row -> row.get(at).length()).max().orElse(0);
            widths.add(Math.min(longest, WIDEST.get(column)));
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : cells) {
            append(text, row, widths);
        }
        return text.toString();
    }

    /** A cell that is too wide goes on in the lines below. */
    private static void append(StringBuilder text, List<String> row, List<Integer> widths) {
        List<List<String>> wrapped = new ArrayList<>();
        int height = 1;
        for (int column = 0; column < row.size(); column++) {
            List<String> lines = wrap(row.get(column), widths.get(column));
            wrapped.add(lines);
            height = Math.max(height, lines.size());
        }
        for (int line = 0; line < height; line++) {
            StringBuilder out = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                List<String> lines = wrapped.get(column);
                String cell = line < lines.size() ? lines.get(line) : "";
                out.append(cell).append(" ".repeat(widths.get(column) - cell.length() + 2));
            }
            text.append(out.toString().stripTrailing()).append('\n');
        }
    }

    private static List<String> wrap(String cell, int width) {
        List<String> lines = new ArrayList<>();
        String rest = cell.replace('\n', ' ');
        while (rest.length() > width) {
            int cut = rest.lastIndexOf(' ', width);
            cut = cut <= 0 ? width : cut;
            lines.add(rest.substring(0, cut));
            rest = rest.substring(cut).stripLeading();
        }
        lines.add(rest);
        return lines;
    }

    static String json(List<Row> rows) {
        ObjectNode out = Rest.object();
        ArrayNode array = out.putArray("rows");
        for (Row row : rows) {
            array.addObject()
                    .put("line", row.line())
                    .put("what", row.what())
                    .put("expected", row.expected())
                    .put("measured", row.measured())
                    .put("outcome", row.outcome().name());
        }
        return out.toString();
    }

    /** "27 ok, 1 goal missed, 0 failed". */
    static String summary(List<Row> rows) {
        var counts = rows.stream().collect(Collectors.groupingBy(Row::outcome, Collectors.counting()));
        return "%d ok, %d goals missed, %d failed"
                .formatted(
                        counts.getOrDefault(Row.Outcome.OK, 0L),
                        counts.getOrDefault(Row.Outcome.MISSED, 0L),
                        counts.getOrDefault(Row.Outcome.FAILED, 0L));
    }
}
