package io.weft.dataplane;

import io.weft.dataplane.ffi.NativeDataplane;
import java.util.Optional;

/** A plane inside this process, without devices or threads of its own, for tests and tools. */
public interface HostDataplane extends Dataplane {
    static HostDataplane open(String peer) throws DataplaneException {
        return NativeDataplane.openHost(peer);
    }

    /** Puts an Ethernet frame into a vif, as if its device had received it. */
    void inject(int vifId, byte[] frame) throws DataplaneException;

    /** Takes the oldest frame that the plane sent on the vif. */
    Optional<byte[]> collect(int vifId) throws DataplaneException;

    /** Sets the plane's monotonic clock and runs a tick. */
    void advance(long nowNs) throws DataplaneException;
}
