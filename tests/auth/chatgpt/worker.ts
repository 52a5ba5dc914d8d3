/** A process for the tests: it kills itself at a step of a write, or requests a token as a session does. */
import { fileStore } from "../../../lib/auth/store/auth_file.ts";
import { createAuthenticator } from "../../../lib/connect/create_authenticator.ts";
import { processWorld } from "../../../lib/cli/app/process.ts";
import { plainDialer, testProvider, writeRecord } from "../kit.ts";

/** System calls of a write, in order. */
export type WriteStep =
  | "reserved"
  | "written"
  | "truncated"
  | "synced"
  | "renamed"
  | "directory_synced";

/** Kills the process after a call. The reservation syncs once, the write a second time, the directory a third. */
function killAt(step: string | undefined): void {
  const die = (reached: WriteStep) => {
    if (reached === step) Deno.kill(Deno.pid, "SIGKILL");
  };
  const { write, truncate, sync } = Deno.FsFile.prototype;
  const { rename } = Deno;
  let syncs = 0;
  Deno.FsFile.prototype.sync = async function () {
    await sync.call(this);
    die((["reserved", "synced", "directory_synced"] as const)[syncs++] ?? "directory_synced");
  };
  Deno.FsFile.prototype.write = async function (bytes) {
    const count = await write.call(this, bytes);
    if (syncs === 1) die("written");
    return count;
  };
  Deno.FsFile.prototype.truncate = async function (length) {
    await truncate.call(this, length);
    die("truncated");
  };
  Deno.rename = async (from, to) => {
    await rename(from, to);
    die("renamed");
  };
}

const [task, codexHome, argument] = Deno.args;
if (codexHome === undefined) throw new Error("Usage: worker.ts TASK CODEX_HOME [ARGUMENT]");
const world = processWorld();

if (task === "write") {
  killAt(argument);
  const record = { auth_mode: "apikey", OPENAI_API_KEY: "sk-second", padding: "x".repeat(100_000) };
  await writeRecord(fileStore({ codexHome, world }), record);
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
