package io.weft.system;

import java.util.Objects;

/**
 * One thing that was checked.
 *
 * @param line which line of the main job, 1..12; 0: the machine's cost
 * @param what what was done
 * @param expected what should come of it
 * @param measured what came of it
 * @param outcome whether that is the same
 */
public record Row(int line, String what, String expected, String measured, Outcome outcome) {
    /** Number of the last line. */
    static final int LINES = 12;

    /** MISSED: it works, but a goal for its speed or size was not reached. */
    public enum Outcome {
        OK,
        MISSED,
        FAILED
    }

    public Row {
        Objects.requireNonNull(what, "what");
        Objects.requireNonNull(expected, "expected");
        Objects.requireNonNull(measured, "measured");
        Objects.requireNonNull(outcome, "outcome");
        if (line < 0 || line > LINES) {
            throw new IllegalArgumentException("line " + line + " is not in 0.." + LINES);
        }
    }

    static Row check(int line, String what, String expected, String measured, boolean ok) {
        return new Row(line, what, expected, measured, ok ? Outcome.OK : Outcome.FAILED);
    }

    static Row goal(int line, String what, String expected, String measured, boolean reached) {
        return new Row(line, what, expected, measured, reached ? Outcome.OK : Outcome.MISSED);
    }

    public boolean failed() {
        return outcome == Outcome.FAILED;
    }
}
