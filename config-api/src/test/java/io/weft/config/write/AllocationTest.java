package io.weft.config.write;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.config.resource.Claims;
import io.weft.config.resource.Image;
import io.weft.config.resource.Resource;
import io.weft.config.resource.SortedTree;
import io.weft.config.schema.IpAddress;
import io.weft.config.schema.IpPrefix;
import io.weft.config.schema.RefusedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AllocationTest {
    private static final String NETWORK = "00000000-0000-4000-8000-00000000000a";

    @TempDir
    Path folder;

    /** The slow twin: walks every address. */
    private static Optional<IpAddress> walked(Subnet subnet, SortedTree<String> claims) {
        List<Subnet.Range> pools = subnet.pools().isEmpty()
                ? List.of(new Subnet.Range(
                        subnet.prefix().network(), subnet.prefix().last()))
                : subnet.pools();
        List<IpAddress> usable = new ArrayList<>();
        for (Subnet.Range pool : pools) {
            for (IpAddress address = pool.start();
                    address.compareTo(pool.end()) <= 0;
                    address = address.plus(1).orElseThrow()) {
                boolean kept = subnet.edge(address)
                        || subnet.gateway().filter(address::equals).isPresent()
                        || subnet.service().filter(address::equals).isPresent();
                if (!kept && !claims.has(Claims.address(NETWORK, address))) {
                    usable.add(address);
                }
            }
        }
        if (usable.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(subnet.fromStart() ? usable.getFirst() : usable.getLast());
    }

    @Test
    void givesTheAddressAWalkOverAllAddressesWouldGive() {
        long seed = new Random().nextLong();
        System.out.println("AllocationTest seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 60; round++) {
            boolean v4 = random.nextBoolean();
            IpPrefix prefix = IpPrefix.containing(
                    IpAddress.of(v4 ? "10.0." + random.nextInt(256) + ".64" : "fd00::40"),
                    (v4 ? 26 : 122) + random.nextInt(4));
            List<Subnet.Range> pools = new ArrayList<>();
            if (random.nextBoolean()) {
                pools.add(new Subnet.Range(at(prefix, 0), at(prefix, 2)));
                pools.add(new Subnet.Range(at(prefix, 4), at(prefix, 4 + random.nextInt(3))));
            }
            Subnet subnet = new Subnet(
                    "s",
                    prefix,
                    random.nextBoolean() ? Optional.of(at(prefix, 1)) : Optional.empty(),
                    random.nextBoolean() ? Optional.of(at(prefix, random.nextInt(7))) : Optional.empty(),
                    random.nextBoolean(),
                    pools);
            SortedTree<String> claims = SortedTree.empty();
            List<IpAddress> given = new ArrayList<>();
            for (int i = 0; i < 150; i++) {
                if (!given.isEmpty() && random.nextInt(4) == 0) {
                    claims = claims.without(Claims.address(NETWORK, given.remove(random.nextInt(given.size()))));
                } else {
                    Optional<IpAddress> next = subnet.free(claims, NETWORK);
                    assertEquals(walked(subnet, claims), next, subnet.toString());
                    if (next.isPresent()) {
                        claims = claims.with(Claims.address(NETWORK, next.get()), "x");
                        given.add(next.get());
                    }
                }
            }
        }
    }

    private static IpAddress at(IpPrefix prefix, long offset) {
        return prefix.network().plus(offset).orElseThrow();
    }

    private static String network(String name, String subnet) {
        return "'fq_name':['default-domain','default-project','" + name + "'],'network_ipam_refs':[{"
                + "'to':['default-domain','default-project','default-network-ipam'],'attr':{'ipam_subnets':[" + subnet
                + "]}}]";
    }

    private static String address(WriterFixture api, Resource network, String name, String more) {
        return api.write(api.create(
                        "instance-ip",
                        "'fq_name':['" + name + "'],'virtual_network_refs':[{'uuid':'" + network.uuid() + "'}]" + more))
                .text("instance_ip_address");
    }

    @Test
    void allocatesDownwardsByDefaultAndUpwardsWhenAskedAndFromPools() {
        try (WriterFixture api = new WriterFixture(folder.resolve("a"), false)) {
            Resource down = api.write(api.create(
                    "virtual-network", network("down", "{'subnet':{'ip_prefix':'10.5.0.0','ip_prefix_len':24}}")));
            assertEquals("10.5.0.252", address(api, down, "a", ""));
            assertEquals("10.5.0.251", address(api, down, "b", ""));
            Resource pool = api.write(api.create(
                    "virtual-network",
                    network(
                            "pool",
                            "{'subnet':{'ip_prefix':'10.6.0.0','ip_prefix_len':24},'addr_from_start':true,"
                                    + "'allocation_pools':[{'start':'10.6.0.10','end':'10.6.0.11'}]}")));
            assertEquals("10.6.0.10", address(api, pool, "c", ""));
            assertEquals("10.6.0.50", address(api, pool, "d", ",'instance_ip_address':'10.6.0.50'"));
            assertEquals("10.6.0.11", address(api, pool, "e", ""));
            RefusedException full = assertThrows(RefusedException.class, () -> address(api, pool, "f", ""));
            assertEquals(409, full.status());
            assertTrue(full.getMessage().contains("no free address in [10.6.0.0/24]"), full.getMessage());
        }
    }

    @Test
    void keepsTheFilledInValuesOfASubnetThatIsWrittenAgain() {
        try (WriterFixture api = new WriterFixture(folder.resolve("b"), false)) {
            String subnet = "{'subnet':{'ip_prefix':'10.5.0.9','ip_prefix_len':24},'addr_from_start':true}";
            Resource before = api.write(api.create("virtual-network", network("n", subnet)));
            Resource after = api.write(api.update("virtual-network", before.uuid(), network("n", subnet)));
            assertEquals(before.refs("network-ipam"), after.refs("network-ipam"));
            assertEquals(before.version(), after.version());
            RefusedException moved = assertThrows(
                    RefusedException.class,
                    () -> api.write(api.update(
                            "virtual-network",
                            before.uuid(),
                            network(
                                    "n",
                                    subnet.replace("}}", "},'default_gateway':'10.5.0.7'}")
                                            .replace(
                                                    ",'addr_from_start':true}",
                                                    ",'addr_from_start':true,'default_gateway':'10.5.0.7'}")))));
            assertEquals(400, moved.status());
        }
    }

    @Test
    void refusesTheGatewayOnlyForMachines() {
        try (WriterFixture api = new WriterFixture(folder.resolve("c"), false)) {
            Resource network = api.write(api.create(
                    "virtual-network",
                    network("n", "{'subnet':{'ip_prefix':'10.5.0.0','ip_prefix_len':24},'addr_from_start':true}")));
            Resource machine = api.write(api.create("virtual-machine", "'fq_name':['m']"));
            Resource port = api.write(api.create(
                    "virtual-machine-interface",
                    "'fq_name':['default-domain','default-project','p'],'parent_type':'project','virtual_network_refs':[{'uuid':'"
                            + network.uuid() + "'}],'virtual_machine_refs':[{'uuid':'" + machine.uuid() + "'}]"));
            assertEquals("10.5.0.1", address(api, network, "a", ",'instance_ip_address':'10.5.0.1'"));
            api.write(api.delete(
                    "instance-ip",
                    api.image().named("instance-ip", List.of("a")).uuid()));
            String more = ",'instance_ip_address':'10.5.0.1','virtual_machine_interface_refs':[{'uuid':'" + port.uuid()
                    + "'}]";
            assertEquals(
                    400,
                    assertThrows(RefusedException.class, () -> address(api, network, "b", more))
                            .status());
        }
    }

    @Test
    void givesAFreedNetworkIdAgainOnlyAfterTheOthers() {
        String later;
        try (WriterFixture api = new WriterFixture(folder.resolve("d"), false)) {
            Map<String, Integer> ids = new TreeMap<>();
            for (String name : List.of("a", "b", "c")) {
                Resource made = api.write(
                        api.create("virtual-network", "'fq_name':['default-domain','default-project','" + name + "']"));
                ids.put(name, made.property("virtual_network_network_id").intValue());
            }
            Resource c = api.image().named("virtual-network", List.of("default-domain", "default-project", "c"));
            api.write(api.delete("virtual-network", c.uuid()));
            Resource d = api.write(api.create("virtual-network", "'fq_name':['default-domain','default-project','d']"));
            later = d.uuid();
            assertEquals(
                    ids.get("c") + 1, d.property("virtual_network_network_id").intValue());
        }
        try (WriterFixture again = new WriterFixture(folder.resolve("d"), false)) {
            Image image = again.image();
            int last = image.get(later).property("virtual_network_network_id").intValue();
            Resource e =
                    again.write(again.create("virtual-network", "'fq_name':['default-domain','default-project','e']"));
            assertEquals(last + 1, e.property("virtual_network_network_id").intValue());
            assertNotNull(image.claims().get(Claims.networkId(last)));
        }
    }

    private static long groupId(WriterFixture api, String name) {
        return api.image()
                .named("security-group", List.of("default-domain", "default-project", name))
                .property("security_group_id")
                .longValue();
    }

    private static Resource group(WriterFixture api, String name, String more) {
        return api.write(
                api.create("security-group", "'fq_name':['default-domain','default-project','" + name + "']" + more));
    }

    @Test
    void givesSecurityGroupNumbersInTurnAndFreedOnesLast() {
        try (WriterFixture api = new WriterFixture(folder.resolve("groups"), false)) {
            assertEquals(8_000_000, groupId(api, "__no_rule__"));
            Resource first = group(api, "first", "");
            assertEquals(8_000_001, groupId(api, "first"));
            api.write(api.delete("security-group", first.uuid()));
            group(api, "second", "");
            assertEquals(8_000_002, groupId(api, "second"));
            assertThrows(RefusedException.class, () -> group(api, "second", ""));
            Resource third = group(api, "third", ",'configured_security_group_id':9");
            assertEquals(9, groupId(api, "third"));
            api.write(api.update("security-group", third.uuid(), "'configured_security_group_id':0"));
            assertEquals(8_000_003, groupId(api, "third"));
            api.write(api.update("security-group", third.uuid(), "'display_name':'x'"));
            assertEquals(8_000_003, groupId(api, "third"), "it stays");
            group(api, "fourth", ",'configured_security_group_id':9");
            RefusedException taken = assertThrows(
                    RefusedException.class,
                    () -> api.write(api.update("security-group", third.uuid(), "'configured_security_group_id':9")));
            assertEquals(409, taken.status());
        }
        try (WriterFixture api = new WriterFixture(folder.resolve("groups"), false)) {
            group(api, "fifth", "");
            assertEquals(8_000_004, groupId(api, "fifth"), "numbers go on after a restart");
        }
    }
}
