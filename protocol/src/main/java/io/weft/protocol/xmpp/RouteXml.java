package io.weft.protocol.xmpp;

import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.Prefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The {@code <entry>} of inet and inet6 routes. */
final class RouteXml {
    private RouteXml() {}

    /** @throws IllegalArgumentException a value that is missing or out of range */
    static RouteEntry decode(XmlElement entry) {
        XmlElement nlri = entry.child("nlri").orElseThrow(() -> new IllegalArgumentException("entry has no nlri"));
        Prefix prefix = Prefix.parse(nlri.childText("address"));
        String af = nlri.childText("af");
        if (!af.isEmpty() && !af.equals(prefix.isIpv6() ? "2" : "1")) {
            throw new IllegalArgumentException("nlri of af " + af + " has address " + prefix);
        }
        List<NextHop> hops = new ArrayList<>();
        for (XmlElement hop : children(entry, "next-hops", "next-hop")) {
            hops.add(nextHop(hop));
        }
        List<Long> groups = new ArrayList<>();
        for (XmlElement group : children(entry, "security-group-list", "security-group")) {
            groups.add(number("security-group", group.text().strip(), 0xffff_ffffL));
        }
        return new RouteEntry(
                prefix,
                hops,
                entry.childText("virtual-network"),
                groups,
                number(entry, "local-preference", RouteEntry.DEFAULT_LOCAL_PREFERENCE),
                number(entry, "med", 0),
                number(entry, "sequence-number", 0),
                entry.child("mobility").map(RouteXml::mobility),
                texts(entry, "community-tag-list", "community-tag"),
                entry.childText("sub-protocol"),
                entry.child("load-balance").map(RouteXml::loadBalance));
    }

    private static NextHop nextHop(XmlElement hop) {
        List<Long> tags = new ArrayList<>();
        for (XmlElement tag : children(hop, "tag-list", "tag")) {
            tags.add(number("tag", tag.text().strip(), 0xffff_ffffL));
        }
        String mac = hop.childText("mac");
        return new NextHop(
                IpAddress.parse(hop.childText("address")),
                mac.isEmpty() ? Optional.empty() : Optional.of(MacAddress.parse(mac)),
                (int) number(hop, "label", 0, NextHop.MAX_LABEL),
                (int) number(hop, "l3-label", 0, NextHop.MAX_L3_LABEL),
                texts(hop, "tunnel-encapsulation-list", "tunnel-encapsulation"),
                tags,
                hop.childText("virtual-network"));
    }

    private static RouteEntry.Mobility mobility(XmlElement mobility) {
        String sequence = mobility.attribute("seqno");
        return new RouteEntry.Mobility(
                sequence.isEmpty() ? 0 : number("mobility seqno", sequence, 0xffff_ffffL),
                mobility.attribute("sticky").equals("true"));
    }

    private static RouteEntry.LoadBalance loadBalance(XmlElement balance) {
        List<String> fields = balance.child("load-balance-fields")
                .map(list -> texts(list, "load-balance-field-list"))
                .orElse(List.of());
        return new RouteEntry.LoadBalance(fields, balance.childText("load-balance-decision"));
    }

    static void encode(XmlWriter out, RouteEntry entry) {
        out.start("entry").start("nlri");
        out.leaf("af", entry.prefix().isIpv6() ? 2 : 1).leaf("safi", 1);
        out.leaf("address", entry.prefix().toString()).end();
        if (!entry.nextHops().isEmpty()) {
            out.start("next-hops");
            entry.nextHops().forEach(hop -> encode(out, hop));
            out.end();
        }
        out.leaf("version", 1).leaf("virtual-network", entry.virtualNetwork());
        entry.mobility()
                .ifPresent(mobility -> out.start("mobility")
                        .attribute("seqno", Long.toString(mobility.sequence()))
                        .attribute("sticky", Boolean.toString(mobility.sticky()))
                        .end());
        out.leaf("sequence-number", entry.sequence());
        list(out, "security-group-list", "security-group", entry.securityGroups());
        list(out, "community-tag-list", "community-tag", entry.communities());
        out.leaf("local-preference", entry.localPreference()).leaf("med", entry.med());
        entry.loadBalance().ifPresent(balance -> {
            out.start("load-balance");
            list(out, "load-balance-fields", "load-balance-field-list", balance.fields());
            out.leaf("load-balance-decision", balance.decision()).end();
        });
        if (!entry.subProtocol().isEmpty()) {
            out.leaf("sub-protocol", entry.subProtocol());
        }
        out.end();
    }

    private static void encode(XmlWriter out, NextHop hop) {
        out.start("next-hop").leaf("af", hop.address().getAddress().length == 4 ? 1 : 2);
        out.leaf("address", IpAddress.format(hop.address()));
        hop.mac().ifPresent(mac -> out.leaf("mac", mac.toString()));
        out.leaf("label", hop.label());
        if (hop.l3Label() != 0) {
            out.leaf("l3-label", hop.l3Label());
        }
        list(out, "tunnel-encapsulation-list", "tunnel-encapsulation", hop.encapsulations());
        if (!hop.virtualNetwork().isEmpty()) {
            out.leaf("virtual-network", hop.virtualNetwork());
        }
        list(out, "tag-list", "tag", hop.tags());
        out.end();
    }

    private static void list(XmlWriter out, String list, String item, List<?> values) {
        if (!values.isEmpty()) {
            out.start(list);
            values.forEach(value -> out.leaf(item, value.toString()));
            out.end();
        }
    }

    private static List<XmlElement> children(XmlElement of, String list, String item) {
        return of.child(list).map(found -> found.all(item)).orElse(List.of());
    }

    private static List<String> texts(XmlElement of, String list, String item) {
        return of.child(list).map(found -> texts(found, item)).orElse(List.of());
    }

    private static List<String> texts(XmlElement list, String item) {
        return list.all(item).stream().map(found -> found.text().strip()).toList();
    }

    private static long number(XmlElement of, String name, long byDefault) {
        return number(of, name, byDefault, 0xffff_ffffL);
    }

    private static long number(XmlElement of, String name, long byDefault, long max) {
        String text = of.childText(name);
        return text.isEmpty() ? byDefault : number(name, text, max);
    }

    static long number(String name, String text, long max) {
        // 19 digits fit unsigned; what is above Long.MAX_VALUE reads as negative.
        long value = text.matches("[0-9]{1,19}") ? Long.parseUnsignedLong(text) : -1;
        if (value < 0 || value > max) {
            throw new IllegalArgumentException(name + " '" + text + "' is not a number in 0.." + max);
        }
        return value;
    }
}
