/** Attestations: the requests that send one, and the effects of their provider on a request. */
import type { Authenticator, Authorization } from "../../lib/auth/authenticator.ts";
import { withAttestation } from "../../lib/connect/attestation.ts";
import { Secrets } from "../../lib/redaction/secrets.ts";
import type { Observation } from "../../lib/net/observer.ts";
import { observerOf } from "../../lib/net/observer.ts";
import { assert, assertEquals, assertIncludes, assertRejects } from "../support/assert.ts";
import { hastyWorld, provider } from "../responses/kit.ts";

const VALUE = "attestation-value-0123456789";

/** Every endpoint of observed requests, and whether its requests send an attestation. */
const ENDPOINTS: Readonly<Record<string, boolean>> = {
  "/responses": true,
  "/responses/compact": true,
  "/realtime": true,
  "/realtime/calls": true,
  "/models": false,
  "/memories/trace_summarize": false,
  "/images/generations": false,
  "/images/edits": false,
  "/alpha/search": false,
  "/files": false,
  "/files/content": false,
  "/files/uploaded": false,
  "/tasks/list": false,
  "/usage": false,
};

const OPENAI = provider("https://chatgpt.com/backend-api/codex", {
  name: "OpenAI",
  requiresOpenAiAuth: true,
});

const MODES = ["apikey", "chatgpt", "personalAccessToken", "agentIdentity", "headers", "none"] as const;
const KINDS = ["file", "env", "keyring", "host", "provider_env", "provider_token", "command"] as const;

function attested(
  authorization: Authorization,
  provide: (signal: AbortSignal) => Promise<string | undefined>,
  { to = OPENAI, secrets = new Secrets() } = {},
) {
  const notes: Observation[] = [];
  const inner: Authenticator = {
    authorize: () => Promise.resolve(authorization),
    startTurn: () => ({ recover: () => Promise.reject(new Error("not used")) }),
  };
  const observer = observerOf((observation) => void notes.push(observation));
  const authenticator = withAttestation(inner, {
    provide,
    provider: to,
    secrets,
    observer,
    world: hastyWorld(),
  });
  return { authenticator, notes };
}

Deno.test("only the endpoints in scope send an attestation, for each kind of login and each provider", async () => {
  let asked = 0;
  for (const [endpoint, isScoped] of Object.entries(ENDPOINTS)) {
    for (const mode of MODES) {
      for (const kind of KINDS) {
        for (const to of [OPENAI, provider("https://gateway.example/v1", { requiresOpenAiAuth: true })]) {
          const isLogin = mode !== "apikey" && mode !== "none";
          const isOwn = ["provider_env", "provider_token", "command"].includes(kind);
          const expected = isScoped && isLogin && !isOwn && to === OPENAI;
          const before = asked;
          const { authenticator } = attested(
            { mode, source: { kind, name: "x" }, headers: { authorization: "Bearer t" } },
            () => Promise.resolve(`${VALUE}-${++asked}`),
            { to },
          );
          const { headers } = await authenticator.authorize(undefined, endpoint);
          assertEquals(headers["x-oai-attestation"], expected ? `${VALUE}-${asked}` : undefined);
          assertEquals(asked - before, expected ? 1 : 0, "a provider is asked only where its value is sent");
          assertEquals(headers["authorization"], "Bearer t");
        }
      }
    }
  }
  assertEquals(asked, 4 * 4 * 4);
});

Deno.test("every endpoint that the program requests is in the table", async () => {
  const found = new Set<string>();
  const read = async (folder: URL): Promise<void> => {
    for await (const entry of Deno.readDir(folder)) {
      const url = new URL(entry.isDirectory ? `${entry.name}/` : entry.name, folder);
      if (entry.isDirectory) await read(url);
      else if (entry.name.endsWith(".ts")) {
        const text = await Deno.readTextFile(url);
        for (const [, name] of text.matchAll(/(?:endpoint: |ENDPOINT = )"(\/[a-z_/]+)"/g)) {
          found.add(name ?? "");
        }
      }
    }
  };
  await read(new URL("../../lib/", import.meta.url));
  assert(found.size >= 3);
  assertEquals([...found].filter((name) => !(name in ENDPOINTS)), []);
});

const LOGIN: Authorization = { mode: "chatgpt", source: { kind: "file", name: "/auth.json" }, headers: {} };

for (
  const [what, provide, reason] of [
    ["fails", () => Promise.reject(new Error(`broken ${VALUE}`)), "its provider failed"],
    ["returns nothing", () => Promise.resolve(undefined), "returned none"],
    ["returns a blank value", () => Promise.resolve(" \n"), "returned none"],
    ["returns two lines", () => Promise.resolve(`${VALUE}\r\nx-evil: 1`), "not valid in a header"],
    ["returns a value that is too long", () => Promise.resolve("a".repeat(20_000)), "not valid in a header"],
    ["never returns", () => new Promise<undefined>(() => {}), "longer than 2000 ms"],
  ] as const
) {
  Deno.test(`a provider that ${what} omits only the header, and its value is not repeated`, async () => {
    const { authenticator, notes } = attested(LOGIN, provide);
    const { headers } = await authenticator.authorize(undefined, "/responses");
    assertEquals(headers, {});
    const text = JSON.stringify(notes);
    assertIncludes(text, reason);
    assert(!text.includes(VALUE));
  });
}

Deno.test("an abort during the provider's call ends the request, and the value is registered as a secret", async () => {
  const stop = new AbortController();
  const { authenticator } = attested(LOGIN, () => {
    stop.abort(new Error("stopped"));
    return new Promise<undefined>(() => {});
  });
  await assertRejects(() => authenticator.authorize(stop.signal, "/responses"), /stopped/);
  const secrets = new Secrets();
  await attested(LOGIN, () => Promise.resolve(VALUE), { secrets }).authenticator.authorize(
    undefined,
    "/responses",
  );
  assert(secrets.forms.includes(VALUE));
});
