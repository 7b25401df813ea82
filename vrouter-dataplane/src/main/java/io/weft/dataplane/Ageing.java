package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.util.List;

/**
 * How long connections live after their last packet; one object of the plane, replaced whole. The row of a connection's protocol and of
 * the port it was opened to counts, else the protocol's row without a port, else (but for TCP) the row of {@link #ANY_PROTOCOL}, else
 * {@link #BEGINNING}.
 *
 * @param rows ascending by protocol, then port, each once; at most {@link #ROWS_MAX}
 */
public record Ageing(List<Row> rows) implements PlaneObject {
    /** Rows of one table. */
    public static final int ROWS_MAX = AbiCodes.WEFT_AGEING_ROWS_MAX;

    /** For {@link Row#protocol}: every protocol without a row of its own. */
    public static final int ANY_PROTOCOL = AbiCodes.WEFT_AGEING_ANY_PROTOCOL;

    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int SCTP = 132;

    /** What a plane begins with. */
    public static final Ageing BEGINNING = new Ageing(List.of(
            Row.of(1, 0, 30, 30),
            Row.tcp(0, 3600, 30, 3600, 5),
            Row.of(UDP, 0, 180, 60),
            Row.of(58, 0, 30, 30),
            Row.of(ANY_PROTOCOL, 0, 180, 180)));

    public Ageing {
        rows = List.copyOf(rows);
        Limits.range("ageing row count", rows.size(), 0, ROWS_MAX);
        for (int i = 1; i < rows.size(); i++) {
            Row row = rows.get(i);
            if (row.order() <= rows.get(i - 1).order()) {
                throw new IllegalArgumentException("ageing row " + i + " is protocol " + row.protocol() + " port "
                        + row.port() + ", must be above the row before it");
            }
        }
    }

    /**
     * Times of one protocol and port, in seconds: 1 .. 604800.
     *
     * @param protocol 0 .. 255, or {@link #ANY_PROTOCOL}
     * @param port TCP, UDP and SCTP: 1 .. 65535; 0: any
     * @param idleSeconds both sides have sent; TCP: established
     * @param openingSeconds one side has sent; TCP: half open
     * @param halfClosedSeconds TCP: one side has sent FIN; others: 0
     * @param closedSeconds TCP: both have sent FIN, or one RST; others: 0
     */
    public record Row(
            int protocol, int port, int idleSeconds, int openingSeconds, int halfClosedSeconds, int closedSeconds) {
        public Row {
            if (protocol != ANY_PROTOCOL) {
                Limits.range("ageing protocol", protocol, 0, 255);
            }
            boolean hasPorts = protocol == TCP || protocol == UDP || protocol == SCTP;
            Limits.range("ageing port of protocol " + protocol, port, 0, hasPorts ? 65535 : 0);
            seconds("idle", protocol, idleSeconds, true);
            seconds("opening", protocol, openingSeconds, true);
            seconds("half-closed", protocol, halfClosedSeconds, protocol == TCP);
            seconds("closed", protocol, closedSeconds, protocol == TCP);
        }

        private static void seconds(String field, int protocol, int value, boolean wanted) {
            Limits.range(
                    field + " seconds of protocol " + protocol,
                    value,
                    wanted ? 1 : 0,
                    wanted ? AbiCodes.WEFT_AGEING_SECONDS_MAX : 0);
        }

        /** Of any protocol but TCP. */
        public static Row of(int protocol, int port, int idleSeconds, int openingSeconds) {
            return new Row(protocol, port, idleSeconds, openingSeconds, 0, 0);
        }

        /** Of TCP. */
        public static Row tcp(int port, int idleSeconds, int openingSeconds, int halfClosedSeconds, int closedSeconds) {
            return new Row(TCP, port, idleSeconds, openingSeconds, halfClosedSeconds, closedSeconds);
        }

        private long order() {
            return (long) protocol << 16 | port;
        }
    }
}
