package io.weft.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The contract tests look at every kind of object and every field: a new one needs a case, or a variant of one. */
class ObjectCasesTest {
    private static Stream<Class<?>> records(Class<?> of) {
        return of.isRecord()
                ? Stream.of(of)
                : Stream.of(of.getPermittedSubclasses()).flatMap(ObjectCasesTest::records);
    }

    private static List<ObjectCase> all() {
        List<ObjectCase> all = new ArrayList<>(ObjectCases.ALL);
        all.add(ObjectCases.PATHS);
        return all;
    }

    @Test
    void everyKindOfPlaneObjectHasACase() {
        Set<Class<?>> known = new HashSet<>();
        all().forEach(each -> each.variants().forEach(variant -> known.add(variant.getClass())));
        Set<Class<?>> permitted = new HashSet<>(records(PlaneObject.class).toList());
        assertEquals(permitted, known);
        Set<ObjectKind> kinds = new HashSet<>();
        all().forEach(each -> each.kind().ifPresent(kinds::add));
        assertEquals(Set.of(ObjectKind.values()), kinds);
    }

    /** Component -> values that the variants give it; also of records inside (addresses of a vif). */
    private static void collect(Object value, Map<String, Set<Object>> into) throws ReflectiveOperationException {
        if (value instanceof Collection<?> many) {
            for (Object each : many) {
                collect(each, into);
            }
        }
        if (!(value instanceof Record)) {
            return;
        }
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            component.getAccessor().setAccessible(true);
            Object part = component.getAccessor().invoke(value);
            into.computeIfAbsent(value.getClass().getSimpleName() + "." + component.getName(), n -> new HashSet<>())
                    .add(part);
            collect(part, into);
        }
    }

    private static Set<String> constant(ObjectCase tested) throws ReflectiveOperationException {
        Map<String, Set<Object>> values = new TreeMap<>();
        collect(tested.variants(), values);
        Set<String> constant = new HashSet<>();
        values.forEach((name, seen) -> {
            if (seen.size() < 2) {
                constant.add(name);
            }
        });
        return constant;
    }

    @Test
    void everyComponentOfEveryObjectVaries() throws ReflectiveOperationException {
        for (ObjectCase each : all()) {
            assertEquals(each.unvaried(), constant(each), each + ": components with one value only");
        }
    }

    @Test
    void theSearchForForgottenComponentsFindsItsCanary() throws ReflectiveOperationException {
        ObjectCase vni = ObjectCases.ALL.getLast();
        ObjectCase one = new ObjectCase(
                "one", List.of(), List.of(new Vni(1, 5), new Vni(2, 5)), Set.of(), vni.reader(), vni.kind());
        assertEquals(Set.of("Vni.nextHopId"), constant(one));
    }
}
