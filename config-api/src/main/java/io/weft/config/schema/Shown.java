package io.weft.config.schema;

/** A client's value as an error message or log line shows it: bounded and without control characters. */
public final class Shown {
    private static final int LIMIT = 200;

    private Shown() {}

    public static String of(Object value) {
        String text = String.valueOf(value);
        StringBuilder out = new StringBuilder(Math.min(text.length(), LIMIT + 3));
        for (int i = 0; i < text.length() && i < LIMIT; i++) {
            char c = text.charAt(i);
            out.append(Character.isISOControl(c) ? '?' : c);
        }
        return text.length() > LIMIT ? out + "..." : out.toString();
    }
}
