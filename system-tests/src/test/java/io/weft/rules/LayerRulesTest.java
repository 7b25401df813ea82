package io.weft.rules;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.weft.rules.canary.CanaryWithForeignMemory;
import io.weft.rules.canary.CanaryWithRuntime;
import io.weft.rules.canary.runtime.CanaryWiring;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The table "Modules and who may use whom" of docs/ARCHITECTURE.md, on the compiled classes of every module. */
class LayerRulesTest {
    private static final Path ROOT =
            Path.of(System.getProperty("weft.root", "..")).toAbsolutePath();
    private static final List<String> MODULES = List.of(
            "protocol",
            "vrouter-dataplane",
            "cni-plugin",
            "vrouter-agent",
            "controller",
            "config-api",
            "control-node",
            "system-tests");

    /** Package of a module -> the packages of Weft it may use beside its own. */
    private static final Map<String, List<String>> MAY_USE = Map.of(
            "io.weft.protocol..", List.of(),
            "io.weft.dataplane..", List.of(),
            "io.weft.cni..", List.of(),
            "io.weft.agent..", List.of("io.weft.protocol..", "io.weft.dataplane..", "io.weft.cni.."),
            "io.weft.controller..", List.of("io.weft.protocol.."),
            "io.weft.config..", List.of("io.weft.protocol.settings.."),
            "io.weft.control",
                    List.of("io.weft.protocol.settings..", "io.weft.config.runtime", "io.weft.controller.runtime"),
            "io.weft.system..", List.of());

    private static JavaClasses all;

    @BeforeAll
    static void importClasses() {
        List<Path> folders = MODULES.stream()
                .map(module -> ROOT.resolve(module).resolve("target/classes"))
                .toList();
        for (Path folder : folders) {
            assertTrue(Files.isDirectory(folder), folder + " is not there: build every module first");
        }
        all = new ClassFileImporter().importPaths(folders);
    }

    private static ArchRule mayUseOnly(String own, List<String> others) {
        String[] allowed = new String[others.size() + 1];
        allowed[0] = own;
        for (int i = 0; i < others.size(); i++) {
            allowed[i + 1] = others.get(i);
        }
        return noClasses()
                .that()
                .resideInAPackage(own)
                .should()
                .dependOnClassesThat(resideInAPackage("io.weft..").and(not(resideInAnyPackage(allowed))))
                .allowEmptyShould(true);
    }

    private static ArchRule foreignMemoryOnlyInFfi() {
        return noClasses()
                .that()
                .resideOutsideOfPackage("io.weft.dataplane.ffi")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.lang.foreign..");
    }

    /** Wiring knows the parts; the parts do not know the wiring. */
    private static ArchRule wiringOnlyInRuntime() {
        return noClasses()
                .that()
                .resideOutsideOfPackages("..runtime..", "io.weft.control")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.weft..runtime..");
    }

    private static ArchRule pureWithoutSocketsThreadsAndClock(String... packages) {
        return noClasses()
                .that()
                .resideInAnyPackage(packages)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.net.http..", "java.nio.channels..", "java.util.concurrent..", "io.netty..", "io.vertx..")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.net.Socket")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.Thread")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.time.Clock")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .allowEmptyShould(true);
    }

    @Test
    void modulesUseOnlyWhatTheArchitectureAllows() {
        MAY_USE.forEach((own, others) -> mayUseOnly(own, others).check(all));
    }

    @Test
    void everyClassBelongsToAModuleOfTheTable() {
        String[] known = MAY_USE.keySet().toArray(String[]::new);
        classes().should().resideInAnyPackage(known).check(all);
    }

    @Test
    void foreignMemoryStaysInOnePackage() {
        foreignMemoryOnlyInFfi().check(all);
    }

    @Test
    void partsDoNotKnowTheirWiring() {
        wiringOnlyInRuntime().check(all);
    }

    @Test
    void codecsAndCompileArePure() {
        pureWithoutSocketsThreadsAndClock("io.weft.protocol..", "io.weft.agent.compile..", "io.weft.config.transform..")
                .check(all);
    }

    @Test
    void canariesAreFound() {
        JavaClasses canaries = new ClassFileImporter()
                .importClasses(CanaryWithForeignMemory.class, CanaryWithRuntime.class, CanaryWiring.class);
        assertThrows(AssertionError.class, () -> foreignMemoryOnlyInFfi().check(canaries));
        assertThrows(AssertionError.class, () -> wiringOnlyInRuntime().check(canaries));
        assertThrows(
                AssertionError.class,
                () -> mayUseOnly("io.weft.rules.canary", List.of()).check(canaries));
        assertThrows(
                AssertionError.class,
                () -> pureWithoutSocketsThreadsAndClock("io.weft.rules.canary").check(canaries));
        assertThrows(
                AssertionError.class,
                () -> classes()
                        .should()
                        .resideInAnyPackage("io.weft.protocol..")
                        .check(canaries));
    }
}
