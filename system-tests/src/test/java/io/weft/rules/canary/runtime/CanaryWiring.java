package io.weft.rules.canary.runtime;

/** What {@code CanaryWithRuntime} should not know. */
public record CanaryWiring(String name) {}
