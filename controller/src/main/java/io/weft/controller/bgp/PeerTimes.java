package io.weft.controller.bgp;

/**
 * Times of all peers.
 *
 * @param connectRetryMs between attempts to connect (RFC 4271 section 8: 120 s; Contrail's and ours 30)
 * @param idleHoldMs first pause after an error; doubles up to {@code maxIdleHoldMs}
 * @param maxIdleHoldMs 100 s as in Contrail
 * @param openHoldMs how long a new connection waits for OPEN (RFC 4271 section 8.2.2: 240 s)
 * @param restartTimeS told to peers: how long they keep our routes; 0..4095
 */
public record PeerTimes(long connectRetryMs, long idleHoldMs, long maxIdleHoldMs, long openHoldMs, int restartTimeS) {
    public PeerTimes {
        if (connectRetryMs <= 0 || idleHoldMs <= 0 || maxIdleHoldMs < idleHoldMs || openHoldMs <= 0) {
            throw new IllegalArgumentException("BGP times must be positive and ordered");
        }
        if (restartTimeS < 0 || restartTimeS > 4095) {
            throw new IllegalArgumentException("restart time " + restartTimeS + " s is not in 0..4095");
        }
    }

    public static PeerTimes of(long connectRetryMs, int restartTimeS) {
        return new PeerTimes(connectRetryMs, 1000, 100_000, 240_000, restartTimeS);
    }
}
