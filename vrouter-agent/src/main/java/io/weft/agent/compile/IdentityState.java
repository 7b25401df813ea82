package io.weft.agent.compile;

import io.weft.dataplane.Identity;
import io.weft.dataplane.Identity.Element;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What is known of an address beyond the address, by content; equal ones share one identity of the plane.
 *
 * @param elements at most 32, ascending; none: unknown
 */
public record IdentityState(List<Element> elements) {
    /** Nothing is known: only rules without identity match. */
    public static final IdentityState UNKNOWN = new IdentityState(List.of());

    public IdentityState {
        elements = elements.stream().sorted().distinct().toList();
        if (elements.size() > Identity.ELEMENTS_MAX) {
            throw new IllegalArgumentException(
                    "identity has " + elements.size() + " elements, must be at most " + Identity.ELEMENTS_MAX);
        }
    }

    /**
     * Of a port or route of a network. Of more groups than an identity holds, the lowest are kept: rules that name the others do not
     * match, so nothing is opened.
     *
     * @param network domain:project:network; "": not known
     */
    public static IdentityState of(String network, Collection<Long> groups) {
        List<Element> elements = new ArrayList<>();
        if (!network.isEmpty()) {
            elements.add(Element.network(network));
        }
        groups.stream()
                .sorted()
                .distinct()
                .limit(Identity.ELEMENTS_MAX - elements.size())
                .forEach(group -> elements.add(Element.securityGroup(group)));
        return new IdentityState(elements);
    }

    /** What holds of both: an address with several holders is only what all of them are. */
    public IdentityState intersect(IdentityState other) {
        return equals(other)
                ? this
                : new IdentityState(
                        elements.stream().filter(other.elements::contains).toList());
    }

    public boolean isUnknown() {
        return elements.isEmpty();
    }

    /** Text that identifies it for ever; its hash is the key in the plane. */
    public String identity() {
        return elements.stream().map(Element::toString).collect(Collectors.joining(",", "identity/", ""));
    }
}
