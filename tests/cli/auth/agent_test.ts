import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { AgentRig, POLICY, refusal } from "./agent_kit.ts";

const DOWN = refusal(503);
const WARNING = "sends the ChatGPT login itself";

Deno.test("a ChatGPT login with the policy on registers an agent and a task, and the next start signs with the same agent", async () => {
  await using rig = await AgentRig.start();
  const first = await rig.respond();
  assertEquals([first.code, first.stderr], [0, ""], first.stderr);
  assertEquals(rig.asked, ["agent 200", "task 200"]);
  const { abom, agent_public_key: key, ...rest } = rig.api.oauth.agents.requests[0]?.fields ?? {};
  assertEquals(Object.keys(Object(abom)), ["agent_version", "agent_harness_id", "running_location"]);
  assert(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[\w+/=]+$/.test(String(key)));
  assertEquals(rest, { capabilities: ["responsesapi"], ttl: null });
  const stored = rig.stored;
  assertEquals(Object.keys(stored ?? {}), [
    "agent_runtime_id",
    "agent_private_key",
    "account_id",
    "chatgpt_user_id",
    "email",
    "plan_type",
    "chatgpt_account_is_fedramp",
    "task_id",
  ]);
  assertEquals(rig.home.json()["auth_mode"], "chatgpt");
  assertEquals(rig.home.json().tokens["access_token"], rig.tokens.access_token);
  const second = await rig.respond();
  assertEquals(second.code, 0, second.stderr);
  assertEquals([rig.asked.length, rig.schemes], [2, ["AgentAssertion", "AgentAssertion"]]);
  assertEquals(rig.api.log.turns.map((turn) => turn.headers["chatgpt-account-id"]), [
    "acc-mock-0001",
    "acc-mock-0001",
  ]);
  assertEquals(rig.stored, stored);
});

Deno.test("without the setting no agent is registered, and a stored one is not used", async () => {
  for (const toml of ["", "[features]\nuse_agent_identity = false\nplugins = false\n"]) {
    await using rig = await AgentRig.start(toml);
    const record = { ...rig.home.json(), agent_identity: { agent_runtime_id: "a", task_id: "t" } };
    rig.home.store(JSON.stringify(record));
    const run = await rig.respond();
    assertEquals([run.code, run.stderr, rig.asked, rig.schemes], [0, "", [], ["Bearer"]]);
    assertEquals([rig.home.json(), rig.files], [record, ["auth.json", "config.toml"]]);
  }
});

Deno.test("after three failures of the authority the login is sent, with one warning, and later sessions send no request", async () => {
  await using rig = await AgentRig.start();
  rig.api.oauth.agents.failNext(DOWN, DOWN, DOWN);
  const first = await rig.respond();
  assertEquals([first.code, rig.asked], [0, ["agent 503", "agent 503", "agent 503"]], first.stderr);
  assertEquals(first.stderr.split(WARNING).length, 2, first.stderr);
  const later = await rig.respond();
  assertEquals([later.code, later.stderr, rig.asked.length], [0, "", 3]);
  assertEquals([rig.schemes, rig.stored], [["Bearer", "Bearer"], undefined]);
  const note = Deno.readTextFileSync(join(rig.home.path, "culvert-agent.lock"));
  for (const secret of [...Object.values(rig.tokens), "acc-mock-0001"]) assertExcludes(note, secret);
});

Deno.test("a running session keeps sending the login, with one warning for all its turns", async () => {
  await using rig = await AgentRig.start();
  rig.api.oauth.agents.failNext(DOWN, refusal(429), DOWN);
  const prompts = join(rig.home.path, "prompts.txt");
  Deno.writeTextFileSync(prompts, "one\ntwo\nthree\n");
  const run = await culvert(["respond", "--transport", "sse", "--repeat-from", prompts], { env: rig.env });
  assertEquals([run.code, rig.asked], [0, ["agent 503", "agent 429", "agent 503"]], run.stderr);
  assertEquals(run.stderr.split(WARNING).length, 2, run.stderr);
  assertEquals(rig.schemes, ["Bearer", "Bearer", "Bearer"]);
});

Deno.test("the login is sent if no task can be registered", async () => {
  await using rig = await AgentRig.start();
  const { agents } = rig.api.oauth;
  agents.failNext(refusal(500), refusal(500));
  const patient = await rig.respond();
  assertEquals([patient.code, patient.stderr, rig.schemes], [0, "", ["AgentAssertion"]]);
  assertEquals(rig.asked, ["agent 500", "agent 500", "agent 200", "task 200"]);
  await using other = await AgentRig.start();
  // The agent was registered, its task was not.
  other.api.oauth.agents.failTasks(DOWN, DOWN, DOWN);
  const run = await other.respond();
  assertEquals(other.asked, ["agent 200", "task 503", "task 503", "task 503"]);
  assertIncludes(run.stderr, WARNING);
  assertEquals([run.code, other.schemes, other.stored], [0, ["Bearer"], undefined]);
});

Deno.test("an authority that forbids agents gets one request, and the turn ends with exit status 4 before the API gets one", async () => {
  await using rig = await AgentRig.start();
  rig.api.oauth.agents.failNext(refusal(403));
  const run = await rig.respond("--json");
  assertEquals([run.code, rig.asked, rig.schemes], [4, ["agent 403"], []]);
  const { error } = Object(jsonLines(run.stdout).at(-1));
  assertEquals([error.code, error.details.status], ["auth_rejected", 403]);
  assertIncludes(error.message, "Cannot register an agent for the ChatGPT login");
  assertIncludes(error.hint, "use_agent_identity");
  assertExcludes(run.stdout + run.stderr, rig.tokens.access_token);
});

Deno.test("a login whose token the authority refuses is renewed once, and then gets its agent", async () => {
  await using rig = await AgentRig.start();
  rig.api.oauth.rejectAccessToken(rig.tokens.access_token);
  const run = await rig.respond();
  assertEquals([run.code, rig.asked], [0, ["agent 401", "agent 200", "task 200"]], run.stderr);
  assertEquals([rig.api.oauth.refreshCount, rig.schemes], [1, ["AgentAssertion"]]);
  // Both are in the file: the new tokens, and the agent.
  assert(rig.home.json().tokens["access_token"] !== rig.tokens.access_token);
  assert(rig.stored !== undefined);
});

Deno.test("an agent that the API no longer knows is replaced by another, and no login is refreshed for it", async () => {
  await using rig = await AgentRig.start();
  assertEquals((await rig.respond()).code, 0);
  const before = rig.stored;
  rig.api.oauth.agents.dismissAll();
  const run = await rig.respond("--json");
  assertEquals(run.code, 0, run.stdout + run.stderr);
  const auth = jsonLines(run.stdout).filter((event) => event["type"] === "culvert.auth");
  assertEquals(auth.map(({ mode, phase, outcome }) => [mode, phase, outcome]), [
    ["agentIdentity", "refresh_token", "recovery_succeeded"],
  ]);
  assertEquals([rig.asked.length, rig.api.oauth.refreshCount, rig.schemes.length], [4, 0, 3]);
  assert(rig.stored !== undefined && rig.stored.agent_runtime_id !== before?.agent_runtime_id);
  assertEquals((await rig.respond()).code, 0);
  assertEquals([rig.asked.length, rig.schemes.length], [4, 4]);
});

Deno.test("an API that refuses every agent gets two requests, and the error says what was sent and what to do", async () => {
  await using rig = await AgentRig.start();
  const refused = { status: 401, body: { error: { code: "agent_unknown", message: "No agents here" } } };
  rig.api.enqueue({ refusal: refused }, { refusal: refused });
  const run = await rig.respond();
  assertEquals([run.code, rig.schemes], [4, ["AgentAssertion", "AgentAssertion"]], run.stderr);
  assertIncludes(run.stderr, "an agent identity from");
  assertIncludes(run.stderr, "the server also refused the renewed credential");
  assertIncludes(run.stderr, "use_agent_identity");
});

Deno.test("ten concurrent runs with one login register one agent, and all sign with it", async () => {
  await using rig = await AgentRig.start();
  const runs = await Promise.all(Array.from({ length: 10 }, () => rig.respond()));
  for (const { code, stderr } of runs) {
    assertEquals(code, 0, stderr);
    // On a busy machine a run can warn that its events arrived late and all at once.
    assertExcludes(stderr.toLowerCase(), "agent");
  }
  assertEquals(rig.asked, ["agent 200", "task 200"]);
  assertEquals(new Set(rig.schemes), new Set(["AgentAssertion"]));
});

Deno.test("a dry run shows that an agent would sign, and registers none", async () => {
  await using rig = await AgentRig.start();
  const run = await rig.respond("--dry-run");
  assertEquals([run.code, rig.asked], [0, []], run.stderr);
  assertIncludes(run.stdout, "AgentAssertion ***");
});

Deno.test("neither an agent nor the login is sent to a base URL of the user", async () => {
  await using rig = await AgentRig.start(`chatgpt_base_url = "http://127.0.0.1:9/backend-api"\n${POLICY}`);
  const run = await rig.respond();
  assertEquals([run.code, rig.asked, rig.schemes], [4, [], []]);
  assertIncludes(run.stderr, "must not be sent to 127.0.0.1:9");
});
