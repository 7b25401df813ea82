package io.weft.protocol.bgp;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * OPEN (RFC 4271 section 4.2). The version is always 4.
 *
 * @param as16 two-byte AS number field; 23456 (AS_TRANS) when the real one does not fit
 * @param holdTimeS 0 or 3..65535
 * @param identifier 1..2^32-1
 */
public record Open(int as16, int holdTimeS, long identifier, List<Capability> capabilities) implements BgpMessage {
    /** RFC 6793 section 9. */
    public static final int AS_TRANS = 23456;

    public Open {
        Objects.requireNonNull(capabilities, "capabilities");
        Wire.range("AS number", as16, 0xffff);
        Wire.range("hold time", holdTimeS, 0xffff);
        Wire.range("identifier", identifier, 0xffff_ffffL);
        capabilities = List.copyOf(capabilities);
    }

    /** @param asn 1..2^32-1; the capability for it is added */
    public static Open of(long asn, int holdTimeS, long identifier, List<Capability> others) {
        List<Capability> all = new ArrayList<>(others);
        all.add(new Capability.FourOctetAs(asn));
        return new Open(asn > 0xffff ? AS_TRANS : (int) asn, holdTimeS, identifier, all);
    }

    /** The real AS number. */
    public long asn() {
        return find(Capability.FourOctetAs.class)
                .map(Capability.FourOctetAs::asn)
                .orElse((long) as16);
    }

    public boolean isFourOctetAs() {
        return find(Capability.FourOctetAs.class).isPresent();
    }

    public boolean canRefresh() {
        return find(Capability.RouteRefresh.class).isPresent();
    }

    public Optional<Capability.GracefulRestart> gracefulRestart() {
        return find(Capability.GracefulRestart.class);
    }

    public Set<Family> families() {
        Set<Family> families = new LinkedHashSet<>();
        for (Capability capability : capabilities) {
            if (capability instanceof Capability.MultiProtocol multi) {
                families.add(multi.family());
            }
        }
        return families;
    }

    private <C extends Capability> Optional<C> find(Class<C> type) {
        return capabilities.stream().filter(type::isInstance).map(type::cast).findFirst();
    }
}
