/**
 * The Container Network Interface specification (1.1.0 and the older versions it names) as pure logic: a request of a container runtime
 * becomes calls of a {@link io.weft.cni.PortService}, whose results become the runtime's answer. No sockets, no clock, no files.
 */
package io.weft.cni;
