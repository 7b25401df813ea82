package io.weft.dataplane;

import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/**
 * Events of the plane's log and the place where they ended.
 *
 * @param marker where the next reading starts, so that each event is seen once
 */
public record LogPage(List<LogEvent> events, Marker marker) {
    /**
     * A place in the log; opaque.
     *
     * @param hex the plane's 48 bytes as hexadecimal digits
     */
    public record Marker(String hex) {
        private static final int BYTES = 48;

        /** The oldest event that is still there. */
        public static final Marker START = of(new byte[BYTES]);

        public Marker {
            if (!hex.matches("[0-9a-f]{" + 2 * BYTES + "}")) {
                throw new IllegalArgumentException(
                        "log marker is \"" + hex + "\", must be " + 2 * BYTES + " hexadecimal digits");
            }
        }

        public static Marker of(byte[] bytes) {
            return new Marker(HexFormat.of().formatHex(bytes));
        }

        public byte[] bytes() {
            return HexFormat.of().parseHex(hex);
        }
    }

    public LogPage {
        events = List.copyOf(events);
        Objects.requireNonNull(marker, "marker");
    }
}
