/** The doctor and the other commands against an API that requires a client certificate. */
import * as net from "node:net";
import * as tls from "node:tls";
import type { AddressInfo } from "node:net";
import { type MockApi, startMockApi } from "../../../lib/mock/api/api.ts";
import { createAuthority } from "../../../lib/pki/pki.ts";
import { folder, PLANTED_KEY } from "../../doctor/kit.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { startProxy } from "../../support/proxy.ts";

const AUTHORITY = await createAuthority("Gateway CA");
const CLIENTS = await createAuthority("Clients CA");
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

interface Gateway extends AsyncDisposable {
  readonly url: string;
  readonly api: MockApi;
}

/** Starts the simulated API behind TLS that requires a certificate of {@link CLIENTS}. */
async function gateway(version: "TLSv1.2" | "TLSv1.3"): Promise<Gateway> {
  const api = await startMockApi({ plain: true });
  const pair = await AUTHORITY.issue({ commonName: "localhost", names: ["localhost", "127.0.0.1"] });
  const sockets = new Set<net.Socket>();
  const server = tls.createServer({
    cert: pair.certificate,
    key: pair.privateKey,
    ca: [CLIENTS.certificate],
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: version,
    maxVersion: version,
    ALPNProtocols: ["http/1.1"],
  }, (client) => {
    const upstream = net.connect(Number(new URL(api.origin).port), "127.0.0.1");
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
    client.pipe(upstream).pipe(client);
  });
  server.on("connection", (socket) => sockets.add(socket));
  server.on("tlsClientError", () => {});
  const port = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port))
  );
  return {
    url: `https://localhost:${port}/v1`,
    api,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await api.close();
    },
  };
}

async function identityIn(files: ReturnType<typeof folder>): Promise<readonly string[]> {
  const { certificate, privateKey } = await CLIENTS.issue({ commonName: "dev", usages: [CLIENT_AUTH] });
  return [
    "--client-cert",
    files.write("dev.pem", certificate),
    "--client-key",
    files.write("dev.key", privateKey),
  ];
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`the doctor presents the client certificate of a turn on every leg, over ${version}`, async () => {
    await using served = await gateway(version);
    await using proxy = await startProxy();
    using files = folder();
    const flags = await identityIn(files);
    const env = {
      CULVERT_API_KEY: PLANTED_KEY,
      CODEX_CA_CERTIFICATE: files.write("ca.pem", AUTHORITY.certificate),
    };
    for (const way of [[], ["--proxy", `http://127.0.0.1:${proxy.port}`]]) {
      const run = await culvert(["doctor", served.url, ...flags, ...way, "--json"], { env });
      const report = JSON.parse(run.stdout);
      const bad = report.checks.filter(({ status }: { status: string }) => status === "fail");
      assertEquals([run.code, bad], [0, []], run.stdout);
      for (const id of ["tls", "http", "websocket"]) {
        const check = report.checks.find((each: { id: string }) => each.id === id);
        assertEquals(check.status, "ok", JSON.stringify(check));
      }
      assertIncludes(report.next, "--client-cert");
    }
    const target = served.url.replace(/^https:\/\/|\/v1$/g, "");
    const fetched = await culvert(["ca", "fetch", target, ...flags, "--json"], { env });
    assertEquals([fetched.code, JSON.parse(fetched.stdout).accepted], [0, true], fetched.stderr);
  });

  Deno.test(`without a client certificate doctor and turn report the requirement and the flags, over ${version}`, async () => {
    await using served = await gateway(version);
    using files = folder();
    const env = {
      CULVERT_API_KEY: PLANTED_KEY,
      CODEX_CA_CERTIFICATE: files.write("ca.pem", AUTHORITY.certificate),
    };
    const run = await culvert(["doctor", served.url, "--json"], { env });
    const report = JSON.parse(run.stdout);
    const failed = report.checks.find(({ status }: { status: string }) => status === "fail");
    assertEquals([failed.code, run.code], ["tls_handshake", 3], run.stdout);
    assertIncludes(failed.summary, "requires a client certificate");
    assertIncludes(failed.remediation, "--client-cert FILE --client-key FILE");
    assert(report.duration_ms < 5_000);
    const turn = await culvert(["respond", "--base-url", served.url, "--json", "hi"], { env });
    const error = Object(jsonLines(turn.stdout).at(-1)?.["error"]);
    assertEquals([error.code, error.details.condition, turn.code], [
      "tls_handshake",
      "client_certificate_required",
      3,
    ]);
    assertEquals(served.api.log.all.length, 0);
  });
}

Deno.test("an unreadable client certificate fails the check of the configuration and not that of the network", async () => {
  await using served = await gateway("TLSv1.3");
  const run = await culvert([
    "doctor",
    served.url,
    ...["--client-cert", "/nowhere/dev.pem", "--client-key", "/nowhere/dev.pem", "--json"],
  ], { env: { CULVERT_API_KEY: PLANTED_KEY } });
  const report = JSON.parse(run.stdout);
  const failed = report.checks.find(({ status }: { status: string }) => status === "fail");
  assertEquals([failed.id, failed.code], ["config", "input_unreadable"], run.stdout);
  assertIncludes(failed.summary, "/nowhere/dev.pem");
});

Deno.test("doctor and report send the headers of -H, and never show their values", async () => {
  await using api = await startMockApi({ plain: true });
  const header = ["-H", "x-gateway-key: planted-header-value"];
  const env = { CULVERT_API_KEY: PLANTED_KEY };
  const doctor = await culvert(["doctor", api.baseUrl, ...header, "--json"], { env });
  const count = api.log.all.length;
  assert(count > 0, doctor.stdout);
  const report = await culvert(["report", "--base-url", api.baseUrl, ...header], { env });
  assertEquals([doctor.code, report.code], [0, 0], report.stderr);
  assert(api.log.all.length > count);
  const sent = api.log.all.filter(({ path }) => /\/(models|responses)$/.test(path));
  for (const { headers } of sent) {
    assertEquals(headers["x-gateway-key"], "planted-header-value");
  }
  for (const { stderr, stdout } of [doctor, report]) assertExcludes(stdout + stderr, "planted-header-value");
  assertIncludes(JSON.parse(doctor.stdout).next, "-H 'x-gateway-key: ***'");
});
