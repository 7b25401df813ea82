package io.weft.system;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What every process costs when nothing happens. */
final class CostLine implements Line {
    private static final Duration IDLE = Duration.ofSeconds(3);

    @Override
    public List<Row> check(Site site) {
        List<Program> programs = site.programs();
        List<Duration> before = programs.stream().map(Program::cpu).toList();
        long start = System.nanoTime();
        Await.elapse(IDLE);
        double seconds = (System.nanoTime() - start) / 1e9;
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < programs.size(); i++) {
            Program program = programs.get(i);
            double percent = program.cpu().minus(before.get(i)).toNanos() / 1e7 / seconds;
            double mib = program.residentKib() / 1024.0;
            double goal = goalMib(program.name());
            rows.add(Row.goal(
                    0,
                    program.name() + ": memory, idle CPU of one core",
                    "< %.0f MiB, < 2 %%".formatted(goal),
                    "%.0f MiB, %.1f %%".formatted(mib, percent),
                    mib < goal && percent < 2.0));
        }
        return rows;
    }

    private static double goalMib(String program) {
        if (program.endsWith("-agent")) {
            return 150;
        }
        return program.endsWith("-plane") ? 200 : 512;
    }
}
