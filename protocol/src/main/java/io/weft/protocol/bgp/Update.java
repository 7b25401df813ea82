package io.weft.protocol.bgp;

import io.weft.protocol.net.Prefix;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * UPDATE (RFC 4271 section 4.3, RFC 4760).
 *
 * @param withdrawn IPv4 unicast
 * @param announced IPv4 unicast
 */
public record Update(
        List<Prefix> withdrawn,
        PathAttributes attributes,
        List<Prefix> announced,
        Optional<Reach> reach,
        Optional<Unreach> unreach) {
    /** MP_REACH_NLRI of a VPN family. The next hop's route distinguisher is zero. */
    public record Reach(Family family, InetAddress nextHop, List<VpnNlri> nlri) {
        public Reach {
            Objects.requireNonNull(nextHop, "nextHop");
            nlri = checked(family, nlri);
        }
    }

    /** MP_UNREACH_NLRI of a VPN family; nothing in it: End-of-RIB (RFC 4724 section 2). */
    public record Unreach(Family family, List<VpnNlri> nlri) {
        public Unreach {
            nlri = checked(family, nlri);
        }
    }

    public Update {
        withdrawn = List.copyOf(withdrawn);
        announced = List.copyOf(announced);
        Objects.requireNonNull(attributes, "attributes");
        Objects.requireNonNull(reach, "reach");
        Objects.requireNonNull(unreach, "unreach");
    }

    public static Update reach(PathAttributes attributes, Reach reach) {
        return new Update(List.of(), attributes, List.of(), Optional.of(reach), Optional.empty());
    }

    public static Update unreach(Unreach unreach) {
        return new Update(List.of(), PathAttributes.NONE, List.of(), Optional.empty(), Optional.of(unreach));
    }

    /** Of which family this is the End-of-RIB. */
    public Optional<Family> endOfRib() {
        if (!withdrawn.isEmpty() || !announced.isEmpty() || reach.isPresent()) {
            return Optional.empty();
        }
        if (unreach.isPresent()) {
            return unreach.get().nlri().isEmpty() ? Optional.of(unreach.get().family()) : Optional.empty();
        }
        return attributes.equals(PathAttributes.NONE) ? Optional.of(Family.INET) : Optional.empty();
    }

    private static List<VpnNlri> checked(Family family, List<VpnNlri> nlri) {
        if (!family.isVpn()) {
            throw new IllegalArgumentException("family " + family + " is not a VPN's");
        }
        for (VpnNlri one : nlri) {
            if (!one.family().equals(family)) {
                throw new IllegalArgumentException(one.prefix() + " is not of " + family);
            }
        }
        return List.copyOf(nlri);
    }
}
