/** The permissions that the binary is compiled with are enough, on the runtime that it is compiled with. */
import { PERMISSIONS } from "../../../.ci/permissions.ts";
import { assertEquals, assertExcludes, assertMatch } from "../../support/assert.ts";
import { fromFileUrl, join } from "../../support/paths.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";

const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

/** Runs the program from source with the permissions of the binary. */
async function restricted(
  args: readonly string[],
): Promise<{ readonly code: number; readonly text: string }> {
  const home = await Deno.makeTempDir({ prefix: "culvert-permissions-" });
  const { code, stderr, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...PERMISSIONS,
      "--no-check",
      "--quiet",
      "--no-prompt",
      `--config=${join(ROOT, "deno.json")}`,
      join(ROOT, "main.ts"),
      ...args,
    ],
    clearEnv: true,
    env: scrubbedEnv({ CODEX_HOME: home }),
    stdin: "null",
    signal: AbortSignal.timeout(60_000),
  }).output().finally(() => Deno.remove(home, { recursive: true }));
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

for (
  const [args, says] of [
    [["doctor", "--provider", "demo"], /Mozilla's [1-9]\d* roots, [1-9]\d* of the operating system/],
    [["ca", "fetch", "--provider", "demo", "api.culvert.test"], /Example Corp TLS Inspection/],
    [["respond", "--provider", "demo", "-v", "hi"], /A culvert carries a stream/],
  ] as const
) {
  Deno.test(`culvert ${args.join(" ")} needs no more than the permissions of the binary`, async () => {
    const { code, text } = await restricted(args);
    assertEquals(code, 0, text);
    assertMatch(text, says);
    assertExcludes(text, "access to");
    assertExcludes(text, "NotCapable");
  });
}
