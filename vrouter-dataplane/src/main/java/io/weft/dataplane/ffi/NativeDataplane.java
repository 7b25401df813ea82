package io.weft.dataplane.ffi;

import io.weft.dataplane.Dataplane;
import io.weft.dataplane.DataplaneException;
import io.weft.dataplane.HostDataplane;

/** Opens planes through libweft.so. */
public final class NativeDataplane {
    private NativeDataplane() {}

    public static Dataplane open(String url, String peer) throws DataplaneException {
        return openHost(peer);
    }

    public static HostDataplane openHost(String peer) throws DataplaneException {
        throw new DataplaneException(38, "opening a plane as " + peer + " is not possible yet");
    }
}
