/** `culvert respond` through real proxies of every scheme, with credentials, over both wires. */
import { createAuthority } from "../../../lib/pki/pki.ts";
import type { ProxyScheme } from "../../../lib/net/route/route.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, type CulvertRun, jsonLines } from "../../support/culvert.ts";
import { startProxy, type TestProxy } from "../../support/proxy.ts";
import { bench, PLANTED_KEY } from "./kit.ts";

// A name that leads nowhere but through a proxy, and one that is on this machine.
const names = ["api.test", "localhost", "127.0.0.1"];
const authority = await createAuthority("Proxied Root");
const b = await bench({ authority, names, scenario: { text: "through" } });
const own = await authority.issue({ commonName: "localhost", names });
Deno.test.afterAll(async () => await b[Symbol.asyncDispose]());

/** A turn at the name that leads nowhere but through a proxy. */
function respond(args: readonly string[], env: Readonly<Record<string, string>>): Promise<CulvertRun> {
  return culvert(["respond", "--base-url", `https://api.test:${b.api.port}/v1`, ...args, "hi"], {
    env: { CODEX_CA_CERTIFICATE: b.bundle, CULVERT_API_KEY: PLANTED_KEY, ...env },
  });
}

const CREDENTIALS = "zora:hunter@2";
const TYPED = "zora:hunter%402";

function proxyOf(scheme: ProxyScheme): Promise<TestProxy> {
  return startProxy({
    credentials: CREDENTIALS,
    leadTo: { host: "127.0.0.1", port: b.api.port },
    ...(scheme === "https" ? { tls: own } : {}),
  });
}

function address(scheme: ProxyScheme, proxy: TestProxy, credentials = TYPED): string {
  return `${scheme}://${credentials}@127.0.0.1:${proxy.port}`;
}

function assertNoSecret(run: CulvertRun): void {
  for (const secret of ["hunter", "zora", btoa(CREDENTIALS)]) assertExcludes(run.stdout + run.stderr, secret);
}

for (const scheme of ["http", "https", "socks5", "socks5h"] as const) {
  for (const transport of ["sse", "ws"] as const) {
    Deno.test(`respond reaches a name that only the proxy knows through ${scheme}, over ${transport}`, async () => {
      await using proxy = await proxyOf(scheme);
      const run = await respond(["--json", "--transport", transport], {
        HTTPS_PROXY: address(scheme, proxy),
      });
      assertEquals(run.code, 0, run.stderr);
      const connected = jsonLines(run.stdout).find(({ type }) => type === "culvert.connected");
      assertEquals(connected?.["route"], `${scheme}://***@127.0.0.1:${proxy.port} from HTTPS_PROXY`);
      assertEquals(connected?.["transport"], transport === "ws" ? "websocket" : "sse");
      assertEquals(proxy.seen.map(({ form, target, credentials }) => [form, target, credentials]), [
        [scheme.startsWith("socks5") ? "socks5" : "connect", `api.test:${b.api.port}`, CREDENTIALS],
      ]);
      assertNoSecret(run);
    });
  }
}

Deno.test("respond uses a proxy for this machine if --proxy is given", async () => {
  await using proxy = await proxyOf("http");
  const run = await b.respond(["--proxy", address("http", proxy), "hi"], { env: { NO_PROXY: "*" } });
  assertEquals([run.code, run.stdout], [0, "through\n"], run.stderr);
  assertEquals(proxy.seen.map(({ target }) => target), [`localhost:${b.api.port}`]);
  assertNoSecret(run);
});

Deno.test("respond sends plain HTTP to an HTTP proxy in absolute form, with the credentials only for the proxy", async () => {
  await using plain = await bench({ plain: true, scenario: { text: "plain" } });
  await using proxy = await startProxy({
    credentials: CREDENTIALS,
    leadTo: { host: "127.0.0.1", port: plain.api.port },
  });
  const url = `http://api.test:${plain.api.port}/v1`;
  const run = await culvert(["respond", "--base-url", url, "hi"], {
    env: { CULVERT_API_KEY: PLANTED_KEY, HTTP_PROXY: address("http", proxy) },
  });
  assertEquals([run.code, run.stdout], [0, "plain\n"], run.stderr);
  assertEquals(proxy.seen.map(({ form, target }) => [form, target]), [["absolute", `${url}/responses`]]);
  const [request] = plain.api.log.all;
  assert(request !== undefined);
  assertEquals(request.headers["proxy-authorization"], undefined);
  assertNoSecret(run);
});

const AROUND: readonly (readonly [name: string, flags: readonly string[], route: string])[] = [
  ["this machine is not asked for by a proxy", [], "direct (loopback)"],
  ["--proxy none goes around", ["--proxy", "none"], "direct (--proxy none)"],
];
for (const [name, flags, route] of AROUND) {
  Deno.test(`respond bypasses the proxy: ${name}`, async () => {
    await using proxy = await proxyOf("http");
    const run = await b.respond(["--json", ...flags, "hi"], {
      env: { ALL_PROXY: address("http", proxy) },
    });
    assertEquals(run.code, 0, run.stderr);
    const connected = jsonLines(run.stdout).find(({ type }) => type === "culvert.connected");
    assertEquals([connected?.["route"], proxy.seen.length], [route, 0]);
  });
}

Deno.test("respond prints neither the correct nor the wrong password when the proxy refuses it", async () => {
  await using proxy = await proxyOf("http");
  const run = await respond(["-v"], { https_proxy: address("http", proxy, "zora:hunter3") });
  assertEquals([run.code, run.stdout], [5, ""]);
  for (const part of ["407", "user and password in https_proxy"]) assertIncludes(run.stderr, part);
  assertNoSecret(run);
});

Deno.test("respond says that --proxy must be removed when the password is put into the variable", async () => {
  await using proxy = await proxyOf("http");
  const run = await respond(["--proxy", `http://127.0.0.1:${proxy.port}`], {});
  assertEquals([run.code, run.stdout], [5, ""]);
  assertIncludes(run.stderr, "Put the address with user and password into HTTPS_PROXY, and remove --proxy,");
});
