#!/usr/bin/env python3
# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""Checks that the death of weft-dpdk's worker process is not noticed, with the hosts and pods of daemon-check.py: the worker is
killed under traffic, under programming and again and again; its parent is stopped and killed. Needs root, iproute2, ping. Leaves
nothing behind. Exit status 77: not root.

usage: restart-check.py WEFT_DPDK [--pods N] [--only NAME,...] [--seed N] [--verbose]
"""
import argparse, importlib.util, os, random, re, signal, socket, struct, subprocess, sys, time

spec = importlib.util.spec_from_file_location("daemon_check", os.path.join(os.path.dirname(os.path.abspath(__file__)), "daemon-check.py"))
daemon = importlib.util.module_from_spec(spec)
spec.loader.exec_module(daemon)
underlay = sys.modules["underlay_steps"]
daemon.PREFIX = PREFIX = f"weft-r{os.getpid()}-"
sh = daemon.sh

SERVER = """
import socket
s = socket.create_server(("{address}", 7777)); print("listens", flush=True)
c, _ = s.accept()
c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while (data := c.recv(4096)): c.sendall(data)
"""
CLIENT = """
import socket, time
c = socket.create_connection(("{address}", 7777), 5)
c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
c.settimeout(20)
n = 0
while True:
    c.sendall(n.to_bytes(8, "big"))
    data = b""
    while len(data) < 8:
        part = c.recv(8 - len(data))
        if not part: raise SystemExit("closed")
        data += part
    assert int.from_bytes(data, "big") == n, "out of order"
    print(time.monotonic(), flush=True)
    n += 1
    time.sleep(0.005)
"""


def await_true(condition, seconds):
    deadline = time.monotonic() + seconds
    while not (result := condition()) and time.monotonic() < deadline:
        time.sleep(0.002)
    return result


def alive(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def dump(client, kind):
    """Every object of a kind as (epoch, body), without what only counts."""
    out, marker, more = [], b"", 1
    while more:
        body = struct.pack("<II48s", daemon.NONE, 0, marker)
        client.socket.sendall(struct.pack("<IIII", 32 + len(body), 7, 1, 0) + struct.pack("<HHIII", kind, daemon.DUMP, 16 + len(body), 1, 0) + body)
        answer = client.take(struct.unpack("<I", client.take(4))[0] - 4)[12:]
        while answer:
            object_, _, size, epoch, _ = struct.unpack_from("<HHIII", answer)
            body = bytearray(answer[16:size])
            if object_ == daemon.DONE:
                more, marker = struct.unpack_from("<I", body, 8)[0], bytes(body[16:64])
            elif object_ == daemon.ERROR:
                raise SystemExit(f"dump of {kind}: {body}")
            else:
                if kind == daemon.VIF:
                    body[-44:] = bytes(44)  # connections_live, packets, bytes, drops
                if kind == daemon.PLANE:
                    body[52:56] = body[80:84] = bytes(4)  # connections_live, adoptions
                    body[84:88] = bytes(4)  # fragments_waiting
                    body[168:192] = bytes(24)  # evicted
                if kind == daemon.VRF:
                    body[172:176] = bytes(4)  # connections_live
                if kind == daemon.PLANE:
                    body[-64:] = bytes(64)  # packets and buffers of the worker process
                out.append((epoch, bytes(body)))
            answer = answer[size:]
    return out


POLICY = 15
SERVICE, FLOATING_IP, NAT_POOL = 17, 18, 19
PUBLIC, PUBLIC_VNI = 3, 5003  # a VRF, and its identifier on the fabric
FLOATING, POOLED, OUTSIDE, OUTSIDE_TOO = "203.0.113.2", "203.0.113.100", "203.0.113.9", "203.0.113.10"
OBJECTS = {name: getattr(daemon, name) for name in ("PLANE", "VIF", "VRF", "NEXTHOP", "ROUTE", "LABEL", "VNI", "PATH", "AGEING")}


def image(client):
    return {name: dump(client, kind) for name, kind in OBJECTS.items()}


def differences(one, other):
    return [f"{name}: {len(set(one[name]) - set(other[name]))} lost, {len(set(other[name]) - set(one[name]))} new"
            for name in one if one[name] != other[name]]


class Check(daemon.Bench):
    def __init__(self, arguments):
        super().__init__(arguments)
        self.programs = []

    def adoptions(self, host):
        objects, _ = host.client.call([(daemon.PLANE, daemon.GET, bytes(daemon.abi_bytes("plane")))])
        return struct.unpack_from("<I", objects[0][1], 80)[0]

    def link(self, number):
        text = sh(f"ip netns exec {PREFIX}p{number} cat /sys/class/net/eth0/ifindex /sys/class/net/eth0/carrier /sys/class/net/eth0/carrier_changes").stdout
        return tuple(text.split())

    def log_of(self, host):
        return open(host.log.name).read()

    def session(self, client, server, address=None, own=None):
        """An established TCP connection that speaks all the time, to the server's own address or one that stands for it."""
        own = own or f"10.1.1.{server}"
        listener = subprocess.Popen(["ip", "netns", "exec", f"{PREFIX}p{server}", sys.executable, "-c", SERVER.format(address=own)],
                                    stdout=subprocess.PIPE, text=True)
        self.programs.append(listener)
        listener.stdout.readline()
        path = f"{self.folder}/session-{client}-{server}"
        talker = subprocess.Popen(["ip", "netns", "exec", f"{PREFIX}p{client}", sys.executable, "-c", CLIENT.format(address=address or own)],
                                  stdout=open(path, "w"), stderr=subprocess.STDOUT)
        self.programs.append(talker)
        await_true(lambda: os.path.getsize(path) > 400, 5)
        return listener, talker, path

    def pinger(self, seconds):
        program = subprocess.Popen(["ip", "netns", "exec", f"{PREFIX}p2", "ping", "-n", "-D", "-i", "0.01", "-w", str(seconds), "10.1.1.3"],
                                   stdout=subprocess.PIPE, text=True)
        self.programs.append(program)
        for _ in range(20):
            program.stdout.readline()
        return program

    @staticmethod
    def gap(pinger, since):
        """Longest silence after `since` (wall clock), seconds."""
        out, _ = pinger.communicate()
        times = [since] + [float(m) for m in re.findall(r"\[([\d.]+)\] \d+ bytes from", out) if float(m) > since]
        return max((b - a for a, b in zip(times, times[1:])), default=99) if len(times) > 20 else 99

    def tear_down(self):
        for program in self.programs:
            if program.poll() is None:
                program.kill()
                program.wait()
        super().tear_down()

    @staticmethod
    def end_session(session):
        for process in session[:2]:
            process.kill()
            process.wait()

    def kill_worker(self, host, wait=True):
        """Kills it; returns when, and with `wait` when the next one answers a client that connected at once."""
        pid = host.worker()
        os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()
        client = socket.socket(socket.AF_UNIX)
        client.connect(host.path)  # raises when nobody listens
        connected = time.monotonic() - killed
        client.close()
        if wait:
            host.client.socket.close()
            host.client = daemon.Client(host.path)
            self.answered = time.monotonic() - killed
        return killed, connected

    def connection_of(self, host, target):
        """The direction of the TCP connection to `target` that opened it."""
        objects, _ = host.client.call([(daemon.CONNECTION, daemon.DUMP, struct.pack("<II48s", daemon.NONE, 0, b""))])
        for kind, body in objects:
            if kind == daemon.CONNECTION and body[17] == 6 and body[40:56] == daemon.a16(target) and body[56] & 1:
                packets, _, _, age = struct.unpack_from("<QQQQ", body, 80)
                return {"ports": body[20:24].hex(), "tcp": body[18], "packets": packets, "age": age / 1e9, "becomes": body[112:148].hex()}
        return None

    def warm_up(self):
        self.check("pods reach each other", await_true(lambda: self.ping(2, "10.1.1.3", 1)[0] == 1, 5), "v4 hosts")
        self.ping(2, "10.1.1.4", 1)

    def run_takeover(self):
        """Under traffic: sockets, dump, interfaces, connections and the gap."""
        host = self.hosts[0]
        sessions = [self.session(2, 3), self.session(2, 4)]
        pinger = self.pinger(6)
        before, links, old = image(host.client), [self.link(2), self.link(4)], host.client
        connection = self.connection_of(host, "10.1.1.3")
        wall = time.time()
        killed, connected = self.kill_worker(host)
        self.check("socket connectable at once", connected < 0.1, f"{connected * 1000:.1f} ms after the death")
        self.check("next worker answers", self.answered < 1, f"{self.answered * 1000:.0f} ms after the death")
        after = image(host.client)
        self.check("dump is the same", before == after, "; ".join(differences(before, after)) or f"{sum(map(len, after.values()))} objects")
        self.check("adoptions counted", self.adoptions(host) == 1, str(self.adoptions(host)))
        self.check("interfaces untouched", links == [self.link(2), self.link(4)], f"ifindex, carrier, carrier changes {links}")
        later = self.connection_of(host, "10.1.1.3")
        self.check("connection goes on", bool(connection) and bool(later) and later["ports"] == connection["ports"]
                   and later["packets"] >= connection["packets"] and later["age"] > connection["age"] and later["tcp"] == connection["tcp"],
                   f"{connection} -> {later}")
        gap = self.gap(pinger, wall)
        self.check("gap", gap < 1, f"longest silence of a ping every 10 ms: {gap * 1000:.0f} ms")
        for session, what in zip(sessions, ("between hosts", "on one host")):
            spoken = [float(line) for line in open(session[2]) if re.fullmatch(r"[\d.]+\n", line)]
            after_kill = [t for t in spoken if t > killed + 1]
            pause = max((b - a for a, b in zip(spoken, spoken[1:]) if b > killed), default=99)
            self.check(f"TCP goes on {what}", session[1].poll() is None and len(after_kill) > 20, f"longest pause {pause * 1000:.0f} ms")
            self.end_session(session)
        self.check("reported", "adopted 3 vifs" in self.log_of(host), re.findall(r"adopted .*", self.log_of(host))[-1:])

    def many(self, host, count):
        names = [f"{PREFIX}p{n}" for n in range(60, 60 + count)]
        sh("; ".join(f"ip netns add {name}" for name in names))
        for n in range(60, 60 + count):
            address = f"10.9.{n >> 8}.{n & 255}"
            host.client.call([
                (daemon.VIF, daemon.SET, daemon.vif(n, 1, daemon.VIRTUAL, daemon.TAP, daemon.ADDRESS_CHECK, mtu=1450, address=f"02:01:02:00:{n >> 8:02x}:{n & 255:02x}",
                                                    name="eth0", netns=f"/run/netns/{PREFIX}p{n}", addresses=[(address, 16, daemon.CONFIGURE), ("10.9.0.1", 16, daemon.GATEWAY)])),
                (daemon.NEXTHOP, daemon.SET, daemon.nexthop(1000 + n, 2, vif_id=n)), (daemon.ROUTE, daemon.SET, daemon.route(1, f"{address}/32", 1000 + n))])
        return names

    @staticmethod
    def journal(host):
        """The records that the parent keeps for the next worker (dpdk/journal.h)."""
        folder = f"/proc/{host.process.pid}/fd"
        name = next(name for name in os.listdir(folder) if os.readlink(f"{folder}/{name}").startswith("/memfd:weft-journal"))
        with open(f"{folder}/{name}", "rb") as file:
            head = file.read(64)
            area_bytes, live = struct.unpack_from("<QI", head, 16)
            file.seek(4096 + live * area_bytes)
            return file.read(struct.unpack_from("<Q", head, 32 + 16 * live)[0])

    def keeps_mtu(self, host, mtu):
        """The journal has the destination's path with this MTU learned: its `learned` stands behind the path, index and padding."""
        path, records = host.paths()[0], self.journal(host)
        at = [match.start() for match in re.finditer(re.escape(path[8:24]), records)]
        return any(records[place - 8] == 4 and struct.unpack_from("<Q", records, place + len(path))[0] & 0xffff == mtu
                   for place in at if place + len(path) + 8 <= len(records))

    def run_path_mtu(self):
        """What a router's too-big taught is known to the next worker: the pod hears it at once, from its own host."""
        host = self.hosts[0]
        self.set_fabric_mtu(1400)
        self.ping_whole(1430)
        learned = self.wait_for(lambda: self.path_of(host, underlay.PATH_LEARNED))
        noted = await_true(lambda: self.keeps_mtu(host, 1400), 5)
        self.kill_worker(host)
        kept = self.path_of(host, underlay.PATH_LEARNED)
        self.set_fabric_mtu(1500)  # so that nobody teaches it again
        sh(f"ip netns exec {PREFIX}p2 ip route flush cache")
        got, text = self.ping_whole(1430)
        self.check("a learned path MTU outlives the worker", learned == 1400 and noted and kept == 1400 and got == 0,
                   f"{learned}{'' if noted else ', not noted'} -> {kept}, {got}/2 too large")

    def run_ports(self):
        """With many ports; afterwards a DELETE still removes an interface."""
        host, count = self.hosts[0], self.arguments.pods
        names = self.many(host, count)
        links = [self.link(n) for n in (60, 59 + count)]
        before = image(host.client)
        pinger = self.pinger(4)
        wall = time.time()
        self.kill_worker(host)
        after = image(host.client)
        gap = self.gap(pinger, wall)
        self.check(f"gap with {count} more ports", gap < 1, f"{gap * 1000:.0f} ms; {re.findall(r'adopted .*', self.log_of(host))[-1]}")
        self.check("dump is the same", before == after, "; ".join(differences(before, after)) or f"{sum(map(len, after.values()))} objects")
        self.check("interfaces untouched", links == [self.link(n) for n in (60, 59 + count)], str(links))
        usage = host.usage()
        started = time.monotonic()
        time.sleep(2)
        spent = (host.usage()[0] - usage[0]) / (time.monotonic() - started) * 100
        parent = int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{host.process.pid}/status").read()).group(1)) / 1024
        self.check("small and idle", usage[1] < 200 and spent < 2 and parent < 20, f"worker {usage[1]:.0f} MB, {spent:.1f}% of a core; parent {parent:.1f} MB")
        for first in range(60, 60 + count, 100):
            host.client.call([(daemon.VIF, daemon.DELETE, daemon.vif(n, 1, daemon.VIRTUAL, daemon.TAP)) for n in range(first, min(first + 100, 60 + count))])
        left = sh(f"ip -n {names[0]} -br link; ip -n {names[-1]} -br link").stdout
        self.check("DELETE removes the interface", "eth0" not in left, left.split("\n")[0])
        for n in range(60, 60 + count):
            host.client.call([(daemon.ROUTE, daemon.DELETE, daemon.route(1, f"10.9.{n >> 8}.{n & 255}/32", 0)), (daemon.NEXTHOP, daemon.DELETE, daemon.nexthop(1000 + n, 2))])
        sh("; ".join(f"ip netns del {name}" for name in names))

    def run_programming(self):
        """Killed at random times while it is programmed: what was answered is there afterwards."""
        host, rng = self.hosts[0], random.Random(self.arguments.seed)
        wanted = {}
        for death in range(3):
            died = time.monotonic() + rng.random() * 0.05
            pid, killed = host.worker(), False
            while not killed:
                frame = {n: rng.random() < 0.7 for n in rng.sample(range(2000), rng.randrange(1, 200))}
                frame = {n: keep for n, keep in frame.items() if keep or wanted.get(n)}
                if time.monotonic() >= died:
                    os.kill(pid, signal.SIGKILL)
                    killed = True
                try:
                    host.client.call([(daemon.ROUTE, daemon.SET if keep else daemon.DELETE, daemon.route(1, f"10.20.{n >> 8}.{n & 255}/32", 11, daemon.VNI_ID))
                                      for n, keep in frame.items()])
                    wanted.update(frame)
                except OSError:
                    for n in frame:  # not answered: either way is right
                        wanted.pop(n, None)
                        wanted[n] = None
            host.client.socket.close()
            host.client = daemon.Client(host.path)
            there = {body[10] << 8 | body[11] for _, body in dump(host.client, daemon.ROUTE) if body[8:10] == b"\x0a\x14"}
            lost = [n for n, keep in wanted.items() if keep and n not in there]
            stayed = [n for n, keep in wanted.items() if keep is False and n in there]
            self.check(f"death {death + 1} while programming", not lost and not stayed, f"{len(there)} routes, {len(lost)} lost, {len(stayed)} came back")
            wanted = {n: True for n in there}
        for first in range(0, 2000, 500):
            host.client.call([(daemon.ROUTE, daemon.DELETE, daemon.route(1, f"10.20.{n >> 8}.{n & 255}/32", 11)) for n in wanted if first <= n < first + 500])

    def run_policy(self):
        """Sets of any size are there again: the largest, and those that replaced another."""
        def policy(number, rules, action=1):
            rule = struct.pack("<16sBBHHHHHHH32s32sQQ", bytes(16), 4, 1, 0, 6, 0, 65535, 0, 0, 0, bytes(32), bytes(32), 0, 0)
            rules = b"".join(rule[:26] + struct.pack("<HH", n, n) + rule[30:] for n in range(rules))
            return struct.pack("<II16sB3xIQQ", number, len(rules) // 112, number.to_bytes(16, "little"), action, 0, 0, 0) + rules

        host = self.hosts[0]
        for number, rules in (7, 10), (8, 32768), (9, 20000), (7, 12), (9, 500):
            host.client.call([(POLICY, daemon.SET, policy(number, rules))])
        before = dump(host.client, POLICY)
        errors = host.client.call([(POLICY, daemon.SET, policy(8, 32769))], expect=False)[1]
        self.check("a set too large is refused", [(22, "POLICY rule_count 32769: at most 32768")] == [error[1:] for error in errors], str(errors))
        self.kill_worker(host)
        after = dump(host.client, POLICY)
        self.check("policy sets are the same", before == after and [len(body) for _, body in after] == [48 + 112 * n for n in (12, 32768, 500)],
                   f"{[len(body) for _, body in after]} bytes")
        for number in 7, 8, 9:
            host.client.call([(POLICY, daemon.DELETE, policy(number, 0))])

    def service(self, *backends):
        """SET of 10.1.1.200, TCP 7777, with backends (key, address)."""
        body = struct.pack("<II16s16sBBHB3xIIIIII", 1, 1, b"", daemon.a16("10.1.1.200"), 4, 6, 7777, 0, 0, 0, 0, len(backends), 0, 0)
        return SERVICE, daemon.SET, body + b"".join(
            struct.pack("<16s16sIHBBIIIIQQQ", bytes([key]), daemon.a16(address), 1, 7777, 1, 0, 1, 0, 0, 0, 0, 0, 0) for key, address in backends)

    @staticmethod
    def backends(host):
        """(backend id, live connections) of each backend in the dump."""
        _, body = dump(host.client, SERVICE)[0]
        return [struct.unpack_from("<II", body, at + 48) for at in range(72, len(body), 80)]

    def run_service(self):
        """Connections to a virtual address, to a backend on another host and to one here, outlive the worker; the backend keeps its id and their count."""
        host = self.hosts[0]
        route = daemon.route(1, "10.1.1.200/32", 0)  # so that ARP for it is answered
        host.client.call([(daemon.ROUTE, daemon.SET, route)])
        for server in (3, 4):
            host.client.call([self.service((server, f"10.1.1.{server}"))])
            session = self.session(2, server, "10.1.1.200")
            before = self.backends(host)
            killed, _ = self.kill_worker(host)
            after = self.backends(host)
            spoke = await_true(lambda: sum(1 for line in open(session[2]) if re.fullmatch(r"[\d.]+\n", line) and float(line) > killed + 1) > 20, 5)
            self.check(f"a connection to a service goes on, backend {server}", spoke and session[1].poll() is None, f"{len(open(session[2]).readlines())} answers")
            self.check("the backend keeps its connections", before == after and before[0][1] >= 1, f"{before} -> {after}")  # the last words of the session before may count
            self.end_session(session)
        host.client.call([(SERVICE, daemon.DELETE, struct.pack("<I68x", 1)), (daemon.ROUTE, daemon.DELETE, route)])

    @staticmethod
    def public_objects(host, other):
        """The public network of both hosts; on the first, pod 2 has a floating IP and the others leave by a pool with two ports."""
        public = struct.pack("<II16s", PUBLIC, PUBLIC_VNI, b"public".ljust(16, b"\0")).ljust(daemon.abi_bytes("vrf"), b"\0")
        objects = [(daemon.VRF, public), (daemon.NEXTHOP, daemon.nexthop(30, 4, vrf_id=PUBLIC)), (daemon.VNI, struct.pack("<II", PUBLIC_VNI, 30))]
        if host.index == 2:
            inside = [(OUTSIDE, 24, daemon.CONFIGURE), (OUTSIDE_TOO, 24, daemon.CONFIGURE), ("203.0.113.1", 24, daemon.GATEWAY)]
            objects += [(daemon.VIF, daemon.vif(5, PUBLIC, daemon.VIRTUAL, daemon.TAP, daemon.ADDRESS_CHECK, mtu=1450, address="02:01:01:00:00:05", name="eth0",
                                                netns=f"/run/netns/{PREFIX}p5", addresses=inside)), (daemon.NEXTHOP, daemon.nexthop(105, 2, vif_id=5))]
            here, there = (OUTSIDE, OUTSIDE_TOO), (FLOATING, POOLED)
            return objects + [(daemon.ROUTE, daemon.route(PUBLIC, f"{to}/32", 105)) for to in here] \
                + [(daemon.ROUTE, daemon.route(PUBLIC, f"{to}/32", 11, PUBLIC_VNI)) for to in there]
        floating = struct.pack("<II16sIBxH16s16sII", 1, PUBLIC, b"floating", 2, 4, 3, daemon.a16(FLOATING), daemon.a16("10.1.1.2"), 0, 0)
        pool = struct.pack("<II16sB3xHH16sII", 1, PUBLIC, b"pool", 4, 40000, 40001, daemon.a16(POOLED), 1, 60000).ljust(daemon.abi_bytes("nat_pool"), b"\0")
        by_pool = bytearray(daemon.nexthop(31, 4, vrf_id=PUBLIC))
        struct.pack_into("<I", by_pool, 76, 1)  # nat_pool_id
        return objects + [(FLOATING_IP, floating), (NAT_POOL, pool), (daemon.NEXTHOP, bytes(by_pool)), (daemon.NEXTHOP, daemon.nexthop(32, 1)),
                          (daemon.ROUTE, daemon.route(1, "10.1.1.1/32", 32)),
                          (daemon.ROUTE, daemon.route(1, "203.0.113.0/24", 31)), (daemon.ROUTE, daemon.route(PUBLIC, f"{FLOATING}/32", 102)),
                          (daemon.ROUTE, daemon.route(PUBLIC, f"{POOLED}/32", 32)), (daemon.ROUTE, daemon.route(PUBLIC, "203.0.113.8/30", 11, PUBLIC_VNI))]

    @staticmethod
    def pool_ports(host):
        """Ports in use, ports in quarantine, connections refused."""
        return struct.unpack_from("<QQQ", dump(host.client, NAT_POOL)[0][1], 64)

    def opens(self, pod, target):
        """A connection that is opened and at once closed: whether it was accepted."""
        listener = daemon.in_netns(f"{PREFIX}p5", lambda: socket.create_server((target, 7778)))
        with listener:
            text = sh(f"ip netns exec {PREFIX}p{pod} timeout 2 {sys.executable} -c 'import socket; socket.create_connection((\"{target}\", 7778)); print(1)'", check=False).stdout
        return text == "1\n"

    def run_nat(self):
        """Connections to a floating IP, from it, and through a source pool outlive the worker that translates them; the pool's port is no other's."""
        host, other = self.hosts
        sh(f"ip netns add {PREFIX}p5")
        for one in (other, host):
            one.client.call([(kind, daemon.SET, body) for kind, body in self.public_objects(one, other)])
        ends = {"to a floating IP": (5, 2, FLOATING, None), "from a floating IP": (2, 5, None, OUTSIDE), "through a source pool": (4, 5, None, OUTSIDE_TOO)}
        sessions = {what: self.session(*end) for what, end in ends.items()}
        targets = {what: end[2] or end[3] for what, end in ends.items()}
        before = {what: self.connection_of(host, target) for what, target in targets.items()}
        if not all(before.values()):
            raise SystemExit(f"no connection: {before}")
        port = struct.unpack_from("<H", bytes.fromhex(before["through a source pool"]["becomes"]), 32)[0]
        seen = sh(f"ip netns exec {PREFIX}p5 ss -Htn state established src {OUTSIDE_TOO}").stdout
        self.check("the pool's port is on the wire", f"{POOLED}:{port}" in seen and port in (40000, 40001), f"{port}; {' '.join(seen.split())}")
        image = dump(host.client, FLOATING_IP), dump(host.client, NAT_POOL)
        killed, _ = self.kill_worker(host)
        later = dump(host.client, FLOATING_IP), dump(host.client, NAT_POOL)
        self.check("floating IP and pool are the same", image == later and all(map(len, image)), f"ports used, waiting, refused: {self.pool_ports(host)}")
        for what, session in sessions.items():
            spoke = await_true(lambda: sum(1 for line in open(session[2]) if re.fullmatch(r"[\d.]+\n", line) and float(line) > killed + 1) > 20, 5)
            one, two = before[what], self.connection_of(host, targets[what])
            same = two and all(one[name] == two[name] for name in ("ports", "tcp", "becomes")) and two["age"] > one["age"] and two["packets"] > one["packets"]
            self.check(f"a connection {what} goes on", spoke and session[1].poll() is None and same, f"{len(open(session[2]).readlines())} answers; {one} -> {two}")
        got = self.opens(4, OUTSIDE), self.opens(4, OUTSIDE)
        self.check("the pool's port is no other's", got == (True, False) and self.pool_ports(host)[2] > 0, f"the other port, then none: {got}, {self.pool_ports(host)}")
        for session in sessions.values():
            self.end_session(session)
        for one in (host, other):
            one.client.call([(kind, daemon.DELETE, body) for kind, body in reversed(self.public_objects(one, other))])
        sh(f"ip netns del {PREFIX}p5")

    def run_refused(self):
        """A vif that cannot be taken over is left out; the others stay."""
        host = self.hosts[1]
        sh(f"ip netns exec {host.name} ip link add {PREFIX}x type veth peer name {PREFIX}y")
        host.client.call([(daemon.VIF, daemon.SET, daemon.vif(40, 0, daemon.PHYSICAL, daemon.AF_PACKET, daemon.SHARED_UPLINK, device=f"{PREFIX}x", name=f"{PREFIX}x"))])
        before = dump(host.client, daemon.VIF)
        sh(f"ip netns exec {host.name} ip link del {PREFIX}x")
        self.kill_worker(host)
        after = dump(host.client, daemon.VIF)
        gone = {struct.unpack_from("<I", body)[0] for _, body in set(before) - set(after)}
        self.check("a vif without its device is left out", gone == {40} and "vif 40 is not taken over" in self.log_of(host), f"gone {gone}")
        self.check("the others forward", await_true(lambda: self.ping(2, "10.1.1.3", 1)[0] == 1, 5), "v4 hosts")

    def run_again(self):
        """Each worker dies as soon as it is there: the first ones are followed at once, then ever later; nothing is lost."""
        host = self.hosts[1]
        before, links, waits = image(host.client), self.link(3), []
        for _ in range(8):
            pid = host.worker()
            os.kill(pid, signal.SIGKILL)
            killed = time.monotonic()
            children = f"/proc/{host.process.pid}/task/{host.process.pid}/children"
            await_true(lambda: open(children).read().split() not in ([], [str(pid)]), 12)
            waits.append(time.monotonic() - killed)
        slow = [wait for wait in waits if wait > 0.9]
        self.check("restarts slow down", waits[0] < 0.5 and len(slow) >= 2 and slow == sorted(slow) and slow[-1] < 11,
                   " ".join(f"{wait * 1000:.0f}" for wait in waits) + " ms")
        self.check("each restart is one line", len(re.findall(r"killed by signal 9", self.log_of(host))) >= 8,
                   re.findall(r"weft-dpdk: (worker .*)", self.log_of(host))[-1])
        host.client.socket.close()
        host.client = daemon.Client(host.path)
        after = image(host.client)
        self.check("dump is the same", before == after and self.link(3) == links, "; ".join(differences(before, after)) or f"link {links}")
        self.check("pods reach each other", await_true(lambda: self.ping(3, "10.1.1.2", 1)[0] == 1, 5), "v4 hosts back")

    def run_stop(self):
        """SIGTERM leaves nothing, also while no worker runs; kill -9 of the parent takes the worker with it."""
        host, other = self.hosts
        worker = host.worker()
        host.process.send_signal(signal.SIGTERM)
        code = host.process.wait(20)
        left = sh(f"ip -n {PREFIX}p2 -br link").stdout
        self.check("SIGTERM leaves nothing", code == 0 and not alive(worker) and not os.path.exists(host.path) and "eth0" not in left,
                   f"exit {code}, worker {'lives' if alive(worker) else 'gone'}, in the pod {left.split()[0]}, runtime directory "
                   f"{os.path.exists(f'/var/run/dpdk/weft-{host.process.pid}')}")
        worker = other.worker()
        other.process.kill()
        other.process.wait()
        gone = await_true(lambda: not alive(worker), 5)
        self.check("kill -9 of the parent leaves no process", gone, f"worker {worker}")
        left = await_true(lambda: "eth0" not in sh(f"ip -n {PREFIX}p3 -br link").stdout, 5)
        self.check("nor an interface", left, "p3")
        again = subprocess.Popen(["ip", "netns", "exec", other.name, self.arguments.program, f"--socket={other.path}"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        line = again.stdout.readline()
        again.send_signal(signal.SIGTERM)
        _, log = again.communicate(timeout=20)
        self.check("its socket is taken over by a new daemon", line.startswith("ready") and again.returncode == 0 and "adopted" not in log, f"exit {again.returncode}: {log}")


# The sixth death of a worker in a row is followed later: what measures a gap comes before it.
STEPS = ["takeover", "path_mtu", "service", "ports", "nat", "programming", "policy", "refused", "again", "stop"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--only", default=",".join(STEPS))
    parser.add_argument("--pods", type=int, default=40)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1000000)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    arguments.encap, arguments.outer6, arguments.no_udp_gso = "vxlan", False, False
    if os.geteuid():
        print("skipped: needs root")
        return 77
    print(f"seed {arguments.seed}", flush=True)
    bench = Check(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that it is torn down
    try:
        bench.set_up()
        bench.warm_up()
        for step in arguments.only.split(","):
            getattr(bench, f"run_{step}")()
    except BaseException:
        bench.failures += 1
        time.sleep(0.2)  # what died is in the log by then
        raise
    finally:
        bench.tear_down()
    print(f"{bench.failures} failures")
    return bench.failures != 0


if __name__ == "__main__":
    sys.exit(main())
