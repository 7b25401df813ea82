package io.weft.rules.canary;

import io.weft.rules.canary.runtime.CanaryWiring;

/** Breaks two rules on purpose: a part that knows its wiring, and a package it may not use. */
public record CanaryWithRuntime(CanaryWiring wiring) {}
