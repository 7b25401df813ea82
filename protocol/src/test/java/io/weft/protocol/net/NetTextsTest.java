package io.weft.protocol.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses, prefixes, route targets and distinguishers as text. */
class NetTextsTest {
    private static void refused(Executable parse, String... texts) {
        String message = assertThrows(IllegalArgumentException.class, parse).getMessage();
        for (String text : texts) {
            assertTrue(message.contains(text), () -> "'" + text + "' is not in: " + message);
        }
    }

    /** RFC 5952 sections 4.2 and 4.3. */
    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, 0.0.0.0",
        "255.255.255.255, 255.255.255.255",
        "::, ::",
        "::1, ::1",
        "1::, 1::",
        "0:0:0:0:0:0:0:0, ::",
        "2001:0DB8::0001, 2001:db8::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "0:0:1:2:3:4:5:6, ::1:2:3:4:5:6",
        "1:2:3:4:5:6:0:0, 1:2:3:4:5:6::",
        "1:2:3:4:5:6:7:8, 1:2:3:4:5:6:7:8",
        "64:ff9b::1.2.3.4, 64:ff9b::102:304",
        "fe80::AbCd, fe80::abcd",
    })
    void addressesAreReadAndWrittenCanonically(String text, String canonical) {
        InetAddress address = IpAddress.parse(text);
        assertEquals(canonical, IpAddress.format(address));
        assertEquals(address, IpAddress.parse(canonical));
        assertEquals(text.contains(":") ? 16 : 4, address.getAddress().length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "10.0.0",
                "10.0.0.0.1",
                "10.0.0.256",
                "010.0.0.1",
                "10.0.0.1 ",
                "10.0.0.-1",
                "10..0.1",
                "1",
                "localhost",
                "example.org",
                "::1%lo",
                ":",
                ":::",
                "1::2::3",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "12345::",
                "::g",
                "[::1]",
                "::ffff:1.2.3.4",
                "::1/64",
                "１.0.0.1",
                "1:2:3:4:5:6:7:1.2.3.4"
            })
    void whatIsNoAddressIsNamed(String text) {
        refused(() -> IpAddress.parse(text), "'" + text + "' is not an IP address");
    }

    @Test
    void randomAddressesComeBackFromTheirText() throws Exception {
        long seed = Long.getLong("weft.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (random.nextInt(3) == 0 ? random.nextInt(256) : 0);
            }
            InetAddress address = InetAddress.getByAddress(bytes);
            if (address.getAddress().length != bytes.length) {
                continue; // the JDK turns IPv4-mapped ones into IPv4
            }
            String text = IpAddress.format(address);
            assertEquals(address, IpAddress.parse(text), () -> "seed " + seed);
            assertFalse(text.contains(":::") || text.matches(".*(^|:)0(:0)+(:|$).*") && !text.contains("::"), text);
            int length = random.nextInt(8 * bytes.length + 1);
            Prefix prefix = Prefix.containing(address, length);
            assertEquals(prefix, Prefix.parse(prefix.toString()), () -> "seed " + seed);
            assertTrue(prefix.contains(address), () -> "seed " + seed);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.0.0/16, 10.1.0.0/16",
        "10.1.2.3, 10.1.2.3/32",
        "0.0.0.0/0, 0.0.0.0/0",
        "::/0, ::/0",
        "fd00::1, fd00::1/128",
        "2001:DB8::/32, 2001:db8::/32",
        "8000::/1, 8000::/1",
    })
    void prefixesAreReadAndWrittenCanonically(String text, String canonical) {
        assertEquals(canonical, Prefix.parse(text).toString());
        assertEquals(Prefix.parse(text), Prefix.parse(canonical));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "10.0.0.0/33, prefix length 33 is not in 0..32",
                "::/129, prefix length 129 is not in 0..128",
                "10.0.0.0/, length ''",
                "10.0.0.0/08, length '08'",
                "10.0.0.0/-1, length '-1'",
                "10.0.0.0/1000, length '1000'",
                "10.0.0.0/8/8, length '8/8'",
                "10.0.0.1/31, 10.0.0.1/31 has bits set beyond its length",
                "::1/127, ::1/127 has bits set",
                "/8, '' is not an IP address",
                "10.0/8, '10.0' is not an IP address",
            })
    void whatIsNoPrefixIsNamed(String text, String reason) {
        refused(() -> Prefix.parse(text), reason);
    }

    @Test
    void prefixesKnowWhatTheyHoldAndTheirOrder() {
        Prefix ten = Prefix.parse("10.0.0.0/8");
        assertTrue(ten.contains(IpAddress.parse("10.255.255.255")));
        assertFalse(ten.contains(IpAddress.parse("11.0.0.0")));
        assertFalse(ten.contains(IpAddress.parse("a00::")));
        assertTrue(Prefix.parse("0.0.0.0/0").contains(IpAddress.parse("255.1.2.3")));
        assertEquals(ten, Prefix.containing(IpAddress.parse("10.9.8.7"), 8));
        assertEquals(Prefix.parse("10.9.8.6/31"), Prefix.containing(IpAddress.parse("10.9.8.7"), 31));
        assertEquals(Prefix.parse("fd00::/17"), Prefix.containing(IpAddress.parse("fd00:7fff::1"), 17));
        refused(() -> Prefix.containing(IpAddress.parse("10.9.8.7"), 33), "33");
        assertTrue(Prefix.host(IpAddress.parse("::1")).isHost() && !ten.isHost() && !ten.isIpv6());
        List<Prefix> sorted = new ArrayList<>();
        for (String text :
                List.of("9.0.0.0/8", "10.0.0.0/8", "10.0.0.0/9", "200.0.0.0/8", "::/0", "::/1", "fd00::/8")) {
            sorted.add(Prefix.parse(text));
        }
        List<Prefix> shuffled = new ArrayList<>(sorted);
        Collections.shuffle(shuffled, new Random(5));
        Collections.sort(shuffled);
        assertEquals(sorted, shuffled);
    }

    @Test
    void macAddressesAreSixBytes() {
        assertEquals("00:00:00:00:00:00", MacAddress.parse("00:00:00:00:00:00").toString());
        assertEquals("ff:ee:dd:cc:bb:aa", MacAddress.parse("FF:ee:DD:cc:BB:aa").toString());
        assertEquals(0x0200_0000_0011L, MacAddress.parse("02:00:00:00:00:11").bits());
        for (String text : List.of(
                "",
                "02:00:00:00:00",
                "02:00:00:00:00:00:00",
                "2:0:0:0:0:0",
                "02-00-00-00-00-00",
                "0g:00:00:00:00:00")) {
            refused(() -> MacAddress.parse(text), "MAC '" + text + "'");
        }
        refused(() -> new MacAddress(-1), "-1");
        refused(() -> new MacAddress(1L << 48), "281474976710656");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "target:64512:8000001",
                "target:0:0",
                "target:65535:4294967295",
                "target:65536:65535",
                "target:4294967295:0",
                "target:192.168.1.17:65535",
                "target:255.255.255.255:1"
            })
    void routeTargetsComeBackFromTheirText(String text) {
        assertEquals(text, RouteTarget.parse(text).toString());
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "``, ''",
                "64512:1, 64512:1",
                "target:64512, target:64512",
                "target:64512:1:2, target:64512:1:2",
                "origin:64512:1, origin:64512:1",
                "target:x:1, 'x'",
                "target:-1:1, '-1'",
                "target:64512:-1, target:64512:-1",
                "target:64512:, target:64512:",
                "target::1, ''",
                "target:4294967296:1, 4294967296",
                "target:65536:65536, 65536 is not in 0..65535",
                "target:64512:4294967296, 4294967296",
                "target:10.0.0.1:65536, 65536 is not in 0..65535",
                "target:10.0.0:1, '10.0.0'",
            })
    void whatIsNoRouteTargetIsNamed(String text, String part) {
        refused(() -> RouteTarget.parse(text), part);
    }

    @Test
    void routeTargetsAreOrdered() {
        List<RouteTarget> sorted = new ArrayList<>();
        for (String text : List.of(
                "target:1:2",
                "target:1:10",
                "target:2:1",
                "target:4294967295:1",
                "target:10.0.0.1:1",
                "target:200.0.0.1:0")) {
            sorted.add(RouteTarget.parse(text));
        }
        List<RouteTarget> shuffled = new ArrayList<>(sorted);
        Collections.shuffle(shuffled, new Random(7));
        Collections.sort(shuffled);
        assertEquals(sorted, shuffled);
    }

    @Test
    void routeDistinguishersAreAddressAndNumber() {
        Inet4Address address = (Inet4Address) IpAddress.parse("192.168.1.17");
        assertEquals("192.168.1.17:5", new RouteDistinguisher(address, 5).toString());
        assertEquals("192.168.1.17:65535", new RouteDistinguisher(address, 65535).toString());
        refused(() -> new RouteDistinguisher(address, 65536), "65536", "0..65535");
        refused(() -> new RouteDistinguisher(address, -1), "-1");
    }
}
