package io.weft.protocol.bgp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.bgp.DecodedUpdate.Action;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** What RFC 7606 makes of each malformed part of an UPDATE. */
class MalformedUpdateTest {
    private static final String REACH =
            "90 0e 0021 0001 80 0c 0000000000000000 c0000201 00 78 000141 0001c00002010007 0a010103";
    private static final String ORIGIN = "40 01 01 00";
    private static final String PATH = "40 02 00";
    private static final String PREFERENCE = "40 05 04 00000064";
    private static final String GOOD = REACH + ORIGIN + PATH + PREFERENCE;

    private static DecodedUpdate decode(String attributes, boolean as4, boolean internal) throws BgpException {
        String clean = attributes.replace(" ", "");
        String body = "0000%04x".formatted(clean.length() / 2) + clean;
        String message = "ff".repeat(16) + "%04x02".formatted(19 + body.length() / 2) + body;
        return (DecodedUpdate) BgpDecoder.decode(HexFormat.of().parseHex(message), as4, internal);
    }

    private static void outcome(Action action, int attribute, int subcode, String attributes) throws BgpException {
        outcome(action, attribute, subcode, decode(attributes, true, true));
    }

    private static void outcome(Action action, int attribute, int subcode, DecodedUpdate decoded) {
        DecodedUpdate.Malformed first = decoded.malformed().getFirst();
        assertEquals(action, first.action(), first.reason());
        assertEquals(attribute, first.attribute(), first.reason());
        assertEquals(subcode, first.subcode(), first.reason());
        assertTrue(decoded.update().reach().isPresent());
        assertEquals(action == Action.TREAT_AS_WITHDRAW, decoded.treatAsWithdraw());
    }

    private static void resets(int subcode, String attributes) {
        BgpException error = assertThrows(BgpException.class, () -> decode(attributes, true, true));
        assertEquals(Notification.UPDATE, error.notification().code());
        assertEquals(subcode, error.notification().subcode(), error.getMessage());
    }

    @Test
    void routesOfWrongAttributesAreWithdrawn() throws BgpException {
        Action withdraw = Action.TREAT_AS_WITHDRAW;
        outcome(withdraw, 1, 6, REACH + "40 01 01 03" + PATH + PREFERENCE);
        outcome(withdraw, 1, 5, REACH + "40 01 02 0000" + PATH + PREFERENCE);
        outcome(withdraw, 1, 4, REACH + "c0 01 01 00" + PATH + PREFERENCE);
        outcome(withdraw, 2, 11, REACH + ORIGIN + "40 02 02 0200" + PREFERENCE);
        outcome(withdraw, 2, 11, REACH + ORIGIN + "40 02 06 0500 00000001" + PREFERENCE);
        outcome(withdraw, 2, 11, REACH + ORIGIN + "40 02 06 0202 00000001" + PREFERENCE);
        outcome(withdraw, 3, 5, GOOD + "40 03 03 c00002");
        outcome(withdraw, 3, 8, GOOD + "40 03 04 7f000001");
        outcome(withdraw, 4, 5, GOOD + "80 04 03 000001");
        outcome(withdraw, 5, 5, REACH + ORIGIN + PATH + "40 05 02 0001");
        outcome(withdraw, 8, 9, GOOD + "c0 08 03 000001");
        outcome(withdraw, 8, 9, GOOD + "c0 08 00");
        outcome(withdraw, 9, 9, GOOD + "80 09 05 0000000001");
        outcome(withdraw, 10, 9, GOOD + "80 0a 02 0001");
        outcome(withdraw, 16, 9, GOOD + "c0 10 07 00000000000000");
        outcome(withdraw, 99, 5, GOOD + "c0 63 09 00");
        outcome(withdraw, 0, 1, GOOD + "c0 63");
        outcome(withdraw, 14, 4, GOOD.replaceFirst("90 0e", "50 0e"));
    }

    @Test
    void routesWithoutMandatoryAttributesAreWithdrawn() throws BgpException {
        outcome(Action.TREAT_AS_WITHDRAW, 1, 3, REACH + PATH + PREFERENCE);
        outcome(Action.TREAT_AS_WITHDRAW, 2, 3, REACH + ORIGIN + PREFERENCE);
        outcome(Action.TREAT_AS_WITHDRAW, 5, 3, REACH + ORIGIN + PATH);
        assertEquals(0, decode(REACH + ORIGIN + PATH, true, false).malformed().size(), "no preference from outside");
    }

    @Test
    void otherAttributesAreDiscarded() throws BgpException {
        Action discard = Action.ATTRIBUTE_DISCARD;
        outcome(discard, 6, 9, GOOD + "40 06 01 00");
        outcome(discard, 7, 9, GOOD + "c0 07 06 fde8 c0000201");
        outcome(discard, 1, 1, GOOD + ORIGIN);
        outcome(discard, 17, 9, GOOD + "c0 11 00");
        outcome(discard, 15, 9, GOOD + "80 0f 03 0019 46");
        outcome(discard, 5, 9, decode(GOOD, true, false));
        outcome(discard, 9, 9, decode(REACH + ORIGIN + PATH + "80 09 04 00000001", true, false));
        assertEquals(0, decode(GOOD + "80 63 01 00", true, true).malformed().size(), "optional, not transitive");
        assertEquals(
                1,
                decode(GOOD + "c0 63 01 00", true, true)
                        .update()
                        .attributes()
                        .unknown()
                        .size());
    }

    @Test
    void whatCannotBeReadResetsTheSession() {
        resets(2, GOOD + "40 63 01 00");
        resets(1, GOOD + REACH);
        resets(9, "90 0e 0002 0001" + ORIGIN + PATH + PREFERENCE);
        resets(9, "90 0e 0006 0001 80 04 c000" + ORIGIN);
        resets(9, REACH.replace(" 78 ", " 57 ") + ORIGIN + PATH + PREFERENCE);
        resets(9, REACH.replace(" 78 ", " 79 ") + ORIGIN + PATH + PREFERENCE);
        resets(9, REACH.replace("000141", "000140") + ORIGIN + PATH + PREFERENCE);
        resets(9, "90 0f 0040 0001 80");
        resets(6, "40 01 01 03");
    }

    @Test
    void twoOctetPathsAreReadFromOldSpeakers() throws BgpException {
        DecodedUpdate decoded = decode(REACH + ORIGIN + "40 02 04 0201 fde8" + PREFERENCE, false, true);
        assertEquals(65000, decoded.update().attributes().neighbourAs());
    }
}
