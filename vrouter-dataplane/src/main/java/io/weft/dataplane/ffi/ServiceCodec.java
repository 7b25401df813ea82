package io.weft.dataplane.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.weft.dataplane.Service;
import io.weft.dataplane.ServiceState;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Bodies of services. What is written to is zero before. IllegalArgumentException: the plane broke the ABI. */
final class ServiceCodec {
    private ServiceCodec() {}

    static int bodyBytes(Service service) {
        return AbiLayout.ServiceMsg.SIZE_BYTES + service.backends().size() * AbiLayout.ServiceBackend.SIZE_BYTES;
    }

    static void write(MemorySegment to, long at, Service service) {
        to.set(Wire.INT, at + AbiLayout.ServiceMsg.SERVICE_ID, service.id());
        to.set(Wire.INT, at + AbiLayout.ServiceMsg.VRF_ID, service.vrfId());
        Wire.putKey(to, at + AbiLayout.ServiceMsg.KEY, service.key());
        Wire.putAddress(to, at + AbiLayout.ServiceMsg.ADDRESS, service.address());
        to.set(JAVA_BYTE, at + AbiLayout.ServiceMsg.FAMILY, (byte) Wire.family(service.address()));
        to.set(JAVA_BYTE, at + AbiLayout.ServiceMsg.PROTOCOL, (byte) service.protocol());
        to.set(Wire.SHORT, at + AbiLayout.ServiceMsg.PORT, (short) service.port());
        to.set(JAVA_BYTE, at + AbiLayout.ServiceMsg.AFFINITY, (byte)
                (service.affinitySeconds() == 0
                        ? AbiCodes.WEFT_SERVICE_AFFINITY_NONE
                        : AbiCodes.WEFT_SERVICE_AFFINITY_CLIENT));
        to.set(Wire.INT, at + AbiLayout.ServiceMsg.AFFINITY_S, service.affinitySeconds());
        to.set(Wire.INT, at + AbiLayout.ServiceMsg.FLAGS, service.hairpin() ? AbiCodes.WEFT_SERVICE_HAIRPIN : 0);
        to.set(Wire.INT, at + AbiLayout.ServiceMsg.NAT_POOL_ID, service.natPoolId());
        to.set(
                Wire.INT,
                at + AbiLayout.ServiceMsg.BACKEND_COUNT,
                service.backends().size());
        long entry = at + AbiLayout.ServiceMsg.SIZE_BYTES;
        for (Service.Backend backend : service.backends()) {
            writeBackend(to, entry, backend);
            entry += AbiLayout.ServiceBackend.SIZE_BYTES;
        }
    }

    private static void writeBackend(MemorySegment to, long at, Service.Backend backend) {
        Wire.putKey(to, at + AbiLayout.ServiceBackend.KEY, backend.key());
        Wire.putAddress(to, at + AbiLayout.ServiceBackend.ADDRESS, backend.address());
        to.set(Wire.INT, at + AbiLayout.ServiceBackend.VRF_ID, backend.vrfId());
        to.set(Wire.SHORT, at + AbiLayout.ServiceBackend.PORT, (short) backend.port());
        to.set(JAVA_BYTE, at + AbiLayout.ServiceBackend.STATE, (byte)
                (backend.draining() ? AbiCodes.WEFT_BACKEND_DRAINING : AbiCodes.WEFT_BACKEND_UP));
        to.set(Wire.INT, at + AbiLayout.ServiceBackend.WEIGHT, backend.weight());
        to.set(Wire.INT, at + AbiLayout.ServiceBackend.CONNECTIONS_MAX, backend.connectionsMax());
    }

    static ServiceState service(MemorySegment body, int epoch) {
        int family = Wire.unsignedByte(body, AbiLayout.ServiceMsg.FAMILY);
        int count = body.get(Wire.INT, AbiLayout.ServiceMsg.BACKEND_COUNT);
        List<Service.Backend> backends = new ArrayList<>(count);
        List<ServiceState.Counted> counted = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long at = AbiLayout.ServiceMsg.SIZE_BYTES + (long) i * AbiLayout.ServiceBackend.SIZE_BYTES;
            backends.add(backend(body, at, family));
            counted.add(counted(body, at));
        }
        Service service = new Service(
                body.get(Wire.INT, AbiLayout.ServiceMsg.SERVICE_ID),
                body.get(Wire.INT, AbiLayout.ServiceMsg.VRF_ID),
                Wire.key(body, AbiLayout.ServiceMsg.KEY),
                Wire.address(body, AbiLayout.ServiceMsg.ADDRESS, family),
                Wire.unsignedByte(body, AbiLayout.ServiceMsg.PROTOCOL),
                Wire.unsignedShort(body, AbiLayout.ServiceMsg.PORT),
                body.get(Wire.INT, AbiLayout.ServiceMsg.AFFINITY_S),
                (body.get(Wire.INT, AbiLayout.ServiceMsg.FLAGS) & AbiCodes.WEFT_SERVICE_HAIRPIN) != 0,
                body.get(Wire.INT, AbiLayout.ServiceMsg.NAT_POOL_ID),
                backends);
        return new ServiceState(service, epoch, body.get(Wire.INT, AbiLayout.ServiceMsg.SLOTS), counted);
    }

    private static Service.Backend backend(MemorySegment body, long at, int family) {
        return new Service.Backend(
                Wire.key(body, at + AbiLayout.ServiceBackend.KEY),
                Wire.address(body, at + AbiLayout.ServiceBackend.ADDRESS, family),
                body.get(Wire.INT, at + AbiLayout.ServiceBackend.VRF_ID),
                Wire.unsignedShort(body, at + AbiLayout.ServiceBackend.PORT),
                Wire.unsignedByte(body, at + AbiLayout.ServiceBackend.STATE) == AbiCodes.WEFT_BACKEND_DRAINING,
                body.get(Wire.INT, at + AbiLayout.ServiceBackend.WEIGHT),
                body.get(Wire.INT, at + AbiLayout.ServiceBackend.CONNECTIONS_MAX));
    }

    private static ServiceState.Counted counted(MemorySegment body, long at) {
        return new ServiceState.Counted(
                body.get(Wire.INT, at + AbiLayout.ServiceBackend.BACKEND_ID),
                body.get(Wire.INT, at + AbiLayout.ServiceBackend.CONNECTIONS_LIVE),
                body.get(Wire.LONG, at + AbiLayout.ServiceBackend.CONNECTIONS),
                body.get(Wire.LONG, at + AbiLayout.ServiceBackend.PACKETS),
                body.get(Wire.LONG, at + AbiLayout.ServiceBackend.BYTES));
    }
}
