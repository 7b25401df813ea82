#!/usr/bin/env python3
# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""Daemons with real pods against the kernel, in one run: TCP and round trips on one host against a bridge, across two hosts against
the kernel's VXLAN over the same fabric; one busy port among 250; memory, idle CPU, and 1,000,000 routes programmed from Java.

Needs root and iperf3. Namespaces begin with "weft-b"; everything is removed at the end, on Ctrl-C too.
"""
import argparse, importlib.util, json, os, re, select, shutil, signal, socket, statistics, struct, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
BUILD = os.path.join(ROOT, "native/build")
EXAMPLES = """examples:
  ./weft bench dataplane --end-to-end
  ./weft bench dataplane --end-to-end --rows tcp-one-host,rr-one-host --rounds 5 --json
"""
IDLE_PORTS, FIRST_IDLE = 250, 1000
FLOWS = 200000
ROUTES = 1000000


def load_check():
    """The namespaces, daemons and messages of the system test."""
    folder = os.path.join(HERE, "..", "system")
    sys.path.append(folder)  # its own modules
    spec = importlib.util.spec_from_file_location("daemon_check", os.path.join(folder, "daemon-check.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.PREFIX = f"weft-b{os.getpid()}-"
    return module


check = load_check()
sh, P = check.sh, check.PREFIX


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Preference:
    """This session before others while the bench runs: both sides of a comparison, the daemons and the kernel's pods, are in it."""

    PATH = "/proc/self/autogroup"

    def __init__(self):
        self.before = None
        try:
            with open(self.PATH) as file:
                self.before = file.read().split("nice")[1].strip()
            with open(self.PATH, "w") as file:
                file.write("-20")
        except (OSError, IndexError) as error:
            say(f"no preference ({error}): what else runs here will show")

    def end(self):
        if self.before is not None:
            with open(self.PATH, "w") as file:
                file.write(self.before)


class KernelTwin:
    """The same pods without Weft: two behind a bridge on one host, and two hosts with VXLAN over the router of the fabric."""

    def __init__(self):
        sh(f"ip netns add {P}kb && ip -n {P}kb link add br0 type bridge && ip -n {P}kb link set br0 up")
        for number in (2, 4):
            self.pod(number, f"{P}kb", "br0", "10.1.1", 1500)
        for index in (1, 2):
            name = f"{P}k{index}"
            sh(f"ip netns add {name} && ip link add k{index} netns {name} type veth peer name s{index} netns {P}r && "
               f"ip -n {name} addr add 10.201.{index}.2/24 dev k{index} && ip -n {name} link set k{index} up && "
               f"ip -n {P}r addr add 10.201.{index}.1/24 dev s{index} && ip -n {P}r link set s{index} up && "
               f"ip -n {name} route add default via 10.201.{index}.1 && ip -n {name} link add br0 type bridge && ip -n {name} link set br0 up && "
               f"ip -n {name} link add vx0 type vxlan id 77 dstport 4789 local 10.201.{index}.2 remote 10.201.{3 - index}.2 && "
               f"ip -n {name} link set vx0 mtu 1450 master br0 up")
            self.pod(5 + index, name, "br0", "10.1.2", 1450)

    @staticmethod
    def pod(number, host, bridge, network, mtu):
        sh(f"ip netns add {P}kp{number} && ip link add eth0 netns {P}kp{number} mtu {mtu} type veth peer name v{number} netns {host} && "
           f"ip -n {host} link set v{number} mtu {mtu} master {bridge} up && ip -n {P}kp{number} link set eth0 up && "
           f"ip -n {P}kp{number} addr add {network}.{number}/24 dev eth0")


def server(namespace, command, ready):
    """Starts a server and returns when it listens."""
    process = subprocess.Popen(["ip", "netns", "exec", namespace, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if not ready(process):
        process.kill()
        raise SystemExit(f"{command[0]} in {namespace} does not start")
    return process


def listens(namespace, port):
    def wait(process):
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and process.poll() is None:
            if sh(f"ip netns exec {namespace} ss -Hltn sport = {port}").stdout:
                return True
            time.sleep(0.01)
        return False
    return wait


def says_ready(process):
    readable, _, _ = select.select([process.stdout], [], [], 5)
    return bool(readable) and process.stdout.readline() == "ready\n"


def tcp(client, target_namespace, target, seconds):
    """Gbit/s of one TCP stream."""
    daemon = server(target_namespace, ["iperf3", "-s", "-1"], listens(target_namespace, 5201))
    try:
        result = sh(f"ip netns exec {client} timeout {seconds + 10} iperf3 -J -t {seconds} -O 1 -c {target}", check=False)
        return json.loads(result.stdout)["end"]["sum_received"]["bits_per_second"] / 1e9
    except (ValueError, KeyError):
        raise SystemExit(f"iperf3 from {client} to {target}: {result.stdout[-300:]}{result.stderr[-300:]}")
    finally:
        daemon.terminate()
        daemon.wait()


def round_trip(client, target_namespace, target, count=20000):
    """Microseconds of the median round trip."""
    program = os.path.join(BUILD, "tests/bench/weft-round-trip")
    daemon = server(target_namespace, [program, "server", "--listen", target, "--port", "5202"], says_ready)
    try:
        result = sh(f"ip netns exec {client} {program} client --connect {target} --port 5202 --count {count}")
        return json.loads(result.stdout)["p50_us"]
    finally:
        daemon.terminate()
        daemon.wait()


class EndToEnd(check.Bench):
    def __init__(self, arguments):
        super().__init__(arguments)
        self.rows, self.idle = [], 0

    def check(self, name, good, text):
        """Of the set-up: only what is wrong is worth a line."""
        if not good:
            raise SystemExit(f"{name}: {text}")

    def row(self, name, unit, figure, reference, goal, met, note=""):
        row = {"name": name, "cycles_p50": None, "reference_p50": None, "unit": unit, "figure": round(figure, 3),
               "reference": None if reference is None else round(reference, 3),
               "ratio": None if not reference else round(figure / reference, 3), "canary": None, "goal": goal, "met": bool(met), "note": note}
        self.rows.append(row)
        if not self.arguments.json:
            reference_text, ratio = ("", "") if reference is None else (f"{reference:10.2f}", f"{figure / reference:6.2f}")
            print(f"{name:20} {figure:10.2f} {reference_text:>10} {ratio:>6} {unit:22} {goal}: {'met' if met else 'MISSED'}{'  ' + note if note else ''}", flush=True)

    def rounds(self, measure, ours, theirs):
        """Medians of rounds in turn."""
        pairs = [(measure(*ours), measure(*theirs)) for _ in range(self.arguments.rounds)]
        return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)

    def compare_tcp(self, name, ours, theirs, what):
        a, b = self.rounds(lambda *w: tcp(*w, self.arguments.seconds), ours, theirs)
        self.row(name, "Gbit/s", a, b, "ratio >= 0.9", a / b >= 0.9, f"reference: {what}")

    def compare_rr(self, name, ours, theirs, what):
        a, b = self.rounds(round_trip, ours, theirs)
        self.row(name, "us a round trip", a, b, "ratio <= 3", a / b <= 3, f"reference: {what}")

    ONE_HOST = (f"{P}p2", f"{P}p4", "10.1.1.4"), (f"{P}kp2", f"{P}kp4", "10.1.1.4")
    TWO_HOSTS = (f"{P}p2", f"{P}p3", "10.1.1.3"), (f"{P}kp6", f"{P}kp7", "10.1.2.7")

    def run_tcp_one_host(self):
        self.compare_tcp("tcp-one-host", *self.ONE_HOST, "a kernel bridge")

    def run_tcp_two_hosts(self):
        self.compare_tcp("tcp-two-hosts", *self.TWO_HOSTS, "the kernel's VXLAN")

    def run_rr_one_host(self):
        self.compare_rr("rr-one-host", *self.ONE_HOST, "a kernel bridge")

    def run_rr_two_hosts(self):
        self.compare_rr("rr-two-hosts", *self.TWO_HOSTS, "the kernel's VXLAN")

    def need_idle_ports(self):
        host = self.hosts[0]
        for number in range(FIRST_IDLE + self.idle, FIRST_IDLE + IDLE_PORTS):
            sh(f"ip netns add {P}i{number}")
            host.client.call([(check.VIF, check.SET, check.vif(
                number, 1, check.VIRTUAL, check.TAP, check.ADDRESS_CHECK, mtu=1450, address=f"02:01:03:00:{number >> 8:02x}:{number & 255:02x}",
                name="eth0", netns=f"/run/netns/{P}i{number}", addresses=[(f"10.9.{number >> 8}.{number & 255}", 16, check.CONFIGURE)]))])
            self.idle += 1

    def run_busy_among_idle(self):
        ours = self.ONE_HOST[0]
        alone = statistics.median(tcp(*ours, self.arguments.seconds) for _ in range(self.arguments.rounds))
        self.need_idle_ports()
        busy = statistics.median(tcp(*ours, self.arguments.seconds) for _ in range(self.arguments.rounds))
        self.row("busy-among-idle", "Gbit/s", busy, alone, "ratio >= 0.9", busy / alone >= 0.9, f"reference: the same without {IDLE_PORTS} idle ports")

    def run_idle(self):
        self.need_idle_ports()
        time.sleep(1)
        before, started = self.hosts[0].usage()[0], time.monotonic()
        time.sleep(5)
        percent = (self.hosts[0].usage()[0] - before) / (time.monotonic() - started) * 100
        self.row("idle-cpu", "% of a core", percent, None, "<= 2", percent <= 2, f"{IDLE_PORTS} ports, 5 s")

    def processes_mb(self, host):
        """Resident memory of the daemon's two processes; pages they share count once."""
        total = 0
        for pid in (host.process.pid, host.worker()):
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += int(re.search(r"Pss:\s+(\d+)", file.read()).group(1))
        return total * 1024 / 1e6

    def live(self, host):
        objects, _ = host.client.call([(check.PLANE, check.GET, bytes(check.abi_bytes("plane")))])
        return next(struct.unpack_from("<I", body, 52)[0] for kind, body in objects if kind == check.PLANE)

    def run_memory(self):
        host = self.hosts[0]
        self.need_idle_ports()
        empty, had = self.processes_mb(host), self.live(host)
        sender = check.in_netns(f"{P}p2", lambda: [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(FLOWS // 50000)])
        opened, passes = 0, 0
        while opened < FLOWS * 0.9 and passes < 10:  # what the port could not take is sent again
            for sock in sender:
                for port in range(10000, 60000):
                    sock.sendto(b"x", ("10.1.1.4", port))
            opened, passes = self.live(host) - had, passes + 1
        for sock in sender:
            sock.close()
        full = self.processes_mb(host)
        limit = 200 + 256 * opened / 1e6
        self.row("memory", "MB", full, None, f"<= {limit:.0f}", opened >= FLOWS * 0.9 and full <= limit,
                 f"{IDLE_PORTS} ports: {empty:.0f} MB; {opened} connections more: {(full - empty) * 1e6 / max(1, opened):.0f} bytes each; "
                 "the limit is 200 MB and 256 bytes a connection")

    def program(self, host, vrf):
        """What the Java program says: it programs ROUTES into the VRF."""
        classes = [os.path.join(ROOT, "vrouter-dataplane/target", part) for part in ("classes", "test-classes")]
        result = subprocess.run([self.arguments.java, "-Xmx1g", "--enable-native-access=ALL-UNNAMED", f"-Dweft.native={BUILD}", "-cp",
                                 ":".join(classes), "io.weft.dataplane.RouteProgramming", f"dpdk:{host.path}", str(vrf), str(ROUTES)],
                                capture_output=True, text=True, timeout=120)
        if result.returncode:
            raise SystemExit(f"route programming: {result.stderr[-600:]}")
        return json.loads(result.stdout)

    def run_programming(self):
        host, rates = self.hosts[0], []
        for number in range(self.arguments.rounds):
            vrf = 1 if number + 1 == self.arguments.rounds else 70 + number  # the last round into the pods' own
            if vrf != 1:
                host.client.call([(check.VRF, check.SET, struct.pack("<II16s", vrf, 0, bytes([vrf]) * 16).ljust(check.abi_bytes("vrf"), b"\0"))])
            said = self.program(host, vrf)
            rates.append(said["routes_per_second"] / 1e6)
        host.client.call([(check.ROUTE, check.SET, check.route(1, "10.1.1.1/32", 900000))])  # the pod's gateway, which answers ARP
        got, _ = self.ping(2, said["last"])
        rate = statistics.median(rates)
        self.row("programming", "M routes/s", rate, None, ">= 1", rate >= 1 and got == 3,
                 f"{ROUTES} host routes through FFM and the socket; ping of the last one's address {got}/3")

    def tear_down(self):
        self.failures = self.failures if self.arguments.verbose else 0
        super().tear_down()


STREAMS = {"tcp-one-host", "tcp-two-hosts", "busy-among-idle"}
ROWS = ["tcp-one-host", "tcp-two-hosts", "rr-one-host", "rr-two-hosts", "busy-among-idle", "idle", "memory", "programming"]


def stop(number, _frame):
    raise SystemExit(128 + number)


def main():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default=",".join(ROWS), help=f"of {', '.join(ROWS)}")
    parser.add_argument("--rounds", type=int, default=3, help="ours and theirs in turn (3); the median counts")
    parser.add_argument("--seconds", type=int, default=3, help="of each TCP stream (3)")
    parser.add_argument("--encap", choices=["vxlan", "mplsoudp"], default="vxlan")
    parser.add_argument("--java", default="java", help="of a JDK 25")
    parser.add_argument("--json", action="store_true", help="a list of rows instead of the table")
    parser.add_argument("--no-goals", action="store_true", help="exit 0 whatever the figures are")
    parser.add_argument("--verbose", action="store_true", help="logs of the daemons at the end")
    arguments = parser.parse_args()
    arguments.program, arguments.outer6, arguments.no_udp_gso = os.path.join(BUILD, "dpdk/weft-dpdk"), False, False
    wanted = arguments.rows.split(",")
    if unknown := [name for name in wanted if name not in ROWS]:
        parser.error(f"--rows '{unknown[0]}': want {', '.join(ROWS)}")
    if arguments.rounds < 1 or arguments.seconds < 1:
        parser.error("--rounds and --seconds: at least 1")
    if missing := (["root"] if os.geteuid() else []) + [tool for tool in ["ip", "ping", "ss"] + ["iperf3"] * (not STREAMS.isdisjoint(wanted)) if not shutil.which(tool)]:
        parser.error("needs " + ", ".join(missing))
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    bench, preference = EndToEnd(arguments), Preference()
    try:
        bench.set_up()
        KernelTwin()
        deadline = time.monotonic() + 10
        while bench.ping(2, "10.1.1.3", 1)[0] == 0 or bench.ping(2, "10.1.1.4", 1)[0] == 0:
            if time.monotonic() > deadline:
                raise SystemExit("the pods do not reach one another")
        if not arguments.json:
            print(f"{'row':20} {'ours':>10} {'reference':>10} {'ratio':>6}")
        for name in wanted:
            say(name)
            getattr(bench, f"run_{name.replace('-', '_')}")()
    finally:
        preference.end()
        bench.tear_down()
    if arguments.json:
        print(json.dumps(bench.rows, indent=2))
    return 0 if arguments.no_goals or all(row["met"] for row in bench.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
