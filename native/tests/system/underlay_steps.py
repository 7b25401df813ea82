# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""Steps of daemon-check.py about the fabric: path MTU, outer fragments, several uplinks, and pods that are reached without a tunnel."""
import re
import struct
import time

NATIVE_FLAG = 32
PATH_LEARNED, PATH_WAYS, PATH_WEIGHTS = 72, 76, 304  # offsets in struct weft_path_msg
PLANE_REASSEMBLED = 200           # in struct weft_plane_msg
PLANE_BYTES = 280


class UnderlaySteps:
    """Mixed into Bench; `d` is daemon-check's module."""

    def wait_for(self, what, seconds=5):
        """The first true value, or the last one."""
        deadline = time.monotonic() + seconds
        value = what()
        while not value and time.monotonic() < deadline:
            time.sleep(0.02)
            value = what()
        return value

    def path_of(self, host, offset):
        return struct.unpack_from("<I", host.paths()[0], offset)[0]

    def plane_of(self, host):
        objects, _ = host.client.call([(self.d.PLANE, self.d.GET, bytes(PLANE_BYTES))])
        return next(body for kind, body in objects if kind == self.d.PLANE)

    def ping_whole(self, bytes_of_ip, count=2):
        """Pings from pod 2 to pod 3 that must not be fragmented: replies, and what ping says."""
        text = self.d.sh(f"ip netns exec {self.d.PREFIX}p2 ping -n -M do -c {count} -i 0.1 -W 1 -s {bytes_of_ip - 28} 10.1.1.3", check=False)
        got = re.search(r"(\d+) received", text.stdout)
        return int(got.group(1)) if got else 0, text.stdout + text.stderr

    def overhead(self):
        return {"vxlan": 50, "mplsoudp": 32, "mplsogre": 28}[self.arguments.encap] + (20 if self.arguments.outer6 else 0)

    def set_fabric_mtu(self, mtu):
        self.d.sh(f"ip -n {self.d.PREFIX}r link set r2 mtu {mtu} && ip -n {self.hosts[1].name} link set u2 mtu {mtu}")

    def run_path_mtu(self):
        """A link behind the router becomes small: the router's too-big lowers the tunnel, and the pod hears the inner MTU."""
        host, want = self.hosts[0], 1400 - self.overhead()
        self.set_fabric_mtu(1400)
        self.ping_whole(1430)
        learned = self.wait_for(lambda: self.path_of(host, PATH_LEARNED))
        self.check("path MTU learned", learned == 1400, f"{learned}")
        got, text = self.ping_whole(1430)
        heard = re.search(r"mtu ?= ?(\d+)", text)
        self.check("pod hears it", got == 0 and heard is not None and int(heard.group(1)) == want, f"{heard.group(1) if heard else text!r}, want {want}")
        got, _ = self.ping_whole(want)
        self.check("fits now", got == 2, f"{got}/2 of {want} bytes")

    def run_outer_fragments(self):
        """With DF clear the same packets go whole, in outer fragments of this host, and come together on the other."""
        before = struct.unpack_from("<Q", self.plane_of(self.hosts[1]), PLANE_REASSEMBLED)[0]
        for host in self.hosts:
            settings = bytearray(host.settings())
            settings[193] = 2  # tunnel_df: CLEAR
            host.client.call([(self.d.PLANE, self.d.SET, bytes(settings))])
        self.d.sh(f"ip netns exec {self.d.PREFIX}p2 ip route flush cache")
        got, text = self.ping_whole(1430, 5)
        made = struct.unpack_from("<Q", self.plane_of(self.hosts[1]), PLANE_REASSEMBLED)[0] - before
        self.check("outer fragments", got >= 4 and made >= 4, f"{got}/5, {made} put together {'' if got else text}")
        for host in self.hosts:
            host.client.call([(self.d.PLANE, self.d.SET, host.settings())])
        self.set_fabric_mtu(1500)

    def sent_by(self, device):
        return int(self.d.sh(f"ip netns exec {self.hosts[0].name} cat /sys/class/net/{device}/statistics/tx_packets").stdout)

    def run_ways(self):
        """A second uplink with an equal route: both carry, and losing one loses next to nothing."""
        host, r = self.hosts[0], f"{self.d.PREFIX}r"
        other = self.hosts[1].address
        self.d.sh(f"ip netns exec {r} sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 && "
                  f"ip link add u3 netns {host.name} type veth peer name r3 netns {r} && ip -n {host.name} addr add 10.203.1.2/24 dev u3 && "
                  f"ip -n {r} addr add 10.203.1.1/24 dev r3 && ip -n {host.name} link set u3 up && ip -n {r} link set r3 up && "
                  f"ip netns exec {r} sysctl -qw net.ipv4.conf.r3.rp_filter=0")
        host.client.call([(self.d.VIF, self.d.SET, self.d.vif(9, 0, self.d.PHYSICAL, self.d.AF_PACKET, self.d.SHARED_UPLINK, device="u3", name="u3"))])
        self.d.sh(f"ip -n {host.name} route add {other}/32 nexthop via 10.200.1.1 dev u1 nexthop via 10.203.1.1 dev u3")
        more = self.wait_for(lambda: self.path_of(host, PATH_WAYS))
        self.check("two ways", more == 1, f"{more} beside the first")
        before = self.sent_by("u1"), self.sent_by("u3")
        got = sum(self.ping(2, "10.1.1.3", 1)[0] for _ in range(24))
        sent = self.sent_by("u1") - before[0], self.sent_by("u3") - before[1]
        self.check("both uplinks carry", got == 24 and min(sent) >= 2, f"{got}/24 pings; {sent[0]} and {sent[1]} packets")
        self.d.sh(f"ip -n {host.name} route replace {other}/32 nexthop via 10.200.1.1 dev u1 weight 3 nexthop via 10.203.1.1 dev u3 weight 7")
        weights = self.wait_for(lambda: self.path_of(host, PATH_WEIGHTS))
        self.check("weights of the route", weights == 2 | 6 << 8, f"{weights & 255} and {weights >> 8 & 255}, each less one")
        self.d.sh(f"ip -n {r} addr del 10.203.1.1/24 dev r3")
        left = self.wait_for(lambda: self.path_of(host, PATH_WAYS) == 0, 10)
        got = sum(self.ping(2, "10.1.1.3", 1, wait=0.5)[0] for _ in range(10))
        self.check("one gateway silent", left and got == 10, f"its way is {'gone' if left else 'kept'}; {got}/10 pings")
        self.d.sh(f"ip -n {r} addr add 10.203.1.1/24 dev r3")
        self.check("it answers again", self.wait_for(lambda: self.path_of(host, PATH_WAYS) == 1, 10), "its way is back")
        self.d.sh(f"ip -n {r} link set r3 down")
        got = sum(self.ping(2, "10.1.1.3", 1, wait=0.5)[0] for _ in range(20))
        self.check("one uplink lost", got >= 19, f"{got}/20 pings, one by one, after it")
        self.d.sh(f"ip -n {r} link set r3 up && ip -n {host.name} route replace {other}/32 via 10.200.1.1")
        host.client.call([(self.d.VIF, self.d.DELETE, self.d.vif(9, 0, self.d.PHYSICAL, self.d.AF_PACKET, self.d.SHARED_UPLINK, device="u3", name="u3"))])
        self.d.sh(f"ip -n {host.name} link del u3")

    def run_native(self):
        """Pod 2 and the router speak without a tunnel; needs --native, which gives the uplinks the flag."""
        host, r = self.hosts[0], f"{self.d.PREFIX}r"
        call = [(self.d.NEXTHOP, self.d.SET, native_nexthop(self.d, 50, 1, "10.200.1.1")), (self.d.NEXTHOP, self.d.SET, native_nexthop(self.d, 51, 1, "fd00:200:1::1")),
                (self.d.ROUTE, self.d.SET, self.d.route(0, "10.1.1.2/32", 102, flags=0)), (self.d.ROUTE, self.d.SET, self.d.route(0, "fd00:1:1::2/128", 102, flags=0))]
        # the pod's gateway, which answers for what is not in its network
        call += [(self.d.NEXTHOP, self.d.SET, self.d.nexthop(52, 1)), (self.d.ROUTE, self.d.SET, self.d.route(1, "10.1.1.1/32", 52)),
                 (self.d.ROUTE, self.d.SET, self.d.route(1, "fd00:1:1::1/128", 52))]
        for vrf in (0, 1):
            call += [(self.d.ROUTE, self.d.SET, self.d.route(vrf, "10.200.2.1/32", 50, flags=0)), (self.d.ROUTE, self.d.SET, self.d.route(vrf, "10.200.1.1/32", 50, flags=0)),
                     (self.d.ROUTE, self.d.SET, self.d.route(vrf, "fd00:200::/32", 51, flags=0))]
        host.client.call(call)
        self.d.sh(f"ip -n {r} route add 10.1.1.2/32 via 10.200.1.2 && ip -n {r} -6 route add fd00:1:1::2/128 via fd00:200:1::2")
        answered = self.wait_for(lambda: self.ping(2, "10.200.2.1", 1)[0])
        self.check("out without a tunnel, v4", answered == 1, "ping the router's far address")
        got = self.wait_for(lambda: self.ping(2, "fd00:200:2::1", 1)[0])
        self.check("out without a tunnel, v6", got == 1, "ping")
        text = self.d.sh(f"ip netns exec {r} ping -n -c 3 -i 0.1 -W 1 10.1.1.2", check=False).stdout
        self.check("in without a tunnel", "3 received" in text, "ping")
        for where, target, what in ((f"{self.d.PREFIX}p2", "10.200.2.1", "out"), (r, "10.1.1.2", "in")):
            server = r if what == "out" else f"{self.d.PREFIX}p2"
            self.transfer(server, where, target, what)

    def transfer(self, server, client, target, what):
        """20 MB of TCP, each byte counted: segmentation on the way out, GSO packets on the way in."""
        listen = ("import socket;s=socket.create_server(('',5301));s.settimeout(20);print('ready',flush=True);c=s.accept()[0];c.settimeout(20);n=0\n"
                  "while True:\n b=c.recv(1<<20)\n if not b: break\n n+=len(b)\nprint(n)")
        send = f"import socket;s=socket.create_connection(('{target}',5301),20);s.sendall(b'w'*20000000);s.close()"
        with self.d.subprocess.Popen(["ip", "netns", "exec", server, "python3", "-c", listen], stdout=self.d.subprocess.PIPE, text=True) as receiver:
            receiver.stdout.readline()
            started = time.monotonic()
            self.d.sh(f"ip netns exec {client} timeout 25 python3 -c \"{send}\"", check=False)
            try:
                got = receiver.communicate(timeout=25)[0].strip()
            except self.d.subprocess.TimeoutExpired:
                receiver.kill()
                got = "nothing in time"
        self.check(f"TCP {what} without a tunnel", got == "20000000", f"{got} bytes in {time.monotonic() - started:.1f} s")


def native_nexthop(d, nexthop_id, vif_id, gateway):
    """NATIVE: the family is the gateway's."""
    body = bytearray(d.nexthop(nexthop_id, 6, vif_id=vif_id, destination=gateway))
    body[6] = d.family(gateway)
    return bytes(body)
