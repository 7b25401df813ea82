package io.weft.dataplane.ffi;

import io.weft.dataplane.DataplaneException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The request under construction, the one that was sent and the last answer: buffers that live as long as the connection and grow once.
 * The plane works on what was sent while the next is written. One thread at a time.
 */
final class Frame {
    private static final int HEADER = AbiLayout.FrameHeader.SIZE_BYTES;
    private static final int MESSAGE_HEADER = AbiLayout.MessageHeader.SIZE_BYTES;

    /** Messages go together up to this size, so that others of the plane's clients get their turn; a larger one goes alone. */
    static final int BATCH_BYTES = 1 << 20;

    /** So many refusals fit into one answer beside DONE, so that no answer is ever cut. */
    static final int MESSAGES_MAX = (BATCH_BYTES - HEADER - MESSAGE_HEADER - AbiLayout.DoneMsg.SIZE_BYTES)
            / (MESSAGE_HEADER + AbiLayout.ErrorMsg.SIZE_BYTES);

    /** One message of an answer. */
    record Message(int object, int epoch, MemorySegment body) {}

    /** Takes the messages of an answer in order. */
    interface Receiver {
        void accept(Message message) throws DataplaneException;
    }

    private final Arena arena;
    private MemorySegment request;
    private MemorySegment sent;
    private MemorySegment answer;
    private boolean waits;
    private int bytes = HEADER;
    private int messages;

    Frame(Arena arena) {
        this.arena = arena;
        request = arena.allocate(BATCH_BYTES, 8);
        sent = arena.allocate(BATCH_BYTES, 8);
        answer = arena.allocate(BATCH_BYTES, 8);
    }

    /** The next answers may be as long as any: a page is about as long as a batch, but an object of it may be longer. */
    void expectLargeObjects() {
        if (answer.byteSize() < AbiCodes.WEFT_FRAME_BYTES_MAX) {
            answer = arena.allocate(AbiCodes.WEFT_FRAME_BYTES_MAX, 8);
        }
    }

    int messages() {
        return messages;
    }

    /** Another message may follow those that are there. An empty frame takes any. */
    boolean hasRoom(int bodyBytes) {
        return messages == 0 || messages < MESSAGES_MAX && bytes + MESSAGE_HEADER + bodyBytes <= BATCH_BYTES;
    }

    void clear() {
        bytes = HEADER;
        messages = 0;
    }

    MemorySegment buffer() {
        return request;
    }

    /** Appends a message with a zero body and returns where the body begins in {@link #buffer}. */
    long add(int object, int operation, int epoch, int bodyBytes) {
        long at = bytes;
        int total = MESSAGE_HEADER + bodyBytes;
        if (at + total > request.byteSize() && messages == 0) {
            request = arena.allocate(AbiCodes.WEFT_FRAME_BYTES_MAX, 8);
        }
        request.asSlice(at, total).fill((byte) 0);
        request.set(Wire.SHORT, at + AbiLayout.MessageHeader.OBJECT, (short) object);
        request.set(Wire.SHORT, at + AbiLayout.MessageHeader.OPERATION, (short) operation);
        request.set(Wire.INT, at + AbiLayout.MessageHeader.BYTES, total);
        request.set(Wire.INT, at + AbiLayout.MessageHeader.EPOCH, epoch);
        bytes += total;
        messages++;
        return at + MESSAGE_HEADER;
    }

    /** A request was sent and has not been answered yet. */
    boolean waits() {
        return waits;
    }

    /** Sends what was added; the next request can be written. Not while another one {@link #waits}. */
    void send(LibWeft library, MemorySegment handle, int timeoutMs) throws DataplaneException {
        request.asSlice(0, HEADER).fill((byte) 0);
        request.set(Wire.INT, AbiLayout.FrameHeader.BYTES, bytes);
        request.set(Wire.INT, AbiLayout.FrameHeader.MESSAGE_COUNT, messages);
        int error = library.send(handle, request, bytes, timeoutMs);
        clear();
        if (error < 0) {
            throw failed(error);
        }
        waits = true;
        MemorySegment free = sent;
        sent = request;
        request = free;
    }

    /** Hands out the answer to what was sent, which is valid until the next one. */
    void receive(LibWeft library, MemorySegment handle, int timeoutMs, Receiver receiver) throws DataplaneException {
        waits = false;
        long got = library.receive(handle, answer, answer.byteSize(), timeoutMs);
        if (got < 0) {
            throw failed((int) got);
        }
        try {
            read(got, receiver);
        } catch (IllegalArgumentException e) {
            throw broken(e.getMessage());
        }
    }

    /** Sends what was added and waits for the answer. */
    void exchange(LibWeft library, MemorySegment handle, int timeoutMs, Receiver receiver) throws DataplaneException {
        send(library, handle, timeoutMs);
        receive(library, handle, timeoutMs, receiver);
    }

    private static DataplaneException failed(int error) {
        return new DataplaneException(-error, "call of the plane failed, " + Errno.text(-error));
    }

    private void read(long end, Receiver receiver) throws DataplaneException {
        boolean done = false;
        long at = HEADER;
        while (at < end) {
            if (done || end - at < MESSAGE_HEADER) {
                throw broken((end - at) + " bytes follow its last message");
            }
            int total = answer.get(Wire.INT, at + AbiLayout.MessageHeader.BYTES);
            if (total < MESSAGE_HEADER || total > end - at) {
                throw broken("message of " + total + " bytes at offset " + at + " of " + end);
            }
            int object = Wire.unsignedShort(answer, at + AbiLayout.MessageHeader.OBJECT);
            int epoch = answer.get(Wire.INT, at + AbiLayout.MessageHeader.EPOCH);
            int expected = bodyBytes(object, total - MESSAGE_HEADER, at + MESSAGE_HEADER);
            if (total - MESSAGE_HEADER != expected) {
                throw broken("object " + object + " has a body of " + (total - MESSAGE_HEADER) + " bytes, must be "
                        + expected);
            }
            done = object == AbiCodes.WEFT_OBJECT_DONE;
            receiver.accept(new Message(object, epoch, answer.asSlice(at + MESSAGE_HEADER, expected)));
            at += total;
        }
        if (!done) {
            throw broken("DONE is missing at its end");
        }
    }

    /** What the body must be long: by its kind, and by its count of items where it has items. */
    private int bodyBytes(int object, int found, long at) throws DataplaneException {
        return switch (object) {
            case AbiCodes.WEFT_OBJECT_NEXTHOP ->
                withItems(
                        object,
                        found,
                        at + AbiLayout.NexthopMsg.MEMBER_COUNT,
                        AbiCodes.WEFT_NEXTHOP_MEMBERS_MAX,
                        AbiLayout.NexthopMember.SIZE_BYTES);
            case AbiCodes.WEFT_OBJECT_POLICY ->
                withItems(
                        object,
                        found,
                        at + AbiLayout.PolicyMsg.RULE_COUNT,
                        AbiCodes.WEFT_POLICY_RULES_MAX,
                        AbiLayout.PolicyRule.SIZE_BYTES);
            case AbiCodes.WEFT_OBJECT_AGEING ->
                withItems(
                        object,
                        found,
                        at + AbiLayout.AgeingMsg.ROW_COUNT,
                        AbiCodes.WEFT_AGEING_ROWS_MAX,
                        AbiLayout.AgeingRow.SIZE_BYTES);
            case AbiCodes.WEFT_OBJECT_FLOATING_IP ->
                withItems(
                        object,
                        found,
                        at + AbiLayout.FloatingIpMsg.MAPPING_COUNT,
                        AbiCodes.WEFT_PORT_MAPPINGS_MAX,
                        AbiLayout.PortMapping.SIZE_BYTES);
            case AbiCodes.WEFT_OBJECT_SERVICE ->
                withItems(
                        object,
                        found,
                        at + AbiLayout.ServiceMsg.BACKEND_COUNT,
                        AbiCodes.WEFT_SERVICE_BACKENDS_MAX,
                        AbiLayout.ServiceBackend.SIZE_BYTES);
            default -> structBytes(object);
        };
    }

    private int withItems(int object, int found, long countAt, int limit, int itemBytes) throws DataplaneException {
        int struct = structBytes(object);
        if (found < struct) {
            return struct;
        }
        int count = answer.get(Wire.INT, countAt);
        if (count < 0 || count > limit) {
            throw broken("object " + object + " has " + count + " items, must be 0 .. " + limit);
        }
        return struct + count * itemBytes;
    }

    private static int structBytes(int object) throws DataplaneException {
        return switch (object) {
            case AbiCodes.WEFT_OBJECT_HELLO -> AbiLayout.HelloMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_ERROR -> AbiLayout.ErrorMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_DONE -> AbiLayout.DoneMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_PLANE -> AbiLayout.PlaneMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_VIF -> AbiLayout.VifMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_VRF -> AbiLayout.VrfMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_IDENTITY -> AbiLayout.IdentityMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_POLICY -> AbiLayout.PolicyMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_FLOATING_IP -> AbiLayout.FloatingIpMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_NAT_POOL -> AbiLayout.NatPoolMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_SERVICE -> AbiLayout.ServiceMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_LOG -> AbiLayout.LogMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_AGEING -> AbiLayout.AgeingMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_NEXTHOP -> AbiLayout.NexthopMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_ROUTE -> AbiLayout.RouteMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_LABEL -> AbiLayout.LabelMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_VNI -> AbiLayout.VniMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_PATH -> AbiLayout.PathMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_CONNECTION -> AbiLayout.ConnectionMsg.SIZE_BYTES;
            case AbiCodes.WEFT_OBJECT_DROP -> AbiLayout.DropMsg.SIZE_BYTES;
            default -> throw broken("object " + object + " is not known");
        };
    }

    static DataplaneException broken(String what) {
        return new DataplaneException(Errno.EPROTO, "the plane's answer does not follow weft_abi.h: " + what);
    }
}
