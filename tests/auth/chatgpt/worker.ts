/** A process of its own for the tests: writes and dies at a given step, or asks for a token as a session does. */
import { AuthFile } from "../../../lib/auth/store/auth_file.ts";
import type { WriteStep } from "../../../lib/auth/store/whole_file.ts";
import { createAuthenticator } from "../../../lib/connect/create_authenticator.ts";
import { processWorld } from "../../../lib/cli/app/process.ts";
import { plainDialer, testProvider } from "../kit.ts";

const [task, codexHome, argument] = Deno.args;
if (codexHome === undefined) throw new Error("Usage: worker.ts TASK CODEX_HOME [ARGUMENT]");
const world = processWorld();

if (task === "write") {
  const file = new AuthFile({
    codexHome,
    world,
    onStep: (step: WriteStep) => {
      if (step === argument) Deno.kill(Deno.pid, "SIGKILL");
    },
  });
  await file.write({ auth_mode: "apikey", OPENAI_API_KEY: "sk-second", padding: "x".repeat(100_000) });
} else {
  const warnings: string[] = [];
  const authenticator = createAuthenticator({
    settings: { codexHome, provider: testProvider() },
    dialer: plainDialer(),
    world,
    warn: (warning) => warnings.push(warning.code),
  });
  const tokens: string[] = [];
  for (let n = 0; n < Number(argument ?? 1); n++) {
    tokens.push((await authenticator.authorize()).headers["authorization"] ?? "none");
  }
  console.log(JSON.stringify({ tokens, warnings }));
}
