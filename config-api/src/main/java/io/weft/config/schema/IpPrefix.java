package io.weft.config.schema;

import java.math.BigInteger;

/**
 * A prefix; host bits of the address are zero.
 *
 * @param network first address
 * @param length 0 .. 32 or 128
 */
public record IpPrefix(IpAddress network, int length) {
    public IpPrefix {
        if (length < 0 || length > network.bits()) {
            throw new IllegalArgumentException(
                    "prefix length " + length + " of " + network + " is not in 0.." + network.bits());
        }
        int hostBits = network.bits() - length;
        if (!network.value().shiftRight(hostBits).shiftLeft(hostBits).equals(network.value())) {
            throw new IllegalArgumentException(network + "/" + length + " has host bits");
        }
    }

    /** The prefix of that length which contains the address. */
    public static IpPrefix containing(IpAddress address, int length) {
        int hostBits = address.bits() - length;
        return new IpPrefix(
                new IpAddress(address.value().shiftRight(hostBits).shiftLeft(hostBits), address.bits()), length);
    }

    public IpAddress last() {
        BigInteger size = BigInteger.ONE.shiftLeft(network.bits() - length);
        return new IpAddress(network.value().add(size).subtract(BigInteger.ONE), network.bits());
    }

    public boolean contains(IpAddress address) {
        return address.bits() == network.bits() && address.compareTo(network) >= 0 && address.compareTo(last()) <= 0;
    }

    public boolean overlaps(IpPrefix other) {
        return contains(other.network) || other.contains(network);
    }

    @Override
    public String toString() {
        return network + "/" + length;
    }
}
