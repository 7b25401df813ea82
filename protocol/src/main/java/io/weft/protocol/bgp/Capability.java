package io.weft.protocol.bgp;

import java.util.List;
import java.util.Objects;

/** What a speaker can do (RFC 5492). */
public sealed interface Capability {
    int MULTI_PROTOCOL = 1;
    int ROUTE_REFRESH = 2;
    int GRACEFUL_RESTART = 64;
    int FOUR_OCTET_AS = 65;

    /** RFC 4760 section 8. */
    record MultiProtocol(Family family) implements Capability {}

    /** RFC 2918. */
    record RouteRefresh() implements Capability {}

    /** RFC 6793. */
    record FourOctetAs(long asn) implements Capability {
        public FourOctetAs {
            Wire.range("AS number", asn, 0xffff_ffffL);
        }
    }

    /**
     * RFC 4724 section 3, RFC 8538 section 2.
     *
     * @param restarted R: this speaker has restarted
     * @param notifications N: routes outlive a NOTIFICATION too
     * @param restartTimeS 0..4095
     */
    record GracefulRestart(boolean restarted, boolean notifications, int restartTimeS, List<Kept> families)
            implements Capability {
        /** @param forwarding F: forwarding went on during the restart */
        public record Kept(Family family, boolean forwarding) {}

        public GracefulRestart {
            Wire.range("restart time", restartTimeS, 0xfff);
            families = List.copyOf(families);
        }

        public boolean keeps(Family family) {
            return families.stream().anyMatch(kept -> kept.family().equals(family));
        }

        public boolean forwards(Family family) {
            return families.contains(new Kept(family, true));
        }
    }

    /** Anything else. */
    record Unknown(int code, Bytes content) implements Capability {
        public Unknown {
            Objects.requireNonNull(content, "content");
            Wire.range("capability", code, 255);
        }
    }
}
