package io.weft.dataplane.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The functions of weft_client.h. Loaded once per JVM; the library's layout is checked against {@link AbiLayout} then. */
final class LibWeft {
    private static final long STRING_BYTES_MAX = 4096;

    private final MethodHandle open;
    private final MethodHandle close;
    private final MethodHandle send;
    private final MethodHandle receive;
    private final MethodHandle layout;
    private final MethodHandle dropName;
    private final MethodHandle dropDoc;
    private final MethodHandle hostInject;
    private final MethodHandle hostCollect;
    private final MethodHandle hostAdvance;

    private LibWeft(SymbolLookup symbols) {
        open = bind(symbols, "weft_open", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
        close = bind(symbols, "weft_close", FunctionDescriptor.ofVoid(ADDRESS));
        send = bind(symbols, "weft_send", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT));
        receive =
                bind(symbols, "weft_receive", FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT));
        layout = bind(symbols, "weft_abi_layout", FunctionDescriptor.of(ADDRESS, ADDRESS));
        dropName = bind(symbols, "weft_drop_name", FunctionDescriptor.of(ADDRESS, JAVA_INT));
        dropDoc = bind(symbols, "weft_drop_doc", FunctionDescriptor.of(ADDRESS, JAVA_INT));
        hostInject = bind(
                symbols, "weft_host_inject", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT));
        hostCollect = bind(
                symbols, "weft_host_collect", FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT));
        hostAdvance = bind(symbols, "weft_host_advance", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
    }

    private static MethodHandle bind(SymbolLookup symbols, String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), descriptor);
    }

    private static final class Holder {
        static final LibWeft LIBRARY = load();

        private static LibWeft load() {
            LibWeft library = new LibWeft(SymbolLookup.libraryLookup(path(), Arena.global()));
            if (!library.layout().equals(AbiLayout.FIELDS)) {
                throw new UnsatisfiedLinkError(path() + " was built from another weft_abi.h than these classes");
            }
            return library;
        }
    }

    /**
     * @throws UnsatisfiedLinkError (or NoClassDefFoundError after the first time) when the library is missing or was built from
     *     another header
     */
    static LibWeft get() {
        return Holder.LIBRARY;
    }

    /** System property {@code weft.library} (the file), else {@code weft.native} (the build folder). */
    static Path path() {
        String library = System.getProperty("weft.library");
        String build = System.getProperty("weft.native");
        if (library == null && build == null) {
            throw new UnsatisfiedLinkError(
                    "neither -Dweft.library=FILE nor -Dweft.native=BUILD_FOLDER says where libweft.so is");
        }
        Path path = (library != null ? Path.of(library) : Path.of(build, "client", "libweft.so")).toAbsolutePath();
        if (!Files.isRegularFile(path)) {
            throw new UnsatisfiedLinkError(path + " is missing, named by the system property "
                    + (library != null ? "weft.library" : "weft.native"));
        }
        return path;
    }

    int open(MemorySegment url, MemorySegment peer, MemorySegment out, MemorySegment text) {
        try {
            return (int) open.invokeExact(url, peer, out, text);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    void close(MemorySegment handle) {
        try {
            close.invokeExact(handle);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** 0 or negative errno. {@code request} stays as it is until its answer has been received. */
    int send(MemorySegment handle, MemorySegment request, long bytes, int timeoutMs) {
        try {
            return (int) send.invokeExact(handle, request, bytes, timeoutMs);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Bytes of the answer or negative errno. */
    long receive(MemorySegment handle, MemorySegment answer, long capacity, int timeoutMs) {
        try {
            return (long) receive.invokeExact(handle, answer, capacity, timeoutMs);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    int hostInject(MemorySegment handle, int vifId, MemorySegment frame, int bytes) {
        try {
            return (int) hostInject.invokeExact(handle, vifId, frame, bytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    long hostCollect(MemorySegment handle, int vifId, MemorySegment frame, int capacity) {
        try {
            return (long) hostCollect.invokeExact(handle, vifId, frame, capacity);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    int hostAdvance(MemorySegment handle, long nowNs) {
        try {
            return (int) hostAdvance.invokeExact(handle, nowNs);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    String dropName(int reason) {
        return stringOf(dropName, reason);
    }

    String dropDoc(int reason) {
        return stringOf(dropDoc, reason);
    }

    private static String stringOf(MethodHandle function, int reason) {
        try {
            MemorySegment text = (MemorySegment) function.invokeExact(reason);
            return text.address() == 0
                    ? null
                    : text.reinterpret(STRING_BYTES_MAX).getString(0);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** weft_abi_layout(): struct weft_abi_field is two pointers and two uint32_t. */
    List<AbiLayout.Field> layout() {
        long fieldBytes = 2 * ADDRESS.byteSize() + 2 * JAVA_INT.byteSize();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_LONG);
            MemorySegment table = (MemorySegment) layout.invokeExact(count);
            long fields = count.get(JAVA_LONG, 0);
            MemorySegment entries = table.reinterpret(fields * fieldBytes);
            List<AbiLayout.Field> list = new ArrayList<>();
            for (long i = 0; i < fields; i++) {
                MemorySegment entry = entries.asSlice(i * fieldBytes, fieldBytes);
                list.add(new AbiLayout.Field(
                        entry.get(ADDRESS, 0).reinterpret(STRING_BYTES_MAX).getString(0),
                        entry.get(ADDRESS, 8).reinterpret(STRING_BYTES_MAX).getString(0),
                        entry.get(JAVA_INT, 16),
                        entry.get(JAVA_INT, 20)));
            }
            return list;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static RuntimeException unexpected(Throwable e) {
        return switch (e) {
            case Error error -> throw error;
            case RuntimeException exception -> exception;
            default -> new IllegalStateException("a downcall handle threw what it does not declare", e);
        };
    }
}
