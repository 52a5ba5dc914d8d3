/** `culvert auth refresh` at an authority that only a proxy can reach. */
import { createAuthority } from "../../../lib/pki/pki.ts";
import { accessToken, HOUR_MS, loginText, TestHome } from "../../auth/kit.ts";
import { assertEquals, assertExcludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { startProxy } from "../../support/proxy.ts";

const RENEWED = { access_token: accessToken("renewed", Date.now() + HOUR_MS), refresh_token: "rt-renewed" };
const BODY = {
  client_id: "client-9",
  grant_type: "refresh_token",
  refresh_reason: "proactive_expiry",
  refresh_token: "rt-stored",
};

/** The requests that reached the authority. */
interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly type: string | null;
  readonly body: unknown;
}

/** An authority, and the proxy that leads to it. */
function startAuthority(pair?: { readonly certificate: string; readonly privateKey: string }) {
  const arrived: Arrived[] = [];
  const handle = async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    arrived.push({
      method: request.method,
      path: pathname + search,
      type: request.headers.get("content-type"),
      body: await request.json(),
    });
    return Response.json(RENEWED);
  };
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = pair === undefined
    ? Deno.serve(options, handle)
    : Deno.serve({ ...options, cert: pair.certificate, key: pair.privateKey }, handle);
  return {
    arrived,
    leadTo: { host: "127.0.0.1", port: server.addr.port },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function store(home: TestHome): void {
  home.store(loginText({ access: accessToken("old", Date.now() + HOUR_MS), refresh: "rt-stored" }));
}

for (const variable of ["HTTP_PROXY", "http_proxy", "ALL_PROXY"]) {
  Deno.test(`a refresh at an http authority reaches the proxy of ${variable} in absolute form, with the correct body`, async () => {
    await using home = new TestHome();
    await using authority = startAuthority();
    await using proxy = await startProxy({ leadTo: authority.leadTo, credentials: "zora:hunter2" });
    store(home);
    const run = await culvert(["auth", "refresh"], {
      env: {
        CODEX_HOME: home.path,
        CODEX_APP_SERVER_LOGIN_CLIENT_ID: "client-9",
        CODEX_REFRESH_TOKEN_URL_OVERRIDE: "http://auth.culvert.test/oauth/token?v=1",
        [variable]: `http://zora:hunter2@127.0.0.1:${proxy.port}`,
      },
    });
    assertEquals(run.code, 0, run.stderr);
    assertEquals(proxy.seen.map(({ form, requestLine }) => [form, requestLine]), [
      ["absolute", "POST http://auth.culvert.test/oauth/token?v=1 HTTP/1.1"],
    ]);
    assertEquals(authority.arrived, [
      { method: "POST", path: "/oauth/token?v=1", type: "application/json", body: BODY },
    ]);
    assertEquals(home.json().tokens["refresh_token"], "rt-renewed");
    for (const secret of ["hunter2", "rt-stored", "rt-renewed"]) {
      assertExcludes(run.stdout + run.stderr, secret);
    }
  });
}

Deno.test("a refresh at an https authority goes through the proxy's tunnel, and the proxy sees only the host name", async () => {
  await using home = new TestHome();
  const root = await createAuthority("Authority Root");
  const pair = await root.issue({ commonName: "auth.culvert.test", names: ["auth.culvert.test"] });
  await using authority = startAuthority(pair);
  await using proxy = await startProxy({ leadTo: authority.leadTo, credentials: "zora:hunter2" });
  store(home);
  const bundle = join(home.path, "ca.pem");
  Deno.writeTextFileSync(bundle, root.certificate);
  const run = await culvert(["auth", "refresh"], {
    env: {
      CODEX_HOME: home.path,
      CODEX_CA_CERTIFICATE: bundle,
      CODEX_APP_SERVER_LOGIN_CLIENT_ID: "client-9",
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: "https://auth.culvert.test/oauth/token",
      HTTPS_PROXY: `http://zora:hunter2@127.0.0.1:${proxy.port}`,
    },
  });
  assertEquals(run.code, 0, run.stderr);
  assertEquals(proxy.seen.map(({ requestLine, credentials }) => [requestLine, credentials]), [
    ["CONNECT auth.culvert.test:443 HTTP/1.1", "zora:hunter2"],
  ]);
  assertEquals(authority.arrived, [
    { method: "POST", path: "/oauth/token", type: "application/json", body: BODY },
  ]);
  assertEquals(home.json().tokens["refresh_token"], "rt-renewed");
});
