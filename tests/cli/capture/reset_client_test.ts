/** A client that resets its connections, in a process of its own: the capture reads a request after the reset. */
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { testWith } from "../../support/programs.ts";
import { captureScene } from "./kit.ts";

const CLIENT = `
import base64, os, socket, ssl, struct, threading, time
from urllib.parse import urlparse
proxy, host = urlparse(os.environ["HTTPS_PROXY"]), urlparse(os.environ["BASE"]).hostname
user = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
# Several at once: the capture is then late with the requests.
def run():
  for _ in range(20):
    plain = socket.create_connection((proxy.hostname, proxy.port), 10)
    plain.sendall(f"CONNECT {host}:443 HTTP/1.1\\r\\nHost: {host}:443\\r\\nProxy-Authorization: Basic {user}\\r\\n\\r\\n".encode())
    plain.recv(4096)
    secured = context.wrap_socket(plain, server_hostname=host)
    secured.sendall(f"POST /v1/responses HTTP/1.1\\r\\nHost: {host}\\r\\nContent-Length: 1000\\r\\n\\r\\n{{".encode() + b" " * 500)
    time.sleep(0.005)
    plain = socket.socket(fileno=secured.detach())
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    plain.close()
threads = [threading.Thread(target=run) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
`;

await testWith(
  ["python3"],
  "a client that resets its connections within a request is not taken for another program of the machine",
  async () => {
    await using scene = await captureScene();
    const run = await scene.capture(["--mode", "forward"], `python3 - <<'END'\n${CLIENT}\nEND`);
    assertEquals(run.code, 0);
    assertIncludes(run.stderr, " 160 ");
    assertExcludes(run.stderr, "did not come through the proxy");
  },
);
