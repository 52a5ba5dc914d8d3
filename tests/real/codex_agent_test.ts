/** One agent and two programs: each signs with the agent that the other registered for a ChatGPT login. */
import { assertEquals } from "../support/assert.ts";
import { AgentRig } from "../cli/auth/agent_kit.ts";
import { closedPort } from "../support/closed_port.ts";
import { testWith } from "../support/programs.ts";
import { askCodex } from "./codex.ts";

const QUIET =
  '[features]\nuse_agent_identity = true\nplugins = false\n[analytics]\nenabled = false\n[otel]\nmetrics_exporter = "none"\n';

/** An agent is used only at the real address of ChatGPT; other requests to it go to a closed port. */
async function codexAnswers({ env, home }: AgentRig): Promise<void> {
  const { code, text } = await askCodex({
    home: home.path,
    env: { ...env, HTTPS_PROXY: `http://127.0.0.1:${closedPort()}`, NO_PROXY: "localhost,127.0.0.1" },
  });
  assertEquals(code, 0, text);
}

async function culvertAnswers(rig: AgentRig): Promise<void> {
  const run = await rig.respond();
  assertEquals(run.code, 0, run.stderr);
}

const PROGRAMS = [["culvert", "the codex client", culvertAnswers, codexAnswers], [
  "the codex client",
  "culvert",
  codexAnswers,
  culvertAnswers,
]] as const;

for (const [first, second, one, other] of PROGRAMS) {
  await testWith(["codex"], `an agent that ${first} registered also signs for ${second}`, async () => {
    await using rig = await AgentRig.start(QUIET);
    await one(rig);
    const agent = rig.stored;
    await other(rig);
    assertEquals([rig.asked, rig.stored], [["agent 200", "task 200"], agent]);
    assertEquals(new Set(rig.schemes), new Set(["AgentAssertion"]));
  });
}
