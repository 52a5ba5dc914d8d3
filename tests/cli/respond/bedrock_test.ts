import { TestAuthority, TestHome } from "../../auth/kit.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";

const EXPIRED = { message: "Signature expired: 20260301T120000Z is now earlier than 20260301T121500Z" };
const REMEDY = "AWS_BEARER_TOKEN_BEDROCK";

/** A provider whose token comes from a command: what could be renewed after a 401 would be. */
function homeOf(base: string, name: string): TestHome {
  const home = new TestHome();
  const lines = [
    'model_provider = "gateway"',
    "[model_providers.gateway]",
    `name = "${name}"`,
    `base_url = "${base}/v1"`,
    'auth = { command = "sh", args = ["-c", "echo token-$$"], refresh_interval_ms = 0, timeout_ms = 20000 }',
  ];
  Deno.writeTextFileSync(join(home.path, "config.toml"), lines.join("\n"));
  return home;
}

async function ask(name: string, status: number, body: object) {
  await using server = new TestAuthority(() => Response.json(body, { status }));
  await using home = homeOf(server.base, name);
  const run = await culvert(["respond", "--transport", "sse", "--json", "hi"], {
    env: { CODEX_HOME: home.path },
  });
  const events = jsonLines(run.stdout);
  return {
    run,
    base: server.base,
    error: Object(events.at(-1)?.["error"]),
    recoveries: events.filter(({ type }) => type === "culvert.auth").length,
    sends: server.seen.length,
  };
}

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "an expired signature at Amazon Bedrock is reported with its address and remedy, and nothing is renewed",
  ),
}, async () => {
  const { run, base, error, recoveries, sends } = await ask("Amazon Bedrock", 401, EXPIRED);
  assertEquals([run.code, error.code, sends, recoveries], [4, "auth_rejected", 1, 0], run.stderr);
  assertIncludes(error.message, `POST ${base}/v1/responses was answered 401`);
  assertIncludes(error.message, "its AWS signature has expired");
  assertExcludes(error.message, "20260301T120000Z");
  for (const part of ["Refresh the AWS credentials", REMEDY]) {
    assertIncludes(error.hint, part);
    assertIncludes(run.stderr, part);
  }
});

const GENERIC:
  readonly (readonly [what: string, provider: string, status: number, body: object, sends: number])[] = [
    ["another 401 of Amazon Bedrock", "Amazon Bedrock", 401, { message: "The security token is invalid" }, 2],
    ["a 403 of Amazon Bedrock with the same words", "Amazon Bedrock", 403, EXPIRED, 1],
    ["a 401 of another provider with the same words", "Bedrock Gateway", 401, EXPIRED, 2],
  ];
for (const [what, provider, status, body, expected] of GENERIC) {
  Deno.test(
    { ...skippedIf(ON_WINDOWS, `${what} is reported, and recovered from, like any other`) },
    async () => {
      const { run, error, recoveries, sends } = await ask(provider, status, body);
      assertEquals(
        [run.code, error.code],
        [4, status === 403 ? "auth_forbidden" : "auth_rejected"],
        run.stderr,
      );
      assertEquals([sends, recoveries > 0], [expected, status === 401]);
      assert(!`${error.message}${error.hint}`.includes(REMEDY), error.hint);
    },
  );
}
