package io.weft.protocol.xmpp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/** Writes elements as bytes. Characters that XML 1.0 forbids become U+FFFD. */
final class XmlWriter {
    private final StringBuilder out = new StringBuilder(512);
    private final Deque<String> open = new ArrayDeque<>();
    private boolean inStart;

    XmlWriter start(String name) {
        closeStart();
        out.append('<').append(name);
        open.push(name);
        inStart = true;
        return this;
    }

    XmlWriter attribute(String name, String value) {
        out.append(' ').append(name).append("=\"");
        escape(value, true);
        out.append('"');
        return this;
    }

    XmlWriter text(String text) {
        if (!text.isEmpty()) {
            closeStart();
            escape(text, false);
        }
        return this;
    }

    XmlWriter end() {
        String name = open.pop();
        if (inStart) {
            out.append("/>");
            inStart = false;
        } else {
            out.append("</").append(name).append('>');
        }
        return this;
    }

    /** An element with only text. */
    XmlWriter leaf(String name, String text) {
        return start(name).text(text).end();
    }

    XmlWriter leaf(String name, long number) {
        return leaf(name, Long.toString(number));
    }

    byte[] bytes() {
        closeStart();
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private void closeStart() {
        if (inStart) {
            out.append('>');
            inStart = false;
        }
    }

    private void escape(String text, boolean attribute) {
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            switch (c) {
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '&' -> out.append("&amp;");
                case '"' -> out.append(attribute ? "&quot;" : "\"");
                case '\r' -> out.append("&#13;");
                case '\n', '\t' -> {
                    if (attribute) {
                        out.append("&#").append(c).append(';');
                    } else {
                        out.append((char) c);
                    }
                }
                default -> out.appendCodePoint(allowed(c) ? c : 0xfffd);
            }
        }
    }

    /** XML 1.0 production [2]. */
    private static boolean allowed(int c) {
        return c >= 0x20 && c <= 0xd7ff || c >= 0xe000 && c <= 0xfffd || c >= 0x10000;
    }
}
