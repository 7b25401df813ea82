package io.weft.cni;

import java.util.Set;

/**
 * Makes and removes ports; the agent implements it. Several threads call at once, for different and for the same attachments. A
 * method that throws has left nothing behind.
 */
public interface PortService {
    /** Makes the port and returns when packets pass; the same answer for an attachment that has its port already. */
    PortResult add(PortRequest request) throws CniException;

    /** Removes the port; no error when there is none. */
    void delete(PortRequest request) throws CniException;

    /** Throws when the port is missing or not as {@link PortRequest#expected} says. */
    void check(PortRequest request) throws CniException;

    /**
     * Deletes every port of the network configuration that is not valid any more.
     *
     * @param networkName "name" of the network configuration
     * @param valid attachments the runtime still knows
     */
    void gc(String networkName, Set<Attachment> valid) throws CniException;

    /** Throws NOT_AVAILABLE when ADD cannot work now, LIMITED_CONNECTIVITY when existing ports may suffer too. */
    void status() throws CniException;
}
