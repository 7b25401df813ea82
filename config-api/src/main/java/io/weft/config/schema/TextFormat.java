package io.weft.config.schema;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a text property must look like beyond being text. Pure functions. */
public enum TextFormat {
    ANY("any text") {
        @Override
        public Optional<String> canonical(String text) {
            return Optional.of(text);
        }
    },
    /** IPv4 dotted quad or IPv6 of RFC 4291; stored as written in the canonical form of RFC 5952. */
    IP("an IPv4 or IPv6 address") {
        @Override
        public Optional<String> canonical(String text) {
            return IpAddress.parse(text).map(IpAddress::toString);
        }
    },
    /** An address, or address/length. */
    PREFIX("an IPv4 or IPv6 prefix") {
        @Override
        public Optional<String> canonical(String text) {
            int slash = text.indexOf('/');
            Optional<IpAddress> address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
            if (address.isEmpty() || slash < 0) {
                return address.map(IpAddress::toString);
            }
            String length = text.substring(slash + 1);
            if (!length.matches("[0-9]{1,3}")
                    || Integer.parseInt(length) > address.get().bits()) {
                return Optional.empty();
            }
            return Optional.of(address.get() + "/" + Integer.parseInt(length));
        }
    },
    /** Six octets in hex; stored in lower case with colons. */
    MAC("a MAC address such as 02:00:00:00:00:01") {
        @Override
        public Optional<String> canonical(String text) {
            String colons = text.replace('-', ':').toLowerCase(Locale.ROOT);
            return colons.matches("[0-9a-f]{2}(:[0-9a-f]{2}){5}") ? Optional.of(colons) : Optional.empty();
        }
    },
    UUID("a uuid such as 00000000-0000-4000-8000-000000000000") {
        @Override
        public Optional<String> canonical(String text) {
            String lower = text.toLowerCase(Locale.ROOT);
            return lower.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}") ? Optional.of(lower) : Optional.empty();
        }
    },
    /** {@code target:<asn or IPv4>:<number>}: type 0, 1 or 2 of RFC 4360 section 4 and RFC 5668. */
    ROUTE_TARGET("a route target such as target:64512:100") {
        @Override
        public Optional<String> canonical(String text) {
            Matcher matcher = TARGET.matcher(text);
            if (!matcher.matches()) {
                return Optional.empty();
            }
            long number = Long.parseLong(matcher.group(2));
            if (matcher.group(1).indexOf('.') >= 0) {
                boolean fits = IpAddress.parse(matcher.group(1)).isPresent() && number <= 0xffff;
                return fits ? Optional.of(text) : Optional.empty();
            }
            long asn = Long.parseLong(matcher.group(1));
            boolean fits = asn >= 1 && asn <= 0xffffffffL && number <= (asn <= 0xffff ? 0xffffffffL : 0xffff);
            return fits ? Optional.of("target:" + asn + ":" + number) : Optional.empty();
        }
    };

    private static final Pattern TARGET =
            Pattern.compile("target:([0-9]{1,10}|[0-9]{1,3}(?:\\.[0-9]{1,3}){3}):([0-9]{1,10})");

    private final String wanted;

    TextFormat(String wanted) {
        this.wanted = wanted;
    }

    /** The value as it is stored, or empty when the text does not have this format. */
    public abstract Optional<String> canonical(String text);

    /** What an error message says is wanted. */
    public String wanted() {
        return wanted;
    }

    /**
     * Whether XML 1.0 can carry the text (section 2.2, Char): agents get configuration as XML, so anything else is refused here.
     */
    public static boolean carriable(String text) {
        return text.codePoints()
                .allMatch(c -> c >= 0x20 && c <= 0xd7ff
                        || c == 0x9
                        || c == 0xa
                        || c == 0xd
                        || c >= 0xe000 && c <= 0xfffd
                        || c >= 0x10000);
    }

    /**
     * @param where field the value stands in, for the message
     * @throws RefusedException 400 the text does not have this format
     */
    public String require(String where, String text) {
        return canonical(text)
                .orElseThrow(() -> RefusedException.bad(where + ": '" + Shown.of(text) + "' is not " + wanted));
    }
}
