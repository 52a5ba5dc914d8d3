import { fileStore } from "../../../lib/auth/store/auth_file.ts";
import { removeForbidden } from "../../../lib/auth/policy/find_credential.ts";
import { createAuthenticator } from "../../../lib/connect/create_authenticator.ts";
import type { LoginPolicy } from "../../../lib/config/settings.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import {
  accessToken,
  failureOf,
  HOUR_MS,
  idToken,
  jwt,
  loginText,
  plainDialer,
  TestAuthority,
  TestHome,
  testProvider,
  testWorld,
} from "../kit.ts";

const CHATGPT: LoginPolicy = { method: "chatgpt" };
const API: LoginPolicy = { method: "api" };
const WORKSPACES: LoginPolicy = { workspaces: ["acc-0", "acc-1"] };

/** A session under a policy, which counts its requests. */
function open(
  home: TestHome,
  loginPolicy: LoginPolicy,
  options: {
    readonly env?: Record<string, string>;
    readonly apiKeyFile?: string;
    readonly isLookingOnly?: boolean;
    readonly own?: boolean;
  } = {},
) {
  const warnings: string[] = [];
  const requests: string[] = [];
  const { apiKeyFile, env = {}, isLookingOnly = false, own = false } = options;
  const provider = testProvider(own ? { id: "mine", requiresOpenAiAuth: false, envKey: "MY_KEY" } : {});
  const authenticator = createAuthenticator({
    settings: {
      codexHome: home.path,
      provider,
      loginPolicy,
      ...(apiKeyFile === undefined ? {} : { apiKeyFile }),
    },
    dialer: plainDialer((request) => requests.push(request.url.pathname)),
    world: testWorld(env),
    warn: (warning) => warnings.push(warning.code),
    isLookingOnly,
  });
  return { authorize: () => authenticator.authorize(), warnings, requests };
}

const API_KEY = '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-secret"}';
const login = (stored: string | null, claim: string) => {
  const access = accessToken("a", Date.now() + HOUR_MS);
  const record = JSON.parse(loginText({ account: stored, access }));
  record.tokens.id_token = idToken(claim);
  return JSON.stringify(record);
};
const isStored = (home: TestHome) => [...Deno.readDirSync(home.path)].some((one) => one.name === "auth.json");

const REMOVED: readonly (readonly [what: string, policy: LoginPolicy, stored: string, demand: string])[] = [
  ["an API key where ChatGPT is forced", CHATGPT, API_KEY, "forced_login_method"],
  ["a ChatGPT login where API keys are forced", API, login("acc-1", "acc-1"), "forced_login_method"],
  [
    "a personal access token where API keys are forced",
    API,
    '{"OPENAI_API_KEY":null,"personal_access_token":"at-stored"}',
    "forced_login_method",
  ],
  ["a login of another workspace", WORKSPACES, login("acc-9", "acc-9"), "forced_chatgpt_workspace_id"],
  [
    "a login whose claim is allowed and whose account id is not",
    WORKSPACES,
    login("acc-9", "acc-1"),
    "forced_chatgpt_workspace_id",
  ],
  [
    "a login whose account id is allowed and whose claim is not",
    WORKSPACES,
    login("acc-1", "acc-9"),
    "forced_chatgpt_workspace_id",
  ],
];
for (const [what, policy, stored, demand] of REMOVED) {
  Deno.test(`${what} is removed, and the error names the demand`, async () => {
    await using home = new TestHome();
    home.store(stored);
    const { authorize, warnings, requests } = open(home, policy);
    const error = await failureOf(authorize());
    assertEquals([error.code, error.details["problem"]], ["auth_missing", "login_policy"]);
    assertIncludes(error.message, demand);
    assertIncludes(error.message, home.authPath);
    assertExcludes(`${error.message}${error.hint}${JSON.stringify(error.details)}`, "sk-secret");
    assertEquals([isStored(home), warnings, requests], [false, ["auth_removed"], []]);
  });

  Deno.test(`a caller that only reads leaves ${what} unchanged`, async () => {
    await using home = new TestHome();
    home.store(stored);
    const { authorize, warnings } = open(home, policy, { isLookingOnly: true });
    assertEquals((await failureOf(authorize())).details["problem"], "login_policy");
    assertEquals([home.text(), warnings], [stored, []]);
  });
}

const ALLOWED: readonly (readonly [what: string, policy: LoginPolicy, stored: string])[] = [
  ["an API key, whatever the workspaces", WORKSPACES, API_KEY],
  ["an API key where API keys are forced", API, API_KEY],
  ["a login of any workspace in the list", WORKSPACES, login("acc-1", "acc-1")],
  ["a login without an account id, whose claim is in the list", WORKSPACES, login(null, "acc-0")],
  ["a ChatGPT login where ChatGPT is forced", CHATGPT, login("acc-9", "acc-9")],
];
for (const [what, policy, stored] of ALLOWED) {
  Deno.test(`${what}, is allowed`, async () => {
    await using home = new TestHome();
    home.store(stored);
    assert((await open(home, policy).authorize()).headers["authorization"] !== undefined);
    assertEquals(home.text(), stored);
  });
}

Deno.test("a variable that is not allowed is skipped where the stored login is allowed", async () => {
  await using home = new TestHome();
  home.store(login("acc-1", "acc-1"));
  const { authorize } = open(home, CHATGPT, { env: { CODEX_API_KEY: "sk-1", OPENAI_API_KEY: "sk-2" } });
  assertEquals((await authorize()).source, { kind: "file", name: home.authPath });
});

Deno.test("a variable that is not allowed is reported if there is no other credential", async () => {
  await using home = new TestHome();
  const error = await failureOf(open(home, CHATGPT, { env: { CODEX_API_KEY: "sk-secret" } }).authorize());
  assertIncludes(error.message, "CODEX_API_KEY");
  assertIncludes(error.message, 'forced_login_method = "chatgpt"');
  assertExcludes(error.message, "sk-secret");
});

Deno.test("if API keys are forced, a personal access token in the environment is not used and causes no request", async () => {
  await using home = new TestHome();
  const { authorize, requests } = open(home, API, { env: { CODEX_ACCESS_TOKEN: "at-1" } });
  assertIncludes((await failureOf(authorize())).message, "CODEX_ACCESS_TOKEN");
  assertEquals(requests, []);
});

Deno.test("an agent identity of another workspace is not used and causes no request", async () => {
  await using home = new TestHome();
  const env = { CODEX_ACCESS_TOKEN: jwt({ account_id: "acc-9" }) };
  const { authorize, requests } = open(home, WORKSPACES, { env });
  assertIncludes((await failureOf(authorize())).message, "forced_chatgpt_workspace_id");
  assertEquals(requests, []);
});

for (
  const [what, status, account] of [["belongs to another workspace", 200, "acc-9"], [
    "cannot be verified",
    503,
    "acc-1",
  ]] as const
) {
  Deno.test(`a personal access token that ${what} is not sent where workspaces are restricted`, async () => {
    await using home = new TestHome();
    await using authority = new TestAuthority(() =>
      Response.json({
        email: null,
        chatgpt_user_id: "user-1",
        chatgpt_account_id: account,
        chatgpt_plan_type: "business",
        chatgpt_account_is_fedramp: false,
      }, { status })
    );
    const env = { CODEX_ACCESS_TOKEN: "at-1", CODEX_AUTHAPI_BASE_URL: authority.base };
    const error = await failureOf(open(home, WORKSPACES, { env }).authorize());
    assertIncludes(error.message, "forced_chatgpt_workspace_id");
  });
}

for (const [status, removed] of [[200, true], [503, false]] as const) {
  Deno.test(`a stored personal access token of another workspace is ${removed ? "removed" : "kept while its account is not known"}`, async () => {
    await using home = new TestHome();
    const stored = '{"OPENAI_API_KEY":null,"personal_access_token":"at-stored"}';
    home.store(stored);
    await using authority = new TestAuthority(() =>
      Response.json({
        email: null,
        chatgpt_user_id: "user-1",
        chatgpt_account_id: "acc-9",
        chatgpt_plan_type: "business",
        chatgpt_account_is_fedramp: false,
      }, { status })
    );
    const { authorize } = open(home, WORKSPACES, { env: { CODEX_AUTHAPI_BASE_URL: authority.base } });
    assertEquals((await failureOf(authorize())).details["problem"], "login_policy");
    assertEquals(isStored(home), !removed);
  });
}

Deno.test("a login that another process stored meanwhile is not removed with the one that was judged", async () => {
  await using home = new TestHome();
  const allowed = login("acc-1", "acc-1");
  home.store(allowed);
  const world = testWorld();
  const file = fileStore({ codexHome: home.path, world });
  assertEquals(await removeForbidden(file, (stored) => stored.kind !== "managed"), false);
  assertEquals(home.text(), allowed);
  Deno.removeSync(home.authPath);
  assertEquals(await removeForbidden(file, () => true), false);
});

Deno.test("a key file is refused where ChatGPT is forced, and nothing is removed", async () => {
  await using home = new TestHome();
  home.store(API_KEY);
  const apiKeyFile = join(home.path, "key.txt");
  Deno.writeTextFileSync(apiKeyFile, "sk-1");
  const error = await failureOf(open(home, CHATGPT, { apiKeyFile }).authorize());
  assertIncludes(error.message, "--api-key-file");
  assertEquals(home.text(), API_KEY);
});

Deno.test("restrictions on logins at OpenAI do not apply to a provider with its own key", async () => {
  await using home = new TestHome();
  const { authorize } = open(home, CHATGPT, { env: { MY_KEY: "own-key" }, own: true });
  assertEquals((await authorize()).headers, { authorization: "Bearer own-key" });
});
