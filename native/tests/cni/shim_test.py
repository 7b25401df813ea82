#!/usr/bin/env python3
# SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
"""weft-cni as a container runtime runs it, against an agent on a unix socket that this program plays.

usage: shim_test.py WEFT_CNI WEFT_CNI_IMPATIENT
"""
import contextlib, json, os, re, socket, subprocess, sys, tempfile, threading, time, unittest

SHIM, IMPATIENT = sys.argv[1:3]
CONFIG_BYTES_MAX = 1 << 20
LIMIT_S = 20  # no run may take longer


def agent_versions():
    """What the agent speaks (io.weft.cni.CniVersion): the shim must say the same."""
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
    source = open(f"{root}/cni-plugin/src/main/java/io/weft/cni/CniVersion.java", encoding="utf-8").read()
    return re.findall(r'^    V\w+\("([0-9.]+)"\)', source, re.MULTILINE)


def answer(body, status="200 OK", exit_code="0", length=None):
    """An HTTP answer of the agent; None leaves a header out."""
    head = f"HTTP/1.1 {status}\r\n"
    if exit_code is not None:
        head += f"X-Weft-Exit: {exit_code}\r\n"
    if length != "none":
        head += f"Content-Length: {len(body) if length is None else length}\r\n"
    return head.encode() + b"\r\n" + body


class Agent:
    """Serves one connection after the other with `act(connection)`; keeps what was asked."""

    def __init__(self, path, act):
        self.path, self.act, self.requests, self.failure = path, act, [], None
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(8)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(LIMIT_S)
                try:
                    self.requests.append(self.read(connection))
                    self.act(connection)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the shim had enough
                except Exception as error:  # a fault of the test: seen by close()
                    self.failure = error

    @staticmethod
    def read(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                raise ValueError(f"no whole request: {data!r}")
            data += part
        head, body = data.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        while len(body) < int(headers["Content-Length"]):
            body += connection.recv(1 << 20)
        return lines[0], headers, body

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(LIMIT_S)
        if self.failure:
            raise self.failure


class ShimTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="weft-shim-")
        self.addCleanup(self.folder.cleanup)
        self.path = self.folder.name + "/agent.sock"

    def agent(self, act):
        agent = Agent(self.path, act)
        self.addCleanup(agent.close)
        return agent

    def config(self, **more):
        return json.dumps({"cniVersion": "1.1.0", "name": "weft", "type": "weft-cni", "weft": {"agent-socket": self.path}, **more}).encode()

    def run_shim(self, command="ADD", stdin=None, program=SHIM, environment=None, **options):
        variables = {"CNI_COMMAND": command, "CNI_CONTAINERID": "c1", "CNI_NETNS": "/run/netns/x", "CNI_IFNAME": "eth0",
                     "CNI_PATH": "/opt/cni/bin", "HOME": "/nowhere"} if environment is None else environment
        started = time.monotonic()
        options.setdefault("stdout", subprocess.PIPE)
        result = subprocess.run([program], input=self.config() if stdin is None else stdin, env=variables, stderr=subprocess.PIPE,
                                timeout=LIMIT_S, **options)
        self.spent = time.monotonic() - started
        return result

    def assert_error(self, result, code, *texts, version="1.1.0"):
        self.assertEqual(1, result.returncode, result)
        error = json.loads(result.stdout)
        self.assertEqual((version, code), (error["cniVersion"], error["code"]), error)
        for text in texts:
            self.assertIn(text, error["msg"])
        return error

    def test_sends_variables_and_configuration(self):
        agent = self.agent(lambda c: c.sendall(answer(b"{}")))
        config = self.config(args={"é": [1, 2.5e3, True, None, "\\\" \U0001F600"]})
        self.assertEqual(0, self.run_shim("ADD", config).returncode)
        line, headers, body = agent.requests[0]
        self.assertEqual("POST /cni HTTP/1.1", line)
        self.assertEqual("application/json", headers["Content-Type"])
        self.assertEqual({"env": {"CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1", "CNI_NETNS": "/run/netns/x", "CNI_IFNAME": "eth0",
                                  "CNI_PATH": "/opt/cni/bin"}, "config": json.loads(config)}, json.loads(body))
        self.assertIn(config, body, "the configuration goes as it came")

    def test_empty_variables_go_and_absent_ones_do_not(self):
        agent = self.agent(lambda c: c.sendall(answer(b"")))
        self.run_shim(environment={"CNI_COMMAND": "DEL", "CNI_NETNS": "", "CNI_ARGS": 'A="b\\c\n\x01'})
        self.assertEqual({"CNI_COMMAND": "DEL", "CNI_NETNS": "", "CNI_ARGS": 'A="b\\c\n\x01'}, json.loads(agent.requests[0][2])["env"])

    def test_bytes_that_are_no_utf8_become_the_replacement_character(self):
        agent = self.agent(lambda c: c.sendall(answer(b"")))
        self.run_shim(environment={b"CNI_COMMAND": b"ADD", b"CNI_ARGS": b"a\xff\xc3\xa9\xed\xa0\x80"}, stdin=self.config())
        self.assertEqual("a\ufffdé\ufffd\ufffd\ufffd", json.loads(agent.requests[0][2])["env"]["CNI_ARGS"])

    def default_socket_taken(self):
        return os.path.exists("/run/weft/agent.sock")

    def test_a_configuration_that_is_not_one_value_goes_as_a_string(self):
        """Without a readable agent-socket the default one is asked: there must be no agent of this machine."""
        if self.default_socket_taken():
            self.skipTest("an agent listens at /run/weft/agent.sock")
        for stdin in (b"", b"{", b"{} {}", b'{"a":01}', b'{"a":"\x01"}', b"\xff", b"[" * 100 + b"]" * 100):
            error = self.assert_error(self.run_shim("ADD", stdin), 11, "/run/weft/agent.sock")
            self.assertIn("agent", error["details"])

    def test_prints_the_body_exactly_and_exits_as_told(self):
        for body, code in ((b"", 0), (b'{"cniVersion":"1.1.0"}', 0), (b'{"code":7}\n', 1), (b"\x00\xff\r\n\r\n not JSON", 0)):
            with self.subTest(body=body):
                agent = Agent(self.path, lambda c: c.sendall(answer(body, exit_code=str(code))))
                result = self.run_shim()
                agent.close()
                os.unlink(self.path)
                self.assertEqual((code, body, b""), (result.returncode, result.stdout, result.stderr))

    def test_an_answer_in_pieces_is_one(self):
        def act(connection):
            for byte in answer(b"0123456789", exit_code="1"):
                connection.sendall(bytes([byte]))
        self.agent(act)
        result = self.run_shim()
        self.assertEqual((1, b"0123456789"), (result.returncode, result.stdout))

    def test_header_names_in_any_case_and_others_between(self):
        self.agent(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nDate: x\r\ncontent-length:   2\r\nx-weft-exit:\t0\r\nA: b\r\n\r\nokMORE"))
        self.assertEqual((0, b"ok"), (lambda r: (r.returncode, r.stdout))(self.run_shim()))

    def test_does_not_wait_for_the_end_of_the_connection(self):
        self.stall(answer(b"done"))
        self.assertEqual(b"done", self.run_shim().stdout)
        self.assertLess(self.spent, 5)

    def test_large_answers_pass_and_too_large_ones_do_not(self):
        large = b"x" * (3 << 19)
        agent = Agent(self.path, lambda c: c.sendall(answer(large)))
        self.assertEqual(large, self.run_shim().stdout)
        agent.close()
        os.unlink(self.path)
        self.agent(lambda c: c.sendall(answer(b"x" * (3 << 20))))
        self.assert_error(self.run_shim(), 11, "did not answer: Message too long")

    def test_version_is_answered_alone(self):
        agent = self.agent(lambda c: c.sendall(answer(b"")))
        everything = agent_versions()
        self.assertIn("1.1.0", everything)
        for asked, answered in [(v, v) for v in everything] + [("0.0.9", "1.1.0"), ("9.9.9", "1.1.0"), ("x" * 100, "1.1.0")]:
            result = self.run_shim("VERSION", json.dumps({"cniVersion": asked}).encode())
            self.assertEqual((0, {"cniVersion": answered, "supportedVersions": everything}), (result.returncode, json.loads(result.stdout)))
        for stdin in (b"", b"{", b"[]", b'{"cniVersion":5}', b'{"cniVersion":"1.0.0","cniVersion":"0.4.0"}'):
            self.assertEqual(everything, json.loads(self.run_shim("VERSION", stdin).stdout)["supportedVersions"])
        self.assertEqual([], agent.requests)

    def test_an_absent_agent_is_try_again_and_for_status_not_available(self):
        for command in ("ADD", "DEL", "CHECK", "GC"):
            self.assert_error(self.run_shim(command), 11, self.path, "No such file")
        self.assert_error(self.run_shim("STATUS"), 50, self.path)
        old = self.config().replace(b"1.1.0", b"0.4.0")
        self.assert_error(self.run_shim("ADD", old), 11, version="0.4.0")
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as gone:
            gone.bind(self.path)
        self.assert_error(self.run_shim(), 11, "Connection refused")

    def test_an_agent_that_breaks_the_agreement(self):
        cases = {
            "closes at once": (b"", "did not answer"),
            "closes in the head": (b"HTTP/1.1 200 OK\r\nX-Weft-Ex", "did not answer"),
            "closes in the body": (answer(b"abc", length=4), "did not answer"),
            "garbage": (b"\x00\xff garbage\r\n\r\n", "not answer as agreed"),
            "not found": (answer(b"{}", status="404 Not Found"), "not answer as agreed"),
            "no exit": (answer(b"{}", exit_code=None), "not answer as agreed"),
            "exit 2": (answer(b"{}", exit_code="2"), "not answer as agreed"),
            "exit empty": (answer(b"{}", exit_code=""), "not answer as agreed"),
            "no length": (answer(b"{}", length="none"), "not answer as agreed"),
            "length -1": (answer(b"{}", length="-1"), "not answer as agreed"),
            "length x": (answer(b"{}", length="x"), "not answer as agreed"),
            "length 2x": (answer(b"{}", length="2x"), "not answer as agreed"),
            "exit 0x": (answer(b"{}", exit_code="0x"), "not answer as agreed"),
            "length beyond 64 bits": (answer(b"{}", length="99999999999999999999999"), "did not answer"),
        }
        for name, (data, text) in cases.items():
            with self.subTest(name):
                agent = Agent(self.path, lambda c: c.sendall(data))
                try:
                    self.assert_error(self.run_shim(), 11, self.path, text)
                    self.assert_error(self.run_shim("STATUS"), 50, self.path)
                finally:
                    agent.close()
                    os.unlink(self.path)
                self.assertLess(self.spent, 5)

    def stall(self, sent):
        release = threading.Event()

        def act(connection):
            connection.sendall(sent)
            release.wait(LIMIT_S)
        self.agent(act)
        self.addCleanup(release.set)  # before the agent is closed

    def test_an_agent_that_never_answers_is_left(self):
        self.stall(b"")
        self.assert_error(self.run_shim(program=IMPATIENT), 11, "Connection timed out")
        self.assertLess(0.3, self.spent)
        self.assertLess(self.spent, 5)

    def test_an_agent_that_stops_in_the_middle_is_left(self):
        self.stall(answer(b"abc", length=4))
        self.assert_error(self.run_shim("STATUS", program=IMPATIENT), 50, "Connection timed out")
        self.assertLess(self.spent, 5)

    def test_an_agent_that_trickles_is_left(self):
        """Each byte comes in time, all of them do not: the limit is of the whole exchange."""
        stop = threading.Event()

        def act(connection):
            while not stop.wait(0.05):
                connection.sendall(b"x")
        self.agent(act)
        self.addCleanup(stop.set)
        self.assert_error(self.run_shim(program=IMPATIENT), 11, "Connection timed out")
        self.assertLess(self.spent, 5)

    def test_an_agent_that_does_not_read_is_left(self):
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
            listener.bind(self.path)
            listener.listen(8)
            result = self.run_shim(stdin=self.config(filler="x" * (CONFIG_BYTES_MAX - 4096)), program=IMPATIENT)
            self.assert_error(result, 11, "Connection timed out")
        self.assertLess(self.spent, 5)

    def test_an_agent_that_does_not_accept_is_left(self):
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX)))
            listener.bind(self.path)
            listener.listen(0)
            waiting = stack.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX)))
            waiting.connect(self.path)  # the queue is full now
            self.assert_error(self.run_shim(program=IMPATIENT), 11, self.path, "timed out")
        self.assertLess(self.spent, 5)

    def test_the_largest_configuration_passes_and_a_larger_one_is_refused(self):
        agent = self.agent(lambda c: c.sendall(answer(b"ok")))
        most = self.config().ljust(CONFIG_BYTES_MAX)
        self.assertEqual(b"ok", self.run_shim(stdin=most).stdout)
        self.assertIn(most, agent.requests[0][2])
        for command in ("ADD", "STATUS", "VERSION"):
            self.assert_error(self.run_shim(command, most + b" "), 6, "longer than 1048576 bytes")
        self.assertEqual(1, len(agent.requests))

    def test_a_missing_command_is_an_invalid_environment(self):
        for environment in ({}, {"CNI_COMMAND": ""}):
            self.assert_error(self.run_shim(environment=environment), 4, "CNI_COMMAND is missing or empty")

    def test_variables_that_are_too_long_are_refused(self):
        environment = {"CNI_COMMAND": "ADD"}
        for name in ("CNI_ARGS", "CNI_PATH", "CNI_NETNS", "CNI_IFNAME", "CNI_CONTAINERID"):
            environment[name] = "\x01" * 100_000
        escapes = b'"' + b"\x01" * (CONFIG_BYTES_MAX - 1)  # not JSON: each byte becomes six
        self.assert_error(self.run_shim(stdin=escapes, environment=environment), 4, "too long together")

    def test_a_socket_path_that_is_too_long_or_no_text_is_refused(self):
        for path in ("/" + "x" * 107, 5, None, ["x"], "\u00e9\u0100"):
            config = json.dumps({"cniVersion": "1.0.0", "name": "weft", "type": "weft-cni", "weft": {"agent-socket": path}}).encode()
            self.assert_error(self.run_shim(stdin=config), 7, "agent-socket", version="1.0.0")

    def test_the_socket_path_may_be_escaped_and_the_last_of_equal_names_counts(self):
        self.agent(lambda c: c.sendall(answer(b"found")))
        path = self.path.replace("/", "\\/").replace("a", "\\u0061")
        config = '{"weft":{"agent-socket":"/nowhere"},"x":[{"agent-socket":"/no"}],"weft":{"y":{},"agent-socket":"%s"}}' % path
        self.assertEqual(b"found", self.run_shim(stdin=config.encode()).stdout)

    def test_output_that_cannot_be_written_is_a_failure(self):
        self.agent(lambda c: c.sendall(answer(b"result")))
        with open("/dev/full", "wb") as full:
            result = self.run_shim(stdout=full)
        self.assertEqual(1, result.returncode)
        self.assertIn(b"No space left", result.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
