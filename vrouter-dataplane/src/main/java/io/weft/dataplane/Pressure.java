package io.weft.dataplane;

/**
 * What the plane removed or holds back for want of room.
 *
 * @param fragmentsWaiting IP fragments that wait for the first one of their datagram
 * @param evictedClosed connections removed to make room for others since the process began: closed ones
 * @param evictedOneWay those of which only one side had sent
 * @param evictedIdle those idle beyond their time
 */
public record Pressure(int fragmentsWaiting, long evictedClosed, long evictedOneWay, long evictedIdle) {
    /** No pressure. */
    public static final Pressure NONE = new Pressure(0, 0, 0, 0);
}
