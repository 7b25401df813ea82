package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;

/** The device behind a virtual interface. */
public enum PortKind {
    /** No device; frames are injected and collected by the caller. */
    NONE(AbiCodes.WEFT_PORT_NONE),
    /** A TAP device born inside a network namespace. */
    TAP(AbiCodes.WEFT_PORT_TAP),
    /** A packet socket on a netdev of the plane's namespace. */
    AF_PACKET(AbiCodes.WEFT_PORT_AF_PACKET),
    /** Any DPDK poll mode driver. */
    ETHDEV(AbiCodes.WEFT_PORT_ETHDEV),
    /** AGENT: a SOCK_SEQPACKET unix socket whose path is in `netns`. */
    UNIX(AbiCodes.WEFT_PORT_UNIX);

    private final int code;

    PortKind(int code) {
        this.code = code;
    }

    /** The number in messages to the plane. */
    public int code() {
        return code;
    }

    /** The constant with this number. */
    public static PortKind ofCode(int code) {
        for (PortKind candidate : values()) {
            if (candidate.code == code) {
                return candidate;
            }
        }
        throw new IllegalArgumentException("PortKind code is " + code + ", which this version does not know");
    }
}
