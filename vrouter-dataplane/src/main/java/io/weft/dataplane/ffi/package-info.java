/**
 * libweft.so over the foreign function interface: the only package that touches native memory. {@code AbiLayout} and {@code AbiCodes} are
 * generated from {@code native/abi}.
 */
package io.weft.dataplane.ffi;
