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

    @ParameterizedTest
    @CsvSource({
        "--underlay-address=h1, underlay-address",
        "--underlay-address=0.0.0.0, underlay-address",
        "--uplink-kind=veth, uplink-kind",
        "--controllers=c1, controllers",
        "--controllers=a:1;b:2;c:3, controllers",
        "--networks-allowed=red, networks-allowed",
        "--name=a b, name",
        "--cni-timeout-ms=1, cni-timeout-ms"
    })
    void refusesABadValueNamingTheSetting(String argument, String setting) {
        BadSettingException refused = assertThrows(BadSettingException.class, () -> parse(argument.replace(';', ',')));
        assertTrue(refused.getMessage().contains("'" + setting + "'"), refused.getMessage());
    }
}
