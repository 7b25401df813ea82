package io.weft.protocol.settings;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The checked values of a settings table, parsed once at start. A program copies them into its own immutable record and forgets this.
 *
 * <p>Order of precedence: command line {@code --name=value}, environment, configuration file, default.
 */
public final class SettingValues {
    /** A value or name that is not acceptable; the message is for the operator and names setting, value and limit. */
    public static final class BadSettingException extends IllegalArgumentException {
        public BadSettingException(String message) {
            super(message);
        }
    }

    private final Map<String, Setting> table = new LinkedHashMap<>();
    private final Map<String, String> texts = new LinkedHashMap<>();

    private SettingValues(List<Setting> settings) {
        for (Setting setting : settings) {
            if (table.put(setting.name(), setting) != null) {
                throw new IllegalArgumentException("setting '" + setting.name() + "' is in the table twice");
            }
        }
    }

    /**
     * @param settings the program's table
     * @param arguments command line; {@code --config=FILE} names a file of {@code name = value} lines, '#' starts a comment line
     * @param environment e.g. {@code System.getenv()}
     * @param fileReader file name -> its text; throws for a file that cannot be read
     * @throws BadSettingException unknown name, bad value, missing required setting
     */
    public static SettingValues parse(
            List<Setting> settings,
            List<String> arguments,
            Map<String, String> environment,
            Function<String, String> fileReader) {
        SettingValues values = new SettingValues(settings);
        Map<String, String> fromArguments = new LinkedHashMap<>();
        String file = null;
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (!argument.startsWith("--") || equals < 3) {
                throw new BadSettingException("argument '" + argument + "': want --name=value");
            }
            String name = argument.substring(2, equals);
            String value = argument.substring(equals + 1);
            if (name.equals("config")) {
                file = value;
            } else {
                values.known(name, "argument");
                fromArguments.put(name, value);
            }
        }
        Map<String, String> fromFile = file == null ? Map.of() : values.lines(file, fileReader.apply(file));
        for (Setting setting : settings) {
            String text = fromArguments.get(setting.name());
            if (text == null) {
                text = environment.get(setting.environmentName());
            }
            if (text == null) {
                text = fromFile.getOrDefault(setting.name(), setting.defaultText());
            }
            if (text == null) {
                throw new BadSettingException("setting '" + setting.name() + "' is required: " + setting.doc());
            }
            check(setting, text);
            values.texts.put(setting.name(), text);
        }
        return values;
    }

    public String text(String name) {
        String text = texts.get(name);
        if (text == null) {
            throw new IllegalArgumentException("no setting '" + name + "' in the table");
        }
        return text;
    }

    public long number(String name) {
        return Long.parseLong(text(name));
    }

    public boolean flag(String name) {
        return Boolean.parseBoolean(text(name));
    }

    public InetSocketAddress address(String name) {
        return parseAddress(name, text(name));
    }

    /** One row per setting: name, default, environment name, doc; for {@code --help} and docs/settings.md. */
    public static String describe(List<Setting> settings) {
        StringBuilder out = new StringBuilder();
        for (Setting setting : settings) {
            String range = setting.kind() == Setting.Kind.NUMBER ? " " + setting.min() + ".." + setting.max() : "";
            String byDefault = setting.defaultText() == null ? "required" : "default '" + setting.defaultText() + "'";
            out.append("  --%s=<%s%s>  (%s, %s)%n      %s%n"
                    .formatted(
                            setting.name(),
                            setting.kind().name().toLowerCase(java.util.Locale.ROOT),
                            range,
                            byDefault,
                            setting.environmentName(),
                            setting.doc()));
        }
        return out.toString();
    }

    private Setting known(String name, String where) {
        Setting setting = table.get(name);
        if (setting == null) {
            throw new BadSettingException(
                    where + " '" + name + "' is not a setting; known: " + new ArrayList<>(table.keySet()));
        }
        return setting;
    }

    private Map<String, String> lines(String file, String content) {
        Map<String, String> found = new LinkedHashMap<>();
        int number = 0;
        for (String line : content.split("\\R", -1)) {
            number++;
            String stripped = line.strip();
            if (stripped.isEmpty() || stripped.startsWith("#")) {
                continue;
            }
            int equals = stripped.indexOf('=');
            if (equals < 1) {
                throw new BadSettingException(file + " line " + number + ": want name = value");
            }
            String name = stripped.substring(0, equals).strip();
            known(name, file + " line " + number + ":");
            found.put(name, stripped.substring(equals + 1).strip());
        }
        return found;
    }

    private static void check(Setting setting, String text) {
        switch (setting.kind()) {
            case NUMBER -> {
                long value;
                try {
                    value = Long.parseLong(text);
                } catch (NumberFormatException e) {
                    throw new BadSettingException("setting '" + setting.name() + "': '" + text + "' is not a number");
                }
                if (value < setting.min() || value > setting.max()) {
                    throw new BadSettingException("setting '" + setting.name() + "': " + value + " is not in "
                            + setting.min() + ".." + setting.max());
                }
            }
            case FLAG -> {
                if (!text.equals("true") && !text.equals("false")) {
                    throw new BadSettingException(
                            "setting '" + setting.name() + "': '" + text + "' is not true or false");
                }
            }
            case ADDRESS -> parseAddress(setting.name(), text);
            case TEXT, PATH -> {
                // any text
            }
        }
    }

    private static InetSocketAddress parseAddress(String name, String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.contains(":")) {
            host = "";
        }
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            if (!host.isEmpty() && port >= 0 && port <= 65535) {
                return InetSocketAddress.createUnresolved(host, port);
            }
        } catch (NumberFormatException e) {
            // reported below, with the whole text
        }
        throw new BadSettingException(
                "setting '" + name + "': '" + text + "' is not host:port (port 0..65535, IPv6 in brackets)");
    }
}
