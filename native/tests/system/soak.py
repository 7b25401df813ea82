#!/usr/bin/env python3
# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""Mixed traffic through two daemons with two workers each, on the hosts and pods of daemon-check.py, while policies flip, routes come and
go, and ports are plugged and unplugged. At the end every packet is accounted for, every buffer is free, no connection outlives the ports,
no worker process died, memory is flat. Needs root and iproute2. Leaves nothing behind. Exit status 77: something is missing.

usage: soak.py WEFT_DPDK WEFT_FLOW WEFT_TRANSFER WEFTCTL [--seconds 600] [--seed N] [--encap vxlan|mplsoudp] [--workers 2] [--verbose]
"""
import argparse, importlib.util, json, os, random, shutil, struct, subprocess, sys, time

spec = importlib.util.spec_from_file_location("daemon_check", os.path.join(os.path.dirname(os.path.abspath(__file__)), "daemon-check.py"))
daemon = importlib.util.module_from_spec(spec)
spec.loader.exec_module(daemon)
daemon.PREFIX = PREFIX = f"weft-s{os.getpid()}-"
sh = daemon.sh

POLICY, SWEEP_SECONDS = 15, 40
OPEN_PORT, FLIP_PORT = 7000, 7001
TAP_CHUNKS = 17  # buffers of 4 KiB that a worker keeps ready for the next packet of 64 KiB
CONNECTIONS = 65536


def await_value(get, good, seconds):
    """What `get` gives once `good` likes it, or last."""
    deadline = time.monotonic() + seconds
    while not good(value := get()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return value


def policy(policy_id, denied_port):
    """Allows everything but new UDP flows to one port (0: all of them)."""
    rule = struct.pack("<16sBBHHHHHHH", b"", 0, 2, 0, 17, 0, 65535, denied_port, denied_port, 0).ljust(112, b"\0") if denied_port else b""
    return struct.pack("<II16sB3xI16x", policy_id, bool(denied_port), b"", 1, 0) + rule


class Traffic:
    """A program in a pod that goes on until its input ends, and what it says then."""

    def __init__(self, pod, what, program, *arguments):
        self.what = what
        self.process = subprocess.Popen(["ip", "netns", "exec", f"{PREFIX}p{pod}", program, *map(str, arguments)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, seconds=30):
        try:
            out, errors = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            return {"error": f"{self.what} does not end"}
        line = out.strip().split("\n")[-1]
        return json.loads(line) if line.startswith("{") else {"error": f"{self.what}: {out}{errors}"}


class Soak(daemon.Bench):
    def plane(self, host):
        answer = subprocess.run([self.arguments.weftctl, "--socket", host.path, "plane", "--json"], capture_output=True, text=True, check=True)
        value = json.loads(answer.stdout)
        return value[0] if isinstance(value, list) else value

    def thread_seconds(self, host):
        """CPU time of each worker thread."""
        out, tasks = {}, f"/proc/{host.worker()}/task"
        for task in os.listdir(tasks):
            name = open(f"{tasks}/{task}/comm").read().strip()
            fields = open(f"{tasks}/{task}/stat").read().rsplit(")", 1)[1].split()
            if name.startswith("weft-worker"):
                out[name] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return out

    # --- what goes on at the same time ---

    def start_traffic(self):
        flow = self.arguments.flow
        self.servers = [Traffic(pod, f"server {pod}", flow, "server", "--listen", f"10.1.1.{pod}", "--ports", f"{OPEN_PORT},{FLIP_PORT}")
                        for pod in (3, 4)]
        self.servers.append(Traffic(3, "transfer server", self.arguments.transfer, "server", "--listen", "10.1.1.3", "--port", 7100, "--token", "soak"))
        for server in self.servers[:2]:
            if server.process.stdout.readline() != "ready\n":
                raise SystemExit(f"{server.what} is not ready")
        self.streams, self.opens = [], []
        for target, where in ((3, "fabric"), (4, "host")):
            for protocol in ("tcp", "udp"):
                self.streams.append(Traffic(2, f"stream {protocol} {where}", flow, "stream", "--connect", f"10.1.1.{target}", "--port", OPEN_PORT,
                                            "--protocol", protocol, "--rate", 500))
                self.opens.append(Traffic(2, f"open {protocol} {where}", flow, "open", "--connect", f"10.1.1.{target}", "--port",
                                          FLIP_PORT if protocol == "udp" else OPEN_PORT, "--protocol", protocol, "--rate", 60,
                                          "--timeout-ms", 1000))
        self.transfers, self.transfer = [], None

    def keep_transferring(self):
        """One bulk transfer after the other: segments of 64 KiB that are cut for the tunnel and joined behind it."""
        if self.transfer and self.transfer.process.poll() is None:
            return
        if self.transfer:
            self.transfers.append(self.transfer.finish())
        self.transfer = Traffic(2, "transfer", self.arguments.transfer, "client", "--connect", "10.1.1.3", "--port", 7100, "--bytes", 20_000_000,
                                "--seed", self.random.randrange(1 << 30))

    def flip_policy(self):
        self.denied = FLIP_PORT if self.random.random() < 0.5 else 0
        for host in self.hosts:
            host.client.call([(POLICY, daemon.SET, policy(1, self.denied))])
        self.counts["policy flips"] += 1

    def churn_routes(self):
        for host in self.hosts:
            messages = []
            for _ in range(100):
                prefix = f"10.9.{self.random.randrange(4)}.{self.random.randrange(256)}/32"
                if prefix in self.routes[host.index] and self.random.random() < 0.5:
                    self.routes[host.index].discard(prefix)
                    messages.append((daemon.ROUTE, daemon.DELETE, daemon.route(1, prefix, 0)))
                else:
                    self.routes[host.index].add(prefix)
                    messages.append((daemon.ROUTE, daemon.SET, daemon.route(1, prefix, 0, flags=self.random.randrange(4))))
            if host.index == 1:  # the routes that the flows use, as they are and as another network's
                messages.append((daemon.ROUTE, daemon.SET, daemon.route(1, "10.1.1.4/32", 104, flags=self.random.choice((1, 3)))))
            host.client.call(messages)
            self.counts["route changes"] += len(messages)

    def replug(self):
        """A pod comes, opens flows to both others, and goes in the middle of them."""
        pod = 20 + self.random.randrange(4)
        if self.plugged:
            old, opened = self.plugged
            opened.process.kill()
            opened.process.communicate()
            self.remove_pod(self.hosts[0], old)
        self.add_pod(self.hosts[0], pod)
        self.hosts[1].client.call([(daemon.ROUTE, daemon.SET, daemon.route(1, f"10.1.1.{pod}/32", 11, self.label(pod)))])
        opened = Traffic(pod, "plugged", self.arguments.flow, "open", "--connect", f"10.1.1.{self.random.choice((3, 4))}", "--port", OPEN_PORT,
                         "--protocol", self.random.choice(("tcp", "udp")), "--rate", 100)
        self.plugged = pod, opened
        self.counts["ports plugged"] += 1

    def label(self, pod):
        return daemon.VNI_ID if self.arguments.encap == "vxlan" else daemon.LABEL_BASE + pod

    def remove_pod(self, host, pod):
        host.client.call([(daemon.ROUTE, daemon.DELETE, daemon.route(1, f"10.1.1.{pod}/32", 0)),
                          (daemon.ROUTE, daemon.DELETE, daemon.route(1, f"fd00:1:1::{pod:x}/128", 0)),
                          (daemon.LABEL, daemon.DELETE, struct.pack("<II", daemon.LABEL_BASE + pod, 0)),
                          (daemon.NEXTHOP, daemon.DELETE, daemon.nexthop(100 + pod, 0)),
                          (daemon.VIF, daemon.DELETE, self.pod_vif(pod))])

    def guarded_vif(self, pod):
        body = bytearray(self.pod_vif(pod))
        struct.pack_into("<II", body, 904, 1, 0)  # egress_policy_ids
        return bytes(body)

    # --- the run ---

    def run(self):
        self.random = random.Random(self.arguments.seed)
        self.counts = {"policy flips": 0, "route changes": 0, "ports plugged": 0}
        self.routes, self.plugged, self.denied = {1: set(), 2: set()}, None, 0
        for pod in range(20, 24):
            sh(f"ip netns add {PREFIX}p{pod}")
        self.flip_policy()
        self.hosts[0].client.call([(daemon.VIF, daemon.SET, self.guarded_vif(2))])
        self.hosts[1].client.call([(daemon.VIF, daemon.SET, self.guarded_vif(3))])
        await_value(lambda: self.ping(2, "10.1.1.3", 1)[0], bool, 5)
        workers = [host.worker() for host in self.hosts]
        busy = [self.thread_seconds(host) for host in self.hosts]
        self.start_traffic()
        started, early, next_plug = time.monotonic(), None, 0
        while (spent := time.monotonic() - started) < self.arguments.seconds:
            self.flip_policy()
            self.churn_routes()
            self.keep_transferring()
            if spent >= next_plug:
                self.replug()
                next_plug = spent + 3
            if early is None and spent > self.arguments.seconds / 3:
                early = [host.usage()[1] for host in self.hosts]
            time.sleep(0.2)
        late = [host.usage()[1] for host in self.hosts]
        self.check("changes", all(self.counts.values()), ", ".join(f"{count} {what}" for what, count in self.counts.items()))
        self.check("worker processes", workers == [host.worker() for host in self.hosts], "the same as at the start")
        self.end_traffic()
        self.check_threads(busy)
        self.check("memory", all(b < a * 1.1 + 8 for a, b in zip(early, late)),
                   ", ".join(f"{host.name}: {a:.0f} MB after a third, {b:.0f} MB at the end" for host, a, b in zip(self.hosts, early, late)))
        for host in self.hosts:
            self.check_packets(host)
        self.check_stale()

    def end_traffic(self):
        self.hosts[0].client.call([(POLICY, daemon.SET, policy(1, 0))])
        self.hosts[1].client.call([(POLICY, daemon.SET, policy(1, 0))])
        if self.plugged:
            self.plugged[1].process.kill()
            self.plugged[1].process.communicate()
        for stream in self.streams:
            result = stream.finish()
            good = "error" not in result and not result["broken"] and result["answered"] > result["sent"] / 2  # a full queue on a busy machine
            self.check(stream.what, good, result.get("error") or f"{result['answered']} of {result['sent']} answered, "
                       f"longest gap {result['longest_gap_ns'] / 1e6:.0f} ms, {result['retransmitted']} retransmitted")
        for opened in self.opens:
            result = opened.finish()
            some = "error" not in result and result["opened"] > 0 and result["answered"] > 0
            self.check(opened.what, some, result.get("error") or f"{result['answered']} of {result['opened']} answered")
        self.transfers.append(self.transfer.finish(120))
        errors = [transfer["error"] for transfer in self.transfers if "error" in transfer]
        self.check("bulk transfers", not errors and all(transfer["verified"] for transfer in self.transfers),
                   errors[0] if errors else f"{len(self.transfers)} of 20 MB, all as sent")
        for server in self.servers:
            server.process.kill()
            server.process.communicate()

    def check_threads(self, before):
        for host, start in zip(self.hosts, before):
            spent = {name: seconds - start.get(name, 0) for name, seconds in self.thread_seconds(host).items()}
            total = sum(spent.values())
            self.check(f"workers of {host.name}", len(spent) == self.arguments.workers and all(s > total / 20 for s in spent.values()),
                       ", ".join(f"{name} {seconds:.1f} s" for name, seconds in sorted(spent.items())))

    def check_packets(self, host):
        def whole(plane):
            return (plane["packets_received"] + plane["packets_made"] == plane["packets_sent"] + plane["packets_dropped"] + plane["packets_gone"]
                    + plane["fragments_waiting"]
                    and plane["buffers_small_free"] == plane["buffers_small"] and plane["buffers_large_free"] == plane["buffers_large"]
                    and plane["buffers_chunk"] - plane["buffers_chunk_free"] <= TAP_CHUNKS * self.arguments.workers)

        plane = await_value(lambda: self.plane(host), whole, 5)
        drops = host.drops()
        self.check(f"packets of {host.name}", whole(plane) and sum(drops.values()) == plane["packets_dropped"],
                   "received {packets_received} + made {packets_made} = sent {packets_sent} + dropped {packets_dropped} + gone {packets_gone}"
                   .format(**plane) + f"; by reason {drops}")
        self.check(f"buffers of {host.name}", whole(plane), ", ".join(f"{kind} {plane[f'buffers_{kind}_free']} of {plane[f'buffers_{kind}']} free"
                                                                      for kind in ("small", "chunk", "large")))

    def check_stale(self):
        """Connections go with their ports, and so does what counted for them."""
        live = [self.plane(host)["connections"] for host in self.hosts]
        if self.plugged:
            self.remove_pod(self.hosts[0], self.plugged[0])
        for host, pods in zip(self.hosts, ((2, 4), (3,))):
            for pod in pods:
                self.remove_pod(host, pod)
        left = await_value(lambda: [self.plane(host)["connections"] for host in self.hosts], lambda counts: not any(counts), SWEEP_SECONDS)
        self.check("no stale connection", not any(left), f"{live} live with the ports, {left} without")
        for host in self.hosts:
            plane = self.plane(host)
            self.check(f"{host.name} without ports", plane["vifs"] == 1 and plane["buffers_small_free"] == plane["buffers_small"],
                       f"{plane['vifs']} vif, {plane['routes']} routes, {plane['adoptions']} deaths of a worker process")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("flow")
    parser.add_argument("transfer")
    parser.add_argument("weftctl")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--encap", choices=["vxlan", "mplsoudp"], default="vxlan")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    arguments.no_udp_gso = arguments.outer6 = False
    arguments.daemon = [f"--workers={arguments.workers}", f"--connections={CONNECTIONS}"]
    missing = (["root"] if os.geteuid() else []) + [tool for tool in ("ip", "ping", "sysctl") if not shutil.which(tool)]
    if missing:
        print("skipped: needs " + ", ".join(missing))
        return 77
    print(f"seed {arguments.seed}, {arguments.seconds:.0f} s, {arguments.workers} workers, {arguments.encap}", flush=True)
    soak = Soak(arguments)
    try:
        soak.set_up()
        soak.run()
    except BaseException:
        soak.failures += 1
        raise
    finally:
        soak.tear_down()
    print(f"{soak.failures} failures")
    return soak.failures != 0


if __name__ == "__main__":
    sys.exit(main())
