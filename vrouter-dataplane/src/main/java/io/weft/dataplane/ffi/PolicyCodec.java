package io.weft.dataplane.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.weft.dataplane.ElementKind;
import io.weft.dataplane.Identity;
import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.LogEvent;
import io.weft.dataplane.PolicyAction;
import io.weft.dataplane.PolicyEnd;
import io.weft.dataplane.PolicyRule;
import io.weft.dataplane.PolicySet;
import io.weft.dataplane.PolicyState;
import io.weft.dataplane.PortRange;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Bodies of identities, policy sets and log events. What is written to is zero before. IllegalArgumentException: the plane broke the ABI. */
final class PolicyCodec {
    private PolicyCodec() {}

    static int bodyBytes(PolicySet set) {
        return AbiLayout.PolicyMsg.SIZE_BYTES + set.rules().size() * AbiLayout.PolicyRule.SIZE_BYTES;
    }

    static void writeIdentity(MemorySegment to, long at, Identity identity) {
        to.set(Wire.INT, at + AbiLayout.IdentityMsg.IDENTITY_ID, identity.id());
        to.set(
                Wire.INT,
                at + AbiLayout.IdentityMsg.ELEMENT_COUNT,
                identity.elements().size());
        Wire.putKey(to, at + AbiLayout.IdentityMsg.KEY, identity.key());
        long entry = at + AbiLayout.IdentityMsg.ELEMENTS;
        for (Identity.Element element : identity.elements()) {
            to.set(Wire.LONG, entry + AbiLayout.Element.ID, element.id());
            to.set(Wire.INT, entry + AbiLayout.Element.KIND, element.kind().code());
            entry += AbiLayout.Element.SIZE_BYTES;
        }
    }

    static Identity identity(MemorySegment body) {
        int id = body.get(Wire.INT, AbiLayout.IdentityMsg.IDENTITY_ID);
        int count = body.get(Wire.INT, AbiLayout.IdentityMsg.ELEMENT_COUNT);
        if (count < 1 || count > AbiCodes.WEFT_IDENTITY_ELEMENTS_MAX) {
            throw new IllegalArgumentException("element count of identity " + id + " is " + count + ", must be 1 .. "
                    + AbiCodes.WEFT_IDENTITY_ELEMENTS_MAX);
        }
        List<Identity.Element> elements = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long at = AbiLayout.IdentityMsg.ELEMENTS + (long) i * AbiLayout.Element.SIZE_BYTES;
            elements.add(new Identity.Element(
                    ElementKind.ofCode(body.get(Wire.INT, at + AbiLayout.Element.KIND)),
                    body.get(Wire.LONG, at + AbiLayout.Element.ID)));
        }
        return new Identity(id, Wire.key(body, AbiLayout.IdentityMsg.KEY), elements);
    }

    static void writeSet(MemorySegment to, long at, PolicySet set) {
        to.set(Wire.INT, at + AbiLayout.PolicyMsg.POLICY_ID, set.id());
        to.set(Wire.INT, at + AbiLayout.PolicyMsg.RULE_COUNT, set.rules().size());
        Wire.putKey(to, at + AbiLayout.PolicyMsg.KEY, set.key());
        to.set(JAVA_BYTE, at + AbiLayout.PolicyMsg.DEFAULT_ACTION, (byte)
                set.defaultAction().code());
        long entry = at + AbiLayout.PolicyMsg.SIZE_BYTES;
        for (PolicyRule rule : set.rules()) {
            writeRule(to, entry, rule);
            entry += AbiLayout.PolicyRule.SIZE_BYTES;
        }
    }

    private static void writeRule(MemorySegment to, long at, PolicyRule rule) {
        Wire.putUuid(to, at + AbiLayout.PolicyRule.UUID, rule.uuid());
        to.set(JAVA_BYTE, at + AbiLayout.PolicyRule.FAMILY, (byte) rule.family());
        to.set(JAVA_BYTE, at + AbiLayout.PolicyRule.ACTION, (byte) rule.action().code());
        to.set(Wire.SHORT, at + AbiLayout.PolicyRule.FLAGS, (short) (rule.log() ? AbiCodes.WEFT_POLICY_RULE_LOG : 0));
        to.set(Wire.SHORT, at + AbiLayout.PolicyRule.PROTOCOL, (short) rule.protocol());
        PortRange source = rule.sourcePorts();
        PortRange destination = rule.destinationPorts();
        to.set(Wire.SHORT, at + AbiLayout.PolicyRule.SOURCE_PORT_MIN, (short) source.min());
        to.set(Wire.SHORT, at + AbiLayout.PolicyRule.SOURCE_PORT_MAX, (short) source.max());
        to.set(Wire.SHORT, at + AbiLayout.PolicyRule.DESTINATION_PORT_MIN, (short) destination.min());
        to.set(Wire.SHORT, at + AbiLayout.PolicyRule.DESTINATION_PORT_MAX, (short) destination.max());
        writeEnd(to, at + AbiLayout.PolicyRule.SOURCE, rule.source());
        writeEnd(to, at + AbiLayout.PolicyRule.DESTINATION, rule.destination());
    }

    private static void writeEnd(MemorySegment to, long at, PolicyEnd end) {
        to.set(Wire.LONG, at + AbiLayout.PolicyEnd.ID, end.id());
        to.set(Wire.INT, at + AbiLayout.PolicyEnd.KIND, end.kind().code());
        end.prefix().ifPresent(prefix -> {
            to.set(JAVA_BYTE, at + AbiLayout.PolicyEnd.FAMILY, (byte) prefix.family());
            to.set(JAVA_BYTE, at + AbiLayout.PolicyEnd.PREFIX_LEN, (byte) prefix.length());
            Wire.putAddress(to, at + AbiLayout.PolicyEnd.PREFIX, prefix.address());
        });
    }

    static PolicyState set(MemorySegment body, int epoch) {
        int count = body.get(Wire.INT, AbiLayout.PolicyMsg.RULE_COUNT);
        List<PolicyRule> rules = new ArrayList<>(count);
        List<PolicyState.Decided> byRule = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long at = AbiLayout.PolicyMsg.SIZE_BYTES + (long) i * AbiLayout.PolicyRule.SIZE_BYTES;
            rules.add(rule(body, at));
            byRule.add(new PolicyState.Decided(
                    body.get(Wire.LONG, at + AbiLayout.PolicyRule.PACKETS),
                    body.get(Wire.LONG, at + AbiLayout.PolicyRule.BYTES)));
        }
        PolicySet set = new PolicySet(
                body.get(Wire.INT, AbiLayout.PolicyMsg.POLICY_ID),
                Wire.key(body, AbiLayout.PolicyMsg.KEY),
                PolicyAction.ofCode(Wire.unsignedByte(body, AbiLayout.PolicyMsg.DEFAULT_ACTION)),
                rules);
        return new PolicyState(
                set,
                epoch,
                body.get(Wire.INT, AbiLayout.PolicyMsg.REFERENCES),
                new PolicyState.Decided(
                        body.get(Wire.LONG, AbiLayout.PolicyMsg.DEFAULT_PACKETS),
                        body.get(Wire.LONG, AbiLayout.PolicyMsg.DEFAULT_BYTES)),
                byRule);
    }

    private static PolicyRule rule(MemorySegment body, long at) {
        int flags = Wire.unsignedShort(body, at + AbiLayout.PolicyRule.FLAGS);
        return new PolicyRule(
                Wire.uuid(body, at + AbiLayout.PolicyRule.UUID),
                Wire.unsignedByte(body, at + AbiLayout.PolicyRule.FAMILY),
                PolicyAction.ofCode(Wire.unsignedByte(body, at + AbiLayout.PolicyRule.ACTION)),
                (flags & AbiCodes.WEFT_POLICY_RULE_LOG) != 0,
                Wire.unsignedShort(body, at + AbiLayout.PolicyRule.PROTOCOL),
                new PortRange(
                        Wire.unsignedShort(body, at + AbiLayout.PolicyRule.SOURCE_PORT_MIN),
                        Wire.unsignedShort(body, at + AbiLayout.PolicyRule.SOURCE_PORT_MAX)),
                new PortRange(
                        Wire.unsignedShort(body, at + AbiLayout.PolicyRule.DESTINATION_PORT_MIN),
                        Wire.unsignedShort(body, at + AbiLayout.PolicyRule.DESTINATION_PORT_MAX)),
                end(body, at + AbiLayout.PolicyRule.SOURCE),
                end(body, at + AbiLayout.PolicyRule.DESTINATION));
    }

    private static PolicyEnd end(MemorySegment body, long at) {
        int family = Wire.unsignedByte(body, at + AbiLayout.PolicyEnd.FAMILY);
        Optional<IpPrefix> prefix = family == 0
                ? Optional.empty()
                : Optional.of(new IpPrefix(
                        Wire.address(body, at + AbiLayout.PolicyEnd.PREFIX, family),
                        Wire.unsignedByte(body, at + AbiLayout.PolicyEnd.PREFIX_LEN)));
        return new PolicyEnd(
                ElementKind.ofCode(body.get(Wire.INT, at + AbiLayout.PolicyEnd.KIND)),
                body.get(Wire.LONG, at + AbiLayout.PolicyEnd.ID),
                prefix);
    }

    static LogEvent event(MemorySegment body) {
        int family = Wire.unsignedByte(body, AbiLayout.LogMsg.FAMILY);
        return new LogEvent(
                body.get(Wire.LONG, AbiLayout.LogMsg.SEQUENCE),
                body.get(Wire.LONG, AbiLayout.LogMsg.TIME_NS),
                body.get(Wire.LONG, AbiLayout.LogMsg.LOST),
                body.get(Wire.INT, AbiLayout.LogMsg.VIF_ID),
                body.get(Wire.INT, AbiLayout.LogMsg.VRF_ID),
                body.get(Wire.INT, AbiLayout.LogMsg.POLICY_ID),
                body.get(Wire.INT, AbiLayout.LogMsg.RULE),
                Wire.uuid(body, AbiLayout.LogMsg.UUID),
                Wire.unsignedByte(body, AbiLayout.LogMsg.EGRESS) != 0,
                PolicyAction.ofCode(Wire.unsignedByte(body, AbiLayout.LogMsg.ACTION)),
                Wire.unsignedByte(body, AbiLayout.LogMsg.PROTOCOL),
                Wire.address(body, AbiLayout.LogMsg.SOURCE, family),
                Wire.address(body, AbiLayout.LogMsg.DESTINATION, family),
                Wire.unsignedShort(body, AbiLayout.LogMsg.SOURCE_PORT),
                Wire.unsignedShort(body, AbiLayout.LogMsg.DESTINATION_PORT),
                body.get(Wire.INT, AbiLayout.LogMsg.SOURCE_IDENTITY),
                body.get(Wire.INT, AbiLayout.LogMsg.DESTINATION_IDENTITY),
                body.get(Wire.INT, AbiLayout.LogMsg.PACKET_BYTES));
    }
}
