/** BGP-4 (RFC 4271) as bytes and records: pure functions, no sockets, clock or threads. docs/design/bgp.md has the contract. */
package io.weft.protocol.bgp;
