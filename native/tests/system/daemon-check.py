#!/usr/bin/env python3
# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""Checks weft-dpdk with real packets: two hosts behind a router, each a network namespace with its own daemon, programmed with
raw frames of the plane ABI; pods are namespaces. Needs root, iproute2, ping, and iperf3 for its step; exits 77 when something is missing.
Leaves nothing behind.

usage: daemon-check.py WEFT_DPDK [--encap vxlan|mplsoudp|mplsogre] [--native] [--only NAME,...] [--no-udp-gso] [--pods N] [--seconds S]
"""
import argparse, ctypes, ipaddress, json, os, re, select, shutil, signal, socket, struct, subprocess, sys, tempfile, time, types

from underlay_steps import NATIVE_FLAG, PLANE_BYTES, UnderlaySteps

HELLO, ERROR, DONE, PLANE, VIF, VRF, NEXTHOP, ROUTE, LABEL, VNI, PATH, CONNECTION, DROP = range(1, 14)
AGEING = 20
SET, DELETE, GET, DUMP = 1, 2, 3, 4
AGENT, PHYSICAL, VIRTUAL = 1, 2, 3
TAP, AF_PACKET, ETHDEV, UNIX = 1, 2, 3, 4
ADDRESS_CHECK, SHARED_UPLINK = 1, 2
CONFIGURE, GATEWAY = 1, 2
NONE = 0xFFFFFFFF
PREFIX = f"weft-d{os.getpid()}-"
VNI_ID, LABEL_BASE = 5001, 100


def sh(command, check=True, **kwargs):
    result = subprocess.run(command, shell=True, capture_output=True, text=True, **kwargs)
    if check and result.returncode:
        raise SystemExit(f"{command}\n{result.stdout}{result.stderr}")
    return result


def a16(text):
    return ipaddress.ip_address(text).packed.ljust(16, b"\0")


def family(text):
    return ipaddress.ip_address(text).version


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ones_complement(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF ^ total


def datagram(source, target, source_port, target_port, payload):
    """An IPv4 UDP packet that may be fragmented, without UDP checksum."""
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 7, 0, 64, 17, 0, a16(source)[:4], a16(target)[:4])
    head = head[:10] + struct.pack(">H", ones_complement(head)) + head[12:]
    return head + struct.pack(">HHHH", source_port, target_port, 8 + len(payload), 0) + payload


def in_netns(name, make):
    """What `make` answers inside the namespace; a socket stays there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as home, open(f"/run/netns/{name}") as there:
        if libc.setns(there.fileno(), 0):
            raise OSError(ctypes.get_errno(), f"setns {name}")
        try:
            return make()
        finally:
            if libc.setns(home.fileno(), 0):
                raise OSError(ctypes.get_errno(), "setns home")


def receive_until(sock, wanted, seconds=5):
    """The first datagram that `wanted` likes, or None when none came in time or the other end closed."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            data = sock.recv(65536)
        except (TimeoutError, ConnectionResetError):
            return None
        if not data or wanted(data):
            return data or None
    return None


def is_closed(sock, seconds=5):
    """The other end closes it within this time, whatever comes before."""
    deadline = time.monotonic() + seconds
    try:
        while (left := deadline - time.monotonic()) > 0:
            sock.settimeout(left)
            if not sock.recv(65536):
                return True
    except ConnectionResetError:
        return True
    except TimeoutError:
        pass
    return False


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        major, minor = abi_version()
        self.call([(HELLO, SET, struct.pack("<HHI64s", major, minor, 0, b"daemon-check"))])

    def call(self, messages, expect=True):
        body = b"".join(struct.pack("<HHIII", o, op, 16 + len(b), 1, 0) + b for o, op, b in messages)
        self.socket.sendall(struct.pack("<IIII", 16 + len(body), 7, len(messages), 0) + body)
        total = struct.unpack("<I", self.take(4))[0]
        answer = self.take(total - 4)[12:]
        objects, errors = [], []
        while answer:
            kind, _, size = struct.unpack_from("<HHI", answer)
            if kind == ERROR:
                index, code, text = struct.unpack_from("<Ii112s", answer, 16)
                errors.append((index, code, text.split(b"\0")[0].decode()))
            else:
                objects.append((kind, answer[16:size]))
            answer = answer[size:]
        if expect and errors:
            raise SystemExit(f"refused: {errors[:3]} of {len(errors)}")
        return objects, errors

    def take(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionError("the plane closed the connection")
            data += part
        return data


def abi_header():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../abi/weft_abi.h")) as file:
        return file.read()


def abi_version():
    return tuple(int(re.search(rf"#define WEFT_ABI_{part} (\d+)", abi_header()).group(1)) for part in ("MAJOR", "MINOR"))


def abi_bytes(name):
    """Size of a message's body."""
    return int(re.search(rf"sizeof\(struct weft_{name}_msg\) == (\d+)", abi_header()).group(1))


def vif(vif_id, vrf, kind, port, flags=0, mtu=1500, label=NONE, address="00:00:00:00:00:00", name="", device="", netns="", addresses=()):
    out = struct.pack("<II16sBBHII6s2x16s64s128sII", vif_id, vrf, vif_id.to_bytes(16, "little"), kind, port, flags, mtu, label,
                      mac(address), name.encode(), device.encode(), netns.encode(), len(addresses), 0)
    for text, prefix, aflags in addresses:
        out += struct.pack("<BBH16s", family(text), prefix, aflags, a16(text))
    return (out + b"\0" * 20 * (32 - len(addresses))).ljust(968, b"\0")


def nexthop(nexthop_id, kind, encap=0, vif_id=0, vrf_id=0, source=None, destination=None, inner="00:00:00:00:00:00"):
    return struct.pack("<IBBBB16sII16s16s6s2xIIQ", nexthop_id, kind, encap, family(source) if source else 0, 0,
                       nexthop_id.to_bytes(16, "little"), vif_id, vrf_id, a16(source) if source else bytes(16),
                       a16(destination) if destination else bytes(16), mac(inner), 0, 0, 0)


def route(vrf, prefix, nexthop_id, label=NONE, flags=3):
    network = ipaddress.ip_network(prefix)
    return struct.pack("<IBB2x16sIIII", vrf, network.version, network.prefixlen, a16(network.network_address), nexthop_id, label, 0, flags)


class Host:
    """One host: namespace, uplink veth to the router, daemon, client."""

    def __init__(self, index, program, folder, arguments=()):
        self.index, self.name = index, f"{PREFIX}h{index}"
        self.address, self.address6 = f"10.200.{index}.2", f"fd00:200:{index}::2"
        self.router_mac = f"02:00:00:00:00:{index:02x}"
        self.program, self.path = program, f"{folder}/{self.name}.sock"
        sh(f"ip netns add {self.name} && ip -n {self.name} link set lo up && "
           f"ip link add u{index} netns {self.name} type veth peer name r{index} netns {PREFIX}r && "
           f"ip -n {self.name} addr add {self.address}/24 dev u{index} && ip -n {self.name} addr add {self.address6}/64 dev u{index} nodad && "
           f"ip -n {self.name} link set u{index} up && "
           f"ip -n {PREFIX}r addr add 10.200.{index}.1/24 dev r{index} && ip -n {PREFIX}r addr add fd00:200:{index}::1/64 dev r{index} nodad && "
           f"ip -n {PREFIX}r link set r{index} up && ip -n {self.name} route add default via 10.200.{index}.1 && "
           f"ip -n {self.name} -6 route add default via fd00:200:{index}::1")
        self.log = open(f"{folder}/{self.name}.log", "w+")
        started = time.monotonic()
        self.process = subprocess.Popen(["ip", "netns", "exec", self.name, program, f"--socket={self.path}", *arguments], stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)
        ready, _, _ = select.select([self.process.stdout], [], [], 20)
        line = self.process.stdout.readline() if ready else ""
        if line != f"ready socket={self.path}\n":
            raise SystemExit(f"{self.name} is not ready: {line!r} {open(self.log.name).read()}")
        self.start_ms = (time.monotonic() - started) * 1000
        self.client = Client(self.path)

    def worker(self):
        """The worker process of the daemon."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return int(file.read().split()[0])

    def usage(self):
        worker = self.worker()
        with open(f"/proc/{worker}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        status = open(f"/proc/{worker}/status").read()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def drops(self):
        objects, _ = self.client.call([(DROP, DUMP, struct.pack("<II48s", NONE, 0, b""))])
        return {struct.unpack_from("<I", b)[0]: struct.unpack_from("<Q", b, 8)[0] for k, b in objects if k == DROP}

    def signal_all(self, number):
        """The parent and its worker process."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            for pid in [self.process.pid, *map(int, file.read().split())]:
                os.kill(pid, number)

    def settings(self, bfd_interval_ms=0):
        """Body of the PLANE object."""
        return struct.pack("<16s16s6s2xII", a16(self.address), a16(self.address6), mac(self.router_mac), bfd_interval_ms,
                           3 if bfd_interval_ms else 0).ljust(abi_bytes("plane"), b"\0")

    def liveness(self):
        """Of the only tunnel destination: 0 unknown, 1 up, 2 down."""
        return self.paths()[0][2]

    def paths(self):
        objects, _ = self.client.call([(PATH, DUMP, struct.pack("<II48s", NONE, 0, b""))])
        return [b for k, b in objects if k == PATH]


class Bench(UnderlaySteps):
    def __init__(self, arguments):
        self.d = types.SimpleNamespace(**globals())
        self.arguments, self.failures, self.folder = arguments, 0, tempfile.mkdtemp(prefix=PREFIX)
        self.hosts = []

    def check(self, name, good, text):
        print(f"{'ok  ' if good else 'FAIL'} {name}: {text}", flush=True)
        self.failures += not good

    def set_up(self):
        sh(f"ip netns add {PREFIX}r && ip -n {PREFIX}r link set lo up && ip netns exec {PREFIX}r sysctl -qw net.ipv4.ip_forward=1 "
           "net.ipv6.conf.all.forwarding=1")
        self.hosts = [Host(index, self.arguments.program, self.folder, getattr(self.arguments, "daemon", ())) for index in (1, 2)]
        if self.arguments.no_udp_gso:
            for host in self.hosts:
                sh(f"ip netns exec {host.name} ethtool -K u{host.index} tx-udp-segmentation off; "
                   f"ip netns exec {PREFIX}r ethtool -K r{host.index} tx-udp-segmentation off")
        self.check("start", all(h.start_ms < 3000 for h in self.hosts), " ".join(f"{h.start_ms:.0f} ms" for h in self.hosts))
        pods = [(1, 2), (2, 3), (1, 4)]  # host, last number of the address; vif id is the same number
        for _, number in pods:
            sh(f"ip netns add {PREFIX}p{number}")
        encap = {"vxlan": 1, "mplsoudp": 2, "mplsogre": 3}[self.arguments.encap]
        for host in self.hosts:
            other = self.hosts[2 - host.index]
            v6 = self.arguments.outer6
            host.client.call([
                (PLANE, SET, host.settings()),
                (AGEING, SET, struct.pack("<II HHIIIII HHIIIII", 2, 0, 6, 22, 7200, 30, 600, 5, 0, 17, 53, 20, 10, 0, 0, 0)),
                (VIF, SET, vif(1, 0, PHYSICAL, AF_PACKET, SHARED_UPLINK | (NATIVE_FLAG if getattr(self.arguments, "native", False) else 0),
                               device=f"u{host.index}", name=f"u{host.index}")),
                (VRF, SET, struct.pack("<II16s", 1, VNI_ID, b"vrf1".ljust(16, b"\0")).ljust(abi_bytes("vrf"), b"\0")),
                (NEXTHOP, SET, nexthop(10, 4, vrf_id=1)),
                (VNI, SET, struct.pack("<II", VNI_ID, 10)),
                (NEXTHOP, SET, nexthop(11, 3, encap, source=host.address6 if v6 else host.address,
                                       destination=other.address6 if v6 else other.address,
                                       inner=other.router_mac if encap == 1 else "00:00:00:00:00:00")),
            ])
            for at, number in pods:
                if at == host.index:
                    self.add_pod(host, number)
                else:
                    label = VNI_ID if encap == 1 else LABEL_BASE + number
                    host.client.call([(ROUTE, SET, route(1, f"10.1.1.{number}/32", 11, label)),
                                      (ROUTE, SET, route(1, f"fd00:1:1::{number:x}/128", 11, label))])

    def pod_vif(self, number, netns=None, name="eth0"):
        return vif(number, 1, VIRTUAL, TAP, ADDRESS_CHECK, mtu=1430 if self.arguments.outer6 else 1450, label=LABEL_BASE + number,
                   address=f"02:01:01:00:00:{number:02x}", name=name, netns=netns or f"/run/netns/{PREFIX}p{number}",
                   addresses=[(f"10.1.1.{number}", 24, CONFIGURE), (f"fd00:1:1::{number:x}", 64, CONFIGURE),
                              ("10.1.1.1", 24, GATEWAY), ("fd00:1:1::1", 64, GATEWAY)])

    def add_pod(self, host, number):
        started = time.monotonic()
        host.client.call([(VIF, SET, self.pod_vif(number))])
        spent = (time.monotonic() - started) * 1000
        host.client.call([(NEXTHOP, SET, nexthop(100 + number, 2, vif_id=number)), (LABEL, SET, struct.pack("<II", LABEL_BASE + number, 100 + number)),
                          (ROUTE, SET, route(1, f"10.1.1.{number}/32", 100 + number)),
                          (ROUTE, SET, route(1, f"fd00:1:1::{number:x}/128", 100 + number))])
        return spent

    def ping(self, source, target, count=3, interval=0.05, wait=1):
        result = sh(f"ip netns exec {PREFIX}p{source} ping -n -c {count} -i {interval} -W {wait} {target}", check=False)
        got = re.search(r"(\d+) received", result.stdout)
        rtt = re.search(r"= [\d.]+/([\d.]+)/", result.stdout)
        return int(got.group(1)) if got else 0, float(rtt.group(1)) if rtt else None

    def run_ping(self):
        deadline = time.monotonic() + 5
        while self.ping(2, "10.1.1.3", 1)[0] == 0 and time.monotonic() < deadline:
            pass
        for source, target, what in ((2, "10.1.1.3", "v4 hosts"), (2, "fd00:1:1::3", "v6 hosts"), (3, "10.1.1.4", "v4 hosts back"),
                                     (2, "10.1.1.4", "v4 one host"), (4, "fd00:1:1::2", "v6 one host")):
            got, rtt = self.ping(source, target)
            self.check(f"ping {what}", got == 3, f"{got}/3, {rtt} ms")
        got = sh(f"ip netns exec {PREFIX}p2 ping -n -c 2 -i 0.05 -W 1 -s 20000 10.1.1.3", check=False).stdout
        self.check("ping fragments", "2 received" in got, "20000 bytes")

    def run_fragments(self):
        """A datagram whose fragments come last first, through the tunnel: the kernel behind it finds all of them. One that lacks its first."""
        whole = datagram("10.1.1.2", "10.1.1.3", 4000, 5000, bytes(range(256)) * 8)[20:]

        def fragment(at, end, ident):
            more = 0x2000 if end < len(whole) else 0
            return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + end - at, ident, more | at // 8, 64, 17, 0, a16("10.1.1.2")[:4],
                               a16("10.1.1.3")[:4]) + whole[at:end]

        sender = in_netns(PREFIX + "p2", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW))
        receiver = in_netns(PREFIX + "p3", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        with sender, receiver:
            receiver.bind(("10.1.1.3", 5000))
            receiver.settimeout(5)
            for at, end in ((1600, len(whole)), (800, 1600), (0, 800)):
                sender.sendto(fragment(at, end, 41), ("10.1.1.3", 0))
            try:
                got = receiver.recv(4096)
            except TimeoutError:
                got = b""
            self.check("fragments out of order", got == whole[8:], f"{len(got)} bytes")
            before = self.hosts[0].drops().get(27, 0)
            sender.sendto(fragment(800, 1600, 42), ("10.1.1.3", 0))
            self.check("fragment without its first", self.await_drops(self.hosts[0], 27, before) > before, "dropped when its wait ends")

    def run_iperf(self):
        for client, server, target, what in ((2, 3, "10.1.1.3", "v4 hosts"), (2, 3, "fd00:1:1::3", "v6 hosts"), (2, 4, "10.1.1.4", "v4 one host")):
            daemon = subprocess.Popen(["ip", "netns", "exec", f"{PREFIX}p{server}", "iperf3", "-s", "-1"], stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True)
            deadline = time.monotonic() + 5
            while not sh(f"ip netns exec {PREFIX}p{server} ss -Hltn sport = 5201").stdout and time.monotonic() < deadline:
                pass
            before = [h.usage()[0] for h in self.hosts]
            result = sh(f"ip netns exec {PREFIX}p{client} timeout {self.arguments.seconds + 10} iperf3 -J -t {self.arguments.seconds} -c {target}", check=False)
            after = [h.usage()[0] for h in self.hosts]
            daemon.terminate()
            daemon.wait()
            try:
                end = json.loads(result.stdout)["end"]
                rate, retransmits = end["sum_received"]["bits_per_second"] / 1e9, end["sum_sent"]["retransmits"]
            except (ValueError, KeyError):
                rate, retransmits = 0, -1
            cores = " ".join(f"{(a - b) / self.arguments.seconds * 100:.0f}%" for a, b in zip(after, before))
            self.check(f"tcp {what}", rate >= 1, f"{rate:.2f} Gbit/s, {retransmits} retransmits, daemons {cores}")

    def run_idle(self):
        before = [h.usage() for h in self.hosts]
        time.sleep(3)
        for host, old in zip(self.hosts, before):
            now = host.usage()
            cpu = (now[0] - old[0]) / 3 * 100
            self.check(f"idle {host.name}", cpu < 2 and now[1] < 200, f"{cpu:.2f}% of a core, RSS {now[1]:.0f} MB")

    def run_router_mac(self):
        """The router's MAC changes without a gratuitous ARP, traffic flowing: both directions must come back."""
        for device, target in (("r1", "10.1.1.3"),):
            sh(f"ip netns exec {PREFIX}r sysctl -qw net.ipv4.conf.{device}.arp_notify=0 net.ipv6.conf.{device}.ndisc_notify=0")
            pinger = subprocess.Popen(["ip", "netns", "exec", f"{PREFIX}p2", "ping", "-n", "-D", "-i", "0.1", "-w", "12", target],
                                      stdout=subprocess.PIPE, text=True)
            for _ in range(4):
                pinger.stdout.readline()
            sh(f"ip -n {PREFIX}r link set {device} address 02:bb:00:00:00:{os.getpid() % 200 + 16:02x}")
            changed = time.time()
            out, _ = pinger.communicate()
            times = [float(m) for m in re.findall(r"\[([\d.]+)\] \d+ bytes from", out)]
            later = [t for t in times if t > changed]
            gap = max((b - a for a, b in zip([changed] + later, later)), default=99)
            self.check("router MAC changes", bool(later) and gap < 5, f"longest silence {gap:.1f} s")

    def wait_liveness(self, host, want, seconds):
        """Seconds it took, or None."""
        started = time.monotonic()
        while host.liveness() != want:
            if time.monotonic() - started > seconds:
                return None
            time.sleep(0.01)
        return time.monotonic() - started

    def run_liveness(self):
        """BFD at 3 x 300 ms: both planes see each other, one that stops is down in time, one that goes on is up again."""
        one, two = self.hosts
        self.check("liveness without BFD", one.liveness() == 0, f"{one.liveness()}")
        for host in self.hosts:
            host.client.call([(PLANE, SET, host.settings(300))])
        took = [self.wait_liveness(host, 1, 4) for host in self.hosts]
        self.check("liveness up", None not in took, f"{took} s")
        time.sleep(2)
        self.check("liveness stays up", [h.liveness() for h in self.hosts] == [1, 1], "2 s later")
        two.signal_all(signal.SIGSTOP)
        took = self.wait_liveness(one, 2, 1.5)
        self.check("liveness of a plane that stopped", took is not None, f"down after {took} s")
        two.signal_all(signal.SIGCONT)
        took = self.wait_liveness(one, 1, 4)
        self.check("liveness of a plane that goes on", took is not None, f"up after {took} s")

    def agent_connects(self, path, seconds=10):
        """The agent's socket; a worker process that starts anew needs its time."""
        deadline = time.monotonic() + seconds
        while True:
            agent = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                agent.connect(path)
                return agent
            except OSError:
                agent.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def kill_worker(self, host, seconds=5):
        """And waits until another runs in its place: a process that dies may still take a connection."""
        old, deadline = host.worker(), time.monotonic() + seconds
        os.kill(old, signal.SIGKILL)
        while time.monotonic() < deadline:
            try:
                if host.worker() != old:
                    return
            except IndexError:
                pass  # none at the moment
            time.sleep(0.01)
        raise SystemExit(f"{host.name}: no worker in place of {old}")

    def await_drops(self, host, reason, more_than, seconds=5):
        deadline = time.monotonic() + seconds
        while (count := host.drops().get(reason, 0)) <= more_than and time.monotonic() < deadline:
            time.sleep(0.01)
        return count

    def traps_discover(self, agent, pod, discover, what):
        """Says it from the pod until the agent hears it: the plane may take a moment to take the agent."""
        for _ in range(20):
            pod.send(discover)
            got = receive_until(agent, lambda d: struct.unpack_from("<H", d)[0] == 1, 0.5)
            if got:
                break
        header = struct.unpack_from("<HHIIIQ", got) if got else ()
        late = abs(time.time_ns() - header[5]) / 1e9 if got else 99
        self.check(what, got and header[:5] == (1, 0, 2, 1, len(discover)) and got[24:] == discover and late < 5, f"{header[:5]}, {late:.3f} s")

    def run_agent(self):
        """pkt0: a pod's DHCP arrives at the agent, what the agent injects arrives in pods; agents and the worker process come and go."""
        host, path = self.hosts[0], f"{self.folder}/pkt0"
        tx_full, trap_no_agent, injection = 32, 43, 44
        body = vif(200, 0, AGENT, UNIX, mtu=65535, name="pkt0", netns=path)
        _, errors = host.client.call([(VIF, SET, vif(200, 0, AGENT, UNIX, name="pkt0", netns="/" + "n" * 120))], expect=False)
        self.check("refuses a long path", len(errors) == 1 and "limit" in errors[0][2], errors[0][2] if errors else "accepted")
        old = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        old.bind(path)
        old.close()
        host.client.call([(VIF, SET, body)])
        self.check("agent's socket", os.stat(path).st_mode & 0o777 == 0o600, oct(os.stat(path).st_mode))
        pod = in_netns(f"{PREFIX}p2", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
        pod.bind(("eth0", 0))
        discover = b"\xff" * 6 + mac("02:01:01:00:00:02") + b"\x08\0" + datagram("0.0.0.0", "255.255.255.255", 68, 67, b"discover" * 30)
        before = host.drops().get(trap_no_agent, 0)
        pod.send(discover)
        self.check("no agent", self.await_drops(host, trap_no_agent, before) > before, "TRAP_NO_AGENT")
        agent = self.agent_connects(path)
        self.traps_discover(agent, pod, discover, "DHCP to the agent")
        offer = mac("02:01:01:00:00:02") + mac("00:00:5e:00:01:00") + b"\x08\0" + datagram("10.1.1.1", "255.255.255.255", 67, 68, b"offer" * 50)
        agent.send(struct.pack("<HHIIIQ", 1, 0, 2, 0, len(offer), 0) + offer)
        self.check("injected to the pod", receive_until(pod, lambda d: d == offer) == offer, f"{len(offer)} bytes")
        for number, size in ((3, 100), (4, 20000), (3, 20000)):
            listener = in_netns(f"{PREFIX}p{number}", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            listener.bind(("0.0.0.0", 9999))
            frame = bytes(12) + b"\x08\0" + datagram("10.1.1.2", f"10.1.1.{number}", 53, 9999, b"x" * size)
            agent.send(struct.pack("<HHIIIQ", 2, 0, 0, 1, len(frame), 0) + frame)
            got = receive_until(listener, lambda d: True)
            self.check(f"injected and routed to pod {number}", got == b"x" * size, f"{len(got or b'')} bytes of {size}")
            listener.close()
        before = host.drops().get(injection, 0)
        agent.send(b"no header")
        self.check("malformed injection", self.await_drops(host, injection, before) == before + 1, "INJECTION")
        second = self.agent_connects(path)
        self.check("the new agent takes the place of the old", is_closed(agent), "closed")
        self.traps_discover(second, pod, discover, "DHCP to the new agent")
        big = discover[:14] + datagram("0.0.0.0", "255.255.255.255", 68, 67, bytes(1300))
        before, deadline = host.drops().get(tx_full, 0), time.monotonic() + 15
        while host.drops().get(tx_full, 0) == before and time.monotonic() < deadline:
            pod.send(big)
            time.sleep(0.005)
        self.check("an agent that does not read", host.drops().get(tx_full, 0) > before, "TX_FULL")
        waiting = 0
        second.settimeout(0.2)
        try:
            while second.recv(65536):
                waiting += 1
        except TimeoutError:
            pass
        self.check("what waited for it is there", waiting > 10, f"{waiting} datagrams")
        self.traps_discover(second, pod, discover, "DHCP to the agent that reads again")
        second.close()
        before = host.drops().get(trap_no_agent, 0)
        deadline = time.monotonic() + 5
        while host.drops().get(trap_no_agent, 0) == before and time.monotonic() < deadline:
            pod.send(discover)
            time.sleep(0.02)
        self.check("the agent is gone", host.drops().get(trap_no_agent, 0) > before, "TRAP_NO_AGENT")
        third = self.agent_connects(path)
        self.kill_worker(host)
        self.check("the worker process dies", is_closed(third), "closed")
        fourth = self.agent_connects(path)
        self.traps_discover(fourth, pod, discover, "DHCP after the restart")
        host.client = Client(host.path)
        host.client.call([(VIF, DELETE, body)])
        self.check("agent's vif deleted", is_closed(fourth) and not os.path.exists(path), "closed, socket removed")
        pod.close()

    def run_refusals(self):
        client = self.hosts[0].client
        cases = {
            "taken name": self.pod_vif(50, f"/run/netns/{PREFIX}p2"),
            "missing netns": self.pod_vif(51, "/run/netns/weft-none"),
            "not a netns": self.pod_vif(52, "/etc/hostname"),
            "no such uplink": vif(53, 0, PHYSICAL, AF_PACKET, SHARED_UPLINK, device="nope0", name="nope0"),
        }
        for name, body in cases.items():
            _, errors = client.call([(VIF, SET, body)], expect=False)
            self.check(f"refuses {name}", len(errors) == 1, errors[0][2] if errors else "accepted")
        bad = socket.socket(socket.AF_UNIX)
        bad.connect(self.hosts[0].path)
        bad.sendall(struct.pack("<IIII", 20, 0, 0, 0))
        self.check("malformed frame closes", bad.recv(1) == b"", "closed")
        second = subprocess.run([self.arguments.program, f"--socket={self.hosts[0].path}"], capture_output=True, text=True, timeout=20)
        self.check("live socket refused", second.returncode == 1 and "another plane" in second.stderr, second.stderr.strip())
        self.check("mode 0600", os.stat(self.hosts[0].path).st_mode & 0o777 == 0o600, oct(os.stat(self.hosts[0].path).st_mode))

    def run_ports(self):
        """Creates and deletes many ports: time, RSS, idle."""
        host, count = self.hosts[0], self.arguments.pods
        numbers = range(60, 60 + count)
        names = [f"{PREFIX}p{n}" for n in numbers]
        for name in names:
            sh(f"ip netns add {name}")
        def body(n):
            return vif(n, 1, VIRTUAL, TAP, ADDRESS_CHECK, mtu=1450, label=LABEL_BASE + n, address=f"02:01:02:00:{n >> 8:02x}:{n & 255:02x}", name="eth0",
                       netns=f"/run/netns/{PREFIX}p{n}", addresses=[(f"10.9.{n >> 8}.{n & 255}", 16, CONFIGURE), (f"fd00:9::{n:x}", 64, CONFIGURE),
                                                                  ("10.9.0.1", 16, GATEWAY), ("fd00:9::1", 64, GATEWAY)])
        spent = []
        for n in numbers:
            started = time.monotonic()
            host.client.call([(VIF, SET, body(n))])
            spent.append((time.monotonic() - started) * 1000)
        spent.sort()
        self.check("create ports", True, f"{count}: p50 {spent[count // 2]:.2f} ms, p99 {spent[count * 99 // 100]:.2f} ms")
        shown = sh(f"ip -n {names[-1]} addr show eth0; ip -n {names[-1]} route; ip -n {names[-1]} -6 route; ip -n {names[-1]} link show lo").stdout
        self.check("pod configured", "10.9." in shown and "fd00:9::" in shown and shown.count("default via") == 2 and "fe80" not in shown
                   and "tentative" not in shown and "mtu 1450" in shown and "LOOPBACK,UP" in shown, "addresses, routes, lo")
        self.run_idle()
        gone = []
        for n, name in zip(numbers, names):
            started = time.monotonic()
            host.client.call([(VIF, DELETE, body(n))])
            gone.append((time.monotonic() - started) * 1000)
            if n == numbers[0]:
                left = sh(f"ip -n {name} -br link").stdout
                self.check("delete removes the interface", "eth0" not in left, left.replace("\n", " "))
        gone.sort()
        self.check("delete ports", True, f"one by one: p50 {gone[count // 2]:.2f} ms, p99 {gone[count * 99 // 100]:.2f} ms")
        for name in names:
            sh(f"ip netns del {name}")

    def run_device_gone(self):
        host = self.hosts[0]
        sh(f"ip -n {PREFIX}p4 link del eth0")
        before = host.usage()[0]
        time.sleep(1)
        spent = host.usage()[0] - before
        got, _ = self.ping(2, "10.1.1.3", 2)
        self.check("pod's device deleted", got == 2 and spent < 0.1, f"other traffic {got}/2, {spent:.2f} s of CPU in 1 s")

    def run_stop(self):
        for host in self.hosts:
            pid = host.process.pid
            host.process.send_signal(signal.SIGTERM)
            code = host.process.wait(10)
            left = sh(f"ip -n {PREFIX}p{1 + host.index} -br link").stdout
            self.check(f"stop {host.name}", code == 0 and not os.path.exists(host.path) and "eth0" not in left,
                       f"exit {code}; left in the pod: {left.split()[0]}; runtime directory {os.path.exists(f'/var/run/dpdk/weft-{pid}')}")

    def tear_down(self):
        for host in self.hosts:
            if host.process.poll() is None:
                host.process.kill()
                host.process.wait()
            if self.failures or self.arguments.verbose:
                print(f"--- log of {host.name}\n{open(host.log.name).read()}")
        for line in sh("ip netns list").stdout.split("\n"):
            if line.startswith(PREFIX):
                sh(f"ip netns del {line.split()[0]}", check=False)
        sh(f"rm -rf {self.folder}")


STEPS = ["ping", "fragments", "liveness", "agent", "idle", "iperf", "router_mac", "refusals", "ports", "device_gone", "path_mtu", "outer_fragments", "ways",
         "stop"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--encap", choices=["vxlan", "mplsoudp", "mplsogre"], default="vxlan")
    parser.add_argument("--native", action="store_true", help="uplinks also take what comes without a tunnel; for the step native")
    parser.add_argument("--outer6", action="store_true", help="tunnels over IPv6")
    parser.add_argument("--no-udp-gso", action="store_true", help="the fabric's devices cannot segment UDP")
    parser.add_argument("--only", default=",".join(STEPS))
    parser.add_argument("--pods", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    missing = ["root"] if os.geteuid() else []
    missing += [tool for tool in ("ip", "ping", "sysctl") + (("iperf3",) if "iperf" in arguments.only else ()) if not shutil.which(tool)]
    if missing:
        print("skipped: needs " + ", ".join(missing))
        return 77
    bench = Bench(arguments)
    try:
        bench.set_up()
        for step in bench.arguments.only.split(","):
            getattr(bench, f"run_{step}")()
        drops = {h.name: h.drops() for h in bench.hosts if h.process.poll() is None}
        if drops:
            print("drops", drops)
    except BaseException:
        bench.failures += 1
        raise
    finally:
        bench.tear_down()
    print(f"{bench.failures} failures")
    return bench.failures != 0


if __name__ == "__main__":
    sys.exit(main())
