/** Variables whose values are not valid Unicode, such as a password that was written in Latin-1. */
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { programUnderTest } from "../../support/culvert.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";

/**
 * Runs the program with a variable that ends with the byte FF. A shell sets it, because `Deno.Command` only
 * passes valid text.
 */
async function run(name: string, value: string, args: readonly string[]) {
  const home = await Deno.makeTempDir({ prefix: "culvert-undecodable-" });
  try {
    const script = `export ${name}="$(printf '${value}\\377')"; exec "$@"`;
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", script, "sh", ...programUnderTest(), ...args],
      clearEnv: true,
      env: scrubbedEnv({ CODEX_HOME: home }),
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

for (
  const [name, value] of [
    ["OPENAI_API_KEY", "sk-secret-0123456789"],
    ["HTTPS_PROXY", "http://user:secret-0123456789@127.0.0.1:9"],
    ["SSL_CERT_FILE", "/tmp/secret-0123456789"],
  ] as const
) {
  Deno.test({
    ...skippedIf(
      ON_WINDOWS,
      `a ${name} that is not valid Unicode is ignored with a warning that does not show its value`,
    ),
    fn: async () => {
      const { code, stdout, stderr } = await run(name, value, ["respond", "--provider", "demo", "hi"]);

      assertEquals(code, 0, stderr);
      assertIncludes(stdout, "culvert");
      assertIncludes(stderr, `The value of ${name} is not valid Unicode, so it is ignored`);
      assertExcludes(stderr, "secret-0123456789");
    },
  });
}

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "a variable that only changes a header, and is not valid Unicode, counts as unset",
  ),
  fn: async () => {
    const { code, stderr } = await run("TERM_PROGRAM", "term", ["respond", "--provider", "demo", "hi"]);

    assertEquals(code, 0, stderr);
  },
});
