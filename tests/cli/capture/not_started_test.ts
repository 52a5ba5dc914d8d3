/** `culvert capture` where the program cannot be started, and the first mistakes of users. */
import { assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert, type CulvertRun } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

/** Runs `culvert capture` into `capture` in a directory of its own, and returns whether the capture exists after it. */
async function capture(
  flags: readonly string[],
  command: readonly string[],
): Promise<CulvertRun & { readonly isKept: boolean }> {
  const work = await Deno.makeTempDir({ prefix: "culvert-not-started-" });
  try {
    const run = await culvert(["capture", "-o", "capture", ...flags, ...command], {
      cwd: work,
      limitMs: 40_000,
    });
    const isKept = await Deno.stat(join(work, "capture")).then(() => true, () => false);
    return { ...run, isKept };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Returns a port of this machine on which nothing listens. */
function closedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

for (const mode of ["forward", "reverse", "keylog"]) {
  Deno.test(`in ${mode} mode a program that does not exist leaves no capture and no table`, async () => {
    const run = await capture(["--mode", mode], ["--", "culvert-no-such-program"]);
    assertEquals([run.code, run.isKept], [2, false], run.stderr);
    assertIncludes(run.stderr, 'Cannot run "culvert-no-such-program": no such program on the PATH');
    assertExcludes(run.stderr, "was seen");
    assertExcludes(run.stderr, "recorded in");
  });
}

Deno.test("--ship to a server that does not answer says that the program was not started, and leaves no capture", async () => {
  const run = await capture(["--ship", `http://127.0.0.1:${closedPort()}`], ["--", "echo", "started"]);
  assertEquals([run.code, run.stdout, run.isKept], [5, "", false], run.stderr);
  assertIncludes(run.stderr, "The program was not started");
  assertIncludes(run.stderr.replace(/\s+/g, " "), "leave out --ship; culvert export");
});

Deno.test("a flag of the program before -- is refused with the place where it belongs", async () => {
  for (const flag of ["--version-of-it", "-Z"]) {
    const run = await capture([], ["curl", flag]);
    assertEquals(run.code, 2, run.stderr);
    assertIncludes(run.stderr, "come after --: culvert capture [FLAGS] -- PROGRAM");
  }
});

Deno.test("--redact safe is refused in keylog mode, which stores everything", async () => {
  const run = await capture(["--mode", "keylog", "--redact", "safe"], ["--", "true"]);
  assertEquals([run.code, run.isKept], [2, false], run.stderr);
  assertIncludes(run.stderr, "--redact safe is not possible in keylog mode");
});

Deno.test("a server that does not answer is counted as unreachable in reverse mode, which --base-url chooses", async () => {
  const port = closedPort();
  const run = await capture(
    ["--base-url", `http://127.0.0.1:${port}/v1`, "--intercept", "a.example", "--mode", "reverse"],
    ["--", "sh", "-c", `curl -s -o out -w '%{http_code}' "$OPENAI_BASE_URL/models"`],
  );
  assertEquals(run.stdout, "502", run.stderr);
  assertMatch(run.stderr, new RegExp(`127\\.0\\.0\\.1:${port} +1 +0 +0 +1 `));
  assertIncludes(run.stderr, "--intercept has no effect in reverse mode");
  const chosen = await capture(["--base-url", `http://127.0.0.1:${port}/v1`], ["--", "true"]);
  assertIncludes(chosen.stderr, "capturing in reverse mode: --base-url names the API");
});
