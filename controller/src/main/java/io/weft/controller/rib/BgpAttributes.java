package io.weft.controller.rib;

/**
 * What path selection needs of a BGP path beside what every path has (RFC 4271 section 9.1, RFC 4456 section 9).
 *
 * @param feasible false: kept, never used (its AS path or originator loops, or its next hop is not reachable)
 * @param asPathLength an AS_SET counts one, 0: originated in this autonomous system
 * @param neighbourAs first AS of the path; 0: none. MED compares between equal ones only
 * @param origin 0 IGP, 1 EGP, 2 incomplete
 * @param clusterListLength 0: not reflected
 * @param routerId ORIGINATOR_ID, or the peer's identifier; 0..2^32-1
 */
public record BgpAttributes(
        boolean feasible, int asPathLength, long neighbourAs, int origin, int clusterListLength, long routerId) {
    /** Of a path that no BGP speaker touched. */
    public static final BgpAttributes NONE = new BgpAttributes(true, 0, 0, 0, 0, 0);

    public BgpAttributes {
        if (asPathLength < 0 || clusterListLength < 0) {
            throw new IllegalArgumentException(
                    "AS path of " + asPathLength + " or cluster list of " + clusterListLength + " elements");
        }
        if (origin < 0 || origin > 2) {
            throw new IllegalArgumentException("origin " + origin + " is not in 0..2");
        }
    }
}
