package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * What is known of an address beyond the address. Never changes in the plane: other elements are another identity.
 *
 * @param id chosen by the owner, {@link #FIRST} .. 65535
 * @param key the owner's
 * @param elements 1 .. 32, each once; kept ascending by kind, then number
 */
public record Identity(int id, ObjectKey key, List<Element> elements) implements PlaneObject {
    /** No route knows the address. */
    public static final int UNKNOWN = AbiCodes.WEFT_IDENTITY_UNKNOWN;

    /** Came from this node itself. */
    public static final int NODE = AbiCodes.WEFT_IDENTITY_NODE;

    /** Came by an uplink outside a tunnel. */
    public static final int EXTERNAL = AbiCodes.WEFT_IDENTITY_EXTERNAL;

    /** The first id an owner may set. */
    public static final int FIRST = AbiCodes.WEFT_IDENTITY_FIRST;

    /** Most elements of one identity. */
    public static final int ELEMENTS_MAX = AbiCodes.WEFT_IDENTITY_ELEMENTS_MAX;

    /**
     * One thing an identity holds.
     *
     * @param kind NETWORK, SECURITY_GROUP or TAG
     * @param id unsigned
     */
    public record Element(ElementKind kind, long id) implements Comparable<Element> {
        private static final Comparator<Element> ORDER =
                Comparator.comparing(Element::kind).thenComparing(Element::id, Long::compareUnsigned);

        public Element {
            Objects.requireNonNull(kind, "kind");
            if (kind == ElementKind.ANY || kind == ElementKind.IDENTITY) {
                throw new IllegalArgumentException(
                        "element kind is " + kind + ", must be NETWORK, SECURITY_GROUP or TAG");
            }
        }

        /** The network "domain:project:network": the first eight bytes of the SHA-256 of its UTF-8 bytes, big endian. */
        public static Element network(String fqName) {
            return new Element(ElementKind.NETWORK, networkId(fqName));
        }

        public static Element securityGroup(long id) {
            return new Element(ElementKind.SECURITY_GROUP, id);
        }

        @Override
        public int compareTo(Element other) {
            return ORDER.compare(this, other);
        }

        /** {@code 2:8000001}: kind and number, decimal. The same text for ever. */
        @Override
        public String toString() {
            return kind.code() + ":" + Long.toUnsignedString(id);
        }
    }

    public Identity {
        Limits.range("identity id", id, FIRST, AbiCodes.WEFT_IDENTITY_LIMIT - 1);
        Objects.requireNonNull(key, "key");
        elements = elements.stream().sorted().distinct().toList();
        Limits.range("element count of identity " + id, elements.size(), 1, ELEMENTS_MAX);
    }

    /** The number by which policy and identities know a network, see {@link Element#network}. */
    public static long networkId(String fqName) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(fqName.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(digest).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
