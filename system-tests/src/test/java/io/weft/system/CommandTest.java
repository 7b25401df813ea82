package io.weft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CommandTest {
    @Test
    void givesInputAndReturnsOutput() {
        assertEquals("hello", Command.of("cat").withInput("hello").mustRun().out());
    }

    @Test
    void namesStatusAndErrorOutputOfAFailedCommand() {
        SystemFailure failure = assertThrows(
                SystemFailure.class,
                () -> Command.of("sh", "-c", "echo broken >&2; exit 3").mustRun());
        assertTrue(failure.getMessage().contains("status 3"), failure.getMessage());
        assertTrue(failure.getMessage().contains("broken"), failure.getMessage());
    }

    @Test
    void killsACommandThatDoesNotEnd() {
        SystemFailure failure = assertThrows(
                SystemFailure.class,
                () -> Command.of("sleep", "60").withLimit(Duration.ofMillis(50)).run());
        assertTrue(failure.getMessage().contains("did not end"), failure.getMessage());
    }

    @Test
    void awaitGivesUpAfterItsLimit() {
        assertFalse(Await.holds(Duration.ofMillis(20), () -> false));
    }
}
