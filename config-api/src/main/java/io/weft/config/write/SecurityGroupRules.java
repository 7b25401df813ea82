package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.config.resource.Claims;
import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceFactory;
import io.weft.config.schema.RefusedException;
import io.weft.config.transform.FirstObjects;

/** security-group: its rules and its number. */
final class SecurityGroupRules implements TypeRules {
    private static final PolicyEntries ENTRIES = new PolicyEntries("security_group_entries", true);
    private static final String ID = "security_group_id";
    private static final String CONFIGURED = "configured_security_group_id";

    @Override
    public Resource written(Image image, NumberSource numbers, Resource before, Resource after) {
        Resource group = ENTRIES.checked(before, after);
        return group.withProperty(ID, ResourceFactory.number(id(image, numbers, group)));
    }

    /** The configured number, else the one it has, else the next one. */
    private static long id(Image image, NumberSource numbers, Resource group) {
        JsonNode configured = group.property(CONFIGURED);
        if (configured != null && configured.longValue() != 0) {
            String holder = image.claims().get(Claims.securityGroup(configured.longValue()));
            if (holder != null && !holder.equals(group.uuid())) {
                throw RefusedException.conflict(
                        CONFIGURED + ": " + configured + " is in use by security-group " + holder);
            }
            return configured.longValue();
        }
        JsonNode present = group.property(ID);
        boolean automatic = present != null && present.longValue() >= NumberSource.FIRST_SECURITY_GROUP_ID;
        return automatic ? present.longValue() : numbers.securityGroupId(image);
    }

    @Override
    public void deleted(Image image, Resource group) {
        if (group.fqName().equals(FirstObjects.NO_RULE_GROUP)) {
            throw RefusedException.conflict("security-group " + group.fullName() + " is the system's and stays");
        }
    }
}
