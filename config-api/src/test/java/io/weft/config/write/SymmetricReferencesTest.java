package io.weft.config.write;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.config.resource.Resource;
import io.weft.config.schema.RefusedException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SymmetricReferencesTest {
    private static final String TYPE = "virtual-network";

    @TempDir
    Path folder;

    private WriterFixture api;
    private Resource first;
    private Resource second;

    @BeforeEach
    void start() {
        api = new WriterFixture(folder, false);
        first = network("first", "");
        second = network("second", ",'virtual_network_refs':[{'uuid':'" + first.uuid() + "'}]");
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private Resource network(String name, String more) {
        return api.write(api.create(TYPE, "'fq_name':['default-domain','default-project','" + name + "']" + more));
    }

    private List<String> ends(Resource resource) {
        return api.image().get(resource.uuid()).refs(TYPE).stream()
                .map(ref -> ref.to().getLast())
                .toList();
    }

    @Test
    void areStoredAtBothEnds() {
        assertEquals(List.of("first"), ends(second));
        assertEquals(List.of("second"), ends(first));
        Resource now = api.image().get(first.uuid());
        assertEquals(first.version() + 1, now.version());
        assertEquals(
                api.image().get(second.uuid()).property("id_perms").get("last_modified"),
                now.property("id_perms").get("last_modified"));
        assertNotEquals(first.property("id_perms"), now.property("id_perms"));
    }

    @Test
    void areRemovedAtBothEndsFromEither() {
        api.write(api.update(TYPE, first.uuid(), "'virtual_network_refs':[]"));
        assertEquals(List.of(), ends(first));
        assertEquals(List.of(), ends(second));
    }

    @Test
    void holdNeitherEndAndGoWithIt() {
        api.write(api.delete(TYPE, first.uuid()));
        assertNull(api.image().get(first.uuid()));
        assertEquals(List.of(), ends(second));
    }

    @Test
    void needTwoObjects() {
        RefusedException refused = assertThrows(
                RefusedException.class,
                () -> api.write(
                        api.update(TYPE, first.uuid(), "'virtual_network_refs':[{'uuid':'" + first.uuid() + "'}]")));
        assertEquals(400, refused.status());
        assertTrue(refused.getMessage().contains("cannot refer to itself"), refused.getMessage());
    }

    @Test
    void changeNothingWhenGivenInAnotherOrder() {
        Resource third = network("third", "");
        String refs = "'virtual_network_refs':[{'uuid':'%s'},{'uuid':'%s'}]";
        api.write(api.update(TYPE, first.uuid(), refs.formatted(second.uuid(), third.uuid())));
        long revision = api.image().revision();
        api.write(api.update(TYPE, first.uuid(), refs.formatted(third.uuid(), second.uuid())));
        assertEquals(revision, api.image().revision());
        assertEquals(List.of("first"), ends(third));
    }
}
