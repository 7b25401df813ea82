package io.weft.protocol.xmpp;

import io.weft.protocol.net.Prefix;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a route in publish and collection: {@code 1/1/<instance>/<prefix>[/<primary instance index>]}.
 *
 * @param primaryIndex -1: none
 */
public record RouteNode(String instance, Prefix prefix, int primaryIndex) {
    private static final Pattern FORM = Pattern.compile(
            "([12])/1/(.+)/([0-9a-fA-F]*[.:][0-9a-fA-F.:]*)/([0-9]{1,3})(?:/([0-9]{1,9}))?", Pattern.DOTALL);

    public RouteNode {
        Objects.requireNonNull(prefix, "prefix");
        if (instance.isEmpty() || instance.length() > 1024) {
            throw new IllegalArgumentException("instance name of " + instance.length() + " characters");
        }
    }

    public static RouteNode of(String instance, Prefix prefix) {
        return new RouteNode(instance, prefix, -1);
    }

    /** Whether the text names a route of a family understood here. */
    static boolean isUnicast(String text) {
        return text.startsWith("1/1/") || text.startsWith("2/1/");
    }

    /** @throws IllegalArgumentException not of that form */
    public static RouteNode parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("route node '" + text + "' is not af/safi/instance/prefix");
        }
        Prefix prefix = Prefix.parse(matcher.group(3) + "/" + Integer.parseInt(matcher.group(4)));
        if (prefix.isIpv6() != matcher.group(1).equals("2")) {
            throw new IllegalArgumentException("route node '" + text + "': prefix is of the other family");
        }
        String index = matcher.group(5);
        return new RouteNode(matcher.group(2), prefix, index == null ? -1 : Integer.parseInt(index));
    }

    @Override
    public String toString() {
        String text = (prefix.isIpv6() ? "2/1/" : "1/1/") + instance + "/" + prefix;
        return primaryIndex < 0 ? text : text + "/" + primaryIndex;
    }
}
