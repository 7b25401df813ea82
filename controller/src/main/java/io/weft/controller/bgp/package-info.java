/** BGP speaker of a controller: sessions, what it tells peers, what it learns of them. docs/design/bgp.md has the contract. */
package io.weft.controller.bgp;
