import { commandCredential } from "../../../lib/auth/api_key/command_credential.ts";
import type { CommandAuth } from "../../../lib/config/provider.ts";
import { CulvertError } from "../../../lib/errors.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { failureOf, TestHome } from "../kit.ts";

const WORLD = {
  monotonic: () => performance.now(),
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};

/** The tokens that requests carry, and the renewal after a refusal. */
function tokens(auth: CommandAuth, world: typeof WORLD) {
  const { authorize, renewal } = commandCredential(auth, world);
  const tokenIn = (headers: Readonly<Record<string, string>>) =>
    headers["authorization"]?.replace("Bearer ", "");
  return {
    current: async (signal?: AbortSignal) => tokenIn((await authorize(signal)).headers),
    renew: async () => renewal.mode === "external" ? tokenIn(await renewal.renew()) : undefined,
  };
}

/** Runs a program given as Deno code; each run adds a line to `runs` in the home. */
function bearer(home: TestHome, code: string, extra: Partial<CommandAuth> = {}) {
  const script = join(home.path, "token.js");
  Deno.writeTextFileSync(
    script,
    `Deno.writeTextFileSync(${JSON.stringify(join(home.path, "runs"))}, "x", { append: true });
     const count = Deno.readTextFileSync(${JSON.stringify(join(home.path, "runs"))}).length;
     ${code}`,
  );
  return tokens({
    command: Deno.execPath(),
    args: ["run", "-A", "--quiet", "--no-config", script],
    timeoutMs: 20_000,
    refreshIntervalMs: 60_000,
    cwd: home.path,
    ...extra,
  }, WORLD);
}

const runs = (home: TestHome) => Deno.readTextFileSync(join(home.path, "runs")).length;

Deno.test("a command's token is trimmed and kept while its interval lasts", async () => {
  await using home = new TestHome();
  const token = bearer(home, "console.log('  t' + count + '  ')");
  assertEquals([await token.current(), await token.current(), runs(home)], ["t1", "t1", 1]);
});

Deno.test("with interval 0 the command runs once, and again only after a refusal", async () => {
  await using home = new TestHome();
  const token = bearer(home, "console.log('t' + count)", { refreshIntervalMs: 0 });
  assertEquals([await token.current(), await token.current()], ["t1", "t1"]);
  assertEquals([await token.renew(), await token.current()], ["t2", "t2"]);
});

Deno.test("callers at the same time run the command once", async () => {
  await using home = new TestHome();
  const token = bearer(home, "console.log('t' + count)");
  assertEquals(await Promise.all([token.current(), token.current(), token.current()]), ["t1", "t1", "t1"]);
  assertEquals(runs(home), 1);
});

Deno.test("when a later run fails the older token stays in use", async () => {
  await using home = new TestHome();
  const token = bearer(home, "if (count > 1) Deno.exit(3); console.log('t1')", { refreshIntervalMs: 1 });
  await token.current();
  await WORLD.sleep(5);
  assertEquals([await token.current(), runs(home)], ["t1", 2]);
});

for (
  const [problem, code, said] of [
    ["exit_status", "console.error('vault is sealed'); Deno.exit(7)", "ended with 7: vault is sealed"],
    ["empty", "console.log('   ')", "printed nothing"],
    ["not_utf8", "Deno.stdout.writeSync(new Uint8Array([0xff, 0xfe]))", "not UTF-8"],
  ] as const
) {
  Deno.test(`a first run that fails with "${problem}" is an error that says so, not a request without a header`, async () => {
    await using home = new TestHome();
    const error = await failureOf(bearer(home, code).current());
    assertEquals([error.code, error.details["problem"]], ["auth_missing", problem]);
    assertIncludes(error.message, said);
  });
}

Deno.test("a command that does not end is killed at its limit, which the error names", async () => {
  await using home = new TestHome();
  const error = await failureOf(bearer(home, "setInterval(() => {}, 1000)", { timeoutMs: 300 }).current());
  assertEquals([error.details["problem"], error.details["timeout_ms"]], ["timeout", 300]);
});

Deno.test("a command that does not exist is named", async () => {
  await using home = new TestHome();
  const error = await failureOf(bearer(home, "", { command: "no-such-program-here" }).current());
  assertEquals(error.details["problem"], "not_started");
  assertIncludes(error.message, "no-such-program-here");
});

Deno.test("a path with a separator is taken relative to the configured folder", async () => {
  await using home = new TestHome();
  Deno.mkdirSync(join(home.path, "bin"));
  Deno.writeTextFileSync(join(home.path, "bin", "tok"), "#!/bin/sh\necho from-bin\n", { mode: 0o755 });
  assertEquals(await bearer(home, "", { command: "./bin/tok", args: [] }).current(), "from-bin");
});

Deno.test("a caller that aborts stops waiting immediately, and the other caller receives the token", async () => {
  await using home = new TestHome();
  const command = bearer(home, `await new Promise((go) => setTimeout(go, 500)); console.log("t1");`);
  const controller = new AbortController();
  const reason = new CulvertError("interrupted", "Interrupted");
  const first = failureOf(command.current(controller.signal));
  const second = command.current();
  controller.abort(reason);
  assert(await first === reason);
  assertEquals([await second, runs(home)], ["t1", 1]);
});

Deno.test("the command is killed when the last caller aborts", async () => {
  await using home = new TestHome();
  const pidFile = join(home.path, "pid");
  const hang = tokens({
    command: "sh",
    args: ["-c", `echo $$ >'${pidFile}'; exec sleep 600`],
    timeoutMs: 60_000,
    refreshIntervalMs: 60_000,
    cwd: home.path,
  }, WORLD);
  const controller = new AbortController();
  const reason = new CulvertError("interrupted", "Interrupted");
  const work = failureOf(hang.current(controller.signal));
  const limit = Date.now() + 10_000;
  const pid = () => {
    try {
      return Deno.readTextFileSync(pidFile).trim();
    } catch {
      return "";
    }
  };
  while (pid() === "" && Date.now() < limit) await WORLD.sleep(10);
  controller.abort(reason);
  assert(await work === reason);
  const isAlive = () => !/^State:\s+[ZX]/m.test(statusOf(pid()));
  while (isAlive() && Date.now() < limit) await WORLD.sleep(10);
  assert(!isAlive());
});

Deno.test("a command that prints without end is killed and reported", async () => {
  await using home = new TestHome();
  const endless = tokens({
    command: "yes",
    args: [],
    timeoutMs: 20_000,
    refreshIntervalMs: 60_000,
    cwd: home.path,
  }, WORLD);
  assertEquals((await failureOf(endless.current())).details["problem"], "too_much_output");
});

function statusOf(pid: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/status`);
  } catch {
    return "State: X";
  }
}
