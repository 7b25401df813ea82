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
        public static final int SIZE_BYTES = 280;
        public static final int UNDERLAY4 = 0;
        public static final int UNDERLAY6 = 16;
        public static final int ROUTER_MAC = 32;
        public static final int ZERO0 = 38;
        public static final int BFD_INTERVAL_MS = 40;
        public static final int BFD_MULTIPLIER = 44;
        public static final int CONNECTIONS_MAX = 48;
        public static final int CONNECTIONS_LIVE = 52;
        public static final int WORKERS = 56;
        public static final int VIFS = 60;
        public static final int NEXTHOPS = 64;
        public static final int VRFS = 68;
        public static final int IDENTITIES = 72;
        public static final int POLICIES = 76;
        public static final int ADOPTIONS = 80;
        public static final int FRAGMENTS_WAITING = 84;
        public static final int ROUTES = 88;
        public static final int STARTED_NS = 96;
        public static final int SETS = 104;
        public static final int DELETES = 112;
        public static final int IMPLEMENTATION = 120;
        public static final int VERSION = 136;
        public static final int EVICTED_CLOSED = 168;
        public static final int EVICTED_ONE_WAY = 176;
        public static final int EVICTED_IDLE = 184;
        public static final int TUNNEL_TTL = 192;
        public static final int TUNNEL_DF = 193;
        public static final int TUNNEL_DSCP_MODE = 194;
        public static final int TUNNEL_DSCP = 195;
        public static final int ZERO2 = 196;
        public static final int REASSEMBLED = 200;
        public static final int REASSEMBLY_FAILURES = 208;
        public static final int PACKETS_RECEIVED = 216;
        public static final int PACKETS_SENT = 224;
        public static final int PACKETS_DROPPED = 232;
        public static final int PACKETS_MADE = 240;
        public static final int PACKETS_GONE = 248;
        public static final int BUFFERS = 256;
        public static final int BUFFERS_FREE = 268;

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
        public static final int SIZE_BYTES = 968;
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
        public static final int IDENTITY_ID = 900;
        public static final int EGRESS_POLICY_IDS = 904;
        public static final int INGRESS_POLICY_IDS = 912;
        public static final int CONNECTIONS_MAX = 920;
        public static final int CONNECTIONS_LIVE = 924;
        public static final int RX_PACKETS = 928;
        public static final int RX_BYTES = 936;
        public static final int TX_PACKETS = 944;
        public static final int TX_BYTES = 952;
        public static final int DROPS = 960;

        private VifMsg() {}
    }

    /** struct weft_vrf_msg. */
    public static final class VrfMsg {
        public static final int SIZE_BYTES = 176;
        public static final int VRF_ID = 0;
        public static final int VNI = 4;
        public static final int KEY = 8;
        public static final int NAME = 24;
        public static final int ROUTES4 = 152;
        public static final int ROUTES6 = 160;
        public static final int CONNECTIONS_MAX = 168;
        public static final int CONNECTIONS_LIVE = 172;

        private VrfMsg() {}
    }

    /** struct weft_nexthop_member. */
    public static final class NexthopMember {
        public static final int SIZE_BYTES = 16;
        public static final int MEMBER_ID = 0;
        public static final int NEXTHOP_ID = 4;
        public static final int LABEL = 8;
        public static final int WEIGHT = 12;

        private NexthopMember() {}
    }

    /** struct weft_nexthop_msg. */
    public static final class NexthopMsg {
        public static final int SIZE_BYTES = 88;
        public static final int NEXTHOP_ID = 0;
        public static final int TYPE = 4;
        public static final int ENCAP = 5;
        public static final int FAMILY = 6;
        public static final int HASH_FIELDS = 7;
        public static final int KEY = 8;
        public static final int VIF_ID = 24;
        public static final int VRF_ID = 28;
        public static final int SOURCE = 32;
        public static final int DESTINATION = 48;
        public static final int INNER_MAC = 64;
        public static final int ZERO1 = 70;
        public static final int MEMBER_COUNT = 72;
        public static final int NAT_POOL_ID = 76;
        public static final int REFERENCES = 80;

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

    /** struct weft_path_way. */
    public static final class PathWay {
        public static final int SIZE_BYTES = 32;
        public static final int VIF_ID = 0;
        public static final int SOURCE_MAC = 4;
        public static final int DESTINATION_MAC = 10;
        public static final int GATEWAY = 16;

        private PathWay() {}
    }

    /** struct weft_path_msg. */
    public static final class PathMsg {
        public static final int SIZE_BYTES = 312;
        public static final int FAMILY = 0;
        public static final int STATE = 1;
        public static final int LIVENESS = 2;
        public static final int ZERO0 = 3;
        public static final int VIF_ID = 4;
        public static final int DESTINATION = 8;
        public static final int GATEWAY = 24;
        public static final int SOURCE_MAC = 40;
        public static final int DESTINATION_MAC = 46;
        public static final int MTU = 52;
        public static final int CHANGED_NS = 56;
        public static final int LIVENESS_NS = 64;
        public static final int LEARNED_MTU = 72;
        public static final int WAY_COUNT = 76;
        public static final int WAYS = 80;
        public static final int WEIGHTS = 304;

        private PathMsg() {}
    }

    /** struct weft_element. */
    public static final class Element {
        public static final int SIZE_BYTES = 16;
        public static final int ID = 0;
        public static final int KIND = 8;
        public static final int ZERO0 = 12;

        private Element() {}
    }

    /** struct weft_identity_msg. */
    public static final class IdentityMsg {
        public static final int SIZE_BYTES = 536;
        public static final int IDENTITY_ID = 0;
        public static final int ELEMENT_COUNT = 4;
        public static final int KEY = 8;
        public static final int ELEMENTS = 24;

        private IdentityMsg() {}
    }

    /** struct weft_policy_end. */
    public static final class PolicyEnd {
        public static final int SIZE_BYTES = 32;
        public static final int ID = 0;
        public static final int KIND = 8;
        public static final int FAMILY = 12;
        public static final int PREFIX_LEN = 13;
        public static final int ZERO0 = 14;
        public static final int PREFIX = 16;

        private PolicyEnd() {}
    }

    /** struct weft_policy_rule. */
    public static final class PolicyRule {
        public static final int SIZE_BYTES = 112;
        public static final int UUID = 0;
        public static final int FAMILY = 16;
        public static final int ACTION = 17;
        public static final int FLAGS = 18;
        public static final int PROTOCOL = 20;
        public static final int SOURCE_PORT_MIN = 22;
        public static final int SOURCE_PORT_MAX = 24;
        public static final int DESTINATION_PORT_MIN = 26;
        public static final int DESTINATION_PORT_MAX = 28;
        public static final int ZERO0 = 30;
        public static final int SOURCE = 32;
        public static final int DESTINATION = 64;
        public static final int PACKETS = 96;
        public static final int BYTES = 104;

        private PolicyRule() {}
    }

    /** struct weft_policy_msg. */
    public static final class PolicyMsg {
        public static final int SIZE_BYTES = 48;
        public static final int POLICY_ID = 0;
        public static final int RULE_COUNT = 4;
        public static final int KEY = 8;
        public static final int DEFAULT_ACTION = 24;
        public static final int ZERO0 = 25;
        public static final int REFERENCES = 28;
        public static final int DEFAULT_PACKETS = 32;
        public static final int DEFAULT_BYTES = 40;

        private PolicyMsg() {}
    }

    /** struct weft_service_backend. */
    public static final class ServiceBackend {
        public static final int SIZE_BYTES = 80;
        public static final int KEY = 0;
        public static final int ADDRESS = 16;
        public static final int VRF_ID = 32;
        public static final int PORT = 36;
        public static final int STATE = 38;
        public static final int ZERO0 = 39;
        public static final int WEIGHT = 40;
        public static final int CONNECTIONS_MAX = 44;
        public static final int BACKEND_ID = 48;
        public static final int CONNECTIONS_LIVE = 52;
        public static final int CONNECTIONS = 56;
        public static final int PACKETS = 64;
        public static final int BYTES = 72;

        private ServiceBackend() {}
    }

    /** struct weft_service_msg. */
    public static final class ServiceMsg {
        public static final int SIZE_BYTES = 72;
        public static final int SERVICE_ID = 0;
        public static final int VRF_ID = 4;
        public static final int KEY = 8;
        public static final int ADDRESS = 24;
        public static final int FAMILY = 40;
        public static final int PROTOCOL = 41;
        public static final int PORT = 42;
        public static final int AFFINITY = 44;
        public static final int ZERO0 = 45;
        public static final int AFFINITY_S = 48;
        public static final int FLAGS = 52;
        public static final int NAT_POOL_ID = 56;
        public static final int BACKEND_COUNT = 60;
        public static final int SLOTS = 64;
        public static final int ZERO1 = 68;

        private ServiceMsg() {}
    }

    /** struct weft_connection_msg. */
    public static final class ConnectionMsg {
        public static final int SIZE_BYTES = 152;
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
        public static final int SOURCE_IDENTITY = 72;
        public static final int DESTINATION_IDENTITY = 76;
        public static final int PACKETS = 80;
        public static final int BYTES = 88;
        public static final int IDLE_NS = 96;
        public static final int AGE_NS = 104;
        public static final int TO_SOURCE = 112;
        public static final int TO_DESTINATION = 128;
        public static final int TO_SOURCE_PORT = 144;
        public static final int TO_DESTINATION_PORT = 146;
        public static final int ZERO1 = 148;

        private ConnectionMsg() {}
    }

    /** struct weft_port_mapping. */
    public static final class PortMapping {
        public static final int SIZE_BYTES = 8;
        public static final int PROTOCOL = 0;
        public static final int ZERO0 = 1;
        public static final int PORT = 2;
        public static final int FIXED_PORT = 4;
        public static final int COUNT = 6;

        private PortMapping() {}
    }

    /** struct weft_floating_ip_msg. */
    public static final class FloatingIpMsg {
        public static final int SIZE_BYTES = 72;
        public static final int FLOATING_IP_ID = 0;
        public static final int VRF_ID = 4;
        public static final int KEY = 8;
        public static final int VIF_ID = 24;
        public static final int FAMILY = 28;
        public static final int ZERO0 = 29;
        public static final int FLAGS = 30;
        public static final int FLOATING_ADDRESS = 32;
        public static final int FIXED_ADDRESS = 48;
        public static final int MAPPING_COUNT = 64;
        public static final int ZERO1 = 68;

        private FloatingIpMsg() {}
    }

    /** struct weft_nat_pool_msg. */
    public static final class NatPoolMsg {
        public static final int SIZE_BYTES = 88;
        public static final int NAT_POOL_ID = 0;
        public static final int VRF_ID = 4;
        public static final int KEY = 8;
        public static final int FAMILY = 24;
        public static final int ZERO0 = 25;
        public static final int PORT_MIN = 28;
        public static final int PORT_MAX = 30;
        public static final int FIRST_ADDRESS = 32;
        public static final int ADDRESS_COUNT = 48;
        public static final int QUARANTINE_MS = 52;
        public static final int REFERENCES = 56;
        public static final int BLOCKS = 60;
        public static final int PORTS_USED = 64;
        public static final int PORTS_QUARANTINED = 72;
        public static final int EXHAUSTED = 80;

        private NatPoolMsg() {}
    }

    /** struct weft_ageing_row. */
    public static final class AgeingRow {
        public static final int SIZE_BYTES = 24;
        public static final int PROTOCOL = 0;
        public static final int PORT = 2;
        public static final int IDLE_SECONDS = 4;
        public static final int OPENING_SECONDS = 8;
        public static final int HALF_CLOSED_SECONDS = 12;
        public static final int CLOSED_SECONDS = 16;
        public static final int ZERO0 = 20;

        private AgeingRow() {}
    }

    /** struct weft_ageing_msg. */
    public static final class AgeingMsg {
        public static final int SIZE_BYTES = 8;
        public static final int ROW_COUNT = 0;
        public static final int ZERO0 = 4;

        private AgeingMsg() {}
    }

    /** struct weft_drop_msg. */
    public static final class DropMsg {
        public static final int SIZE_BYTES = 16;
        public static final int REASON = 0;
        public static final int VIF_ID = 4;
        public static final int PACKETS = 8;

        private DropMsg() {}
    }

    /** struct weft_log_msg. */
    public static final class LogMsg {
        public static final int SIZE_BYTES = 112;
        public static final int SEQUENCE = 0;
        public static final int TIME_NS = 8;
        public static final int LOST = 16;
        public static final int VIF_ID = 24;
        public static final int VRF_ID = 28;
        public static final int POLICY_ID = 32;
        public static final int RULE = 36;
        public static final int UUID = 40;
        public static final int EGRESS = 56;
        public static final int ACTION = 57;
        public static final int FAMILY = 58;
        public static final int PROTOCOL = 59;
        public static final int SOURCE_PORT = 60;
        public static final int DESTINATION_PORT = 62;
        public static final int SOURCE = 64;
        public static final int DESTINATION = 80;
        public static final int SOURCE_IDENTITY = 96;
        public static final int DESTINATION_IDENTITY = 100;
        public static final int PACKET_BYTES = 104;
        public static final int ZERO0 = 108;

        private LogMsg() {}
    }

    /** struct weft_trap_header. */
    public static final class TrapHeader {
        public static final int SIZE_BYTES = 24;
        public static final int REASON = 0;
        public static final int ZERO0 = 2;
        public static final int VIF_ID = 4;
        public static final int VRF_ID = 8;
        public static final int BYTES = 12;
        public static final int TIME_NS = 16;

        private TrapHeader() {}
    }

    /** struct weft_injection_header. */
    public static final class InjectionHeader {
        public static final int SIZE_BYTES = 24;
        public static final int OPERATION = 0;
        public static final int ZERO0 = 2;
        public static final int VIF_ID = 4;
        public static final int VRF_ID = 8;
        public static final int BYTES = 12;
        public static final int ZERO1 = 16;

        private InjectionHeader() {}
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
            new Field("weft_plane_msg", "", 0, 280),
            new Field("weft_plane_msg", "underlay4", 0, 16),
            new Field("weft_plane_msg", "underlay6", 16, 16),
            new Field("weft_plane_msg", "router_mac", 32, 6),
            new Field("weft_plane_msg", "zero0", 38, 2),
            new Field("weft_plane_msg", "bfd_interval_ms", 40, 4),
            new Field("weft_plane_msg", "bfd_multiplier", 44, 4),
            new Field("weft_plane_msg", "connections_max", 48, 4),
            new Field("weft_plane_msg", "connections_live", 52, 4),
            new Field("weft_plane_msg", "workers", 56, 4),
            new Field("weft_plane_msg", "vifs", 60, 4),
            new Field("weft_plane_msg", "nexthops", 64, 4),
            new Field("weft_plane_msg", "vrfs", 68, 4),
            new Field("weft_plane_msg", "identities", 72, 4),
            new Field("weft_plane_msg", "policies", 76, 4),
            new Field("weft_plane_msg", "adoptions", 80, 4),
            new Field("weft_plane_msg", "fragments_waiting", 84, 4),
            new Field("weft_plane_msg", "routes", 88, 8),
            new Field("weft_plane_msg", "started_ns", 96, 8),
            new Field("weft_plane_msg", "sets", 104, 8),
            new Field("weft_plane_msg", "deletes", 112, 8),
            new Field("weft_plane_msg", "implementation", 120, 16),
            new Field("weft_plane_msg", "version", 136, 32),
            new Field("weft_plane_msg", "evicted_closed", 168, 8),
            new Field("weft_plane_msg", "evicted_one_way", 176, 8),
            new Field("weft_plane_msg", "evicted_idle", 184, 8),
            new Field("weft_plane_msg", "tunnel_ttl", 192, 1),
            new Field("weft_plane_msg", "tunnel_df", 193, 1),
            new Field("weft_plane_msg", "tunnel_dscp_mode", 194, 1),
            new Field("weft_plane_msg", "tunnel_dscp", 195, 1),
            new Field("weft_plane_msg", "zero2", 196, 4),
            new Field("weft_plane_msg", "reassembled", 200, 8),
            new Field("weft_plane_msg", "reassembly_failures", 208, 8),
            new Field("weft_plane_msg", "packets_received", 216, 8),
            new Field("weft_plane_msg", "packets_sent", 224, 8),
            new Field("weft_plane_msg", "packets_dropped", 232, 8),
            new Field("weft_plane_msg", "packets_made", 240, 8),
            new Field("weft_plane_msg", "packets_gone", 248, 8),
            new Field("weft_plane_msg", "buffers", 256, 12),
            new Field("weft_plane_msg", "buffers_free", 268, 12),
            new Field("weft_vif_address", "", 0, 20),
            new Field("weft_vif_address", "family", 0, 1),
            new Field("weft_vif_address", "prefix_len", 1, 1),
            new Field("weft_vif_address", "flags", 2, 2),
            new Field("weft_vif_address", "address", 4, 16),
            new Field("weft_vif_msg", "", 0, 968),
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
            new Field("weft_vif_msg", "identity_id", 900, 4),
            new Field("weft_vif_msg", "egress_policy_ids", 904, 8),
            new Field("weft_vif_msg", "ingress_policy_ids", 912, 8),
            new Field("weft_vif_msg", "connections_max", 920, 4),
            new Field("weft_vif_msg", "connections_live", 924, 4),
            new Field("weft_vif_msg", "rx_packets", 928, 8),
            new Field("weft_vif_msg", "rx_bytes", 936, 8),
            new Field("weft_vif_msg", "tx_packets", 944, 8),
            new Field("weft_vif_msg", "tx_bytes", 952, 8),
            new Field("weft_vif_msg", "drops", 960, 8),
            new Field("weft_vrf_msg", "", 0, 176),
            new Field("weft_vrf_msg", "vrf_id", 0, 4),
            new Field("weft_vrf_msg", "vni", 4, 4),
            new Field("weft_vrf_msg", "key", 8, 16),
            new Field("weft_vrf_msg", "name", 24, 128),
            new Field("weft_vrf_msg", "routes4", 152, 8),
            new Field("weft_vrf_msg", "routes6", 160, 8),
            new Field("weft_vrf_msg", "connections_max", 168, 4),
            new Field("weft_vrf_msg", "connections_live", 172, 4),
            new Field("weft_nexthop_member", "", 0, 16),
            new Field("weft_nexthop_member", "member_id", 0, 4),
            new Field("weft_nexthop_member", "nexthop_id", 4, 4),
            new Field("weft_nexthop_member", "label", 8, 4),
            new Field("weft_nexthop_member", "weight", 12, 4),
            new Field("weft_nexthop_msg", "", 0, 88),
            new Field("weft_nexthop_msg", "nexthop_id", 0, 4),
            new Field("weft_nexthop_msg", "type", 4, 1),
            new Field("weft_nexthop_msg", "encap", 5, 1),
            new Field("weft_nexthop_msg", "family", 6, 1),
            new Field("weft_nexthop_msg", "hash_fields", 7, 1),
            new Field("weft_nexthop_msg", "key", 8, 16),
            new Field("weft_nexthop_msg", "vif_id", 24, 4),
            new Field("weft_nexthop_msg", "vrf_id", 28, 4),
            new Field("weft_nexthop_msg", "source", 32, 16),
            new Field("weft_nexthop_msg", "destination", 48, 16),
            new Field("weft_nexthop_msg", "inner_mac", 64, 6),
            new Field("weft_nexthop_msg", "zero1", 70, 2),
            new Field("weft_nexthop_msg", "member_count", 72, 4),
            new Field("weft_nexthop_msg", "nat_pool_id", 76, 4),
            new Field("weft_nexthop_msg", "references", 80, 8),
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
            new Field("weft_path_way", "", 0, 32),
            new Field("weft_path_way", "vif_id", 0, 4),
            new Field("weft_path_way", "source_mac", 4, 6),
            new Field("weft_path_way", "destination_mac", 10, 6),
            new Field("weft_path_way", "gateway", 16, 16),
            new Field("weft_path_msg", "", 0, 312),
            new Field("weft_path_msg", "family", 0, 1),
            new Field("weft_path_msg", "state", 1, 1),
            new Field("weft_path_msg", "liveness", 2, 1),
            new Field("weft_path_msg", "zero0", 3, 1),
            new Field("weft_path_msg", "vif_id", 4, 4),
            new Field("weft_path_msg", "destination", 8, 16),
            new Field("weft_path_msg", "gateway", 24, 16),
            new Field("weft_path_msg", "source_mac", 40, 6),
            new Field("weft_path_msg", "destination_mac", 46, 6),
            new Field("weft_path_msg", "mtu", 52, 4),
            new Field("weft_path_msg", "changed_ns", 56, 8),
            new Field("weft_path_msg", "liveness_ns", 64, 8),
            new Field("weft_path_msg", "learned_mtu", 72, 4),
            new Field("weft_path_msg", "way_count", 76, 4),
            new Field("weft_path_msg", "ways", 80, 224),
            new Field("weft_path_msg", "weights", 304, 8),
            new Field("weft_element", "", 0, 16),
            new Field("weft_element", "id", 0, 8),
            new Field("weft_element", "kind", 8, 4),
            new Field("weft_element", "zero0", 12, 4),
            new Field("weft_identity_msg", "", 0, 536),
            new Field("weft_identity_msg", "identity_id", 0, 4),
            new Field("weft_identity_msg", "element_count", 4, 4),
            new Field("weft_identity_msg", "key", 8, 16),
            new Field("weft_identity_msg", "elements", 24, 512),
            new Field("weft_policy_end", "", 0, 32),
            new Field("weft_policy_end", "id", 0, 8),
            new Field("weft_policy_end", "kind", 8, 4),
            new Field("weft_policy_end", "family", 12, 1),
            new Field("weft_policy_end", "prefix_len", 13, 1),
            new Field("weft_policy_end", "zero0", 14, 2),
            new Field("weft_policy_end", "prefix", 16, 16),
            new Field("weft_policy_rule", "", 0, 112),
            new Field("weft_policy_rule", "uuid", 0, 16),
            new Field("weft_policy_rule", "family", 16, 1),
            new Field("weft_policy_rule", "action", 17, 1),
            new Field("weft_policy_rule", "flags", 18, 2),
            new Field("weft_policy_rule", "protocol", 20, 2),
            new Field("weft_policy_rule", "source_port_min", 22, 2),
            new Field("weft_policy_rule", "source_port_max", 24, 2),
            new Field("weft_policy_rule", "destination_port_min", 26, 2),
            new Field("weft_policy_rule", "destination_port_max", 28, 2),
            new Field("weft_policy_rule", "zero0", 30, 2),
            new Field("weft_policy_rule", "source", 32, 32),
            new Field("weft_policy_rule", "destination", 64, 32),
            new Field("weft_policy_rule", "packets", 96, 8),
            new Field("weft_policy_rule", "bytes", 104, 8),
            new Field("weft_policy_msg", "", 0, 48),
            new Field("weft_policy_msg", "policy_id", 0, 4),
            new Field("weft_policy_msg", "rule_count", 4, 4),
            new Field("weft_policy_msg", "key", 8, 16),
            new Field("weft_policy_msg", "default_action", 24, 1),
            new Field("weft_policy_msg", "zero0", 25, 3),
            new Field("weft_policy_msg", "references", 28, 4),
            new Field("weft_policy_msg", "default_packets", 32, 8),
            new Field("weft_policy_msg", "default_bytes", 40, 8),
            new Field("weft_service_backend", "", 0, 80),
            new Field("weft_service_backend", "key", 0, 16),
            new Field("weft_service_backend", "address", 16, 16),
            new Field("weft_service_backend", "vrf_id", 32, 4),
            new Field("weft_service_backend", "port", 36, 2),
            new Field("weft_service_backend", "state", 38, 1),
            new Field("weft_service_backend", "zero0", 39, 1),
            new Field("weft_service_backend", "weight", 40, 4),
            new Field("weft_service_backend", "connections_max", 44, 4),
            new Field("weft_service_backend", "backend_id", 48, 4),
            new Field("weft_service_backend", "connections_live", 52, 4),
            new Field("weft_service_backend", "connections", 56, 8),
            new Field("weft_service_backend", "packets", 64, 8),
            new Field("weft_service_backend", "bytes", 72, 8),
            new Field("weft_service_msg", "", 0, 72),
            new Field("weft_service_msg", "service_id", 0, 4),
            new Field("weft_service_msg", "vrf_id", 4, 4),
            new Field("weft_service_msg", "key", 8, 16),
            new Field("weft_service_msg", "address", 24, 16),
            new Field("weft_service_msg", "family", 40, 1),
            new Field("weft_service_msg", "protocol", 41, 1),
            new Field("weft_service_msg", "port", 42, 2),
            new Field("weft_service_msg", "affinity", 44, 1),
            new Field("weft_service_msg", "zero0", 45, 3),
            new Field("weft_service_msg", "affinity_s", 48, 4),
            new Field("weft_service_msg", "flags", 52, 4),
            new Field("weft_service_msg", "nat_pool_id", 56, 4),
            new Field("weft_service_msg", "backend_count", 60, 4),
            new Field("weft_service_msg", "slots", 64, 4),
            new Field("weft_service_msg", "zero1", 68, 4),
            new Field("weft_connection_msg", "", 0, 152),
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
            new Field("weft_connection_msg", "source_identity", 72, 4),
            new Field("weft_connection_msg", "destination_identity", 76, 4),
            new Field("weft_connection_msg", "packets", 80, 8),
            new Field("weft_connection_msg", "bytes", 88, 8),
            new Field("weft_connection_msg", "idle_ns", 96, 8),
            new Field("weft_connection_msg", "age_ns", 104, 8),
            new Field("weft_connection_msg", "to_source", 112, 16),
            new Field("weft_connection_msg", "to_destination", 128, 16),
            new Field("weft_connection_msg", "to_source_port", 144, 2),
            new Field("weft_connection_msg", "to_destination_port", 146, 2),
            new Field("weft_connection_msg", "zero1", 148, 4),
            new Field("weft_port_mapping", "", 0, 8),
            new Field("weft_port_mapping", "protocol", 0, 1),
            new Field("weft_port_mapping", "zero0", 1, 1),
            new Field("weft_port_mapping", "port", 2, 2),
            new Field("weft_port_mapping", "fixed_port", 4, 2),
            new Field("weft_port_mapping", "count", 6, 2),
            new Field("weft_floating_ip_msg", "", 0, 72),
            new Field("weft_floating_ip_msg", "floating_ip_id", 0, 4),
            new Field("weft_floating_ip_msg", "vrf_id", 4, 4),
            new Field("weft_floating_ip_msg", "key", 8, 16),
            new Field("weft_floating_ip_msg", "vif_id", 24, 4),
            new Field("weft_floating_ip_msg", "family", 28, 1),
            new Field("weft_floating_ip_msg", "zero0", 29, 1),
            new Field("weft_floating_ip_msg", "flags", 30, 2),
            new Field("weft_floating_ip_msg", "floating_address", 32, 16),
            new Field("weft_floating_ip_msg", "fixed_address", 48, 16),
            new Field("weft_floating_ip_msg", "mapping_count", 64, 4),
            new Field("weft_floating_ip_msg", "zero1", 68, 4),
            new Field("weft_nat_pool_msg", "", 0, 88),
            new Field("weft_nat_pool_msg", "nat_pool_id", 0, 4),
            new Field("weft_nat_pool_msg", "vrf_id", 4, 4),
            new Field("weft_nat_pool_msg", "key", 8, 16),
            new Field("weft_nat_pool_msg", "family", 24, 1),
            new Field("weft_nat_pool_msg", "zero0", 25, 3),
            new Field("weft_nat_pool_msg", "port_min", 28, 2),
            new Field("weft_nat_pool_msg", "port_max", 30, 2),
            new Field("weft_nat_pool_msg", "first_address", 32, 16),
            new Field("weft_nat_pool_msg", "address_count", 48, 4),
            new Field("weft_nat_pool_msg", "quarantine_ms", 52, 4),
            new Field("weft_nat_pool_msg", "references", 56, 4),
            new Field("weft_nat_pool_msg", "blocks", 60, 4),
            new Field("weft_nat_pool_msg", "ports_used", 64, 8),
            new Field("weft_nat_pool_msg", "ports_quarantined", 72, 8),
            new Field("weft_nat_pool_msg", "exhausted", 80, 8),
            new Field("weft_ageing_row", "", 0, 24),
            new Field("weft_ageing_row", "protocol", 0, 2),
            new Field("weft_ageing_row", "port", 2, 2),
            new Field("weft_ageing_row", "idle_seconds", 4, 4),
            new Field("weft_ageing_row", "opening_seconds", 8, 4),
            new Field("weft_ageing_row", "half_closed_seconds", 12, 4),
            new Field("weft_ageing_row", "closed_seconds", 16, 4),
            new Field("weft_ageing_row", "zero0", 20, 4),
            new Field("weft_ageing_msg", "", 0, 8),
            new Field("weft_ageing_msg", "row_count", 0, 4),
            new Field("weft_ageing_msg", "zero0", 4, 4),
            new Field("weft_drop_msg", "", 0, 16),
            new Field("weft_drop_msg", "reason", 0, 4),
            new Field("weft_drop_msg", "vif_id", 4, 4),
            new Field("weft_drop_msg", "packets", 8, 8),
            new Field("weft_log_msg", "", 0, 112),
            new Field("weft_log_msg", "sequence", 0, 8),
            new Field("weft_log_msg", "time_ns", 8, 8),
            new Field("weft_log_msg", "lost", 16, 8),
            new Field("weft_log_msg", "vif_id", 24, 4),
            new Field("weft_log_msg", "vrf_id", 28, 4),
            new Field("weft_log_msg", "policy_id", 32, 4),
            new Field("weft_log_msg", "rule", 36, 4),
            new Field("weft_log_msg", "uuid", 40, 16),
            new Field("weft_log_msg", "egress", 56, 1),
            new Field("weft_log_msg", "action", 57, 1),
            new Field("weft_log_msg", "family", 58, 1),
            new Field("weft_log_msg", "protocol", 59, 1),
            new Field("weft_log_msg", "source_port", 60, 2),
            new Field("weft_log_msg", "destination_port", 62, 2),
            new Field("weft_log_msg", "source", 64, 16),
            new Field("weft_log_msg", "destination", 80, 16),
            new Field("weft_log_msg", "source_identity", 96, 4),
            new Field("weft_log_msg", "destination_identity", 100, 4),
            new Field("weft_log_msg", "packet_bytes", 104, 4),
            new Field("weft_log_msg", "zero0", 108, 4),
            new Field("weft_trap_header", "", 0, 24),
            new Field("weft_trap_header", "reason", 0, 2),
            new Field("weft_trap_header", "zero0", 2, 2),
            new Field("weft_trap_header", "vif_id", 4, 4),
            new Field("weft_trap_header", "vrf_id", 8, 4),
            new Field("weft_trap_header", "bytes", 12, 4),
            new Field("weft_trap_header", "time_ns", 16, 8),
            new Field("weft_injection_header", "", 0, 24),
            new Field("weft_injection_header", "operation", 0, 2),
            new Field("weft_injection_header", "zero0", 2, 2),
            new Field("weft_injection_header", "vif_id", 4, 4),
            new Field("weft_injection_header", "vrf_id", 8, 4),
            new Field("weft_injection_header", "bytes", 12, 4),
            new Field("weft_injection_header", "zero1", 16, 8));
}
