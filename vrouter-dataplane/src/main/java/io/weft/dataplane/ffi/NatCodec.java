package io.weft.dataplane.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.weft.dataplane.Connection;
import io.weft.dataplane.FloatingIp;
import io.weft.dataplane.NatPool;
import io.weft.dataplane.NatPoolState;
import io.weft.dataplane.PortRange;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Bodies of floating IPs and NAT pools. What is written to is zero before. IllegalArgumentException: the plane broke the ABI. */
final class NatCodec {
    private NatCodec() {}

    static int bodyBytes(FloatingIp floating) {
        return AbiLayout.FloatingIpMsg.SIZE_BYTES + floating.mappings().size() * AbiLayout.PortMapping.SIZE_BYTES;
    }

    static void write(MemorySegment to, long at, FloatingIp floating) {
        int flags = (floating.ingress() ? AbiCodes.WEFT_FLOATING_IP_INGRESS : 0)
                | (floating.egress() ? AbiCodes.WEFT_FLOATING_IP_EGRESS : 0);
        to.set(Wire.INT, at + AbiLayout.FloatingIpMsg.FLOATING_IP_ID, floating.id());
        to.set(Wire.INT, at + AbiLayout.FloatingIpMsg.VRF_ID, floating.vrfId());
        Wire.putKey(to, at + AbiLayout.FloatingIpMsg.KEY, floating.key());
        to.set(Wire.INT, at + AbiLayout.FloatingIpMsg.VIF_ID, floating.vifId());
        to.set(JAVA_BYTE, at + AbiLayout.FloatingIpMsg.FAMILY, (byte) Wire.family(floating.floating()));
        to.set(Wire.SHORT, at + AbiLayout.FloatingIpMsg.FLAGS, (short) flags);
        Wire.putAddress(to, at + AbiLayout.FloatingIpMsg.FLOATING_ADDRESS, floating.floating());
        Wire.putAddress(to, at + AbiLayout.FloatingIpMsg.FIXED_ADDRESS, floating.fixed());
        to.set(
                Wire.INT,
                at + AbiLayout.FloatingIpMsg.MAPPING_COUNT,
                floating.mappings().size());
        long entry = at + AbiLayout.FloatingIpMsg.SIZE_BYTES;
        for (FloatingIp.PortMapping mapping : floating.mappings()) {
            to.set(JAVA_BYTE, entry + AbiLayout.PortMapping.PROTOCOL, (byte) mapping.protocol());
            to.set(Wire.SHORT, entry + AbiLayout.PortMapping.PORT, (short) mapping.port());
            to.set(Wire.SHORT, entry + AbiLayout.PortMapping.FIXED_PORT, (short) mapping.fixedPort());
            to.set(Wire.SHORT, entry + AbiLayout.PortMapping.COUNT, (short) mapping.count());
            entry += AbiLayout.PortMapping.SIZE_BYTES;
        }
    }

    static FloatingIp floatingIp(MemorySegment body) {
        int family = Wire.unsignedByte(body, AbiLayout.FloatingIpMsg.FAMILY);
        int flags = Wire.unsignedShort(body, AbiLayout.FloatingIpMsg.FLAGS);
        int count = body.get(Wire.INT, AbiLayout.FloatingIpMsg.MAPPING_COUNT);
        List<FloatingIp.PortMapping> mappings = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long at = AbiLayout.FloatingIpMsg.SIZE_BYTES + (long) i * AbiLayout.PortMapping.SIZE_BYTES;
            mappings.add(new FloatingIp.PortMapping(
                    Wire.unsignedByte(body, at + AbiLayout.PortMapping.PROTOCOL),
                    Wire.unsignedShort(body, at + AbiLayout.PortMapping.PORT),
                    Wire.unsignedShort(body, at + AbiLayout.PortMapping.FIXED_PORT),
                    Wire.unsignedShort(body, at + AbiLayout.PortMapping.COUNT)));
        }
        return new FloatingIp(
                body.get(Wire.INT, AbiLayout.FloatingIpMsg.FLOATING_IP_ID),
                Wire.key(body, AbiLayout.FloatingIpMsg.KEY),
                body.get(Wire.INT, AbiLayout.FloatingIpMsg.VRF_ID),
                body.get(Wire.INT, AbiLayout.FloatingIpMsg.VIF_ID),
                Wire.address(body, AbiLayout.FloatingIpMsg.FLOATING_ADDRESS, family),
                Wire.address(body, AbiLayout.FloatingIpMsg.FIXED_ADDRESS, family),
                (flags & AbiCodes.WEFT_FLOATING_IP_INGRESS) != 0,
                (flags & AbiCodes.WEFT_FLOATING_IP_EGRESS) != 0,
                mappings);
    }

    static void write(MemorySegment to, long at, NatPool pool) {
        to.set(Wire.INT, at + AbiLayout.NatPoolMsg.NAT_POOL_ID, pool.id());
        to.set(Wire.INT, at + AbiLayout.NatPoolMsg.VRF_ID, pool.vrfId());
        Wire.putKey(to, at + AbiLayout.NatPoolMsg.KEY, pool.key());
        to.set(JAVA_BYTE, at + AbiLayout.NatPoolMsg.FAMILY, (byte) Wire.family(pool.first()));
        to.set(Wire.SHORT, at + AbiLayout.NatPoolMsg.PORT_MIN, (short)
                pool.ports().min());
        to.set(Wire.SHORT, at + AbiLayout.NatPoolMsg.PORT_MAX, (short)
                pool.ports().max());
        Wire.putAddress(to, at + AbiLayout.NatPoolMsg.FIRST_ADDRESS, pool.first());
        to.set(Wire.INT, at + AbiLayout.NatPoolMsg.ADDRESS_COUNT, pool.addressCount());
        to.set(Wire.INT, at + AbiLayout.NatPoolMsg.QUARANTINE_MS, pool.quarantineMs());
    }

    static NatPoolState natPool(MemorySegment body, int epoch) {
        NatPool pool = new NatPool(
                body.get(Wire.INT, AbiLayout.NatPoolMsg.NAT_POOL_ID),
                Wire.key(body, AbiLayout.NatPoolMsg.KEY),
                body.get(Wire.INT, AbiLayout.NatPoolMsg.VRF_ID),
                Wire.address(
                        body, AbiLayout.NatPoolMsg.FIRST_ADDRESS, Wire.unsignedByte(body, AbiLayout.NatPoolMsg.FAMILY)),
                body.get(Wire.INT, AbiLayout.NatPoolMsg.ADDRESS_COUNT),
                new PortRange(
                        Wire.unsignedShort(body, AbiLayout.NatPoolMsg.PORT_MIN),
                        Wire.unsignedShort(body, AbiLayout.NatPoolMsg.PORT_MAX)),
                body.get(Wire.INT, AbiLayout.NatPoolMsg.QUARANTINE_MS));
        return new NatPoolState(
                pool,
                epoch,
                body.get(Wire.INT, AbiLayout.NatPoolMsg.REFERENCES),
                body.get(Wire.INT, AbiLayout.NatPoolMsg.BLOCKS),
                body.get(Wire.LONG, AbiLayout.NatPoolMsg.PORTS_USED),
                body.get(Wire.LONG, AbiLayout.NatPoolMsg.PORTS_QUARANTINED),
                body.get(Wire.LONG, AbiLayout.NatPoolMsg.EXHAUSTED));
    }

    /** What a connection's packets become, if something else than they are. */
    static Optional<Connection.Translation> translation(MemorySegment body, int family, int flags) {
        if ((flags & AbiCodes.WEFT_CONNECTION_TRANSLATED) == 0) {
            return Optional.empty();
        }
        return Optional.of(new Connection.Translation(
                Wire.address(body, AbiLayout.ConnectionMsg.TO_SOURCE, family),
                Wire.address(body, AbiLayout.ConnectionMsg.TO_DESTINATION, family),
                Wire.unsignedShort(body, AbiLayout.ConnectionMsg.TO_SOURCE_PORT),
                Wire.unsignedShort(body, AbiLayout.ConnectionMsg.TO_DESTINATION_PORT)));
    }
}
