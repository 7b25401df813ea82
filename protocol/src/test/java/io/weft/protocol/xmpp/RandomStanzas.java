package io.weft.protocol.xmpp;

import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.Prefix;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Supplier;

/** Values that use every field, its ends and odd texts. */
final class RandomStanzas {
    private static final String[] ODD = {
        "<", ">", "&", "\"", "'", "]]>", "é", "😀", "\uFFFD", "\n", "\t", "\r", " ", "&amp;", "<!--", "/", ":",
        "\u0200", "\u00a0"
    };

    private final Random random;

    RandomStanzas(Random random) {
        this.random = random;
    }

    /** Without blanks at its ends, which a reader may strip. */
    String text() {
        StringBuilder text = new StringBuilder("x");
        for (int i = random.nextInt(8); i > 0; i--) {
            text.append(
                    random.nextBoolean() ? ODD[random.nextInt(ODD.length)] : "" + (char) ('a' + random.nextInt(26)));
        }
        return text.append('y').toString();
    }

    private String maybeText() {
        return random.nextBoolean() ? "" : text();
    }

    private long unsigned() {
        return switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> 0xffff_ffffL;
            default -> random.nextLong(1L << 32);
        };
    }

    private <T> List<T> some(Supplier<T> value) {
        List<T> list = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            list.add(value.get());
        }
        return list;
    }

    private <T> Optional<T> maybe(Supplier<T> value) {
        return random.nextBoolean() ? Optional.of(value.get()) : Optional.empty();
    }

    InetAddress address(boolean ipv6) {
        byte[] bytes = new byte[ipv6 ? 16 : 4];
        random.nextBytes(bytes);
        if (ipv6) {
            bytes[0] = (byte) 0xfd; // never IPv4-mapped
            for (int i = random.nextInt(14); i > 0; i--) {
                bytes[2 + random.nextInt(14)] = 0;
            }
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    Prefix prefix(boolean ipv6) {
        return Prefix.containing(address(ipv6), random.nextInt(ipv6 ? 129 : 33));
    }

    private NextHop hop() {
        return new NextHop(
                address(random.nextBoolean()),
                maybe(() -> new MacAddress(random.nextLong(1L << 48))),
                random.nextInt(1 << 20),
                random.nextBoolean() ? 0 : random.nextInt(1 << 24),
                some(this::text),
                some(this::unsigned),
                maybeText());
    }

    RouteEntry entry(boolean ipv6) {
        return new RouteEntry(
                prefix(ipv6),
                some(this::hop),
                maybeText(),
                some(this::unsigned),
                unsigned(),
                unsigned(),
                unsigned(),
                maybe(() -> new RouteEntry.Mobility(unsigned(), random.nextBoolean())),
                some(this::text),
                maybeText(),
                maybe(() -> new RouteEntry.LoadBalance(some(this::text), maybeText())));
    }

    private OptionalLong revision() {
        return switch (random.nextInt(4)) {
            case 0 -> OptionalLong.empty();
            case 1 -> OptionalLong.of(Long.MAX_VALUE);
            default -> OptionalLong.of(random.nextLong(Long.MAX_VALUE));
        };
    }

    Stanza.RouteItems items() {
        boolean ipv6 = random.nextBoolean();
        return new Stanza.RouteItems(text(), ipv6, some(() -> entry(ipv6)), some(() -> prefix(ipv6)), revision());
    }

    private String elementName() {
        return "p" + random.nextInt(5) + (random.nextBoolean() ? "-q.r_s" : "");
    }

    private XmlTree tree(int depth) {
        if (depth == 0 || random.nextInt(3) == 0) {
            return random.nextInt(4) == 0 ? XmlTree.EMPTY : XmlTree.leaf(text());
        }
        Map<String, List<XmlTree>> children = new LinkedHashMap<>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            List<XmlTree> values = new ArrayList<>(List.of(tree(depth - 1)));
            values.addAll(some(() -> tree(depth - 1)));
            children.put(elementName(), values);
        }
        return new XmlTree("", children);
    }

    private XmlTree properties() {
        XmlTree tree = tree(4);
        return tree.text().isEmpty() ? tree : XmlTree.EMPTY;
    }

    private int keys;

    private ConfigNode.Key key() {
        return new ConfigNode.Key("type-" + random.nextInt(3), text() + keys++);
    }

    private ConfigLink link() {
        return random.nextBoolean()
                ? ConfigLink.of(key(), key(), tree(3))
                : new ConfigLink(key(), key(), text(), tree(3));
    }

    Stanza.ConfigUpdate config() {
        return new Stanza.ConfigUpdate(
                some(() -> {
                    ConfigNode.Key key = key();
                    return new ConfigNode(key.type(), key.name(), properties());
                }),
                some(this::link),
                some(this::link),
                some(this::key),
                revision());
    }

    int instanceId() {
        return random.nextInt(1 << 16);
    }

    boolean flag() {
        return random.nextBoolean();
    }
}
