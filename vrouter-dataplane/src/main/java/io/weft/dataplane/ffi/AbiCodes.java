package io.weft.dataplane.ffi;

import java.util.Map;

/** Constants of weft_abi.h, objects.def and drops.def. Generated from native/abi by native/abi/java_layout.c; not edited by hand. */
public final class AbiCodes {
    private AbiCodes() {}

    public static final int WEFT_ABI_MAJOR = 0;
    public static final int WEFT_ABI_MINOR = 4;
    public static final int WEFT_FRAME_BYTES_MAX = 4194304;
    public static final int WEFT_KEY_BYTES = 16;
    public static final int WEFT_NAME_BYTES = 64;
    public static final int WEFT_PATH_BYTES = 128;
    public static final int WEFT_IFNAME_BYTES = 16;
    public static final int WEFT_VIF_ADDRESSES_MAX = 32;
    public static final int WEFT_ERROR_TEXT_BYTES = 112;
    public static final int WEFT_VIF_LIMIT = 4352;
    public static final int WEFT_VRF_LIMIT = 65536;
    public static final int WEFT_NEXTHOP_LIMIT = 1048576;
    public static final int WEFT_LABEL_LIMIT = 1048576;
    public static final int WEFT_VNI_LIMIT = 16777216;
    public static final int WEFT_VRF_FABRIC = 0;
    public static final int WEFT_NEXTHOP_DISCARD_ID = 0;
    public static final int WEFT_IDENTITY_UNKNOWN = 0;
    public static final int WEFT_DROP_LIMIT = 96;
    public static final int WEFT_IDENTITY_ELEMENTS_MAX = 32;
    public static final int WEFT_POLICY_RULES_MAX = 32768;
    public static final int WEFT_NEXTHOP_MEMBERS_MAX = 128;
    public static final int WEFT_PATH_WAYS_MAX = 8;
    public static final int WEFT_MEMBER_WEIGHT_MAX = 1000;
    public static final int WEFT_VIF_POLICIES = 2;
    public static final int WEFT_AGEING_ROWS_MAX = 1024;
    public static final int WEFT_AGEING_SECONDS_MAX = 604800;
    public static final int WEFT_AGEING_ANY_PROTOCOL = 65535;
    public static final int WEFT_SERVICE_BACKENDS_MAX = 1024;
    public static final int WEFT_SERVICE_AFFINITY_MAX_S = 86400;
    public static final int WEFT_SERVICE_LIMIT = 65536;
    public static final int WEFT_BACKEND_LIMIT = 262144;
    public static final int WEFT_BUFFER_KINDS = 3;
    public static final int WEFT_IDENTITY_LIMIT = 65536;
    public static final int WEFT_POLICY_LIMIT = 65536;
    public static final int WEFT_IDENTITY_NODE = 1;
    public static final int WEFT_IDENTITY_EXTERNAL = 2;
    public static final int WEFT_IDENTITY_FIRST = 3;
    public static final int WEFT_POLICY_NONE = 0;
    public static final int WEFT_TRAP_LIMIT = 16;
    public static final int WEFT_VIF_FLOATING_IPS_MAX = 64;
    public static final int WEFT_PORT_MAPPINGS_MAX = 64;
    public static final int WEFT_NAT_POOL_ADDRESSES_MAX = 64;
    public static final int WEFT_NAT_QUARANTINE_MS_MAX = 3600000;
    public static final int WEFT_FLOATING_IP_LIMIT = 65536;
    public static final int WEFT_NAT_POOL_LIMIT = 4096;
    public static final int WEFT_NAT_POOL_NONE = 0;
    public static final int WEFT_LABEL_NONE = -1;

    public static final int WEFT_OPERATION_SET = 1;
    public static final int WEFT_OPERATION_DELETE = 2;
    public static final int WEFT_OPERATION_GET = 3;
    public static final int WEFT_OPERATION_DUMP = 4;
    public static final int WEFT_OPERATION_SWEEP = 5;
    public static final int WEFT_VIF_HOST = 0;
    public static final int WEFT_VIF_AGENT = 1;
    public static final int WEFT_VIF_PHYSICAL = 2;
    public static final int WEFT_VIF_VIRTUAL = 3;
    public static final int WEFT_PORT_NONE = 0;
    public static final int WEFT_PORT_TAP = 1;
    public static final int WEFT_PORT_AF_PACKET = 2;
    public static final int WEFT_PORT_ETHDEV = 3;
    public static final int WEFT_VIF_ADDRESS_CHECK = 1;
    public static final int WEFT_VIF_SHARED_UPLINK = 2;
    public static final int WEFT_VIF_STRICT_TCP = 16;
    public static final int WEFT_VIF_UP = 4;
    public static final int WEFT_VIF_CREATED = 8;
    public static final int WEFT_VIF_ADDRESS_CONFIGURE = 1;
    public static final int WEFT_VIF_ADDRESS_GATEWAY = 2;
    public static final int WEFT_NEXTHOP_DISCARD = 0;
    public static final int WEFT_NEXTHOP_RECEIVE = 1;
    public static final int WEFT_NEXTHOP_LOCAL = 2;
    public static final int WEFT_NEXTHOP_TUNNEL = 3;
    public static final int WEFT_NEXTHOP_VRF = 4;
    public static final int WEFT_ENCAP_NONE = 0;
    public static final int WEFT_ENCAP_VXLAN = 1;
    public static final int WEFT_ENCAP_MPLSOUDP = 2;
    public static final int WEFT_ENCAP_MPLSOGRE = 3;
    public static final int WEFT_ROUTE_PROXY_NEIGHBOUR = 1;
    public static final int WEFT_ROUTE_SAME_NETWORK = 2;
    public static final int WEFT_PATH_UNRESOLVED = 0;
    public static final int WEFT_PATH_RESOLVED = 1;
    public static final int WEFT_CONNECTION_INITIATOR = 1;
    public static final int WEFT_CONNECTION_DENIED = 2;
    public static final int WEFT_CONNECTION_MIDSTREAM = 4;
    public static final int WEFT_PORT_UNIX = 4;
    public static final int WEFT_NEXTHOP_ECMP = 5;
    public static final int WEFT_NEXTHOP_NATIVE = 6;
    public static final int WEFT_TUNNEL_DF_SET = 0;
    public static final int WEFT_TUNNEL_DF_COPY = 1;
    public static final int WEFT_TUNNEL_DF_CLEAR = 2;
    public static final int WEFT_TUNNEL_DSCP_UNIFORM = 0;
    public static final int WEFT_TUNNEL_DSCP_PIPE = 1;
    public static final int WEFT_VIF_NATIVE = 32;
    public static final int WEFT_VIF_STATELESS = 64;
    public static final int WEFT_HASH_PROTOCOL = 1;
    public static final int WEFT_HASH_SOURCE_ADDRESS = 2;
    public static final int WEFT_HASH_SOURCE_PORT = 4;
    public static final int WEFT_HASH_DESTINATION_ADDRESS = 8;
    public static final int WEFT_HASH_DESTINATION_PORT = 16;
    public static final int WEFT_HASH_ALL = 31;
    public static final int WEFT_LIVENESS_UNKNOWN = 0;
    public static final int WEFT_LIVENESS_UP = 1;
    public static final int WEFT_LIVENESS_DOWN = 2;
    public static final int WEFT_ELEMENT_ANY = 0;
    public static final int WEFT_ELEMENT_NETWORK = 1;
    public static final int WEFT_ELEMENT_SECURITY_GROUP = 2;
    public static final int WEFT_ELEMENT_TAG = 3;
    public static final int WEFT_ELEMENT_IDENTITY = 4;
    public static final int WEFT_POLICY_ALLOW = 1;
    public static final int WEFT_POLICY_DENY = 2;
    public static final int WEFT_POLICY_RULE_LOG = 1;
    public static final int WEFT_SERVICE_HAIRPIN = 1;
    public static final int WEFT_SERVICE_AFFINITY_NONE = 0;
    public static final int WEFT_SERVICE_AFFINITY_CLIENT = 1;
    public static final int WEFT_BACKEND_UP = 1;
    public static final int WEFT_BACKEND_DRAINING = 2;
    public static final int WEFT_INJECTION_OUT_OF_VIF = 1;
    public static final int WEFT_INJECTION_ROUTE_IN_VRF = 2;
    public static final int WEFT_CONNECTION_TRANSLATED = 1048576;
    public static final int WEFT_FLOATING_IP_INGRESS = 1;
    public static final int WEFT_FLOATING_IP_EGRESS = 2;

    /** version handshake. */
    public static final int WEFT_OBJECT_HELLO = 1;

    /** answer: a refused message. */
    public static final int WEFT_OBJECT_ERROR = 2;

    /** answer: end of a frame. */
    public static final int WEFT_OBJECT_DONE = 3;

    /** settings and state of the plane. */
    public static final int WEFT_OBJECT_PLANE = 4;

    /** virtual interface. */
    public static final int WEFT_OBJECT_VIF = 5;

    /** virtual routing and forwarding instance. */
    public static final int WEFT_OBJECT_VRF = 6;

    /** next hop. */
    public static final int WEFT_OBJECT_NEXTHOP = 7;

    /** IPv4 or IPv6 route. */
    public static final int WEFT_OBJECT_ROUTE = 8;

    /** incoming MPLS label. */
    public static final int WEFT_OBJECT_LABEL = 9;

    /** incoming VXLAN network identifier. */
    public static final int WEFT_OBJECT_VNI = 10;

    /** underlay path to a tunnel destination. */
    public static final int WEFT_OBJECT_PATH = 11;

    /** one direction of a connection. */
    public static final int WEFT_OBJECT_CONNECTION = 12;

    /** drop counter. */
    public static final int WEFT_OBJECT_DROP = 13;

    /** set of networks, security groups and tags of an address. */
    public static final int WEFT_OBJECT_IDENTITY = 14;

    /** policy set: ordered rules. */
    public static final int WEFT_OBJECT_POLICY = 15;

    /** what policy denied or was asked to log. */
    public static final int WEFT_OBJECT_LOG = 16;

    /** virtual address and the backends its connections go to. */
    public static final int WEFT_OBJECT_SERVICE = 17;

    /** address of another VRF under which a port is known. */
    public static final int WEFT_OBJECT_FLOATING_IP = 18;

    /** addresses and ports for source translation. */
    public static final int WEFT_OBJECT_NAT_POOL = 19;

    /** how long connections live. */
    public static final int WEFT_OBJECT_AGEING = 20;

    /** Trap: DHCPv4 from a port (UDP 68 to 67). */
    public static final int WEFT_TRAP_DHCP = 1;

    /** Trap: DHCPv6 from a port (UDP 546 to 547). */
    public static final int WEFT_TRAP_DHCP6 = 2;

    /** Trap: UDP or TCP 53 to the network's gateway or DNS address. */
    public static final int WEFT_TRAP_DNS = 3;

    /** Trap: to a link-local service address (169.254.0.0/16) of no route. */
    public static final int WEFT_TRAP_LINK_LOCAL = 4;

    /** Trap: ARP or ND request that the plane cannot answer. */
    public static final int WEFT_TRAP_NEIGHBOUR = 5;

    /** Trap: IPv4 or IPv6 router alert option. */
    public static final int WEFT_TRAP_ROUTER_ALERT = 6;

    /** Trap: ICMPv6 router solicitation. */
    public static final int WEFT_TRAP_ROUTER_SOLICITATION = 7;

    /** not dropped. */
    public static final int WEFT_DROP_NONE = 0;

    /** Ethernet frame shorter than its header. */
    public static final int WEFT_DROP_MALFORMED_ETHERNET = 1;

    /** IPv4 header: version, length or checksum is wrong. */
    public static final int WEFT_DROP_MALFORMED_IPV4 = 2;

    /** IPv6 header: version or length is wrong, or the extension headers do not end in time. */
    public static final int WEFT_DROP_MALFORMED_IPV6 = 3;

    /** TCP, UDP, SCTP or ICMP header is cut or its length is wrong. */
    public static final int WEFT_DROP_MALFORMED_TRANSPORT = 4;

    /** ARP payload is cut or not Ethernet/IPv4. */
    public static final int WEFT_DROP_MALFORMED_ARP = 5;

    /** neighbour discovery message is cut, or its options or hop limit are wrong. */
    public static final int WEFT_DROP_MALFORMED_ND = 6;

    /** outer UDP or GRE length disagrees with the packet. */
    public static final int WEFT_DROP_MALFORMED_TUNNEL = 7;

    /** VXLAN I flag is clear. */
    public static final int WEFT_DROP_VXLAN_FLAGS = 8;

    /** VXLAN network identifier is not configured here. */
    public static final int WEFT_DROP_UNKNOWN_VNI = 9;

    /** MPLS bottom-of-stack bit is clear, or the label is reserved. */
    public static final int WEFT_DROP_MPLS_STACK = 10;

    /** MPLS label is not configured here. */
    public static final int WEFT_DROP_UNKNOWN_LABEL = 11;

    /** outer source is not a known tunnel endpoint. */
    public static final int WEFT_DROP_UNKNOWN_TUNNEL_SOURCE = 12;

    /** the inner source's route does not point to the outer source. */
    public static final int WEFT_DROP_SOURCE_MISMATCH = 13;

    /** source MAC, IP, ARP or ND address is not the port's. */
    public static final int WEFT_DROP_SPOOFED_SOURCE = 14;

    /** a port sent tunnel protocol to a tunnel endpoint. */
    public static final int WEFT_DROP_TUNNEL_FROM_PORT = 15;

    /** no route in the VRF. */
    public static final int WEFT_DROP_NO_ROUTE = 16;

    /** the route says discard. */
    public static final int WEFT_DROP_DISCARD = 17;

    /** addressed to the plane, which has no use for it. */
    public static final int WEFT_DROP_NO_RECEIVER = 18;

    /** came from a tunnel and the route leads into a tunnel. */
    public static final int WEFT_DROP_TUNNEL_TO_TUNNEL = 19;

    /** the underlay has no resolved path to the tunnel destination. */
    public static final int WEFT_DROP_PATH_UNRESOLVED = 20;

    /** TTL or hop limit reached zero. */
    public static final int WEFT_DROP_TTL_EXCEEDED = 21;

    /** larger than the MTU of the way out and must not be fragmented. */
    public static final int WEFT_DROP_TOO_BIG = 22;

    /** next hop is gone. */
    public static final int WEFT_DROP_INVALID_NEXTHOP = 23;

    /** interface is gone or down. */
    public static final int WEFT_DROP_INVALID_VIF = 24;

    /** the connection table is full. */
    public static final int WEFT_DROP_CONNECTION_LIMIT = 25;

    /** denied by policy. */
    public static final int WEFT_DROP_POLICY = 26;

    /** fragment whose first one did not come in time: its ports are not known. */
    public static final int WEFT_DROP_FRAGMENT = 27;

    /** neither IP nor ARP on a routed port. */
    public static final int WEFT_DROP_UNSUPPORTED_ETHERTYPE = 28;

    /** broadcast or multicast that this network does not carry. */
    public static final int WEFT_DROP_MULTICAST = 29;

    /** uplink packet that is not a tunnel packet to this host. */
    public static final int WEFT_DROP_NOT_FOR_US = 30;

    /** no packet buffer. */
    public static final int WEFT_DROP_NO_MEMORY = 31;

    /** the device did not take the packet. */
    public static final int WEFT_DROP_TX_FULL = 32;

    /** the route leads back to the port it came from. */
    public static final int WEFT_DROP_SAME_PORT = 33;

    /** ARP or ND request for an address that no route knows. */
    public static final int WEFT_DROP_NEIGHBOUR_UNKNOWN = 34;

    /** ARP reply, neighbour advertisement, router solicitation or probe that needs no answer. */
    public static final int WEFT_DROP_NEIGHBOUR_IGNORED = 35;

    /** source is multicast, broadcast, loopback or unspecified. */
    public static final int WEFT_DROP_INVALID_SOURCE_ADDRESS = 36;

    /** IP header checksum is wrong. */
    public static final int WEFT_DROP_CHECKSUM = 37;

    /** segmentation metadata disagrees with the packet. */
    public static final int WEFT_DROP_GSO = 38;

    /** an ICMP error or echo reply was due but its rate limit is spent. */
    public static final int WEFT_DROP_ICMP_RATE = 39;

    /** outer header is marked congestion experienced and the inner packet cannot carry the mark. */
    public static final int WEFT_DROP_CONGESTION_MARK = 40;

    /** the port has as many connections as it may have. */
    public static final int WEFT_DROP_VIF_CONNECTION_LIMIT = 41;

    /** due to the agent, but the rate limit of its port and reason is spent. */
    public static final int WEFT_DROP_TRAP_RATE = 42;

    /** due to the agent, which does not listen. */
    public static final int WEFT_DROP_TRAP_NO_AGENT = 43;

    /** packet of the agent with a wrong header, port or VRF. */
    public static final int WEFT_DROP_INJECTION = 44;

    /** no member of the ECMP next hop is usable. */
    public static final int WEFT_DROP_NO_LIVE_MEMBER = 45;

    /** TCP packet that its connection's state does not allow, or without SYN where no connection is; of strict ports. */
    public static final int WEFT_DROP_CONNECTION_STATE = 46;

    /** no backend of the service takes new connections. */
    public static final int WEFT_DROP_NO_BACKEND = 50;

    /** every backend of the service has as many connections as it may have. */
    public static final int WEFT_DROP_BACKEND_CONNECTION_LIMIT = 51;

    /** no source port tells the answers of this connection to a service from another's. */
    public static final int WEFT_DROP_SERVICE_PORTS = 52;

    /** no port of the source address pool is free. */
    public static final int WEFT_DROP_NAT_EXHAUSTED = 56;

    /** floating address without a mapping for this protocol and port. */
    public static final int WEFT_DROP_NAT_NOT_MAPPED = 57;

    /** floating address that takes no connections from outside. */
    public static final int WEFT_DROP_NAT_DIRECTION = 58;

    /** the bytes that a translation must change are not all in the packet. */
    public static final int WEFT_DROP_UNTRANSLATABLE = 59;

    /** answer to an address that its connection no longer has. */
    public static final int WEFT_DROP_TRANSLATION_GONE = 60;

    /** the source address pool is gone or of the other family. */
    public static final int WEFT_DROP_NAT_NO_POOL = 61;

    /** GRE: version, routing or reserved bits, or a payload that is not MPLS unicast. */
    public static final int WEFT_DROP_GRE_HEADER = 62;

    /** outer UDP or GRE checksum is wrong. */
    public static final int WEFT_DROP_OUTER_CHECKSUM = 63;

    /** outer fragment, copied until its packet is whole: a loss only when reassembly fails. */
    public static final int WEFT_DROP_OUTER_FRAGMENT = 64;

    /** outer fragments overlap or disagree about the end. */
    public static final int WEFT_DROP_OUTER_FRAGMENT_OVERLAP = 65;

    /** outer fragment of a packet beyond 9,202 bytes, or with too many gaps. */
    public static final int WEFT_DROP_OUTER_FRAGMENT_LIMIT = 66;

    /** outer fragment of a length or offset that no sender makes. */
    public static final int WEFT_DROP_OUTER_FRAGMENT_MALFORMED = 67;

    /** too-big of the underlay about a tunnel of this host: taken, not a loss. */
    public static final int WEFT_DROP_PATH_MTU = 68;

    /** too-big of the underlay that fits no packet this host sends, or says less than the minimum. */
    public static final int WEFT_DROP_PATH_MTU_FORGED = 69;

    /** the VRF has as many connections as it may have. */
    public static final int WEFT_DROP_VRF_CONNECTION_LIMIT = 70;

    /** no room for a fragment that came before its first one, or for more of its datagram. */
    public static final int WEFT_DROP_FRAGMENT_CACHE_FULL = 71;

    /** fragment of a datagram whose fragments overlap or reach into the transport header. */
    public static final int WEFT_DROP_FRAGMENT_OVERLAP = 72;

    private static final Map<Integer, String> DROP_NAMES = Map.ofEntries(
            Map.entry(0, "NONE"),
            Map.entry(1, "MALFORMED_ETHERNET"),
            Map.entry(2, "MALFORMED_IPV4"),
            Map.entry(3, "MALFORMED_IPV6"),
            Map.entry(4, "MALFORMED_TRANSPORT"),
            Map.entry(5, "MALFORMED_ARP"),
            Map.entry(6, "MALFORMED_ND"),
            Map.entry(7, "MALFORMED_TUNNEL"),
            Map.entry(8, "VXLAN_FLAGS"),
            Map.entry(9, "UNKNOWN_VNI"),
            Map.entry(10, "MPLS_STACK"),
            Map.entry(11, "UNKNOWN_LABEL"),
            Map.entry(12, "UNKNOWN_TUNNEL_SOURCE"),
            Map.entry(13, "SOURCE_MISMATCH"),
            Map.entry(14, "SPOOFED_SOURCE"),
            Map.entry(15, "TUNNEL_FROM_PORT"),
            Map.entry(16, "NO_ROUTE"),
            Map.entry(17, "DISCARD"),
            Map.entry(18, "NO_RECEIVER"),
            Map.entry(19, "TUNNEL_TO_TUNNEL"),
            Map.entry(20, "PATH_UNRESOLVED"),
            Map.entry(21, "TTL_EXCEEDED"),
            Map.entry(22, "TOO_BIG"),
            Map.entry(23, "INVALID_NEXTHOP"),
            Map.entry(24, "INVALID_VIF"),
            Map.entry(25, "CONNECTION_LIMIT"),
            Map.entry(26, "POLICY"),
            Map.entry(27, "FRAGMENT"),
            Map.entry(28, "UNSUPPORTED_ETHERTYPE"),
            Map.entry(29, "MULTICAST"),
            Map.entry(30, "NOT_FOR_US"),
            Map.entry(31, "NO_MEMORY"),
            Map.entry(32, "TX_FULL"),
            Map.entry(33, "SAME_PORT"),
            Map.entry(34, "NEIGHBOUR_UNKNOWN"),
            Map.entry(35, "NEIGHBOUR_IGNORED"),
            Map.entry(36, "INVALID_SOURCE_ADDRESS"),
            Map.entry(37, "CHECKSUM"),
            Map.entry(38, "GSO"),
            Map.entry(39, "ICMP_RATE"),
            Map.entry(40, "CONGESTION_MARK"),
            Map.entry(41, "VIF_CONNECTION_LIMIT"),
            Map.entry(42, "TRAP_RATE"),
            Map.entry(43, "TRAP_NO_AGENT"),
            Map.entry(44, "INJECTION"),
            Map.entry(45, "NO_LIVE_MEMBER"),
            Map.entry(46, "CONNECTION_STATE"),
            Map.entry(50, "NO_BACKEND"),
            Map.entry(51, "BACKEND_CONNECTION_LIMIT"),
            Map.entry(52, "SERVICE_PORTS"),
            Map.entry(56, "NAT_EXHAUSTED"),
            Map.entry(57, "NAT_NOT_MAPPED"),
            Map.entry(58, "NAT_DIRECTION"),
            Map.entry(59, "UNTRANSLATABLE"),
            Map.entry(60, "TRANSLATION_GONE"),
            Map.entry(61, "NAT_NO_POOL"),
            Map.entry(62, "GRE_HEADER"),
            Map.entry(63, "OUTER_CHECKSUM"),
            Map.entry(64, "OUTER_FRAGMENT"),
            Map.entry(65, "OUTER_FRAGMENT_OVERLAP"),
            Map.entry(66, "OUTER_FRAGMENT_LIMIT"),
            Map.entry(67, "OUTER_FRAGMENT_MALFORMED"),
            Map.entry(68, "PATH_MTU"),
            Map.entry(69, "PATH_MTU_FORGED"),
            Map.entry(70, "VRF_CONNECTION_LIMIT"),
            Map.entry(71, "FRAGMENT_CACHE_FULL"),
            Map.entry(72, "FRAGMENT_OVERLAP"));

    /** Name of a drop reason, or null for an unknown code. */
    public static String dropName(int code) {
        return DROP_NAMES.get(code);
    }

    private static final Map<Integer, String> DROP_DOCS = Map.ofEntries(
            Map.entry(0, "not dropped"),
            Map.entry(1, "Ethernet frame shorter than its header"),
            Map.entry(2, "IPv4 header: version, length or checksum is wrong"),
            Map.entry(3, "IPv6 header: version or length is wrong, or the extension headers do not end in time"),
            Map.entry(4, "TCP, UDP, SCTP or ICMP header is cut or its length is wrong"),
            Map.entry(5, "ARP payload is cut or not Ethernet/IPv4"),
            Map.entry(6, "neighbour discovery message is cut, or its options or hop limit are wrong"),
            Map.entry(7, "outer UDP or GRE length disagrees with the packet"),
            Map.entry(8, "VXLAN I flag is clear"),
            Map.entry(9, "VXLAN network identifier is not configured here"),
            Map.entry(10, "MPLS bottom-of-stack bit is clear, or the label is reserved"),
            Map.entry(11, "MPLS label is not configured here"),
            Map.entry(12, "outer source is not a known tunnel endpoint"),
            Map.entry(13, "the inner source's route does not point to the outer source"),
            Map.entry(14, "source MAC, IP, ARP or ND address is not the port's"),
            Map.entry(15, "a port sent tunnel protocol to a tunnel endpoint"),
            Map.entry(16, "no route in the VRF"),
            Map.entry(17, "the route says discard"),
            Map.entry(18, "addressed to the plane, which has no use for it"),
            Map.entry(19, "came from a tunnel and the route leads into a tunnel"),
            Map.entry(20, "the underlay has no resolved path to the tunnel destination"),
            Map.entry(21, "TTL or hop limit reached zero"),
            Map.entry(22, "larger than the MTU of the way out and must not be fragmented"),
            Map.entry(23, "next hop is gone"),
            Map.entry(24, "interface is gone or down"),
            Map.entry(25, "the connection table is full"),
            Map.entry(26, "denied by policy"),
            Map.entry(27, "fragment whose first one did not come in time: its ports are not known"),
            Map.entry(28, "neither IP nor ARP on a routed port"),
            Map.entry(29, "broadcast or multicast that this network does not carry"),
            Map.entry(30, "uplink packet that is not a tunnel packet to this host"),
            Map.entry(31, "no packet buffer"),
            Map.entry(32, "the device did not take the packet"),
            Map.entry(33, "the route leads back to the port it came from"),
            Map.entry(34, "ARP or ND request for an address that no route knows"),
            Map.entry(35, "ARP reply, neighbour advertisement, router solicitation or probe that needs no answer"),
            Map.entry(36, "source is multicast, broadcast, loopback or unspecified"),
            Map.entry(37, "IP header checksum is wrong"),
            Map.entry(38, "segmentation metadata disagrees with the packet"),
            Map.entry(39, "an ICMP error or echo reply was due but its rate limit is spent"),
            Map.entry(40, "outer header is marked congestion experienced and the inner packet cannot carry the mark"),
            Map.entry(41, "the port has as many connections as it may have"),
            Map.entry(42, "due to the agent, but the rate limit of its port and reason is spent"),
            Map.entry(43, "due to the agent, which does not listen"),
            Map.entry(44, "packet of the agent with a wrong header, port or VRF"),
            Map.entry(45, "no member of the ECMP next hop is usable"),
            Map.entry(46, "TCP packet that its connection's state does not allow, or without SYN where no connection is; of strict ports"),
            Map.entry(50, "no backend of the service takes new connections"),
            Map.entry(51, "every backend of the service has as many connections as it may have"),
            Map.entry(52, "no source port tells the answers of this connection to a service from another's"),
            Map.entry(56, "no port of the source address pool is free"),
            Map.entry(57, "floating address without a mapping for this protocol and port"),
            Map.entry(58, "floating address that takes no connections from outside"),
            Map.entry(59, "the bytes that a translation must change are not all in the packet"),
            Map.entry(60, "answer to an address that its connection no longer has"),
            Map.entry(61, "the source address pool is gone or of the other family"),
            Map.entry(62, "GRE: version, routing or reserved bits, or a payload that is not MPLS unicast"),
            Map.entry(63, "outer UDP or GRE checksum is wrong"),
            Map.entry(64, "outer fragment, copied until its packet is whole: a loss only when reassembly fails"),
            Map.entry(65, "outer fragments overlap or disagree about the end"),
            Map.entry(66, "outer fragment of a packet beyond 9,202 bytes, or with too many gaps"),
            Map.entry(67, "outer fragment of a length or offset that no sender makes"),
            Map.entry(68, "too-big of the underlay about a tunnel of this host: taken, not a loss"),
            Map.entry(69, "too-big of the underlay that fits no packet this host sends, or says less than the minimum"),
            Map.entry(70, "the VRF has as many connections as it may have"),
            Map.entry(71, "no room for a fragment that came before its first one, or for more of its datagram"),
            Map.entry(72, "fragment of a datagram whose fragments overlap or reach into the transport header"));

    /** What a drop reason means, or null for an unknown code. */
    public static String dropDoc(int code) {
        return DROP_DOCS.get(code);
    }
}
