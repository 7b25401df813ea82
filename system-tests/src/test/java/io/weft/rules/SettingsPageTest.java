package io.weft.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * docs/settings.md is what the programs print for --help. {@code mvn -pl system-tests test -Dtest=SettingsPageTest
 * -Dweft.test.args=-Dweft.write=true} writes it anew.
 */
class SettingsPageTest {
    private static final Path PAGE = SourceTree.root().resolve("docs/settings.md");

    @Test
    void pageSaysWhatTheProgramsSay() throws Exception {
        String page = """
                # Settings

                Generated from the programs' own tables (`--help`); the test `SettingsPageTest` keeps it so. `--name=value` wins over the
                environment variable in parentheses, which wins over `--config=FILE` (lines `name = value`), which wins over the default.

                ## Control node: `io.weft.control.ControlNode`

                ```
                %s```

                ## Agent: `io.weft.agent.runtime.Agent`

                ```
                %s```
                """.formatted(
                        help("control-node", "io.weft.control.ControlNode"),
                        help("vrouter-agent", "io.weft.agent.runtime.Agent"));
        if (Boolean.getBoolean("weft.write")) {
            Files.writeString(PAGE, page);
        }
        assertEquals(page, Files.readString(PAGE), "docs/settings.md is old: see this test's comment");
    }

    private static String help(String module, String mainClass) throws IOException, InterruptedException {
        Path target = SourceTree.root().resolve(module).resolve("target");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        target.resolve("classes") + ":" + target.resolve("lib") + "/*",
                        mainClass,
                        "--help")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), module + " --help");
        return text;
    }
}
