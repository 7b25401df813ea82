/**
 * The forwarding plane as records: what an agent programs and reads. The plane behind it is the DPDK daemon, the kernel module or a
 * plane inside this process; {@link io.weft.dataplane.Dataplane#open} chooses by URL. Only {@code io.weft.dataplane.ffi} touches
 * native memory. Facts (sizes, codes, limits) come from {@code native/abi/weft_abi.h}.
 */
package io.weft.dataplane;
