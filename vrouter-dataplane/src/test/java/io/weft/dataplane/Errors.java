package io.weft.dataplane;

/** Linux error numbers that tests expect. */
final class Errors {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EBUSY = 16;
    static final int EEXIST = 17;
    static final int EINVAL = 22;
    static final int EPIPE = 32;
    static final int EPROTO = 71;
    static final int EOPNOTSUPP = 95;
    static final int ECONNRESET = 104;
    static final int ECONNREFUSED = 111;

    private Errors() {}
}
