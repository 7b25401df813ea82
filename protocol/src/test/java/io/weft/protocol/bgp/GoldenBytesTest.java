package io.weft.protocol.bgp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.bgp.Capability.GracefulRestart;
import io.weft.protocol.bgp.Capability.MultiProtocol;
import io.weft.protocol.bgp.PathAttributes.Segment;
import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteDistinguisher;
import io.weft.protocol.net.RouteTarget;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Messages written by hand from the RFCs. */
class GoldenBytesTest {
    private static final String MARKER = "ff".repeat(16);

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replaceAll("[\\s|]", ""));
    }

    /** With the header of its type before it. */
    private static byte[] message(int type, String body) {
        return hex(MARKER + "%04x%02x".formatted(19 + hex(body).length, type) + body);
    }

    private static BgpMessage decode(byte[] bytes) throws BgpException {
        return BgpDecoder.decode(bytes, true, true);
    }

    @Test
    void openCarriesCapabilities() throws BgpException {
        byte[] bytes = message(
                1,
                "04 5ba0 005a c0000201 | 24 02 22"
                        + "01 04 0001 00 80 | 01 04 0002 00 80 | 02 00"
                        + "40 0a c12c 0001 80 80 0002 80 00"
                        + "41 04 fc000000 | 46 00");
        Open open = new Open(
                Open.AS_TRANS,
                90,
                0xc0000201L,
                List.of(
                        new MultiProtocol(Family.INET_VPN),
                        new MultiProtocol(Family.INET6_VPN),
                        new Capability.RouteRefresh(),
                        new GracefulRestart(
                                true,
                                true,
                                300,
                                List.of(
                                        new GracefulRestart.Kept(Family.INET_VPN, true),
                                        new GracefulRestart.Kept(Family.INET6_VPN, false))),
                        new Capability.FourOctetAs(0xfc000000L),
                        new Capability.Unknown(70, Bytes.EMPTY)));
        assertEquals(open, decode(bytes));
        assertArrayEquals(bytes, BgpEncoder.encode(open));
        assertEquals(0xfc000000L, open.asn());
    }

    @Test
    void openReadsExtendedParameters() throws BgpException {
        Open open = (Open) decode(message(1, "04 fde8 005a c0000201 | ff ff 0007 02 0004 02 00 46 00"));
        assertTrue(open.canRefresh());
        assertEquals(2, open.capabilities().size());
    }

    @Test
    void keepaliveNotificationAndRefresh() throws BgpException {
        assertArrayEquals(hex(MARKER + "001304"), BgpEncoder.keepalive());
        assertEquals(new BgpMessage.Keepalive(), decode(hex(MARKER + "001304")));
        Notification cease = Notification.of(Notification.CEASE, Notification.COLLISION);
        assertArrayEquals(message(3, "0607"), BgpEncoder.encode(cease));
        assertEquals(cease, decode(message(3, "0607")));
        assertEquals(
                Notification.of(6, 9, (byte) 6, (byte) 3),
                Notification.of(6, Notification.PEER_DECONFIGURED).asHardReset());
        assertArrayEquals(message(5, "00010080"), BgpEncoder.routeRefresh(Family.INET_VPN));
        assertEquals(new BgpMessage.RouteRefresh(Family.INET_VPN), decode(message(5, "00010080")));
    }

    @Test
    void updateOfInetVpn() throws BgpException {
        byte[] bytes = message(
                2,
                "0000 | 0056"
                        // MP_REACH: 1/128, next hop 0:0 192.0.2.1, label 20 bottom, RD 1:192.0.2.1:7, 10.1.1.3/32
                        + "90 0e 0021 | 0001 80 | 0c 0000000000000000 c0000201 | 00"
                        + "78 000141 0001c00002010007 0a010103"
                        + "40 01 01 00 | 40 02 00 | 40 05 04 00000064"
                        // RT 64512:8000001, encapsulations VXLAN and MPLS in UDP, OriginVn 64512:7
                        + "c0 10 20 | 0002fc00007a1201 | 030c000000000008 | 030c00000000000d | 8071fc0000000007");
        PathAttributes attributes = new PathAttributes(
                Optional.of(0),
                Optional.of(List.of()),
                Optional.empty(),
                OptionalLong.empty(),
                OptionalLong.of(100),
                false,
                Optional.empty(),
                List.of(),
                OptionalLong.empty(),
                List.of(),
                List.of(
                        ExtendedCommunity.of(RouteTarget.parse("target:64512:8000001")),
                        ExtendedCommunity.encapsulation(8),
                        ExtendedCommunity.encapsulation(13),
                        ExtendedCommunity.originNetwork(64512, 7)),
                List.of());
        VpnNlri nlri = new VpnNlri(
                List.of(20), RouteDistinguisher.of(IpAddress.parse("192.0.2.1"), 7), Prefix.parse("10.1.1.3/32"));
        Update update = Update.reach(
                attributes, new Update.Reach(Family.INET_VPN, IpAddress.parse("192.0.2.1"), List.of(nlri)));
        assertArrayEquals(bytes, BgpEncoder.encode(update));
        assertEquals(new DecodedUpdate(update, List.of()), decode(bytes));
    }

    @Test
    void updateOfInet6VpnWithIpv4NextHop() throws BgpException {
        byte[] bytes = message(
                2,
                "0000 | 0043"
                        + "90 0e 0031 | 0002 80 | 18 0000000000000000 00000000000000000000ffffc0000201 | 00"
                        + "98 000141 0001c00002010007 fd00000100010000"
                        + "40 01 01 00 | 40 02 00 | 40 05 04 00000064");
        DecodedUpdate decoded = (DecodedUpdate) decode(bytes);
        assertEquals(List.of(), decoded.malformed());
        assertEquals(
                IpAddress.parse("192.0.2.1"),
                decoded.update().reach().orElseThrow().nextHop());
        assertEquals(
                Prefix.parse("fd00:1:1::/64"),
                decoded.update().reach().orElseThrow().nlri().getFirst().prefix());
        assertArrayEquals(bytes, BgpEncoder.encode(decoded.update()));
    }

    /** Captured from a session with GoBGP 3.10. */
    @Test
    void readsWhatGoBgpSends() throws BgpException {
        Open open = (Open)
                decode(
                        message(
                                1,
                                "04fc00005ac63364022a02280200490402766d0001040001008001040002008041040000fc00050c000100800002000200800002"));
        assertEquals(64512, open.asn());
        assertEquals(java.util.Set.of(Family.INET_VPN, Family.INET6_VPN), open.families());
        assertTrue(open.canRefresh());
        DecodedUpdate six = (DecodedUpdate) decode(message(
                2,
                "0000004d4001010240020040050400000064800e3100028018000000000000000000000000000000000000ffffc000024d0098003ea1"
                        + "0001c000024d0009fd00000900000000c010080002fc00007a1201"));
        assertEquals(List.of(), six.malformed());
        Update.Reach reach = six.update().reach().orElseThrow();
        assertEquals(IpAddress.parse("192.0.2.77"), reach.nextHop());
        assertEquals(
                List.of(new VpnNlri(
                        List.of(1002),
                        RouteDistinguisher.of(IpAddress.parse("192.0.2.77"), 9),
                        Prefix.parse("fd00:9::/64"))),
                reach.nlri());
        DecodedUpdate four = (DecodedUpdate) decode(message(
                2,
                "0000004a400101024002008004040000000540050400000064c00804fc000007800e200001800c0000000000000000c000024d0070"
                        + "003e910000fc00000000090a0900c010080002fc00007a1201"));
        assertEquals(List.of(), four.malformed());
        assertEquals(List.of(0xfc000007L), four.update().attributes().communities());
        assertEquals(OptionalLong.of(5), four.update().attributes().med());
        assertEquals(
                "64512:9",
                four.update()
                        .reach()
                        .orElseThrow()
                        .nlri()
                        .getFirst()
                        .distinguisher()
                        .toString());
        assertEquals(
                List.of(ExtendedCommunity.of(RouteTarget.parse("target:64512:8000001"))),
                four.update().attributes().extendedCommunities());
    }

    @Test
    void withdrawalAndEndOfRib() throws BgpException {
        byte[] bytes = message(2, "0000 | 0016 | 90 0f 0012 | 0001 80 | 70 800000 0000fde800000009 0a0101");
        DecodedUpdate decoded = (DecodedUpdate) decode(bytes);
        VpnNlri gone = decoded.update().unreach().orElseThrow().nlri().getFirst();
        assertEquals(new VpnNlri(List.of(), gone.distinguisher(), Prefix.parse("10.1.1.0/24")), gone);
        assertEquals("65000:9", gone.distinguisher().toString());
        assertArrayEquals(bytes, BgpEncoder.encode(decoded.update()));
        byte[] end = message(2, "0000 | 0007 | 90 0f 0003 | 0002 80");
        assertArrayEquals(end, BgpEncoder.endOfRib(Family.INET6_VPN));
        assertEquals(
                Optional.of(Family.INET6_VPN),
                ((DecodedUpdate) decode(end)).update().endOfRib());
        assertEquals(
                Optional.of(Family.INET),
                ((DecodedUpdate) decode(message(2, "00000000"))).update().endOfRib());
    }

    @Test
    void everyAttributeOfIpv4Unicast() throws BgpException {
        byte[] bytes = message(
                2,
                "0003 10 0a01 | 0058"
                        + "40 01 01 02 | 40 02 10 02 02 0000fde8 fc000000 01 01 00000007"
                        + "40 03 04 c0000205 | 80 04 04 00000032 | 40 05 04 000000c8 | 40 06 00"
                        + "c0 07 08 0000fde8 c0000206 | c0 08 08 ffffff01 00640001"
                        + "80 09 04 c0000207 | 80 0a 04 c0000208 | e0 f3 02 1234"
                        + "| 18 0a0203");
        DecodedUpdate decoded = (DecodedUpdate) decode(bytes);
        assertEquals(List.of(), decoded.malformed());
        PathAttributes read = decoded.update().attributes();
        assertEquals(3, read.asPathLength());
        assertEquals(65000, read.neighbourAs());
        assertEquals(
                new Segment(Segment.SET, List.of(7L)),
                read.asPath().orElseThrow().getLast());
        assertEquals(List.of(0xffffff01L, 0x00640001L), read.communities());
        assertEquals(List.of(Prefix.parse("10.1.0.0/16")), decoded.update().withdrawn());
        assertEquals(List.of(Prefix.parse("10.2.3.0/24")), decoded.update().announced());
        assertArrayEquals(bytes, BgpEncoder.encode(decoded.update()));
    }

    @Test
    void extendedCommunitiesOfTheReference() {
        assertEquals(
                0x0102c00002010007L,
                ExtendedCommunity.of(RouteTarget.parse("target:192.0.2.1:7")).bits());
        assertEquals(
                0x0202fc0000000007L,
                ExtendedCommunity.of(RouteTarget.parse("target:4227858432:7")).bits());
        assertEquals(
                0x0603020000000001L,
                ExtendedCommunity.routerMac(MacAddress.parse("02:00:00:00:00:01"))
                        .bits());
        assertEquals(
                0x8004fc00007a1201L,
                ExtendedCommunity.securityGroup(64512, 8000001).bits());
        assertEquals(0x8084fc0000020003L, ExtendedCommunity.tag(64512, 0x20003).bits());
        assertEquals(0x0600010000000005L, ExtendedCommunity.mobility(5, true).bits());
    }

    @Test
    void splitsMessagesAnywhereAndRefusesBrokenHeaders() throws BgpException {
        byte[] two = hex(MARKER + "001304" + MARKER + "0015030607");
        for (int at = 0; at <= two.length; at++) {
            MessageSplitter splitter = new MessageSplitter();
            List<byte[]> messages = new ArrayList<>();
            splitter.feed(java.util.Arrays.copyOf(two, at), messages::add);
            splitter.feed(java.util.Arrays.copyOfRange(two, at, two.length), messages::add);
            assertEquals(2, messages.size(), "cut at " + at);
            assertEquals(21, messages.getLast().length);
        }
        header(Notification.of(1, 1), "fe" + "ff".repeat(15) + "001304");
        header(Notification.of(1, 2, (byte) 0, (byte) 18), MARKER + "001204");
        header(Notification.of(1, 2, (byte) 0x10, (byte) 1), MARKER + "100102");
        header(Notification.of(1, 2, (byte) 0, (byte) 20), MARKER + "00140400");
        header(Notification.of(1, 3, (byte) 9), MARKER + "001309");
    }

    private static void header(Notification expected, String bytes) {
        BgpException error =
                assertThrows(BgpException.class, () -> new MessageSplitter().feed(hex(bytes), message -> {}));
        assertEquals(expected, error.notification());
    }

    @Test
    void brokenOpensNameTheirError() {
        open(1, "03 fde8 005a c0000201 00");
        open(6, "04 fde8 0002 c0000201 00");
        open(3, "04 fde8 005a 00000000 00");
        open(0, "04 fde8 005a c0000201 01");
        open(0, "04 fde8 005a c0000201 03 02 02 02");
        open(4, "04 fde8 005a c0000201 02 01 00");
    }

    private static void open(int subcode, String body) {
        BgpException error = assertThrows(BgpException.class, () -> decode(message(1, body)));
        assertEquals(Notification.OPEN, error.notification().code());
        assertEquals(subcode, error.notification().subcode());
    }
}
