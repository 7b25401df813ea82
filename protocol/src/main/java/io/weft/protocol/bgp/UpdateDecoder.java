package io.weft.protocol.bgp;

import io.weft.protocol.bgp.DecodedUpdate.Action;
import io.weft.protocol.bgp.DecodedUpdate.Malformed;
import io.weft.protocol.net.Prefix;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** One UPDATE with the error handling of RFC 7606. Used once. */
final class UpdateDecoder {
    private final boolean internal;
    private final AttributeDecoder attributes;
    private final List<Malformed> malformed = new ArrayList<>();
    private final Set<Integer> seen = new HashSet<>();
    private Optional<Update.Reach> reach = Optional.empty();
    private Optional<Update.Unreach> unreach = Optional.empty();

    UpdateDecoder(boolean fourOctetAs, boolean internal) {
        this.internal = internal;
        this.attributes = new AttributeDecoder(fourOctetAs, internal);
    }

    DecodedUpdate decode(Reader body) throws BgpException {
        int withdrawnLength = body.u16();
        if (withdrawnLength + 2 > body.left()) {
            throw error(Notification.MALFORMED_ATTRIBUTES, "withdrawn routes of " + withdrawnLength + " bytes");
        }
        List<Prefix> withdrawn = NlriDecoder.inet(body.part(withdrawnLength));
        int attributesLength = body.u16();
        if (attributesLength > body.left()) {
            throw error(Notification.MALFORMED_ATTRIBUTES, "path attributes of " + attributesLength + " bytes");
        }
        Reader attributePart = body.part(attributesLength);
        while (attributePart.left() > 0) {
            attribute(attributePart);
        }
        List<Prefix> announced = NlriDecoder.inet(body);
        if (!announced.isEmpty() || reach.isPresent()) {
            checkMandatory(!announced.isEmpty());
        }
        Update update = new Update(withdrawn, attributes.result(), announced, reach, unreach);
        DecodedUpdate decoded = new DecodedUpdate(update, malformed);
        // RFC 7606 section 5.2: there is nothing to withdraw, or it may have been in what could not be read.
        if (decoded.treatAsWithdraw() && announced.isEmpty() && reach.isEmpty()) {
            throw error(malformed.getFirst().subcode(), malformed.getFirst().reason() + ", and no routes");
        }
        return decoded;
    }

    private void attribute(Reader part) throws BgpException {
        if (part.left() < 3 || (part.peek() & Wire.FLAG_EXTENDED) != 0 && part.left() < 4) {
            fault(Action.TREAT_AS_WITHDRAW, 0, Notification.MALFORMED_ATTRIBUTES, "attribute without length");
            part.part(part.left());
            return;
        }
        int flags = part.u8();
        int type = part.u8();
        int length = (flags & Wire.FLAG_EXTENDED) != 0 ? part.u16() : part.u8();
        if (length > part.left()) {
            if (type == Wire.MP_REACH || type == Wire.MP_UNREACH) {
                throw error(Notification.OPTIONAL_ATTRIBUTE, "attribute " + type + " of " + length + " bytes");
            }
            fault(
                    Action.TREAT_AS_WITHDRAW,
                    type,
                    Notification.ATTRIBUTE_LENGTH,
                    "attribute " + type + " of " + length + " bytes in " + part.left());
            part.part(part.left());
            return;
        }
        Reader value = part.part(length);
        if (!seen.add(type)) {
            if (type == Wire.MP_REACH || type == Wire.MP_UNREACH) {
                throw error(Notification.MALFORMED_ATTRIBUTES, "attribute " + type + " twice");
            }
            fault(Action.ATTRIBUTE_DISCARD, type, Notification.MALFORMED_ATTRIBUTES, "attribute " + type + " twice");
            return;
        }
        if (type == Wire.MP_REACH || type == Wire.MP_UNREACH) {
            if ((flags & Wire.FLAG_OPTIONAL) == 0 || (flags & Wire.FLAG_TRANSITIVE) != 0) {
                fault(Action.TREAT_AS_WITHDRAW, type, Notification.ATTRIBUTE_FLAGS, "flags of attribute " + type);
            }
            multiProtocol(type, value);
            return;
        }
        attributes.decode(flags, type, value).ifPresent(malformed::add);
        if (attributes.unrecognizedWellKnown()) {
            throw error(Notification.UNRECOGNIZED_WELL_KNOWN, "well-known attribute " + type);
        }
    }

    private void multiProtocol(int type, Reader value) throws BgpException {
        if (value.left() < 3) {
            throw error(Notification.OPTIONAL_ATTRIBUTE, "attribute " + type + " without family");
        }
        Family family = new Family(value.u16(), value.u8());
        if (!family.isVpn()) {
            fault(
                    Action.ATTRIBUTE_DISCARD,
                    type,
                    Notification.OPTIONAL_ATTRIBUTE,
                    "family " + family + " was not asked");
            return;
        }
        if (type == Wire.MP_REACH) {
            reach = Optional.of(NlriDecoder.reach(family, value));
        } else {
            unreach = Optional.of(new Update.Unreach(family, NlriDecoder.vpn(family, value, false)));
        }
    }

    /** RFC 4271 section 5, RFC 7606 section 3 d. */
    private void checkMandatory(boolean inet) {
        PathAttributes result = attributes.result();
        missing(Wire.ORIGIN, result.origin().isPresent());
        missing(Wire.AS_PATH, result.asPath().isPresent());
        missing(Wire.NEXT_HOP, !inet || result.nextHop().isPresent());
        missing(Wire.LOCAL_PREF, !internal || result.localPreference().isPresent());
    }

    private void missing(int type, boolean present) {
        if (!present && malformed.stream().noneMatch(one -> one.attribute() == type)) {
            fault(Action.TREAT_AS_WITHDRAW, type, Notification.MISSING_WELL_KNOWN, "attribute " + type + " is missing");
        }
    }

    private void fault(Action action, int type, int subcode, String reason) {
        malformed.add(new Malformed(action, type, subcode, reason));
    }

    private static BgpException error(int subcode, String what) {
        return new BgpException(Notification.UPDATE, subcode, what);
    }
}
