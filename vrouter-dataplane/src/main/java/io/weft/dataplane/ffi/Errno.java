package io.weft.dataplane.ffi;

/** Linux error numbers that the client library answers. */
final class Errno {
    static final int ENOENT = 2;
    static final int EPROTO = 71;

    private Errno() {}

    /** "EPIPE: the plane went away" and the like. */
    static String text(int errno) {
        return switch (errno) {
            case ENOENT -> "ENOENT: there is no such object";
            case 12 -> "ENOMEM: no memory";
            case 22 -> "EINVAL: not possible on this kind of plane, or a bad argument";
            case 32 -> "EPIPE: the plane went away";
            case 38 -> "ENOSYS: this plane cannot do that";
            case EPROTO -> "EPROTO: the plane's answer does not follow weft_abi.h";
            case 90 -> "EMSGSIZE: it does not fit";
            case 104 -> "ECONNRESET: the plane went away";
            case 110 -> "ETIMEDOUT: the plane did not answer in time";
            case 111 -> "ECONNREFUSED: no plane listens there";
            default -> "errno " + errno;
        };
    }
}
