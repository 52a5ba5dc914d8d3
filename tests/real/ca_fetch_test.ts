/** `culvert ca fetch` against OpenSSL, which can serve certificates that the runtime refuses to serve. */
import { assertEquals, assertExcludes, assertIncludes } from "../support/assert.ts";
import { culvert } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { freePort, type Peer, peerDirectory, runToEnd, startPeer } from "./peers/process.ts";

/** Serves a certificate for localhost with an RSA key of the given size, bits. */
async function weakServer(bits: number, version: 1 | 3): Promise<Peer> {
  const directory = await peerDirectory("openssl");
  const file = (name: string) => join(directory, name);
  const key = (name: string) => ["-newkey", `rsa:${bits}`, "-nodes", "-keyout", file(name)];
  const { days, cnf } = { days: ["-days", "3"], cnf: file("names") };
  await Deno.writeTextFile(cnf, "subjectAltName=DNS:localhost\n");
  await runToEnd("openssl", [
    ...["req", "-x509", ...key("root.key"), "-out", file("root.pem")],
    ...["-subj", "/CN=Weak Root", ...days],
  ]);
  await runToEnd("openssl", ["req", ...key("leaf.key"), "-out", file("leaf.csr"), "-subj", "/CN=localhost"]);
  await runToEnd("openssl", [
    ...["x509", "-req", "-in", file("leaf.csr"), "-CA", file("root.pem"), "-CAkey", file("root.key")],
    ...["-CAcreateserial", "-out", file("leaf.pem"), ...days, ...(version === 1 ? [] : ["-extfile", cnf])],
  ]);
  const port = freePort();
  const weak = ["-cipher", "ALL:@SECLEVEL=0", "-quiet"];
  return await startPeer({
    program: "openssl",
    args: ["s_server", "-accept", `${port}`, "-cert", file("leaf.pem"), "-key", file("leaf.key"), ...weak],
    port,
    directory,
  });
}

await testWith(
  ["openssl"],
  "ca fetch explains a certificate of version 1 with a key of 1024 bits",
  async () => {
    await using server = await weakServer(1024, 1);
    const run = await culvert(["ca", "fetch", `localhost:${server.port}`]);
    assertEquals(run.code, 3);
    const said = run.stdout.replace(/\s+/g, " ");
    for (const part of ["version 1", "no subjectAltName", "RSA key of 1024 bits"]) assertIncludes(said, part);
  },
);

await testWith(
  ["openssl"],
  "if a key of 1024 bits ends the handshake, ca fetch still shows the chain and the reason",
  async () => {
    await using server = await weakServer(1024, 3);
    const root = join(server.directory, "root.pem");
    const run = await culvert(["ca", "fetch", `localhost:${server.port}`, "--ca-cert", root]);
    assertEquals(run.code, 3);
    assertIncludes(run.stdout, "NOT accepted: the RSA key of its certificate has 1024 bits");
    assertIncludes(run.stdout, "presents 1 certificate");
    assertExcludes(run.stderr, "Unexpected failure");
  },
);
