package io.weft.system;

import org.junit.jupiter.api.Nested;

/** The whole system, once per encapsulation. */
class SystemTest {
    @Nested
    class OverVxlan extends SystemCases {
        OverVxlan() {
            super(Encapsulation.VXLAN);
        }
    }

    @Nested
    class OverMplsInUdp extends SystemCases {
        OverMplsInUdp() {
            super(Encapsulation.MPLS_OVER_UDP);
        }
    }
}
