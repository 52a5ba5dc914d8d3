/** Signals during the request to the authority, whose answer has spent the refresh token and must be saved. */
import { accessToken, HOUR_MS, loginText, TestAuthority, TestHome } from "../../auth/kit.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { type CulvertRun, startCulvert } from "../../support/culvert.ts";

/** Sends signals while the authority has not answered; it answers when `mayAnswer` is resolved. */
async function interrupted(
  home: TestHome,
  args: readonly string[],
  signals: readonly Deno.Signal[],
): Promise<Pick<CulvertRun, "code" | "stderr">> {
  const asked = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  await using authority = new TestAuthority(async () => {
    asked.resolve();
    await mayAnswer.promise;
    const access_token = accessToken("new", Date.now() + HOUR_MS);
    return Response.json({ access_token, refresh_token: "rt-2" });
  });
  home.store(loginText({ access: accessToken("old", Date.now() - HOUR_MS), refresh: "rt-1" }));
  const child = startCulvert(args, { env: { CODEX_HOME: home.path, ...authority.env } });
  await child.stdin.close();
  const stdout = child.stdout.cancel();
  let stderr = "";
  const said = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      stderr += text;
      if (stderr.includes("saving the renewed login")) said.resolve();
    }
    said.resolve();
  })();
  await asked.promise;
  const [first, ...others] = signals;
  if (first !== undefined) child.kill(first);
  await said.promise;
  for (const signal of others) child.kill(signal);
  if (others.length === 0) mayAnswer.resolve();
  const { code } = await child.status;
  mayAnswer.resolve();
  await Promise.all([reading, stdout]);
  return { code, stderr };
}

for (const args of [["auth", "refresh"], ["respond", "hi"], ["report"]]) {
  Deno.test(`culvert ${args.join(" ")} that is interrupted during a refresh ends after the answer is saved`, async () => {
    await using home = new TestHome();
    const { code, stderr } = await interrupted(home, args, ["SIGINT"]);
    assertEquals(code, 130, stderr);
    assertEquals(home.json().tokens["refresh_token"], "rt-2");
    assertEquals([...Deno.readDirSync(home.path)].filter(({ name }) => name.endsWith(".tmp")), []);
    assertIncludes(stderr, "a second Ctrl-C stops immediately");
    assertExcludes(stderr, "using the current token");
  });
}

Deno.test("SIGTERM during a refresh ends with 143 after the answer is saved", async () => {
  await using home = new TestHome();
  const { code, stderr } = await interrupted(home, ["auth", "refresh"], ["SIGTERM"]);
  assertEquals(code, 143, stderr);
  assertEquals(home.json().tokens["refresh_token"], "rt-2");
});

for (const [signal, code] of [["SIGHUP", 143], ["SIGQUIT", 130]] as const) {
  Deno.test({
    ...skippedIf(ON_WINDOWS, `${signal} during a refresh ends with ${code} after the answer is saved`),
    fn: async () => {
      await using home = new TestHome();
      const run = await interrupted(home, ["auth", "refresh"], [signal]);
      assertEquals(run.code, code, run.stderr);
      assertEquals(home.json().tokens["refresh_token"], "rt-2");
    },
  });
}

Deno.test("a second signal ends a refresh immediately", async () => {
  await using home = new TestHome();
  const { code } = await interrupted(home, ["auth", "refresh"], ["SIGINT", "SIGINT"]);
  assertEquals(code, 130);
  assertEquals(home.json().tokens["refresh_token"], "rt-1");
});
