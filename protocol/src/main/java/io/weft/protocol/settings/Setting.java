package io.weft.protocol.settings;

import java.util.Locale;
import java.util.Objects;

/**
 * One setting of a program: a row of its settings table.
 *
 * @param name lower case words joined by '-', e.g. {@code xmpp-hold-time-ms}; the unit comes last
 * @param kind what a value looks like
 * @param defaultText the default as a user would write it; null: the setting is required
 * @param min smallest value of a NUMBER, otherwise ignored
 * @param max largest value of a NUMBER, otherwise ignored
 * @param doc one sentence for {@code --help} and docs/settings.md
 */
public record Setting(String name, Kind kind, String defaultText, long min, long max, String doc) {
    /** Form of a value. ADDRESS is {@code host:port} with IPv6 in brackets. */
    public enum Kind {
        TEXT,
        NUMBER,
        FLAG,
        ADDRESS,
        PATH
    }

    public Setting {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(doc, "doc");
        if (!name.matches("[a-z][a-z0-9]*(-[a-z0-9]+)*")) {
            throw new IllegalArgumentException("setting name '" + name + "' is not lower case words joined by '-'");
        }
    }

    public static Setting text(String name, String defaultText, String doc) {
        return new Setting(name, Kind.TEXT, defaultText, 0, 0, doc);
    }

    public static Setting path(String name, String defaultText, String doc) {
        return new Setting(name, Kind.PATH, defaultText, 0, 0, doc);
    }

    public static Setting address(String name, String defaultText, String doc) {
        return new Setting(name, Kind.ADDRESS, defaultText, 0, 0, doc);
    }

    public static Setting flag(String name, boolean byDefault, String doc) {
        return new Setting(name, Kind.FLAG, Boolean.toString(byDefault), 0, 0, doc);
    }

    public static Setting number(String name, long byDefault, long min, long max, String doc) {
        return new Setting(name, Kind.NUMBER, Long.toString(byDefault), min, max, doc);
    }

    /** Name of the environment variable: {@code WEFT_XMPP_HOLD_TIME_MS}. */
    public String environmentName() {
        return "WEFT_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
    }
}
