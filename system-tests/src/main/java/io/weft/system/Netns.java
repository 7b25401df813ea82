package io.weft.system;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A named network namespace. */
public record Netns(String name) {
    public Netns {
        if (!name.matches("[a-zA-Z0-9][a-zA-Z0-9-]{0,63}")) {
            throw new IllegalArgumentException(
                    "namespace name '" + name + "': want letters, digits and '-', at most 64");
        }
    }

    /** Makes it, with its loopback up. */
    public void create() {
        Command.of("ip", "netns", "add", name).mustRun();
        Command.of("ip", "-n", name, "link", "set", "lo", "up").mustRun();
    }

    public void delete() {
        Command.of("ip", "netns", "delete", name).mustRun();
    }

    public Path path() {
        return Path.of("/run/netns", name);
    }

    public boolean exists() {
        return Files.exists(path());
    }

    /** The words that run a program inside. */
    public List<String> inside(List<String> words) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
        all.addAll(words);
        return all;
    }

    public Command command(String... words) {
        return Command.of(inside(List.of(words)));
    }

    /** {@code ip -n <name> …} in one batch: one process for many changes. */
    void ip(String... lines) {
        Command.of("ip", "-n", name, "-batch", "-")
                .withInput(String.join("\n", lines) + "\n")
                .mustRun();
    }

    /** {@code ip -n <name> …}. */
    void ipNow(String... words) {
        List<String> all = new ArrayList<>(List.of("ip", "-n", name));
        all.addAll(List.of(words));
        Command.of(all).mustRun();
    }

    void sysctl(String key, int value) {
        command("sysctl", "-q", "-w", key + "=" + value).mustRun();
    }
}
