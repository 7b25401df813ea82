package io.weft.system;

import java.util.List;

/** One line of the main job: does something with the site and says what came of it. */
interface Line {
    /**
     * @return at least one row
     * @throws SystemFailure when the line could not even be tried
     */
    List<Row> check(Site site);
}
