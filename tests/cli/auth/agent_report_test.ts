import { assert, assertEquals, assertExcludes } from "../../support/assert.ts";
import { closedPort } from "../../support/closed_port.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { AgentRig, POLICY } from "./agent_kit.ts";

interface Seen {
  readonly kind: string;
  readonly endpoint: string;
  readonly transport: string;
  readonly status?: number | null;
  readonly error?: string | null;
  readonly agent_id?: string;
  readonly task_id?: string;
}

async function report(env: Readonly<Record<string, string>>) {
  const run = await culvert(["report"], { env });
  assertEquals(run.code, 0, run.stderr);
  const parsed: { readonly observations: readonly Seen[]; readonly tags: Record<string, string> } = JSON
    .parse(
      run.stdout,
    );
  return { ...parsed, run };
}

Deno.test("a report names the agent that signed, requests the models with the login, and contains no secret of either", async () => {
  await using rig = await AgentRig.start();
  const { observations, tags, run } = await report(rig.env);
  const agent = rig.stored;
  assertEquals(observations.map((one) => [one.endpoint, one.status, one.agent_id, one.task_id]), [
    ["/models", 200, undefined, undefined],
    ["/responses", 101, agent?.agent_runtime_id, agent?.task_id],
  ]);
  assertEquals([tags["auth_agent_id"], tags["auth_task_id"], tags["auth_mode"]], [
    agent?.agent_runtime_id,
    agent?.task_id,
    "Chatgpt",
  ]);
  assertEquals(tags["auth_env_refresh_token_url_override_present"], "true");
  for (const secret of [...Object.values(rig.tokens), agent?.agent_private_key ?? "", "acc-mock-0001"]) {
    assertExcludes(run.stdout + run.stderr, secret);
  }
});

Deno.test("a report of a refused agent names the refused agent with the 401, and the next agent", async () => {
  await using rig = await AgentRig.start();
  assertEquals((await rig.respond()).code, 0);
  const before = rig.stored;
  rig.api.oauth.agents.dismissAll();
  const { observations, tags } = await report(rig.env);
  assertEquals(
    observations.filter(({ transport }) => transport === "websocket").map((one) => [
      one.kind,
      one.status ?? null,
      one.error ?? null,
      one.agent_id,
    ]),
    [
      ["request", 401, "http 401", before?.agent_runtime_id],
      ["recovery", null, null, before?.agent_runtime_id],
      ["request", 101, null, rig.stored?.agent_runtime_id],
    ],
  );
  assertEquals([tags["auth_401_endpoint"], tags["auth_401_transport"], tags["auth_401_error_code"]], [
    "/responses",
    "websocket",
    "agent_unknown",
  ]);
  assert(before?.agent_runtime_id !== rig.stored?.agent_runtime_id);
});

Deno.test("a report about a server that is not reachable contains the class of the failure and the environment", async () => {
  await using rig = await AgentRig.start();
  const port = closedPort();
  Deno.writeTextFileSync(
    join(rig.home.path, "config.toml"),
    `openai_base_url = "http://127.0.0.1:${port}/v1"\n${POLICY}`,
  );
  const { observations, tags } = await report(rig.env);
  assertEquals(observations.map((one) => [one.endpoint, one.status, one.error]), [
    ["/models", null, "connect"],
    ["/responses", null, "connect"],
  ]);
  assertEquals([tags["auth_request_id"], tags["auth_env_codex_api_key_enabled"]], ["", "true"]);
});
