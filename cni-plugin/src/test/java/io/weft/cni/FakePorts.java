package io.weft.cni;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Ports in a map. Remembers what it was asked. */
final class FakePorts implements PortService {
    static final String NETWORK = "default-domain:red:web";

    final Map<Attachment, PortResult> present = new LinkedHashMap<>();
    final Map<Attachment, String> configurations = new LinkedHashMap<>();
    final List<Object> calls = new ArrayList<>();

    /** Thrown by every call; null: none. */
    CniException failure;

    RuntimeException bug;

    private void called(Object what) throws CniException {
        calls.add(what);
        if (failure != null) {
            throw failure;
        }
        if (bug != null) {
            throw bug;
        }
    }

    @Override
    public PortResult add(PortRequest request) throws CniException {
        called(request);
        if (!request.network().equals(Optional.of(NETWORK))) {
            throw new CniException(
                    CniError.INVALID_CONFIG,
                    "network " + request.network().orElse("none") + " is not known",
                    "CNI_ARGS WEFT_NETWORK or weft.network");
        }
        configurations.put(request.attachment(), request.networkName());
        return present.computeIfAbsent(
                request.attachment(),
                attachment -> new PortResult(
                        attachment.ifname(),
                        "02:00:00:00:00:05",
                        1450,
                        request.netns().orElseThrow(),
                        List.of(
                                new PortResult.Address(
                                        InetAddress.ofLiteral("10.1.1.5"),
                                        24,
                                        Optional.of(InetAddress.ofLiteral("10.1.1.1"))),
                                new PortResult.Address(InetAddress.ofLiteral("fd00:1:1::5"), 64, Optional.empty()))));
    }

    @Override
    public void delete(PortRequest request) throws CniException {
        called(request);
        present.remove(request.attachment());
    }

    @Override
    public void check(PortRequest request) throws CniException {
        called(request);
        PortResult port = present.get(request.attachment());
        PortResult expected = request.expected().orElseThrow();
        if (port == null) {
            throw new CniException(CniError.FAILED, "there is no port");
        }
        if (!port.addresses().equals(expected.addresses()) || !port.mac().equals(expected.mac())) {
            throw new CniException(CniError.FAILED, "the port has " + port + ", expected " + expected);
        }
    }

    @Override
    public void gc(String networkName, Set<Attachment> valid) throws CniException {
        called(valid);
        present.keySet()
                .removeIf(attachment ->
                        configurations.get(attachment).equals(networkName) && !valid.contains(attachment));
    }

    @Override
    public void status() throws CniException {
        called("status");
    }
}
