package io.weft.agent.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.settings.SettingValues;
import io.weft.protocol.settings.SettingValues.BadSettingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentSettingsTest {
    private static AgentSettings parse(String... more) {
        List<String> arguments = new ArrayList<>(List.of("--name=h1", "--underlay-address=fd00::1", "--uplink=eth1"));
        arguments.addAll(List.of(more));
        return AgentSettings.of(SettingValues.parse(AgentSettings.TABLE, arguments, Map.of(), file -> ""));
    }

    @Test
    void readsTwoControllersAndTheNetworksAllowed() {
        AgentSettings settings = parse("--controllers=c1:5269, [fd00::9]:1", "--networks-allowed=d:p:n,d:p:m");
        assertEquals(2, settings.controllers().size());
        assertEquals("fd00::9", settings.controllers().get(1).getHostString());
        assertEquals(Set.of("d:p:n", "d:p:m"), settings.networksAllowed());
        assertEquals(Set.of(), parse().networksAllowed());
    }

    @Test
    void liveSignsAreOnByDefaultAndCanBeTurnedOff() {
        assertEquals(300, parse().bfdIntervalMs());
        assertEquals(3, parse().bfdMultiplier());
        assertEquals(0, parse("--bfd-interval-ms=0").bfdIntervalMs());
        assertEquals(50, parse("--bfd-interval-ms=50").bfdIntervalMs());
    }

    @ParameterizedTest
    @CsvSource({
        "--underlay-address=h1, underlay-address",
        "--underlay-address=0.0.0.0, underlay-address",
        "--uplink-kind=veth, uplink-kind",
        "--controllers=c1, controllers",
        "--controllers=a:1;b:2;c:3, controllers",
        "--networks-allowed=red, networks-allowed",
        "--bfd-interval-ms=49, bfd-interval-ms",
        "--bfd-interval-ms=60001, bfd-interval-ms",
        "--bfd-multiplier=1, bfd-multiplier",
        "--name=a b, name",
        "--cni-timeout-ms=1, cni-timeout-ms"
    })
    void refusesABadValueNamingTheSetting(String argument, String setting) {
        BadSettingException refused = assertThrows(BadSettingException.class, () -> parse(argument.replace(';', ',')));
        assertTrue(refused.getMessage().contains("'" + setting + "'"), refused.getMessage());
    }
}
