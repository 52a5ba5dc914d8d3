/**
 * Faults of bundle, route, TLS, intermediaries, credential and configuration: the doctor names each of them with a
 * remedy within 5 s, and a turn with the same flags fails for the same cause.
 */
import { createAuthority } from "../../../lib/pki/pki.ts";
import { startMockApi } from "../../../lib/mock/api/api.ts";
import { startNetwork } from "../../../lib/mock/network.ts";
import { folder, PLANTED_KEY } from "../../doctor/kit.ts";
import { deafPort, httpServer } from "../../net/kit.ts";
import { assert, assertEquals, assertMatch } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";

/** A network with a fault. */
interface Faulty {
  readonly env: Readonly<Record<string, string>>;
  /** The URL to examine. Default: that of the configuration. */
  readonly url?: string;
  readonly flags?: readonly string[];
  /** Whether the URL is that of the configured provider, so that a turn needs no `--base-url`. */
  readonly isConfigured?: boolean;
}

/** A fault, and how the doctor and a turn report it. */
interface Row {
  readonly fault: string;
  readonly check: string;
  readonly code: string;
  /** The codes and the exit status of a turn where they may differ. */
  readonly turn?: { readonly codes: readonly string[]; readonly exit?: number };
  readonly exit: number;
  /** Words of the summary and the remedy of the doctor. */
  readonly named: RegExp;
  /** What the next command must be. */
  readonly next: RegExp;
  readonly set: (stack: AsyncDisposableStack) => Promise<Faulty>;
}

const HOUR_MS = 3_600_000;
const AUTHORITY = await createAuthority("Fault Test CA");

/** Opens the simulated network and a folder for `CODEX_HOME`, with some behaviour replaced. */
async function network(stack: AsyncDisposableStack, options: Parameters<typeof startNetwork>[0] = {}) {
  return stack.use(await startNetwork(options));
}

function home(stack: AsyncDisposableStack, files: Readonly<Record<string, string>>) {
  const made = stack.use(folder());
  for (const [name, text] of Object.entries(files)) made.write(name, text);
  return made;
}

/** Starts a server with a certificate, and returns the variables to trust its CA. */
async function served(stack: AsyncDisposableStack, request: Parameters<typeof AUTHORITY.issue>[0]) {
  const files = home(stack, {});
  const server = stack.use(httpServer(() => new Response(), await AUTHORITY.issue(request)));
  return {
    url: `https://localhost:${server.port}/v1`,
    env: { CULVERT_API_KEY: PLANTED_KEY, CODEX_CA_CERTIFICATE: files.write("ca.pem", AUTHORITY.certificate) },
  };
}

/** Starts a server without TLS. */
function answering(
  stack: AsyncDisposableStack,
  handler: (request: Request) => Response | Promise<Response>,
): Faulty {
  const server = stack.use(httpServer(handler));
  return { url: `http://127.0.0.1:${server.port}/v1`, env: { CULVERT_API_KEY: PLANTED_KEY } };
}

function page(status: number): Response {
  const html = "<!doctype html><html><head><title>Access denied</title></head></html>";
  return new Response(html, { status, headers: { "content-type": "text/html", "via": "1.1 filter.corp" } });
}

const ROWS: readonly Row[] = [
  {
    fault: "a bundle that does not exist",
    check: "bundle",
    code: "ca_unreadable",
    exit: 3,
    named: /\/nowhere\/ca\.pem.*CODEX_CA_CERTIFICATE/s,
    next: /^(ls -l|dir) \/nowhere\/ca\.pem$/,
    set: async (stack) => ({
      env: { ...(await network(stack)).env, CODEX_CA_CERTIFICATE: "/nowhere/ca.pem" },
    }),
  },
  {
    fault: "a bundle without a certificate",
    check: "bundle",
    code: "ca_invalid",
    exit: 3,
    named: /CODEX_CA_CERTIFICATE/,
    next: /^culvert ca inspect/,
    set: async (stack) => {
      const { env } = await network(stack);
      return { env: { ...env, CODEX_CA_CERTIFICATE: home(stack, {}).write("ca.pem", "hello\n") } };
    },
  },
  {
    fault: "a proxy that does not listen",
    check: "tcp",
    code: "connect",
    exit: 5,
    named: /HTTPS_PROXY/,
    next: /^culvert report/,
    set: async (stack) => {
      const { env } = await network(stack);
      return { env: { ...env, HTTPS_PROXY: `http://127.0.0.1:${deafPort()}` } };
    },
  },
  {
    fault: "a proxy that does not listen, named in .env",
    check: "tcp",
    code: "connect",
    exit: 5,
    named: /HTTPS_PROXY comes from .*\.env/,
    next: /^culvert report/,
    set: async (stack) => {
      const { env, baseUrl } = await network(stack);
      const made = home(stack, {
        ".env": `HTTPS_PROXY=http://127.0.0.1:${deafPort()}\n`,
        "config.toml": `openai_base_url = "${baseUrl}"\n`,
      });
      return { env: { ...env, CODEX_HOME: made.path } };
    },
  },
  {
    fault: "a proxy that requires a password",
    check: "proxy",
    code: "proxy_auth",
    exit: 5,
    named: /Basic.*user and password/s,
    next: /^culvert report --proxy/,
    set: async (stack) => {
      const credentials = { username: "anna", password: "pl4nted" };
      const { env, proxyUrl } = await network(stack, { proxy: { credentials } });
      return { env: { ...env, HTTPS_PROXY: "" }, flags: ["--proxy", proxyUrl.replace("anna:pl4nted@", "")] };
    },
  },
  {
    fault: "a proxy that blocks the host",
    check: "proxy",
    code: "proxy_refused",
    exit: 5,
    named: /403/,
    next: /^culvert report/,
    set: async (stack) => ({ env: (await network(stack, { proxy: { blocked: ["api.culvert.test"] } })).env }),
  },
  {
    fault: "a host name that does not resolve",
    check: "dns",
    code: "dns",
    // The runtime's client does not tell every failed look-up from a failed connection.
    turn: { codes: ["dns", "connect"] },
    exit: 5,
    named: /HTTPS_PROXY/,
    next: /^culvert report --base-url https:\/\/a+\.test\/v1/,
    set: () =>
      Promise.resolve({
        // Longer than a label may be (RFC 1035 §2.3.4), so that no resolver is asked.
        url: `https://${"a".repeat(64)}.test/v1`,
        env: { CULVERT_API_KEY: PLANTED_KEY },
      }),
  },
  {
    fault: "a proxy with an unknown scheme",
    check: "route",
    code: "proxy_invalid",
    exit: 2,
    named: /--proxy/,
    next: /^culvert report/,
    set: async (stack) => ({ env: (await network(stack)).env, flags: ["--proxy", "ftp://proxy:21"] }),
  },
  {
    fault: "an interceptor whose root is missing",
    check: "tls",
    code: "tls_unknown_issuer",
    exit: 3,
    named:
      /TLS is intercepted by "Example Corp TLS Inspection"\. Ask your network team for its root CA \(PEM\)/,
    next: /^culvert ca fetch api\.culvert-mock\.com --ca-cert \S+$/,
    set: async (stack) => {
      const { env } = await network(stack, { host: "api.culvert-mock.com" });
      const bundle = home(stack, {}).write("ca.pem", AUTHORITY.certificate);
      return { env: { ...env, CODEX_CA_CERTIFICATE: "" }, flags: ["--ca-cert", bundle] };
    },
  },
  {
    fault: "a certificate that has expired",
    check: "tls",
    code: "tls_expired",
    exit: 3,
    named: /must renew/,
    next: /^culvert report/,
    set: (stack) =>
      served(stack, {
        commonName: "localhost",
        names: ["localhost"],
        notBefore: Date.now() - 48 * HOUR_MS,
        notAfter: Date.now() - 24 * HOUR_MS,
      }),
  },
  {
    fault: "a certificate for another name",
    check: "tls",
    code: "tls_name_mismatch",
    exit: 3,
    named: /other\.test/,
    next: /^culvert report/,
    set: (stack) => served(stack, { commonName: "other.test", names: ["other.test"] }),
  },
  {
    fault: "a block page",
    check: "http",
    code: "blocked",
    exit: 5,
    named: /Access denied.*filter\.corp/s,
    next: /^culvert report --base-url http/,
    set: (stack) => Promise.resolve(answering(stack, () => page(403))),
  },
  {
    fault: "a filter that blocks turns alone",
    check: "responses",
    code: "blocked",
    exit: 5,
    named: /Access denied.*filter\.corp/s,
    next: /^culvert report/,
    set: (stack) =>
      Promise.resolve(
        answering(
          stack,
          ({ method }) => method === "POST" ? page(403) : Response.json({ data: [{ id: "mock-1" }] }),
        ),
      ),
  },
  {
    fault: "an upgrade that is stripped, with --transport ws",
    check: "websocket",
    code: "websocket",
    exit: 5,
    named: /stripped on the way by Example Corp TLS Inspection/,
    next: /^culvert respond .*--transport sse/,
    set: async (stack) => {
      const { env } = await network(stack, { proxy: { websocket: "strip" } });
      return { env, flags: ["--transport", "ws", "-m", "mock-1"] };
    },
  },
  {
    fault: "an upgrade that is swallowed, with --transport ws",
    check: "websocket",
    code: "websocket",
    // A turn knows that no answer came in time, and not who swallowed the upgrade.
    turn: { codes: ["connect_timeout"] },
    exit: 5,
    named: /swallowed by Example Corp TLS Inspection.*--transport sse/s,
    next: /^culvert respond .*--transport sse/,
    set: async (stack) => {
      const { env, baseUrl } = await network(stack, { proxy: { websocket: "ignore" } });
      const config = `[model_providers.gate]\nname = "gate"\nbase_url = "${baseUrl}"\n` +
        'env_key = "CULVERT_API_KEY"\nwebsocket_connect_timeout_ms = 1500\nrequest_max_retries = 0\n';
      return {
        env: { ...env, CODEX_HOME: home(stack, { "config.toml": config }).path },
        flags: ["--provider", "gate", "--transport", "ws", "-m", "mock-1"],
      };
    },
  },
  {
    fault: "a certificate that is not valid yet",
    check: "tls",
    code: "tls_not_yet_valid",
    exit: 3,
    named: /Check the clock first/,
    next: /^culvert report/,
    set: (stack) =>
      served(stack, { commonName: "localhost", names: ["localhost"], notBefore: Date.now() + 24 * HOUR_MS }),
  },
  {
    fault: "a server that presents a CA certificate as its own",
    check: "tls",
    code: "tls_ca_as_leaf",
    exit: 3,
    named: /needs a certificate of its own/,
    next: /^culvert report/,
    set: (stack) => served(stack, { commonName: "localhost", names: ["localhost"], isCa: true }),
  },
  {
    fault: "no credential",
    check: "credentials",
    code: "auth_missing",
    exit: 4,
    named: /OPENAI_API_KEY/,
    next: /^culvert auth login$/,
    set: async (stack) => ({ env: { ...(await network(stack)).env, CULVERT_API_KEY: "" } }),
  },
  {
    fault: "a refused key",
    check: "models",
    code: "auth_rejected",
    exit: 4,
    named: /401/,
    next: /^culvert auth status/,
    set: async (stack) => ({ env: (await network(stack, { api: { accepts: () => false } })).env }),
  },
  {
    fault: "a stored login that is cut off",
    check: "credentials",
    code: "auth_storage",
    exit: 4,
    named: /auth\.json/,
    next: /^culvert auth status/,
    set: async (stack) => {
      const { env, baseUrl } = await network(stack);
      const files = {
        "auth.json": '{"auth_mode": "chatgpt", "tok',
        "config.toml": `openai_base_url = "${baseUrl}"\n`,
      };
      return {
        env: { ...env, CULVERT_API_KEY: "", CODEX_HOME: home(stack, files).path },
        url: baseUrl,
        isConfigured: true,
      };
    },
  },
  {
    fault: "a credential command that hangs",
    check: "models",
    code: "auth_missing",
    exit: 4,
    named: /did not finish within 1000 ms/,
    next: /^culvert auth status --provider gate/,
    set: async (stack) => {
      const { env, baseUrl } = await network(stack);
      const config = `[model_providers.gate]\nname = "gate"\nbase_url = "${baseUrl}"\n` +
        '[model_providers.gate.auth]\ncommand = "sleep"\nargs = ["30"]\ntimeout_ms = 1000\n';
      return {
        env: { ...env, CODEX_HOME: home(stack, { "config.toml": config }).path },
        flags: ["--provider", "gate"],
      };
    },
  },
  {
    fault: "a broken config.toml",
    check: "config",
    code: "config",
    exit: 2,
    named: /line 1/,
    next: /^culvert report/,
    set: async (stack) => ({
      env: { ...(await network(stack)).env, CODEX_HOME: home(stack, { "config.toml": "model = \n" }).path },
    }),
  },
  {
    fault: "a provider that is not defined",
    check: "config",
    code: "config",
    exit: 2,
    named: /provider "nowhere"/,
    next: /^culvert report/,
    set: async (stack) => {
      const files = { "config.toml": 'model_provider = "nowhere"\n' };
      return { env: { ...(await network(stack)).env, CODEX_HOME: home(stack, files).path } };
    },
  },
  {
    fault: "a wrong path of the base URL",
    check: "responses",
    code: "not_found",
    exit: 8,
    named: /use the base URL http:\/\/localhost:\d+\/v1/,
    next: /^culvert respond --base-url http:\/\/localhost:\d+\/v1 /,
    set: async (stack) => {
      const api = stack.use(await startMockApi({ plain: true }));
      return { url: `${api.origin}/v2`, env: { CULVERT_API_KEY: PLANTED_KEY } };
    },
  },
  {
    fault: "a server with Chat Completions alone",
    check: "responses",
    code: "not_found",
    exit: 8,
    named: /Chat Completions API only/,
    next: /^culvert report/,
    set: (stack) =>
      Promise.resolve(
        answering(stack, ({ url }) =>
          url.endsWith("/models")
            ? Response.json({ data: [{ id: "mock-1" }] })
            : Response.json({ error: { message: "Not Found" } }, { status: 404 })),
      ),
  },
];

for (const row of ROWS) {
  Deno.test(`the doctor names ${row.fault} within 5 s, and a turn fails for the same cause`, async () => {
    await using stack = new AsyncDisposableStack();
    const { env, flags = [], isConfigured = false, url } = await row.set(stack);
    const run = await culvert(["doctor", ...(url === undefined ? [] : [url]), ...flags, "--json"], { env });
    const report = JSON.parse(run.stdout);
    const failed = report.checks.find(({ status }: { status: string }) => status === "fail");
    assertEquals([failed?.id, failed?.code, run.code], [row.check, row.code, row.exit], run.stdout);
    assertMatch(`${failed.summary}\n${failed.remediation}`, row.named);
    assertMatch(report.next, row.next);
    assert(report.duration_ms < 5_000, `${report.duration_ms} ms`);
    const base = url === undefined || isConfigured ? [] : ["--base-url", url];
    const turn = await culvert(["respond", ...base, ...flags, "--json", "hi"], { env });
    const { code } = Object(jsonLines(turn.stdout).at(-1)?.["error"]);
    const { codes = [row.code], exit = row.exit } = row.turn ?? {};
    assertEquals([turn.code, codes.includes(code)], [exit, true], `${code} ${turn.stderr}`);
  });
}
