package io.weft.protocol.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.settings.SettingValues.BadSettingException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingValuesTest {
    private static final List<Setting> TABLE = List.of(
            Setting.number("hold-time-ms", 90_000, 1_000, 600_000, "time"),
            Setting.address("rest-listen", "127.0.0.1:8082", "where"),
            Setting.text("name", null, "who"));

    private static SettingValues parse(Map<String, String> environment, String... arguments) {
        return SettingValues.parse(
                TABLE, List.of(arguments), environment, file -> "# comment\n\nhold-time-ms = 5000\nname=file\n");
    }

    @Test
    void commandLineWinsOverEnvironmentOverFileOverDefault() {
        Map<String, String> environment = Map.of("WEFT_NAME", "environment");
        assertEquals(
                "argument", parse(environment, "--name=argument", "--config=f").text("name"));
        assertEquals("environment", parse(environment, "--config=f").text("name"));
        assertEquals("file", parse(Map.of(), "--config=f").text("name"));
        assertEquals(5_000, parse(Map.of(), "--config=f").number("hold-time-ms"));
        assertEquals(90_000, parse(environment).number("hold-time-ms"));
    }

    @Test
    void refusesWithNameValueAndLimit() {
        String text = assertThrows(BadSettingException.class, () -> parse(Map.of(), "--name=a", "--hold-time-ms=7"))
                .getMessage();
        assertEquals("setting 'hold-time-ms': 7 is not in 1000..600000", text);
        assertTrue(assertThrows(BadSettingException.class, () -> parse(Map.of()))
                .getMessage()
                .contains("'name' is required"));
        assertTrue(assertThrows(BadSettingException.class, () -> parse(Map.of(), "--nme=a"))
                .getMessage()
                .contains("argument 'nme' is not a setting"));
        assertThrows(BadSettingException.class, () -> parse(Map.of(), "--name=a", "--rest-listen=::1"));
    }

    @Test
    void readsBracketedIpv6Addresses() {
        assertEquals(
                "fd00::1",
                parse(Map.of(), "--name=a", "--rest-listen=[fd00::1]:80")
                        .address("rest-listen")
                        .getHostString());
    }
}
