/**
 * The demo and the system tests: they start the built programs in network namespaces, use them as a user does and compare what
 * happens with what should. Nothing here uses a class of Weft.
 */
package io.weft.system;
