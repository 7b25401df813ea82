package io.weft.system;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The whole system, once per encapsulation; with one controller and with two. */
class SystemTest {
    @Nested
    class OverVxlan extends SystemCases {
        OverVxlan() {
            super(Encapsulation.VXLAN, 1);
        }
    }

    @Nested
    class OverMplsInUdp extends SystemCases {
        OverMplsInUdp() {
            super(Encapsulation.MPLS_OVER_UDP, 2);
        }

        @Test
        @Order(8)
        void lateConfigurationOfOneControllerOpensNothing() {
            assertLine(8);
        }
    }
}
