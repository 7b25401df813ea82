package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * The outer headers of every tunnel of the plane. ECN is always RFC 6040's.
 *
 * @param ttl TTL or hop limit, 1 .. 255
 * @param df the DF bit over IPv4, and who cuts what the path does not take
 * @param dscp 0 .. 63: whatever is inside (RFC 2983 pipe); empty: the inner packet's (uniform)
 */
public record TunnelSettings(int ttl, Df df, OptionalInt dscp) {
    /** What a plane does that nobody has told otherwise. */
    public static final TunnelSettings DEFAULT = new TunnelSettings(64, Df.SET, OptionalInt.empty());

    /** The DF bit of an outer IPv4 header. */
    public enum Df {
        /** Set; what is too big is cut before the tunnel, or refused by too-big when it must not be cut. */
        SET(AbiCodes.WEFT_TUNNEL_DF_SET),
        /** As the inner IPv4 packet has it, set over inner IPv6; otherwise as SET. */
        COPY(AbiCodes.WEFT_TUNNEL_DF_COPY),
        /** Clear; what must not be cut goes whole into outer fragments, up to 9,202 bytes. */
        CLEAR(AbiCodes.WEFT_TUNNEL_DF_CLEAR);

        private final int code;

        Df(int code) {
            this.code = code;
        }

        /** The number in messages to the plane. */
        public int code() {
            return code;
        }

        /** The constant with this number. */
        public static Df ofCode(int code) {
            for (Df candidate : values()) {
                if (candidate.code == code) {
                    return candidate;
                }
            }
            throw new IllegalArgumentException("DF policy code is " + code + ", which this version does not know");
        }
    }

    public TunnelSettings {
        Limits.range("tunnel ttl", ttl, 1, 255);
        Objects.requireNonNull(df, "df");
        Objects.requireNonNull(dscp, "dscp");
        if (dscp.isPresent()) {
            Limits.range("tunnel dscp", dscp.getAsInt(), 0, 63);
        }
    }
}
