package io.weft.config.write;

import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Resource;

/**
 * What a type does beyond its schema when its objects are written. Called by the writer's thread on the image of the draft, before the
 * object is put into it; throws {@link io.weft.config.schema.RefusedException} to refuse the change-set.
 */
interface TypeRules {
    /** A type without behaviour of its own. */
    TypeRules NONE = new TypeRules() {};

    /**
     * @param before the object as it was, or null when it is being created
     * @param after as it would be stored
     * @return as it is stored
     */
    default Resource written(Image image, NumberSource numbers, Resource before, Resource after) {
        return after;
    }

    /** May refuse a deletion. */
    default void deleted(Image image, Resource resource) {}
}
