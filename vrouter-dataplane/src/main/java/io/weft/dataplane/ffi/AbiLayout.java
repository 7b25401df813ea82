package io.weft.dataplane.ffi;

import java.util.List;

/** Offsets and sizes of weft_abi.h, in bytes. Generated from native/abi by native/abi/java_layout.c; not edited by hand. */
public final class AbiLayout {
    private AbiLayout() {}

    /** One field; an empty field name stands for the struct itself. */
    public record Field(String struct, String field, int offset, int bytes) {}

    /** struct weft_frame_header. */
    public static final class FrameHeader {
        public static final int SIZE_BYTES = 16;
        public static final int BYTES = 0;
        public static final int SEQUENCE = 4;
        public static final int MESSAGE_COUNT = 8;
        public static final int ZERO0 = 12;

        private FrameHeader() {}
    }

    /** struct weft_message_header. */
    public static final class MessageHeader {
        public static final int SIZE_BYTES = 16;
        public static final int OBJECT = 0;
        public static final int OPERATION = 2;
        public static final int BYTES = 4;
        public static final int EPOCH = 8;
        public static final int ZERO0 = 12;

        private MessageHeader() {}
    }

    /** struct weft_hello_msg. */
    public static final class HelloMsg {
        public static final int SIZE_BYTES = 72;
        public static final int ABI_MAJOR = 0;
        public static final int ABI_MINOR = 2;
        public static final int ZERO0 = 4;
        public static final int PEER = 8;

        private HelloMsg() {}
    }

    /** struct weft_error_msg. */
    public static final class ErrorMsg {
        public static final int SIZE_BYTES = 120;
        public static final int INDEX = 0;
        public static final int CODE = 4;
        public static final int TEXT = 8;

        private ErrorMsg() {}
    }

    /** struct weft_done_msg. */
    public static final class DoneMsg {
        public static final int SIZE_BYTES = 64;
        public static final int APPLIED = 0;
        public static final int REFUSED = 4;
        public static final int MORE = 8;
        public static final int ZERO0 = 12;
        public static final int MARKER = 16;

        private DoneMsg() {}
    }

    /** struct weft_dump_msg. */
    public static final class DumpMsg {
        public static final int SIZE_BYTES = 56;
        public static final int VRF_ID = 0;
        public static final int LIMIT = 4;
        public static final int MARKER = 8;

        private DumpMsg() {}
    }

    /** struct weft_plane_msg. */
    public static final class PlaneMsg {
        public static final int SIZE_BYTES = 144;
        public static final int UNDERLAY4 = 0;
        public static final int UNDERLAY6 = 16;
        public static final int ROUTER_MAC = 32;
        public static final int ZERO0 = 38;
        public static final int CONNECTIONS_MAX = 40;
        public static final int CONNECTIONS_LIVE = 44;
        public static final int WORKERS = 48;
        public static final int VIFS = 52;
        public static final int NEXTHOPS = 56;
        public static final int VRFS = 60;
        public static final int ROUTES = 64;
        public static final int STARTED_NS = 72;
        public static final int SETS = 80;
        public static final int DELETES = 88;
        public static final int IMPLEMENTATION = 96;
        public static final int VERSION = 112;

        private PlaneMsg() {}
    }

    /** struct weft_vif_address. */
    public static final class VifAddress {
        public static final int SIZE_BYTES = 20;
        public static final int FAMILY = 0;
        public static final int PREFIX_LEN = 1;
        public static final int FLAGS = 2;
        public static final int ADDRESS = 4;

        private VifAddress() {}
    }

    /** struct weft_vif_msg. */
    public static final class VifMsg {
        public static final int SIZE_BYTES = 944;
        public static final int VIF_ID = 0;
        public static final int VRF_ID = 4;
        public static final int KEY = 8;
        public static final int TYPE = 24;
        public static final int PORT_KIND = 25;
        public static final int FLAGS = 26;
        public static final int MTU = 28;
        public static final int LABEL = 32;
        public static final int MAC = 36;
        public static final int ZERO0 = 42;
        public static final int NAME = 44;
        public static final int DEVICE = 60;
        public static final int NETNS = 124;
        public static final int ADDRESS_COUNT = 252;
        public static final int ZERO1 = 256;
        public static final int ADDRESSES = 260;
        public static final int ZERO2 = 900;
        public static final int RX_PACKETS = 904;
        public static final int RX_BYTES = 912;
        public static final int TX_PACKETS = 920;
        public static final int TX_BYTES = 928;
        public static final int DROPS = 936;

        private VifMsg() {}
    }

    /** struct weft_vrf_msg. */
    public static final class VrfMsg {
        public static final int SIZE_BYTES = 168;
        public static final int VRF_ID = 0;
        public static final int VNI = 4;
        public static final int KEY = 8;
        public static final int NAME = 24;
        public static final int ROUTES4 = 152;
        public static final int ROUTES6 = 160;

        private VrfMsg() {}
    }

    /** struct weft_nexthop_msg. */
    public static final class NexthopMsg {
        public static final int SIZE_BYTES = 80;
        public static final int NEXTHOP_ID = 0;
        public static final int TYPE = 4;
        public static final int ENCAP = 5;
        public static final int FAMILY = 6;
        public static final int ZERO0 = 7;
        public static final int KEY = 8;
        public static final int VIF_ID = 24;
        public static final int VRF_ID = 28;
        public static final int SOURCE = 32;
        public static final int DESTINATION = 48;
        public static final int INNER_MAC = 64;
        public static final int ZERO1 = 70;
        public static final int REFERENCES = 72;

        private NexthopMsg() {}
    }

    /** struct weft_route_msg. */
    public static final class RouteMsg {
        public static final int SIZE_BYTES = 40;
        public static final int VRF_ID = 0;
        public static final int FAMILY = 4;
        public static final int PREFIX_LEN = 5;
        public static final int ZERO0 = 6;
        public static final int PREFIX = 8;
        public static final int NEXTHOP_ID = 24;
        public static final int LABEL = 28;
        public static final int IDENTITY_ID = 32;
        public static final int FLAGS = 36;

        private RouteMsg() {}
    }

    /** struct weft_label_msg. */
    public static final class LabelMsg {
        public static final int SIZE_BYTES = 8;
        public static final int LABEL = 0;
        public static final int NEXTHOP_ID = 4;

        private LabelMsg() {}
    }

    /** struct weft_vni_msg. */
    public static final class VniMsg {
        public static final int SIZE_BYTES = 8;
        public static final int VNI = 0;
        public static final int NEXTHOP_ID = 4;

        private VniMsg() {}
    }

    /** struct weft_path_msg. */
    public static final class PathMsg {
        public static final int SIZE_BYTES = 64;
        public static final int FAMILY = 0;
        public static final int STATE = 1;
        public static final int ZERO0 = 2;
        public static final int VIF_ID = 4;
        public static final int DESTINATION = 8;
        public static final int GATEWAY = 24;
        public static final int SOURCE_MAC = 40;
        public static final int DESTINATION_MAC = 46;
        public static final int MTU = 52;
        public static final int CHANGED_NS = 56;

        private PathMsg() {}
    }

    /** struct weft_connection_msg. */
    public static final class ConnectionMsg {
        public static final int SIZE_BYTES = 104;
        public static final int INDEX = 0;
        public static final int REVERSE_INDEX = 4;
        public static final int VRF_ID = 8;
        public static final int ZONE = 12;
        public static final int FAMILY = 16;
        public static final int PROTOCOL = 17;
        public static final int TCP_STATE = 18;
        public static final int ZERO0 = 19;
        public static final int SOURCE_PORT = 20;
        public static final int DESTINATION_PORT = 22;
        public static final int SOURCE = 24;
        public static final int DESTINATION = 40;
        public static final int FLAGS = 56;
        public static final int VIF_ID = 60;
        public static final int NEXTHOP_ID = 64;
        public static final int LABEL = 68;
        public static final int PACKETS = 72;
        public static final int BYTES = 80;
        public static final int IDLE_NS = 88;
        public static final int AGE_NS = 96;

        private ConnectionMsg() {}
    }

    /** struct weft_drop_msg. */
    public static final class DropMsg {
        public static final int SIZE_BYTES = 16;
        public static final int REASON = 0;
        public static final int VIF_ID = 4;
        public static final int PACKETS = 8;

        private DropMsg() {}
    }

    /** Every struct and field, in the header's order. */
    public static final List<Field> FIELDS = List.of(
            new Field("weft_frame_header", "", 0, 16),
            new Field("weft_frame_header", "bytes", 0, 4),
            new Field("weft_frame_header", "sequence", 4, 4),
            new Field("weft_frame_header", "message_count", 8, 4),
            new Field("weft_frame_header", "zero0", 12, 4),
            new Field("weft_message_header", "", 0, 16),
            new Field("weft_message_header", "object", 0, 2),
            new Field("weft_message_header", "operation", 2, 2),
            new Field("weft_message_header", "bytes", 4, 4),
            new Field("weft_message_header", "epoch", 8, 4),
            new Field("weft_message_header", "zero0", 12, 4),
            new Field("weft_hello_msg", "", 0, 72),
            new Field("weft_hello_msg", "abi_major", 0, 2),
            new Field("weft_hello_msg", "abi_minor", 2, 2),
            new Field("weft_hello_msg", "zero0", 4, 4),
            new Field("weft_hello_msg", "peer", 8, 64),
            new Field("weft_error_msg", "", 0, 120),
            new Field("weft_error_msg", "index", 0, 4),
            new Field("weft_error_msg", "code", 4, 4),
            new Field("weft_error_msg", "text", 8, 112),
            new Field("weft_done_msg", "", 0, 64),
            new Field("weft_done_msg", "applied", 0, 4),
            new Field("weft_done_msg", "refused", 4, 4),
            new Field("weft_done_msg", "more", 8, 4),
            new Field("weft_done_msg", "zero0", 12, 4),
            new Field("weft_done_msg", "marker", 16, 48),
            new Field("weft_dump_msg", "", 0, 56),
            new Field("weft_dump_msg", "vrf_id", 0, 4),
            new Field("weft_dump_msg", "limit", 4, 4),
            new Field("weft_dump_msg", "marker", 8, 48),
            new Field("weft_plane_msg", "", 0, 144),
            new Field("weft_plane_msg", "underlay4", 0, 16),
            new Field("weft_plane_msg", "underlay6", 16, 16),
            new Field("weft_plane_msg", "router_mac", 32, 6),
            new Field("weft_plane_msg", "zero0", 38, 2),
            new Field("weft_plane_msg", "connections_max", 40, 4),
            new Field("weft_plane_msg", "connections_live", 44, 4),
            new Field("weft_plane_msg", "workers", 48, 4),
            new Field("weft_plane_msg", "vifs", 52, 4),
            new Field("weft_plane_msg", "nexthops", 56, 4),
            new Field("weft_plane_msg", "vrfs", 60, 4),
            new Field("weft_plane_msg", "routes", 64, 8),
            new Field("weft_plane_msg", "started_ns", 72, 8),
            new Field("weft_plane_msg", "sets", 80, 8),
            new Field("weft_plane_msg", "deletes", 88, 8),
            new Field("weft_plane_msg", "implementation", 96, 16),
            new Field("weft_plane_msg", "version", 112, 32),
            new Field("weft_vif_address", "", 0, 20),
            new Field("weft_vif_address", "family", 0, 1),
            new Field("weft_vif_address", "prefix_len", 1, 1),
            new Field("weft_vif_address", "flags", 2, 2),
            new Field("weft_vif_address", "address", 4, 16),
            new Field("weft_vif_msg", "", 0, 944),
            new Field("weft_vif_msg", "vif_id", 0, 4),
            new Field("weft_vif_msg", "vrf_id", 4, 4),
            new Field("weft_vif_msg", "key", 8, 16),
            new Field("weft_vif_msg", "type", 24, 1),
            new Field("weft_vif_msg", "port_kind", 25, 1),
            new Field("weft_vif_msg", "flags", 26, 2),
            new Field("weft_vif_msg", "mtu", 28, 4),
            new Field("weft_vif_msg", "label", 32, 4),
            new Field("weft_vif_msg", "mac", 36, 6),
            new Field("weft_vif_msg", "zero0", 42, 2),
            new Field("weft_vif_msg", "name", 44, 16),
            new Field("weft_vif_msg", "device", 60, 64),
            new Field("weft_vif_msg", "netns", 124, 128),
            new Field("weft_vif_msg", "address_count", 252, 4),
            new Field("weft_vif_msg", "zero1", 256, 4),
            new Field("weft_vif_msg", "addresses", 260, 640),
            new Field("weft_vif_msg", "zero2", 900, 4),
            new Field("weft_vif_msg", "rx_packets", 904, 8),
            new Field("weft_vif_msg", "rx_bytes", 912, 8),
            new Field("weft_vif_msg", "tx_packets", 920, 8),
            new Field("weft_vif_msg", "tx_bytes", 928, 8),
            new Field("weft_vif_msg", "drops", 936, 8),
            new Field("weft_vrf_msg", "", 0, 168),
            new Field("weft_vrf_msg", "vrf_id", 0, 4),
            new Field("weft_vrf_msg", "vni", 4, 4),
            new Field("weft_vrf_msg", "key", 8, 16),
            new Field("weft_vrf_msg", "name", 24, 128),
            new Field("weft_vrf_msg", "routes4", 152, 8),
            new Field("weft_vrf_msg", "routes6", 160, 8),
            new Field("weft_nexthop_msg", "", 0, 80),
            new Field("weft_nexthop_msg", "nexthop_id", 0, 4),
            new Field("weft_nexthop_msg", "type", 4, 1),
            new Field("weft_nexthop_msg", "encap", 5, 1),
            new Field("weft_nexthop_msg", "family", 6, 1),
            new Field("weft_nexthop_msg", "zero0", 7, 1),
            new Field("weft_nexthop_msg", "key", 8, 16),
            new Field("weft_nexthop_msg", "vif_id", 24, 4),
            new Field("weft_nexthop_msg", "vrf_id", 28, 4),
            new Field("weft_nexthop_msg", "source", 32, 16),
            new Field("weft_nexthop_msg", "destination", 48, 16),
            new Field("weft_nexthop_msg", "inner_mac", 64, 6),
            new Field("weft_nexthop_msg", "zero1", 70, 2),
            new Field("weft_nexthop_msg", "references", 72, 8),
            new Field("weft_route_msg", "", 0, 40),
            new Field("weft_route_msg", "vrf_id", 0, 4),
            new Field("weft_route_msg", "family", 4, 1),
            new Field("weft_route_msg", "prefix_len", 5, 1),
            new Field("weft_route_msg", "zero0", 6, 2),
            new Field("weft_route_msg", "prefix", 8, 16),
            new Field("weft_route_msg", "nexthop_id", 24, 4),
            new Field("weft_route_msg", "label", 28, 4),
            new Field("weft_route_msg", "identity_id", 32, 4),
            new Field("weft_route_msg", "flags", 36, 4),
            new Field("weft_label_msg", "", 0, 8),
            new Field("weft_label_msg", "label", 0, 4),
            new Field("weft_label_msg", "nexthop_id", 4, 4),
            new Field("weft_vni_msg", "", 0, 8),
            new Field("weft_vni_msg", "vni", 0, 4),
            new Field("weft_vni_msg", "nexthop_id", 4, 4),
            new Field("weft_path_msg", "", 0, 64),
            new Field("weft_path_msg", "family", 0, 1),
            new Field("weft_path_msg", "state", 1, 1),
            new Field("weft_path_msg", "zero0", 2, 2),
            new Field("weft_path_msg", "vif_id", 4, 4),
            new Field("weft_path_msg", "destination", 8, 16),
            new Field("weft_path_msg", "gateway", 24, 16),
            new Field("weft_path_msg", "source_mac", 40, 6),
            new Field("weft_path_msg", "destination_mac", 46, 6),
            new Field("weft_path_msg", "mtu", 52, 4),
            new Field("weft_path_msg", "changed_ns", 56, 8),
            new Field("weft_connection_msg", "", 0, 104),
            new Field("weft_connection_msg", "index", 0, 4),
            new Field("weft_connection_msg", "reverse_index", 4, 4),
            new Field("weft_connection_msg", "vrf_id", 8, 4),
            new Field("weft_connection_msg", "zone", 12, 4),
            new Field("weft_connection_msg", "family", 16, 1),
            new Field("weft_connection_msg", "protocol", 17, 1),
            new Field("weft_connection_msg", "tcp_state", 18, 1),
            new Field("weft_connection_msg", "zero0", 19, 1),
            new Field("weft_connection_msg", "source_port", 20, 2),
            new Field("weft_connection_msg", "destination_port", 22, 2),
            new Field("weft_connection_msg", "source", 24, 16),
            new Field("weft_connection_msg", "destination", 40, 16),
            new Field("weft_connection_msg", "flags", 56, 4),
            new Field("weft_connection_msg", "vif_id", 60, 4),
            new Field("weft_connection_msg", "nexthop_id", 64, 4),
            new Field("weft_connection_msg", "label", 68, 4),
            new Field("weft_connection_msg", "packets", 72, 8),
            new Field("weft_connection_msg", "bytes", 80, 8),
            new Field("weft_connection_msg", "idle_ns", 88, 8),
            new Field("weft_connection_msg", "age_ns", 96, 8),
            new Field("weft_drop_msg", "", 0, 16),
            new Field("weft_drop_msg", "reason", 0, 4),
            new Field("weft_drop_msg", "vif_id", 4, 4),
            new Field("weft_drop_msg", "packets", 8, 8));
}
