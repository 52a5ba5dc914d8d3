import { unlessLacking } from "../../support/runtime_abilities.ts";
import { type MockApi, startMockApi } from "../../../lib/mock/api/api.ts";
import { MOCK_ACCOUNT } from "../../../lib/mock/oauth/tokens.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { PLANTED_KEY, TRANSPORT_NAMES, TRANSPORTS } from "./transport_kit.ts";

/** The credential that a row sends: an API key in a variable, or a stored ChatGPT login. */
type Credential = "key" | "login";

interface Row {
  readonly name: string;
  readonly credential: Credential;
  /** `config.toml`, given the API's base URL. Default: the built-in provider at that address. */
  readonly config?: (baseUrl: string) => string;
  /** `culvert.toml`. */
  readonly ownConfig?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Looks at the headers of the POST or the upgrade, and its query. */
  readonly check: (headers: Readonly<Record<string, string>>, search: string, api: MockApi) => void;
}

const provider = (...lines: readonly string[]) => (baseUrl: string) =>
  ['model_provider = "corp"', "[model_providers.corp]", 'name = "Corp"', `base_url = "${baseUrl}"`, ...lines]
    .join("\n");

const is = (expected: Readonly<Record<string, string | undefined>>): Row["check"] => (headers) => {
  for (const [name, value] of Object.entries(expected)) assertEquals([name, headers[name]], [name, value]);
};

const ROWS: readonly Row[] = [
  {
    name: "an API key is sent as a bearer token, without account and without routing hint",
    credential: "key",
    check: is({
      "authorization": `Bearer ${PLANTED_KEY}`,
      "chatgpt-account-id": undefined,
      "x-codex-routing-hint": undefined,
      "content-encoding": undefined,
    }),
  },
  {
    name: "a ChatGPT login at OpenAI sends its account and a routing hint",
    credential: "login",
    check: is({
      "chatgpt-account-id": MOCK_ACCOUNT.accountId,
      "x-codex-routing-hint": "model=gpt-test",
    }),
  },
  {
    name: "the routing hint names the tier",
    credential: "login",
    config: (baseUrl) => `openai_base_url = "${baseUrl}"\nservice_tier = "fast"`,
    check: is({ "x-codex-routing-hint": "model=gpt-test;tier=priority" }),
  },
  {
    name: "a ChatGPT login at a provider of that name that is not OpenAI gets no routing hint",
    credential: "login",
    config: provider("requires_openai_auth = true"),
    check: is({ "chatgpt-account-id": MOCK_ACCOUNT.accountId, "x-codex-routing-hint": undefined }),
  },
  {
    name: "a provider's own bearer token is sent even if there is a login",
    credential: "login",
    config: provider('experimental_bearer_token = "tok-corp-0001"', "requires_openai_auth = true"),
    check: is({ authorization: "Bearer tok-corp-0001", "chatgpt-account-id": undefined }),
  },
  {
    name: "a provider's own variable takes precedence over the general key",
    credential: "key",
    config: provider('env_key = "CORP_KEY"'),
    env: { CORP_KEY: "tok-corp-0002" },
    check: is({ authorization: "Bearer tok-corp-0002" }),
  },
  {
    name: "the program identifies itself, and its ids are consistent",
    credential: "key",
    check: (headers) => {
      const thread = headers["thread-id"] ?? "";
      assertEquals(headers["originator"], "culvert");
      assertMatch(headers["user-agent"] ?? "", /^culvert\/\d/);
      assertMatch(thread, /^[0-9a-f-]{36}$/);
      assertEquals(headers["x-client-request-id"], thread);
      assertEquals(headers["x-codex-window-id"], `${thread}:0`);
      const { thread_id, request_kind } = JSON.parse(headers["x-codex-turn-metadata"] ?? "{}");
      assertEquals([thread_id, request_kind], [thread, "turn"]);
      assertEquals(headers["x-codex-turn-state"], undefined);
    },
  },
  {
    name: "the variable that overrides the originator does so",
    credential: "key",
    env: { CODEX_INTERNAL_ORIGINATOR_OVERRIDE: "acme cli" },
    check: is({ originator: "acme cli" }),
  },
  {
    name: "provider headers override the defaults and not the credential",
    credential: "key",
    config: provider(
      'env_key = "CULVERT_API_KEY"',
      'http_headers = { Originator = "theirs", AUTHORIZATION = "Bearer static", "x-team" = "blue" }',
    ),
    check: is({ "originator": "theirs", "authorization": `Bearer ${PLANTED_KEY}`, "x-team": "blue" }),
  },
  {
    name: "provider headers from variables are sent if the variable has a value",
    credential: "key",
    config: provider('env_http_headers = { "x-team" = "TEAM", "x-gone" = "NO_SUCH", "x-blank" = "BLANK" }'),
    env: { TEAM: "green", BLANK: " " },
    check: is({ "x-team": "green", "x-gone": undefined, "x-blank": undefined }),
  },
  {
    name: "query parameters are sent, and percent-encoded",
    credential: "key",
    config: provider('query_params = { "api-version" = "2025 preview&x" }'),
    check: (_, search) => assertEquals(new URLSearchParams(search).get("api-version"), "2025 preview&x"),
  },
  {
    name: "organization and project of the variables go to OpenAI",
    credential: "key",
    env: { OPENAI_ORGANIZATION: "org-1", OPENAI_PROJECT: "proj-1" },
    check: is({ "openai-organization": "org-1", "openai-project": "proj-1" }),
  },
  {
    name: "organization and project of the variables are not sent to other providers",
    credential: "key",
    config: provider('env_key = "CULVERT_API_KEY"'),
    env: { OPENAI_ORGANIZATION: "org-1", OPENAI_PROJECT: "proj-1" },
    check: is({ "openai-organization": undefined, "openai-project": undefined }),
  },
];

/** One API for all rows, its CA in a file, and a login of it. */
const API = await startMockApi();
const FILES = await Deno.makeTempDir({ prefix: "culvert-headers-" });
const BUNDLE = join(FILES, "ca.pem");
await Deno.writeTextFile(BUNDLE, API.authority.certificate);
globalThis.addEventListener("unload", () => {
  void API.close();
  Deno.removeSync(FILES, { recursive: true });
});

async function homeOf(
  { credential, config = (baseUrl) => `openai_base_url = "${baseUrl}"`, ownConfig }: Row,
) {
  const home = join(FILES, crypto.randomUUID());
  await Deno.mkdir(home);
  await Deno.writeTextFile(join(home, "config.toml"), config(API.baseUrl));
  if (ownConfig !== undefined) await Deno.writeTextFile(join(home, "culvert.toml"), ownConfig);
  if (credential === "key") return { CODEX_HOME: home, CULVERT_API_KEY: PLANTED_KEY };
  const login = {
    auth_mode: "chatgpt",
    tokens: { ...await API.oauth.issue(3_600_000), account_id: MOCK_ACCOUNT.accountId },
    last_refresh: new Date().toISOString(),
  };
  await Deno.writeTextFile(join(home, "auth.json"), JSON.stringify(login), { mode: 0o600 });
  return { CODEX_HOME: home };
}

for (const row of ROWS) {
  for (const transport of TRANSPORTS) {
    Deno.test(`the program's headers over ${TRANSPORT_NAMES[transport]}: ${row.name}`, async () => {
      API.log.clear();
      const env = { CODEX_CA_CERTIFICATE: BUNDLE, ...await homeOf(row), ...row.env };
      const run = await culvert(["respond", "--transport", transport, "-m", "gpt-test", "hi"], { env });
      assertEquals([run.code, run.stderr], [0, ""]);
      const [request, ...more] = API.log.turns;
      assert(request !== undefined && more.length === 0);
      row.check(request.headers, request.search, API);
      const beta = request.headers["openai-beta"];
      assertEquals(beta, transport === "ws" ? "responses_websockets=2026-02-06" : undefined);
      assertEquals(request.headers["accept"] === "text/event-stream", transport === "sse");
    });
  }
}

Deno.test(
  unlessLacking(
    "the program's headers: with a ChatGPT login at OpenAI the body is zstd, and the same JSON inside",
  ),
  async () => {
    API.log.clear();
    const row: Row = { name: "", credential: "login", check: () => {} };
    const env = { CODEX_CA_CERTIFICATE: BUNDLE, ...await homeOf(row) };
    const run = await culvert(["respond", "--transport", "sse", "-m", "gpt-test", "hi"], { env });
    assertEquals(run.code, 0, run.stderr);
    const [request] = API.log.turns;
    assertEquals([request?.headers["content-encoding"], request?.json?.["model"]], ["zstd", "gpt-test"]);
  },
);

const ATTESTATION = "attestation-0123456789abcdef";

for (const transport of TRANSPORTS) {
  Deno.test(
    skippedIf(
      ON_WINDOWS,
      `over ${TRANSPORT_NAMES[transport]} a ChatGPT login sends the output of the attestation command`,
    ),
    async () => {
      API.log.clear();
      const count = join(FILES, `${crypto.randomUUID()}.count`);
      const script = join(FILES, `${crypto.randomUUID()}.sh`);
      await Deno.writeTextFile(script, `#!/bin/sh\necho x >> ${count}\necho "${ATTESTATION}"\n`, {
        mode: 0o755,
      });
      const ownConfig = `[attestation]\ncommand = "${script}"\nargs = ["one"]`;
      for (const credential of ["login", "key"] as const) {
        API.log.clear();
        const env = {
          CODEX_CA_CERTIFICATE: BUNDLE,
          ...await homeOf({ name: "", credential, ownConfig, check: () => {} }),
        };
        const run = await culvert(["respond", "--transport", transport, "-m", "gpt-test", "-vv", "hi"], {
          env,
        });
        assertEquals(run.code, 0, run.stderr);
        assertExcludes(run.stderr, "culvert.toml in the same folder");
        assertExcludes(run.stdout + run.stderr, ATTESTATION);
        const sent = API.log.turns.map(({ headers }) => headers["x-oai-attestation"]);
        assertEquals(sent, [credential === "login" ? ATTESTATION : undefined]);
      }
      assertEquals(await Deno.readTextFile(count), "x\n");
    },
  );

  Deno.test(
    skippedIf(
      ON_WINDOWS,
      `over ${TRANSPORT_NAMES[transport]} an attestation command that fails or hangs does not fail the turn`,
    ),
    async () => {
      for (const [args, says] of [["exit 3", "exit status 3"], ["exec sleep 60", "2000 ms"]] as const) {
        API.log.clear();
        const ownConfig = `[attestation]\ncommand = "sh"\nargs = ["-c", "${args}"]`;
        const row: Row = { name: "", credential: "login", ownConfig, check: () => {} };
        const env = { CODEX_CA_CERTIFICATE: BUNDLE, ...await homeOf(row) };
        const run = await culvert(["respond", "--transport", transport, "-m", "gpt-test", "-v", "hi"], {
          env,
        });
        assertEquals([run.code, API.log.turns.length], [0, 1], run.stderr);
        assertIncludes(run.stderr, "sent without an attestation");
        assertIncludes(run.stderr, says);
        assertEquals(API.log.turns[0]?.headers["x-oai-attestation"], undefined);
      }
    },
  );
}

Deno.test("the installation id of the codex client is sent to OpenAI, and is not created", async () => {
  const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
  const gateway = provider('env_key = "CULVERT_API_KEY"');
  for (
    const [content, config, expected] of [
      [`${id}\n`, undefined, id],
      ["not a uuid", undefined, undefined],
      [undefined, undefined, undefined],
      [id, gateway, undefined],
    ] as const
  ) {
    API.log.clear();
    const row: Row = {
      name: "",
      credential: "key",
      check: () => {},
      ...(config === undefined ? {} : { config }),
    };
    const env = { CODEX_CA_CERTIFICATE: BUNDLE, ...await homeOf(row) };
    const path = join(env.CODEX_HOME, "installation_id");
    if (content !== undefined) await Deno.writeTextFile(path, content);
    const run = await culvert(["respond", "--transport", "sse", "-m", "gpt-test", "hi"], { env });
    assertEquals(run.code, 0, run.stderr);
    const metadata = JSON.parse(JSON.stringify(API.log.turns[0]?.json?.["client_metadata"] ?? null));
    assertEquals(metadata["x-codex-installation-id"], expected);
    assertEquals(await Deno.readTextFile(path).catch(() => undefined), content);
  }
});
