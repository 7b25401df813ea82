package io.weft.config.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ValueTest {
    @Test
    void writesAddressesInTheirCanonicalForm() {
        Map<String, String> forms = Map.of(
                "2001:DB8:0:0:0:0:0:1", "2001:db8::1",
                "::", "::",
                "1::", "1::",
                "fd00:1:1::", "fd00:1:1::",
                "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1",
                "2001:0:0:1:0:0:0:1", "2001:0:0:1::1",
                "10.1.1.3", "10.1.1.3",
                "0.0.0.0", "0.0.0.0");
        forms.forEach((given, wanted) ->
                assertEquals(wanted, TextFormat.IP.canonical(given).orElse("refused")));
    }

    @Test
    void readsBackEveryAddressItWrites() throws UnknownHostException {
        long seed = new Random().nextLong();
        System.out.println("ValueTest seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 5000; i++) {
            byte[] raw = new byte[random.nextBoolean() ? 4 : 16];
            for (int j = 0; j < raw.length; j += 2) {
                raw[j + 1] = (byte) (random.nextInt(3) == 0 ? random.nextInt() : 0);
                raw[j] = (byte) (random.nextInt(4) == 0 ? random.nextInt() : 0);
            }
            if (raw.length == 16) {
                raw[0] = 0x20;
            }
            IpAddress address = new IpAddress(new BigInteger(1, raw), raw.length * 8);
            assertEquals(InetAddress.getByAddress(raw), InetAddress.ofLiteral(address.toString()));
            assertEquals(Optional.of(address), IpAddress.parse(address.toString()));
        }
    }

    @Test
    void refusesWhatIsNotAnAddress() {
        for (String text : new String[] {
            "",
            "10.1.1",
            "10.1.1.256",
            "010.1.1.1",
            "1.2.3.4.5",
            "::ffff:1.2.3.4",
            "fe80::1%eth0",
            ":::",
            "a",
            "1::2::3",
            "localhost",
            "10.1.1.1 "
        }) {
            assertTrue(IpAddress.parse(text).isEmpty(), text);
        }
    }

    @Test
    void boundsRouteTargetsByTheKindOfTheirAsn() {
        assertTrue(TextFormat.ROUTE_TARGET.canonical("target:64512:4294967295").isPresent());
        assertTrue(TextFormat.ROUTE_TARGET.canonical("target:70000:65535").isPresent());
        assertTrue(TextFormat.ROUTE_TARGET.canonical("target:10.0.0.1:65535").isPresent());
        for (String text : new String[] {
            "target:70000:65536",
            "target:10.0.0.1:65536",
            "target:0:1",
            "target:4294967296:1",
            "64512:1",
            "target:64512",
            "target:64512:-1",
            "target:10.0.0.300:1"
        }) {
            assertTrue(TextFormat.ROUTE_TARGET.canonical(text).isEmpty(), text);
        }
    }

    @Test
    void namesFileAndFieldOfAMistakeInTheSchema() {
        String types = "A: {type: integer}\nB: {fields: {b: {type: B}}}\nIdPermsType: {fields: {}}\n"
                + "PermType2: {fields: {}}\nKeyValuePairs: {fields: {key_value_pair: {type: string, list: true}}}";
        check("x.yaml properties.p: no type 'C'", types, "type: x\nproperties: {p: {type: C}}");
        check("contains itself", types, "type: x\nproperties: {p: {type: B}}");
        check("unknown key 'tipe'", types, "type: x\nproperties: {p: {tipe: A}}");
        check("holds type 'y'", types, "type: y");
        check("a collection is a structure", types, "type: x\nproperties: {p: {type: A, collection: list}}");
        Schema good = SchemaReader.read(Map.of("types.yaml", types, "x.yaml", "type: x\nproperties: {p: {type: A}}"));
        assertEquals("p", good.type("x").properties().get("p").name());
    }

    private static void check(String part, String types, String object) {
        IllegalStateException refused = assertThrows(
                IllegalStateException.class, () -> SchemaReader.read(Map.of("types.yaml", types, "x.yaml", object)));
        assertTrue(refused.getMessage().contains(part), refused.getMessage());
    }

    @Test
    void knowsTheTypesOfTheDemo() {
        Schema schema = SchemaReader.builtIn();
        assertEquals(17, schema.types().size());
        assertEquals("virtual-network", schema.type("virtual_network").name());
    }
}
