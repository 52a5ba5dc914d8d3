/** Files that are pipes or devices, where a flag or the program expects a file. */
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert, jsonLines, programUnderTest, startCulvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { unlessLacking } from "../../support/runtime_abilities.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { bench } from "./kit.ts";

async function makeFifo(path: string): Promise<void> {
  await new Deno.Command("mkfifo", { args: [path] }).output();
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "culvert-odd-files-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const WAIT = "Ctrl-C ends the wait for a key file that is a pipe without a writer";

Deno.test(
  ON_WINDOWS === undefined ? unlessLacking(WAIT) : skippedIf(ON_WINDOWS, WAIT),
  async () => {
    await inFolder(async (folder) => {
      const pipe = join(folder, "key");
      await makeFifo(pipe);
      const child = startCulvert(["respond", "--api-key-file", pipe, "hi"]);
      await child.stdin.close();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      child.kill("SIGINT");
      const limit = setTimeout(() => child.kill("SIGKILL"), 10_000);
      const { code } = await child.output();
      clearTimeout(limit);
      assertEquals(code, 130);
    });
  },
);

Deno.test(skippedIf(ON_WINDOWS, "a key is read from a process substitution of the shell"), async () => {
  await using b = await bench({ scenario: { text: "yes" } });
  const [program = "", ...words] = programUnderTest();
  const { code, stderr, stdout } = await new Deno.Command("bash", {
    args: [
      "-c",
      `"$@" respond --base-url "$BASE" --api-key-file <(sleep 0.2; echo sk-from-a-pipe) hi`,
      "bash",
      program,
      ...words,
    ],
    clearEnv: true,
    env: scrubbedEnv({
      BASE: b.api.baseUrl,
      CODEX_HOME: b.directory,
      CODEX_CA_CERTIFICATE: b.bundle,
    }),
    signal: AbortSignal.timeout(30_000),
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "yes\n"], new TextDecoder().decode(stderr));
  assertEquals(b.api.log.turns.at(-1)?.headers["authorization"], "Bearer sk-from-a-pipe");
});

Deno.test(
  skippedIf(ON_WINDOWS, "an installation id that is a pipe is ignored without waiting for it"),
  async () => {
    await inFolder(async (folder) => {
      await makeFifo(join(folder, "installation_id"));
      const { code, stdout } = await culvert(["config", "--json"], { env: { CODEX_HOME: folder } });
      assertEquals([code, jsonLines(stdout).length], [0, 1]);
    });
  },
);

for (const flag of ["--image", "--tools", "--output-schema", "--repeat-from"]) {
  Deno.test(skippedIf(ON_WINDOWS, `${flag} with an endless device is refused`), async () => {
    const prompt = flag === "--repeat-from" ? [] : ["hi"];
    const { code, stderr } = await culvert(["respond", flag, "/dev/zero", ...prompt]);
    assertEquals(code, 2, stderr);
    assertIncludes(stderr, `Cannot read ${flag} /dev/zero: it is larger than 67108864 bytes`);
  });
}

for (const args of [["demo"], ["respond", "--provider", "demo", "hi"], ["run", "--", "true"]]) {
  Deno.test(
    skippedIf(ON_WINDOWS, `culvert ${args.join(" ")} without a temporary directory names its variable`),
    async () => {
      const { code, stderr } = await culvert(args, { env: { TMPDIR: "/nowhere/tmp" } });
      assertEquals([code, stderr], [
        2,
        "culvert: Cannot create a temporary directory: no such file or directory\n" +
        "  Set TMPDIR (on Windows TMP) to an existing, writable directory.\n",
      ]);
    },
  );
}
