package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * A routing instance inside the plane.
 *
 * @param id chosen by the owner, 0 .. 65535; 0 is the underlay
 * @param vni used when the network is the destination of L3 VXLAN, 0 .. 2^24-1; informative
 * @param key the owner's
 * @param name of the routing instance; cut at 127 UTF-8 bytes, on a character boundary
 * @param connectionsMax pairs that may have been opened from it; 0: no limit of its own
 */
public record Vrf(int id, int vni, ObjectKey key, String name, int connectionsMax) implements PlaneObject {
    /** The underlay's VRF, always there. */
    public static final int FABRIC = AbiCodes.WEFT_VRF_FABRIC;

    public Vrf {
        Limits.vrfId("vrf id", id);
        Limits.range("vni of vrf " + id, vni, 0, AbiCodes.WEFT_VNI_LIMIT - 1);
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(name, "name");
        name = Limits.text("name of vrf " + id, cut(name), AbiCodes.WEFT_PATH_BYTES);
        Limits.range("connections max of vrf " + id, connectionsMax, 0, Integer.MAX_VALUE);
    }

    /** Without a limit of connections. */
    public Vrf(int id, int vni, ObjectKey key, String name) {
        this(id, vni, key, name, 0);
    }

    private static String cut(String name) {
        ByteBuffer room = ByteBuffer.allocate(AbiCodes.WEFT_PATH_BYTES - 1);
        CharBuffer in = CharBuffer.wrap(name);
        StandardCharsets.UTF_8
                .newEncoder()
                .onMalformedInput(java.nio.charset.CodingErrorAction.REPLACE)
                .encode(in, room, true);
        return name.substring(0, in.position());
    }
}
