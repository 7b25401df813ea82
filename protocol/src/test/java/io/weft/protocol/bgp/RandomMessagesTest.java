package io.weft.protocol.bgp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.bgp.PathAttributes.Aggregator;
import io.weft.protocol.bgp.PathAttributes.Raw;
import io.weft.protocol.bgp.PathAttributes.Segment;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteDistinguisher;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Round trips of random messages, and what damage makes of them. */
class RandomMessagesTest {
    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private long u32() {
        return random.nextInt() & 0xffff_ffffL;
    }

    private InetAddress address(boolean six) {
        byte[] bytes = bytes(six ? 16 : 4);
        bytes[0] = (byte) (six ? 0x20 : 1 + random.nextInt(126));
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private Prefix prefix(boolean six) {
        return Prefix.containing(address(six), random.nextInt(six ? 129 : 33));
    }

    private <T> List<T> some(int max, Supplier<T> one) {
        List<T> out = new ArrayList<>();
        for (int count = random.nextInt(max + 1); count > 0; count--) {
            out.add(one.get());
        }
        return out;
    }

    private <T> Optional<T> maybe(Supplier<T> one) {
        return random.nextBoolean() ? Optional.of(one.get()) : Optional.empty();
    }

    private OptionalLong maybeNumber() {
        return random.nextBoolean() ? OptionalLong.of(u32()) : OptionalLong.empty();
    }

    private VpnNlri nlri(boolean six, boolean announced) {
        Prefix prefix = prefix(six);
        int labels = announced ? 1 + random.nextInt(Math.min(4, (255 - 64 - prefix.length()) / 24)) : 0;
        List<Integer> stack = new ArrayList<>();
        for (int i = 0; i < labels; i++) {
            // 0x80000 above the bottom is the label that ends a withdrawal.
            stack.add(i < labels - 1 ? random.nextInt(0x80000) : random.nextInt(1 << 20));
        }
        return new VpnNlri(stack, new RouteDistinguisher(random.nextLong()), prefix);
    }

    private PathAttributes attributes(boolean complete) {
        return new PathAttributes(
                complete ? Optional.of(random.nextInt(3)) : Optional.empty(),
                complete
                        ? Optional.of(some(3, () -> new Segment(1 + random.nextInt(4), Arrays.asList(u32(), u32()))))
                        : Optional.empty(),
                complete ? Optional.of((Inet4Address) address(false)) : Optional.empty(),
                maybeNumber(),
                complete ? OptionalLong.of(u32()) : OptionalLong.empty(),
                random.nextBoolean(),
                maybe(() -> new Aggregator(u32(), (Inet4Address) address(false))),
                some(80, this::u32),
                maybeNumber(),
                some(5, this::u32),
                some(40, () -> new ExtendedCommunity(random.nextLong())),
                random.nextBoolean() ? List.of(new Raw(0xe0, 200, Bytes.of(bytes(random.nextInt(300))))) : List.of());
    }

    private Update update() {
        boolean six = random.nextBoolean();
        Family family = six ? Family.INET6_VPN : Family.INET_VPN;
        boolean complete = random.nextInt(4) > 0;
        Optional<Update.Reach> reach = complete
                ? maybe(() -> new Update.Reach(family, address(random.nextBoolean()), some(20, () -> nlri(six, true))))
                : Optional.empty();
        return new Update(
                some(5, () -> prefix(false)),
                attributes(complete),
                complete ? some(5, () -> prefix(false)) : List.of(),
                reach,
                maybe(() -> new Update.Unreach(family, some(20, () -> nlri(six, false)))));
    }

    private Open open() {
        List<Capability> capabilities = some(30, () -> switch (random.nextInt(4)) {
            case 0 -> new Capability.MultiProtocol(new Family(random.nextInt(65536), random.nextInt(256)));
            case 1 ->
                new Capability.GracefulRestart(
                        random.nextBoolean(),
                        random.nextBoolean(),
                        random.nextInt(4096),
                        some(
                                3,
                                () -> new Capability.GracefulRestart.Kept(
                                        new Family(random.nextInt(65536), random.nextInt(256)), random.nextBoolean())));
            case 2 -> new Capability.RouteRefresh();
            default -> new Capability.Unknown(128 + random.nextInt(100), Bytes.of(bytes(random.nextInt(30))));
        });
        return Open.of(1 + u32() % 0xffff_fffeL, 3 + random.nextInt(60000), 1 + u32() % 0xffff_fffeL, capabilities);
    }

    @Test
    void roundTrips() throws BgpException {
        System.out.println("seed " + seed);
        for (int i = 0; i < 3000; i++) {
            Update update = update();
            DecodedUpdate back = (DecodedUpdate) BgpDecoder.decode(BgpEncoder.encode(update), true, true);
            assertEquals(new DecodedUpdate(update, List.of()), back, "seed " + seed);
            Open open = open();
            assertEquals(open, BgpDecoder.decode(BgpEncoder.encode(open), true, true), "seed " + seed);
        }
    }

    @Test
    void packsRoutesIntoFewMessages() throws BgpException {
        System.out.println("seed " + seed);
        for (int round = 0; round < 30; round++) {
            boolean six = round % 2 == 0;
            Family family = six ? Family.INET6_VPN : Family.INET_VPN;
            List<VpnNlri> all = new ArrayList<>(new LinkedHashSet<>(some(2000, () -> nlri(six, true))));
            PathAttributes attributes = attributes(true);
            List<VpnNlri> back = new ArrayList<>();
            List<byte[]> messages = BgpEncoder.reach(attributes, new Update.Reach(family, address(six), all));
            for (byte[] message : messages) {
                assertTrue(message.length <= 4096, "seed " + seed);
                Update update = ((DecodedUpdate) BgpDecoder.decode(message, true, true)).update();
                assertEquals(attributes, update.attributes());
                back.addAll(update.reach().orElseThrow().nlri());
            }
            assertEquals(all, back, "seed " + seed);
            for (int i = 0; i < messages.size() - 1; i++) {
                assertTrue(messages.get(i).length > 4096 - 40, "message " + i + " is not full, seed " + seed);
            }
            List<VpnNlri> gone = all.stream()
                    .map(nlri -> new VpnNlri(List.of(), nlri.distinguisher(), nlri.prefix()))
                    .toList();
            back.clear();
            for (byte[] message : BgpEncoder.unreach(new Update.Unreach(family, gone))) {
                back.addAll(((DecodedUpdate) BgpDecoder.decode(message, true, true))
                        .update()
                        .unreach()
                        .orElseThrow()
                        .nlri());
            }
            assertEquals(gone, back, "seed " + seed);
        }
    }

    /** Every message cut at every byte, with its length made right again or not, and every byte replaced. */
    @Test
    void damageIsAnErrorOfTheCodecOrAMessage() {
        System.out.println("seed " + seed);
        for (int i = 0; i < 150; i++) {
            byte[] message = i % 3 == 0 ? BgpEncoder.encode(open()) : BgpEncoder.encode(update());
            for (int cut = 0; cut < message.length; cut++) {
                byte[] part = Arrays.copyOf(message, cut);
                survives(part);
                if (cut >= 19) {
                    part[16] = (byte) (cut >>> 8);
                    part[17] = (byte) cut;
                    survives(part);
                }
            }
            for (int at = 16; at < message.length; at++) {
                for (int value : new int[] {0, 1, 0x7f, 0xff, message[at] + 1, message[at] - 1, random.nextInt()}) {
                    byte[] damaged = message.clone();
                    damaged[at] = (byte) value;
                    survives(damaged);
                }
            }
        }
    }

    private void survives(byte[] bytes) {
        for (int mode = 0; mode < 4; mode++) {
            try {
                new MessageSplitter().feed(bytes, message -> {});
                BgpDecoder.decode(bytes, (mode & 1) == 0, (mode & 2) == 0);
            } catch (BgpException e) {
                assertTrue(e.notification().code() >= 1);
            } catch (RuntimeException e) {
                throw new AssertionError(
                        "seed " + seed + ": " + java.util.HexFormat.of().formatHex(bytes), e);
            }
        }
    }
}
