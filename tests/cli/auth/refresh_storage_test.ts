/** `auth refresh` where the login cannot be saved, the process is killed, or the files are damaged. */
import { accessToken, HOUR_MS, loginText, TestAuthority, TestHome } from "../../auth/kit.ts";
import { httpServer } from "../../net/kit.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert, type CulvertRun, programUnderTest, startCulvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";

const RUNS = 20;
const expired = () => loginText({ access: accessToken("old", Date.now() - HOUR_MS), refresh: "rt-1" });

/** An authority that counts its requests and renews every token. */
function renewing(): TestAuthority {
  return new TestAuthority((_request, count) =>
    Response.json({
      access_token: accessToken(`new-${count}`, Date.now() + HOUR_MS),
      refresh_token: `rt-new-${count}`,
    })
  );
}

/** Runs the program in a separate mount namespace, after a shell script that prepares it. */
async function inNamespace(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CulvertRun> {
  const begin = performance.now();
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: ["-m", "sh", "-ec", `${script}\nexec "$@"`, "sh", ...programUnderTest(), ...args],
    clearEnv: true,
    env: scrubbedEnv(env),
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
    durationMs: performance.now() - begin,
  };
}

/** Tells whether this process may create mount namespaces. */
function mayMount(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    return new Deno.Command("unshare", { args: ["-m", "true"], stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

const WITHOUT_NAMESPACES = mayMount() ? undefined : "mount namespaces are not permitted";

Deno.test({
  ...skippedIf(WITHOUT_NAMESPACES, `auth refresh in a read-only home spends no token, in ${RUNS} runs`),
  fn: async () => {
    await using home = new TestHome();
    await using authority = renewing();
    const stored = expired();
    home.store(stored);
    for (let run = 0; run < RUNS; run++) {
      const { code, stderr } = await inNamespace(
        `mount --bind "$CODEX_HOME" "$CODEX_HOME"; mount -o remount,ro,bind "$CODEX_HOME"`,
        ["auth", "refresh"],
        { CODEX_HOME: home.path, ...authority.env },
      );
      assertEquals([code, authority.seen.length, home.text()], [4, 0, stored], stderr);
      assertIncludes(stderr, "Cannot write");
    }
  },
});

Deno.test({
  ...skippedIf(
    WITHOUT_NAMESPACES,
    "respond with an expired login in a read-only home spends no token, and says why it fails",
  ),
  fn: async () => {
    await using home = new TestHome();
    await using authority = renewing();
    await using api = httpServer(() =>
      Response.json({ error: { message: "expired", code: "token_expired" } }, { status: 401 })
    );
    const stored = expired();
    home.store(stored);
    Deno.writeTextFileSync(
      join(home.path, "config.toml"),
      `openai_base_url = "http://127.0.0.1:${api.port}/v1"\n`,
    );
    const { code, stderr } = await inNamespace(
      `mount --bind "$CODEX_HOME" "$CODEX_HOME"; mount -o remount,ro,bind "$CODEX_HOME"`,
      ["respond", "--transport", "sse", "hi"],
      { CODEX_HOME: home.path, ...authority.env },
    );
    assertEquals([code, authority.seen.length, home.text()], [4, 0, stored], stderr);
    assertIncludes(stderr, "Cannot write");
    assertIncludes(stderr, "Check the permissions of the directory");
  },
});

Deno.test({
  ...skippedIf(WITHOUT_NAMESPACES, `auth refresh on a full disk spends no token, in ${RUNS} runs`),
  fn: async () => {
    await using home = new TestHome();
    await using authority = renewing();
    const stored = expired();
    home.store(stored);
    for (let run = 0; run < RUNS; run++) {
      // The login fits; a second copy of it does not.
      const { code, stdout, stderr } = await inNamespace(
        `copy=$(cat "$CODEX_HOME/auth.json")
         mount -t tmpfs -o size=24k tmpfs "$CODEX_HOME"
         printf %s "$copy" >"$CODEX_HOME/auth.json"
         head -c 12k /dev/urandom >"$CODEX_HOME/filler" || true
         trap 'cat "$CODEX_HOME/auth.json"; ls -a "$CODEX_HOME" >&2' EXIT
         "$@" || status=$?
         exit \${status:-0}`,
        ["auth", "refresh"],
        { CODEX_HOME: home.path, ...authority.env },
      );
      assertEquals([code, authority.seen.length, stdout], [4, 0, stored], stderr);
      assert(!stderr.includes(".tmp"), stderr);
    }
  },
});

Deno.test(`kill -9 at any time of auth refresh leaves a valid login of mode 0600, in ${RUNS} runs`, async () => {
  await using home = new TestHome();
  await using authority = renewing();
  home.store(expired());
  Deno.chmodSync(home.authPath, 0o600);
  for (let run = 0; run < RUNS; run++) {
    const before = authority.seen.length;
    const child = startCulvert(["auth", "refresh"], { env: { CODEX_HOME: home.path, ...authority.env } });
    await child.stdin.close();
    // At times from before the request until after the save.
    const limit = Date.now() + 20_000;
    const waitsForRequest = run % 2 === 0;
    while (waitsForRequest && authority.seen.length === before && Date.now() < limit) await pause(1);
    await pause(waitsForRequest ? run : run * 20);
    try {
      child.kill("SIGKILL");
    } catch (error) {
      // The process has ended already.
      if (!(error instanceof TypeError)) throw error;
    }
    await Promise.all([child.status, child.stdout.cancel(), child.stderr.cancel()]);
    assert(home.json().tokens["refresh_token"]?.startsWith("rt-"));
    assertEquals((Deno.statSync(home.authPath).mode ?? 0) & 0o777, 0o600);
  }
  const last = await culvert(["auth", "refresh"], { env: { CODEX_HOME: home.path, ...authority.env } });
  assertEquals(last.code, 0, last.stderr);
});

Deno.test("a save that fails after the request exits 4 and reports that the previous tokens are spent", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => {
    // The home disappears while the authority answers.
    Deno.renameSync(home.path, `${home.path}-moved`);
    Deno.writeTextFileSync(home.path, "");
    return Response.json({ access_token: accessToken("new", Date.now() + HOUR_MS), refresh_token: "rt-2" });
  });
  home.store(expired());
  const run = await culvert(["auth", "refresh"], { env: { CODEX_HOME: home.path, ...authority.env } });
  Deno.removeSync(home.path);
  Deno.renameSync(`${home.path}-moved`, home.path);
  assertEquals(run.code, 4, run.stderr);
  assertIncludes(run.stderr, "could not be saved");
});

for (
  const [what, place] of [
    ["a named pipe", (path: string) => sh(`mkfifo '${path}'`)],
    ["a link to /dev/zero", (path: string) => Deno.symlinkSync("/dev/zero", path)],
    ["a directory", (path: string) => Deno.mkdirSync(path)],
    ["a file of 2 MiB", (path: string) => Deno.writeTextFileSync(path, " ".repeat(2 * 1024 * 1024))],
  ] as const
) {
  Deno.test({
    ...skippedIf(ON_WINDOWS, `an auth.json that is ${what} ends with 4 and is not read`),
    fn: async () => {
      await using home = new TestHome();
      place(home.authPath);
      const run = await culvert(["auth", "status"], { env: { CODEX_HOME: home.path }, limitMs: 20_000 });
      assertEquals(run.code, 4, run.stderr);
      assertIncludes(run.stdout, "Cannot read");
    },
  });
}

for (const name of ["culvert-auth.lock", "auth.lock", "auth.json.lock"]) {
  Deno.test({
    ...skippedIf(ON_WINDOWS, `a ${name} that is a symbolic link is not followed, and the login is renewed`),
    fn: async () => {
      await using home = new TestHome();
      await using authority = renewing();
      home.store(expired());
      const victim = join(home.path, "victim");
      Deno.writeTextFileSync(victim, "precious");
      Deno.symlinkSync(victim, join(home.path, name));
      const env = { CODEX_HOME: home.path, ...authority.env };
      const run = await culvert(["auth", "refresh"], { env });
      assertEquals([run.code, Deno.readTextFileSync(victim)], [0, "precious"], run.stderr);
      assertEquals(home.json().tokens["refresh_token"], "rt-new-1");
    },
  });
}

function sh(script: string): void {
  const { success } = new Deno.Command("sh", { args: ["-c", script] }).outputSync();
  assert(success, script);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
