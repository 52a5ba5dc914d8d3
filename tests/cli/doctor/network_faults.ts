/** Faults of route, TLS, intermediaries and servers. */
import { startMockApi } from "../../../lib/mock/api/api.ts";
import { PLANTED_KEY } from "../../doctor/kit.ts";
import { deafPort } from "../../net/kit.ts";
import { answering, AUTHORITY, type FaultRow, home, HOUR_MS, network, page, served } from "./fault_kit.ts";

export const NETWORK_FAULTS: readonly FaultRow[] = [
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
    fault: "a filter that blocks only turns",
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
    fault: "an upgrade that is removed, with --transport ws",
    check: "websocket",
    code: "websocket",
    exit: 5,
    named: /removed on the route by Example Corp TLS Inspection/,
    next: /^culvert respond .*--transport sse/,
    set: async (stack) => {
      const { env } = await network(stack, { proxy: { websocket: "strip" } });
      return { env, flags: ["--transport", "ws", "-m", "mock-1"] };
    },
  },
  {
    fault: "an upgrade that is dropped, with --transport ws",
    check: "websocket",
    code: "websocket",
    // A turn knows that no answer came in time, and not who swallowed the upgrade.
    turn: { codes: ["connect_timeout"] },
    exit: 5,
    named: /dropped by Example Corp TLS Inspection.*--transport sse/s,
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
    named: /requires its own certificate/,
    next: /^culvert report/,
    set: (stack) => served(stack, { commonName: "localhost", names: ["localhost"], isCa: true }),
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
    fault: "a server with only Chat Completions",
    check: "responses",
    code: "not_found",
    exit: 8,
    named: /only the Chat Completions API/,
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
