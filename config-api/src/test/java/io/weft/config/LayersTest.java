package io.weft.config;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayersTest {
    /** Each package may use those before it and no later one. */
    private static final List<String> ORDER =
            List.of("schema", "resource", "store", "transform", "write", "watch", "rest", "runtime");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.weft.config");

    private static ArchRule uses(String from, String... forbidden) {
        return noClasses()
                .that()
                .resideInAPackage(from)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden);
    }

    @Test
    void dependenciesPointOneWay() {
        assertTrue(CLASSES.size() > 50);
        for (int i = 0; i < ORDER.size() - 1; i++) {
            String[] later = ORDER.subList(i + 1, ORDER.size()).stream()
                    .map(name -> "io.weft.config." + name + "..")
                    .toArray(String[]::new);
            uses("io.weft.config." + ORDER.get(i) + "..", later).check(CLASSES);
        }
    }

    @Test
    void onlyTheEdgesKnowHttp() {
        for (String name : List.of("schema", "resource", "store", "transform", "write")) {
            uses("io.weft.config." + name + "..", "io.vertx..", "io.netty..", "java.net.http..")
                    .check(CLASSES);
        }
    }

    @Test
    void theRuleItselfCanFail() {
        assertThrows(
                AssertionError.class,
                () -> uses("io.weft.config.rest..", "io.vertx..").check(CLASSES));
    }
}
