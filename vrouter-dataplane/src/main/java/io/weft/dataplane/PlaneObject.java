package io.weft.dataplane;

/** What can be set on the plane. */
public sealed interface PlaneObject
        permits PlaneSettings,
                Ageing,
                Vif,
                Vrf,
                Identity,
                PolicySet,
                FloatingIp,
                NatPool,
                Service,
                NextHop,
                Route,
                Label,
                Vni,
                UnderlayPath {}
