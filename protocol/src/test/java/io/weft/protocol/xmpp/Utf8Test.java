package io.weft.protocol.xmpp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8Test {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "\u007f",
                "\u0080",
                "é",
                "\u07ff",
                "\u0800",
                "€",
                "\uffff",
                "\ud800\udc00",
                "😀",
                "\udbff\udfff"
            })
    void countsTheBytesOfACharacter(String character) {
        byte[] bytes = ("é" + character).getBytes(StandardCharsets.UTF_8);
        int length = bytes.length - 2;
        assertEquals(length, Utf8.bytes(bytes[2]));
        for (int cut = 1; cut < length; cut++) {
            assertEquals(cut, Utf8.incomplete(bytes, 0, 2 + cut), "cut behind " + cut);
        }
        assertEquals(0, Utf8.incomplete(bytes, 0, bytes.length));
        assertEquals(0, Utf8.incomplete(bytes, 0, 2));
    }

    @Test
    void bytesThatBeginNothingAreNotWaitedFor() {
        assertEquals(0, Utf8.incomplete(new byte[] {(byte) 0xff}, 0, 1));
        assertEquals(0, Utf8.incomplete(new byte[] {(byte) 0xf8}, 0, 1));
        assertEquals(0, Utf8.incomplete(new byte[] {(byte) 0x80, (byte) 0x80, (byte) 0x80}, 0, 3));
        assertEquals(0, Utf8.incomplete(new byte[0], 0, 0));
        assertEquals(0, Utf8.incomplete(new byte[] {(byte) 0xf0, (byte) 0x80}, 1, 2));
    }
}
