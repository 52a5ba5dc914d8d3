/**
 * Random text in every field that comes from outside and is printed, through the whole program onto a terminal: no
 * control character reaches it, and no line of it looks like a message of the program.
 */
import fc from "fast-check";
import { createAuthority, createSelfSigned, type KeyPairPem } from "../../../lib/pki/pki.ts";
import { accessToken, HOUR_MS, jwt, loginText, TestAuthority, TestHome } from "../../auth/kit.ts";
import { httpServer } from "../../net/kit.ts";
import { accept, refuse, socketServer } from "../../responses/transport/websocket/websocket_kit.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { onTerminal } from "../../support/terminal.ts";
import { onKeptTerminal } from "./in_process.ts";
import { type Field, rawAnswer, respondAt, respondTo } from "./hostile_fields.ts";
import { REPLIES } from "./hostile_replies.ts";

const FORGED = "culvert: Forged";
const PIECES = [
  "\x1b[2J",
  "\x1b]0;title\x07",
  "\x1b[31m",
  "\x9b2J",
  "\x85",
  "\r",
  "\b\b\b",
  "\t",
  "\0",
  "\x7f",
  "\u202e",
  "\u2066",
  "\u200b",
  "\u2028",
  "\ufeff",
  "\ufdd0",
  "\ufdd1",
  "\ufde0",
  "\u{e0041}",
  `\n${FORGED}`,
  `\r\n${FORGED}`,
  `\r${FORGED}`,
  `\u2028${FORGED}`,
  "**bold**",
  "word ",
] as const;
const hostile = fc.array(
  fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: "binary", maxLength: 6 })),
  { minLength: 1, maxLength: 8 },
).map((parts) => parts.join(""));

/** Characters that must not reach a terminal, except newline and tab. */
const FORBIDDEN = /[^\P{Cc}\n\t]|[\p{Zl}\p{Zp}\ufdd0-\ufdef]|[^\P{Cf}\u200c\u200d]/gu;

/** @param isText whether the text of an answer is part of the output, whose lines are its own */
function assertHarmless(bytes: string, isText = false): void {
  // The line that tells what is waited for is drawn over: a carriage return, spaces, a carriage return.
  const rest = bytes.replaceAll(/\r *\r|\rwaiting for [^\r]*/g, "");
  const found = rest.match(FORBIDDEN) ?? [];
  const codes = found.map((character) => character.codePointAt(0)?.toString(16));
  assertEquals(codes, [], JSON.stringify(bytes));
  if (!isText) assert(!rest.split("\n").some((line) => line.startsWith(FORGED)), JSON.stringify(bytes));
}

const NETWORK: readonly Field[] = [
  {
    name: "the status line, headers and body of a proxy that refuses",
    set: async (text, stack) => {
      const line = text.replaceAll(/[\r\n]+/g, " ");
      const head =
        `HTTP/1.1 407 ${line}\r\nproxy-authenticate: ${line}\r\nvia: ${line}\r\nserver: ${line}\r\n`;
      const proxy = await rawAnswer(stack, head, `x-squid-error: ${line}\r\n\r\n<title>${text}</title>`);
      return {
        ...respondTo("https://api.example/v1"),
        env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` },
      };
    },
  },
  {
    name: "bytes of a proxy that are not HTTP",
    set: async (text, stack) => {
      const proxy = await rawAnswer(stack, text);
      const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
      return { ...respondTo("https://api.example/v1", "--transport", "ws"), env };
    },
  },
  {
    name: "the refusal of a websocket upgrade",
    set: async (text, stack) => {
      const server = stack.use(
        await socketServer({
          plain: true,
          upgrades: [refuse(403, JSON.stringify({ error: { message: text } }))],
        }),
      );
      return respondTo(server.baseUrl, "--transport", "ws");
    },
  },
  {
    name: "the reason of a close frame",
    set: async (text, stack) => {
      const reason = new TextDecoder().decode(new TextEncoder().encode(text).slice(0, 100)).slice(0, 30);
      const server = stack.use(
        await socketServer({
          plain: true,
          upgrades: [accept()],
          replies: [(socket) => socket.close(1008, reason)],
        }),
      );
      return respondTo(server.baseUrl, "--transport", "ws");
    },
  },
];

/** Characters that a name in a certificate can carry: the library writes no NUL and no lone surrogate. */
const nameable = (text: string) => `x${text.toWellFormed().replaceAll("\0", "").slice(0, 60)}`;

async function hostilePair(text: string): Promise<{ readonly root: string; readonly pair: KeyPairPem }> {
  const name = nameable(text);
  const authority = await createAuthority(name, { organization: name });
  return {
    root: authority.certificate,
    pair: await authority.issue({ commonName: name, names: ["other.example"] }),
  };
}

const CERTIFICATES: readonly Field[] = [
  ...["sse", "ws"].map((transport): Field => ({
    name: `subject and issuer of a certificate that is refused, over ${transport}`,
    runs: 10,
    set: async (text, stack) => {
      const { pair } = await hostilePair(text);
      return respondAt(stack.use(httpServer(() => new Response(), pair)), "https", "--transport", transport);
    },
  })),
  {
    name: "subject and issuer that ca fetch shows",
    runs: 10,
    set: async (text, stack) => {
      const { pair } = await hostilePair(text);
      const server = stack.use(httpServer(() => new Response(), pair));
      return { args: ["ca", "fetch", `localhost:${server.port}`, "-v"] };
    },
  },
  {
    name: "subject and issuer that ca inspect and the doctor show",
    runs: 10,
    set: async (text, _stack, home) => {
      const { root, pair } = await hostilePair(text);
      const own = await createSelfSigned({ commonName: nameable(text), isCa: true });
      const path = join(home.path, "ca.pem");
      await Deno.writeTextFile(path, root + pair.certificate + own.certificate);
      return { args: ["ca", "inspect", path, "-v"] };
    },
  },
];

const LOGINS: readonly Field[] = [
  {
    name: "the error of the token endpoint",
    set: (text, stack, home) => {
      const body = { error: text, error_description: text, message: text, code: text };
      const authority = stack.use(new TestAuthority(() => Response.json(body, { status: 400 })));
      home.store(loginText({ access: accessToken("a", Date.now() - HOUR_MS) }));
      return { args: ["auth", "refresh", "-v"], env: authority.env };
    },
  },
  {
    name: "the claims of a stored login",
    set: (text, _stack, home) => {
      const encoded = latinOnly(text);
      const token = jwt({ email: encoded, "https://api.openai.com/auth": { chatgpt_plan_type: encoded } });
      home.store(JSON.stringify({
        auth_mode: "chatgpt",
        tokens: {
          id_token: token,
          access_token: accessToken("a", Date.now() + HOUR_MS),
          refresh_token: "rt",
          account_id: text.toWellFormed(),
        },
        last_refresh: "2026-01-01T00:00:00Z",
      }));
      return { args: ["auth", "status", "-v"] };
    },
  },
  {
    name: "keys, names and values of the configuration",
    set: async (text, _stack, home) => {
      const quoted = JSON.stringify(text.toWellFormed());
      const lines = [
        `model = ${quoted}`,
        `model_provider = ${quoted}`,
        `${quoted} = 1`,
        `openai_base_url = ${quoted}`,
      ];
      await Deno.writeTextFile(join(home.path, "config.toml"), `${lines.join("\n")}\n`);
      return { args: ["config", "-v"] };
    },
  },
  {
    name: "variables that hold addresses and paths",
    set: (text) => ({
      args: ["doctor", "--offline"],
      env: { HTTPS_PROXY: text, CODEX_CA_CERTIFICATE: text, OPENAI_BASE_URL: text, NO_PROXY: text },
    }),
  },
  {
    name: "arguments",
    set: (text) => ({ args: ["respond", "--base-url", `http://127.0.0.1:9/${text}`, `--x${text}`, "hi"] }),
  },
];

/** `jwt` of the kit accepts only Latin-1. */
function latinOnly(text: string): string {
  return text.replaceAll(/[^\0-\xff]/g, "?");
}

for (const field of [...REPLIES, ...NETWORK, ...CERTIFICATES, ...LOGINS]) {
  Deno.test({
    name: `for any ${field.name}, no control character reaches a terminal and no message is forged`,
    // A connection that the program gave up is closed by the system after the run.
    sanitizeResources: false,
    sanitizeOps: false,
    fn: async () => {
      await fc.assert(
        fc.asyncProperty(hostile, async (text) => {
          await using stack = new AsyncDisposableStack();
          const home = stack.use(new TestHome());
          const { args, env = {} } = await field.set(text, stack, home);
          const set = {
            CODEX_HOME: home.path,
            HOME: home.path,
            NO_COLOR: "1",
            CULVERT_API_KEY: "sk-test-key",
            ...env,
          };
          const given = args[0] === "auth" ? { ...set, CULVERT_API_KEY: "" } : set;
          const { bytes } = await onKeptTerminal(args, given);
          assert(bytes !== "");
          assertHarmless(bytes, field.isText);
        }),
        { numRuns: field.runs ?? 25, endOnFailure: true },
      );
    },
  });
}

Deno.test(
  skippedIf(ON_WINDOWS, "the same fields do not control a real terminal, in a separate process"),
  async () => {
    const [text = ""] = fc.sample(
      hostile.filter((sample) => sample.includes("\x1b") && sample.includes(FORGED)),
      1,
    );
    for (const field of [...REPLIES, ...NETWORK, ...CERTIFICATES, ...LOGINS.slice(0, 3)]) {
      await using stack = new AsyncDisposableStack();
      const home = stack.use(new TestHome());
      const { args, env = {} } = await field.set(text, stack, home);
      const key = args[0] === "auth" ? {} : { CULVERT_API_KEY: "sk-test-key" };
      // On a terminal the program has colors, whose sequences are its own.
      const words = args[0] === "ca" || args[0] === "auth" ? 2 : 1;
      const plain = [...args.slice(0, words), "--color", "never", ...args.slice(words)];
      const session = onTerminal(plain, { CODEX_HOME: home.path, ...key, ...env });
      const { bytes } = await session.end();
      assertHarmless(bytes.replaceAll(/\r+\n/g, "\n"), field.isText);
    }
  },
);
