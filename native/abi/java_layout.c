/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Prints the Java twins of weft_abi.h: `java_layout layout` is AbiLayout.java (structs), `java_layout codes` is AbiCodes.java
 * (enums, limits, objects, drop reasons). They are checked in under io.weft.dataplane.ffi; a test compares them.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

#define PACKAGE "package io.weft.dataplane.ffi;\n\n"
#define GENERATED "Generated from native/abi by native/abi/java_layout.c; not edited by hand."

struct constant {
	const char *name;
	int64_t value;
};

#define C(NAME) \
	{ \
#NAME, (int64_t)(NAME) \
	}

static const struct constant limits[] = {
    C(WEFT_ABI_MAJOR),
    C(WEFT_ABI_MINOR),
    C(WEFT_FRAME_BYTES_MAX),
    C(WEFT_KEY_BYTES),
    C(WEFT_NAME_BYTES),
    C(WEFT_PATH_BYTES),
    C(WEFT_IFNAME_BYTES),
    C(WEFT_VIF_ADDRESSES_MAX),
    C(WEFT_ERROR_TEXT_BYTES),
    C(WEFT_VIF_LIMIT),
    C(WEFT_VRF_LIMIT),
    C(WEFT_NEXTHOP_LIMIT),
    C(WEFT_LABEL_LIMIT),
    C(WEFT_VNI_LIMIT),
    C(WEFT_VRF_FABRIC),
    C(WEFT_NEXTHOP_DISCARD_ID),
    C(WEFT_IDENTITY_UNKNOWN),
    C(WEFT_DROP_LIMIT),
    C(WEFT_IDENTITY_ELEMENTS_MAX),
    C(WEFT_POLICY_RULES_MAX),
    C(WEFT_NEXTHOP_MEMBERS_MAX),
    C(WEFT_PATH_WAYS_MAX),
    C(WEFT_MEMBER_WEIGHT_MAX),
    C(WEFT_VIF_POLICIES),
    C(WEFT_AGEING_ROWS_MAX),
    C(WEFT_AGEING_SECONDS_MAX),
    C(WEFT_AGEING_ANY_PROTOCOL),
    C(WEFT_SERVICE_BACKENDS_MAX),
    C(WEFT_SERVICE_AFFINITY_MAX_S),
    C(WEFT_SERVICE_LIMIT),
    C(WEFT_BACKEND_LIMIT),
    C(WEFT_BUFFER_KINDS),
    C(WEFT_IDENTITY_LIMIT),
    C(WEFT_POLICY_LIMIT),
    C(WEFT_IDENTITY_NODE),
    C(WEFT_IDENTITY_EXTERNAL),
    C(WEFT_IDENTITY_FIRST),
    C(WEFT_POLICY_NONE),
    C(WEFT_TRAP_LIMIT),
    C(WEFT_VIF_FLOATING_IPS_MAX),
    C(WEFT_PORT_MAPPINGS_MAX),
    C(WEFT_NAT_POOL_ADDRESSES_MAX),
    C(WEFT_NAT_QUARANTINE_MS_MAX),
    C(WEFT_FLOATING_IP_LIMIT),
    C(WEFT_NAT_POOL_LIMIT),
    C(WEFT_NAT_POOL_NONE),
    {"WEFT_LABEL_NONE", (int32_t)WEFT_LABEL_NONE},
};

static const struct constant enums[] = {
    C(WEFT_OPERATION_SET),
    C(WEFT_OPERATION_DELETE),
    C(WEFT_OPERATION_GET),
    C(WEFT_OPERATION_DUMP),
    C(WEFT_OPERATION_SWEEP),
    C(WEFT_VIF_HOST),
    C(WEFT_VIF_AGENT),
    C(WEFT_VIF_PHYSICAL),
    C(WEFT_VIF_VIRTUAL),
    C(WEFT_PORT_NONE),
    C(WEFT_PORT_TAP),
    C(WEFT_PORT_AF_PACKET),
    C(WEFT_PORT_ETHDEV),
    C(WEFT_VIF_ADDRESS_CHECK),
    C(WEFT_VIF_SHARED_UPLINK),
    C(WEFT_VIF_STRICT_TCP),
    C(WEFT_VIF_UP),
    C(WEFT_VIF_CREATED),
    C(WEFT_VIF_ADDRESS_CONFIGURE),
    C(WEFT_VIF_ADDRESS_GATEWAY),
    C(WEFT_NEXTHOP_DISCARD),
    C(WEFT_NEXTHOP_RECEIVE),
    C(WEFT_NEXTHOP_LOCAL),
    C(WEFT_NEXTHOP_TUNNEL),
    C(WEFT_NEXTHOP_VRF),
    C(WEFT_ENCAP_NONE),
    C(WEFT_ENCAP_VXLAN),
    C(WEFT_ENCAP_MPLSOUDP),
    C(WEFT_ENCAP_MPLSOGRE),
    C(WEFT_ROUTE_PROXY_NEIGHBOUR),
    C(WEFT_ROUTE_SAME_NETWORK),
    C(WEFT_PATH_UNRESOLVED),
    C(WEFT_PATH_RESOLVED),
    C(WEFT_CONNECTION_INITIATOR),
    C(WEFT_CONNECTION_DENIED),
    C(WEFT_CONNECTION_MIDSTREAM),
    C(WEFT_PORT_UNIX),
    C(WEFT_NEXTHOP_ECMP),
    C(WEFT_NEXTHOP_NATIVE),
    C(WEFT_TUNNEL_DF_SET),
    C(WEFT_TUNNEL_DF_COPY),
    C(WEFT_TUNNEL_DF_CLEAR),
    C(WEFT_TUNNEL_DSCP_UNIFORM),
    C(WEFT_TUNNEL_DSCP_PIPE),
    C(WEFT_VIF_NATIVE),
    C(WEFT_VIF_STATELESS),
    C(WEFT_HASH_PROTOCOL),
    C(WEFT_HASH_SOURCE_ADDRESS),
    C(WEFT_HASH_SOURCE_PORT),
    C(WEFT_HASH_DESTINATION_ADDRESS),
    C(WEFT_HASH_DESTINATION_PORT),
    C(WEFT_HASH_ALL),
    C(WEFT_LIVENESS_UNKNOWN),
    C(WEFT_LIVENESS_UP),
    C(WEFT_LIVENESS_DOWN),
    C(WEFT_ELEMENT_ANY),
    C(WEFT_ELEMENT_NETWORK),
    C(WEFT_ELEMENT_SECURITY_GROUP),
    C(WEFT_ELEMENT_TAG),
    C(WEFT_ELEMENT_IDENTITY),
    C(WEFT_POLICY_ALLOW),
    C(WEFT_POLICY_DENY),
    C(WEFT_POLICY_RULE_LOG),
    C(WEFT_SERVICE_HAIRPIN),
    C(WEFT_SERVICE_AFFINITY_NONE),
    C(WEFT_SERVICE_AFFINITY_CLIENT),
    C(WEFT_BACKEND_UP),
    C(WEFT_BACKEND_DRAINING),
    C(WEFT_INJECTION_OUT_OF_VIF),
    C(WEFT_INJECTION_ROUTE_IN_VRF),
    C(WEFT_CONNECTION_TRANSLATED),
    C(WEFT_FLOATING_IP_INGRESS),
    C(WEFT_FLOATING_IP_EGRESS),
};

struct code {
	int code;
	const char *name, *doc;
};

static const struct code objects[] = {
#define WEFT_OBJECT(code, NAME, name, doc) {code, "WEFT_OBJECT_" #NAME, doc},
#include "objects.def"
#undef WEFT_OBJECT
};

static const struct code traps[] = {
#define WEFT_TRAP(code, NAME, doc) {code, "WEFT_TRAP_" #NAME, doc},
#include "traps.def"
#undef WEFT_TRAP
};

/* "weft_route_msg" -> "RouteMsg" */
static void class_name(const char *name, char *out)
{
	bool start = true;

	for (name += strlen("weft_"); *name; name++) {
		if (*name == '_') {
			start = true;
		} else {
			*out++ = start ? (char)toupper((unsigned char)*name) : *name;
			start = false;
		}
	}
	*out = '\0';
}

static void constant_name(const char *name, char *out)
{
	while (*name)
		*out++ = (char)toupper((unsigned char)*name++);
	*out = '\0';
}

static void print_structs(const struct weft_abi_field *fields, uint64_t count)
{
	char name[64];

	for (uint64_t i = 0; i < count; i++) {
		if (fields[i].field[0] == '\0') {
			class_name(fields[i].struct_name, name);
			printf("%s\n    /** struct %s. */\n    public static final class %s {\n", i ? "    }\n" : "",
			       fields[i].struct_name, name);
			printf("        public static final int SIZE_BYTES = %u;\n", fields[i].bytes);
		} else {
			constant_name(fields[i].field, name);
			printf("        public static final int %s = %u;\n", name, fields[i].offset);
		}
		if (i + 1 == count || fields[i + 1].field[0] == '\0') {
			char owner[64];

			class_name(fields[i].struct_name, owner);
			printf("\n        private %s() {}\n", owner);
		}
	}
	printf("    }\n\n");
}

static void print_layout(void)
{
	uint64_t count;
	const struct weft_abi_field *fields = weft_abi_layout(&count);

	printf(PACKAGE "import java.util.List;\n\n");
	printf("/** Offsets and sizes of weft_abi.h, in bytes. " GENERATED " */\n");
	printf("public final class AbiLayout {\n    private AbiLayout() {}\n\n");
	printf("    /** One field; an empty field name stands for the struct itself. */\n");
	printf("    public record Field(String struct, String field, int offset, int bytes) {}\n");
	print_structs(fields, count);
	printf("    /** Every struct and field, in the header's order. */\n    public static final List<Field> FIELDS = "
	       "List.of(\n");
	for (uint64_t i = 0; i < count; i++)
		printf("            new Field(\"%s\", \"%s\", %u, %u)%s\n", fields[i].struct_name, fields[i].field,
		       fields[i].offset, fields[i].bytes, i + 1 == count ? ");" : ",");
	printf("}\n");
}

static void print_constants(const struct constant *constants, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("    public static final int %s = %lld;\n", constants[i].name, (long long)constants[i].value);
}

static void print_drop_texts(const char *table, const char *method, const char *doc, const char *(*text)(uint32_t))
{
	const char *separator = "";

	printf("\n    private static final Map<Integer, String> %s = Map.ofEntries(", table);
	for (uint32_t i = 0; i < WEFT_DROP_LIMIT; i++) {
		if (!text(i))
			continue;
		printf("%s\n            Map.entry(%u, \"%s\")", separator, i, text(i));
		separator = ",";
	}
	printf(");\n\n    /** %s, or null for an unknown code. */\n    public static String %s(int code) {\n", doc, method);
	printf("        return %s.get(code);\n    }\n", table);
}

static void print_codes(void)
{
	printf(PACKAGE "import java.util.Map;\n\n/** Constants of weft_abi.h, objects.def and drops.def. " GENERATED " */\n");
	printf("public final class AbiCodes {\n    private AbiCodes() {}\n\n");
	print_constants(limits, sizeof(limits) / sizeof(limits[0]));
	printf("\n");
	print_constants(enums, sizeof(enums) / sizeof(enums[0]));
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		printf("\n    /** %s. */\n    public static final int %s = %d;\n", objects[i].doc, objects[i].name,
		       objects[i].code);
	for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++)
		printf("\n    /** Trap: %s. */\n    public static final int %s = %d;\n", traps[i].doc, traps[i].name,
		       traps[i].code);
	for (uint32_t i = 0; i < WEFT_DROP_LIMIT; i++)
		if (weft_drop_name(i))
			printf("\n    /** %s. */\n    public static final int WEFT_DROP_%s = %u;\n", weft_drop_doc(i),
			       weft_drop_name(i), i);
	print_drop_texts("DROP_NAMES", "dropName", "Name of a drop reason", weft_drop_name);
	print_drop_texts("DROP_DOCS", "dropDoc", "What a drop reason means", weft_drop_doc);
	printf("}\n");
}

int main(int argc, char **argv)
{
	const char *gap = weft_layout_gap();

	if (gap) {
		fprintf(stderr, "java_layout: layout.def does not name every field of struct %s in order\n", gap);
		return 1;
	}
	if (argc == 2 && !strcmp(argv[1], "layout")) {
		print_layout();
	} else if (argc == 2 && !strcmp(argv[1], "codes")) {
		print_codes();
	} else {
		fprintf(stderr, "usage: java_layout layout|codes\n");
		return 2;
	}
	return fflush(stdout) ? 1 : 0;
}
