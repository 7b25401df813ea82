package io.weft.dataplane;

import java.util.Objects;

/** One change asked of the plane. Each is atomic; a refused one changes nothing and does not stop those behind it. */
public sealed interface Operation {
    /**
     * Creates or replaces whole. Setting an equal object only renews its epoch.
     *
     * @param epoch the owner's, kept with the object
     */
    record Set(PlaneObject object, int epoch) implements Operation {
        public Set {
            Objects.requireNonNull(object, "object");
        }
    }

    /** Deletes; of {@code object} only what identifies it is read (ids; VRF and prefix of a route; destination of a path). */
    record Delete(PlaneObject object) implements Operation {
        public Delete {
            Objects.requireNonNull(object, "object");
        }
    }

    /** Deletes every object of the kind whose epoch differs. */
    record Sweep(ObjectKind kind, int epoch) implements Operation {
        public Sweep {
            Objects.requireNonNull(kind, "kind");
        }
    }
}
