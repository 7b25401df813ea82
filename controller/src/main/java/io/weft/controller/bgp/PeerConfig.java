package io.weft.controller.bgp;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * One peering as configured. A change of any of it resets the session.
 *
 * @param name fq_name of the peer's bgp-router
 * @param remote where it listens
 * @param local own address
 * @param localAsn 1..2^32-1
 * @param remoteAsn equal: iBGP
 * @param identifier own, 1..2^32-1
 * @param holdTimeS 0 (none) or 3..65535, proposed
 * @param passive only the peer connects
 * @param adminDown no session
 */
public record PeerConfig(
        String name,
        InetSocketAddress remote,
        InetAddress local,
        long localAsn,
        long remoteAsn,
        long identifier,
        int holdTimeS,
        boolean passive,
        boolean adminDown) {
    public PeerConfig {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(remote, "remote");
        Objects.requireNonNull(local, "local");
        if (holdTimeS < 0 || holdTimeS == 1 || holdTimeS == 2 || holdTimeS > 0xffff) {
            throw new IllegalArgumentException(name + ": hold time " + holdTimeS + " s is not 0 or in 3..65535");
        }
        positive(name, "autonomous system", localAsn);
        positive(name, "autonomous system", remoteAsn);
        positive(name, "identifier", identifier);
    }

    public boolean internal() {
        return localAsn == remoteAsn;
    }

    private static void positive(String name, String what, long value) {
        if (value < 1 || value > 0xffff_ffffL) {
            throw new IllegalArgumentException(name + ": " + what + " " + value + " is not in 1..2^32-1");
        }
    }
}
