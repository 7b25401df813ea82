package io.weft.config.resource;

import java.util.List;
import java.util.Objects;

/** One change of one object, as it is stored. */
public sealed interface Change {
    String uuid();

    String type();

    List<String> fqName();

    /**
     * The object as it is from now on.
     *
     * @param created it was not there before
     */
    record Put(Resource resource, boolean created) implements Change {
        public Put {
            Objects.requireNonNull(resource, "resource");
        }

        @Override
        public String uuid() {
            return resource.uuid();
        }

        @Override
        public String type() {
            return resource.type();
        }

        @Override
        public List<String> fqName() {
            return resource.fqName();
        }
    }

    /** The object is no more. */
    record Remove(String type, String uuid, List<String> fqName) implements Change {
        public Remove {
            Objects.requireNonNull(type, "type");
            Objects.requireNonNull(uuid, "uuid");
            fqName = List.copyOf(fqName);
        }
    }
}
