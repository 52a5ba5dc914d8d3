/** Messages that were hard to understand, each asked for with the real program. */
import { assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { bench } from "../respond/kit.ts";

interface Row {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly says: string;
  readonly not: string;
}

const ROWS: readonly Row[] = [
  {
    args: ["respond", "--transport", "foo", "hi"],
    says: 'culvert: --transport: "foo" is not one of auto, sse, ws\n',
    not: "Expected",
  },
  {
    args: ["auth", "status", "--json", "--json"],
    says: "culvert: --json may be given only once\n",
    not: "Too many arguments",
  },
  { args: ["auth", "login", "--issuer", "--device"], says: "--issuer needs a value\n", not: "encountered" },
  {
    args: ["respond", "hi"],
    env: { SSL_CERT_FILE: "/nowhere/ca.pem" },
    says: 'the CA bundle "/nowhere/ca.pem" (SSL_CERT_FILE)',
    not: "that SSL_CERT_FILE names",
  },
  { args: ["auth", "logout"], says: "Not signed in: there is no auth.json\n", not: "was not signed in" },
  {
    args: ["doctor", "--offline"],
    says: "No misspelt or unsupported variables\n",
    not: "in vain",
  },
  { args: ["doctor", "--offline"], says: "Skipped", not: "Not asked" },
  { args: ["ca", "--help"], says: "Inspect, convert, export and fetch CA certificates.\n", not: "lend" },
  { args: ["respond", "--help"], says: "Continue the stored response with this id\n", not: "to go on from" },
  {
    args: ["report", "--help"],
    says: "certificates: read it before sending",
    not: "safe to send",
  },
  {
    args: ["doctor", "--offline", "foo"],
    says: 'Cannot use the base URL of the argument: "foo" is not an http',
    not: "of --base-url",
  },
  {
    args: ["export", "/nowhere"],
    says: "Cannot read the capture /nowhere: no such file or directory\n",
    not: "os error",
  },
];

/** Commands that read a file which is not there; each names the reason in the same words. */
const MISSING: readonly (readonly string[])[] = [
  ["respond", "--api-key-file", "/nowhere", "hi"],
  ["respond", "--image", "/nowhere.png", "hi"],
  ["respond", "--file", "/nowhere.pdf", "hi"],
  ["respond", "--repeat-from", "/nowhere"],
  ["respond", "--output-schema", "/nowhere", "hi"],
  ["respond", "--tools", "/nowhere", "hi"],
  ["respond", "--ca-cert", "/nowhere", "hi"],
  ["respond", "--client-cert", "/nowhere", "--client-key", "/nowhere", "hi"],
  ["ca", "inspect", "/nowhere"],
  ["compact", "/nowhere"],
  ["memories", "/nowhere"],
  ["transcribe", "/nowhere.wav"],
  ["realtime", "--audio", "/nowhere.wav"],
  ["realtime", "--sdp", "/nowhere"],
  ["export", "/nowhere"],
  ["view", "/nowhere"],
  ["diff", "/nowhere", "/nowhere"],
  ["replay", "/nowhere"],
  ["trace", "show", "/nowhere"],
  ["trace", "ls", "--root", "/nowhere"],
];

for (const args of MISSING) {
  Deno.test(`culvert ${args.join(" ")} says that there is no such file or directory`, async () => {
    const run = await culvert(args, { env: { CULVERT_API_KEY: "sk-test" } });
    assertEquals([run.code === 0, run.stdout], [false, ""], run.stderr);
    assertMatch(run.stderr, /^culvert: Cannot read .*\/nowhere.*: no such file or directory$/m);
    assertExcludes(run.stderr, "os error");
  });
}

for (const { args, env = {}, says, not } of ROWS) {
  Deno.test(`culvert ${args.join(" ")} says: ${says.trim()}`, async () => {
    const { stdout, stderr } = await culvert(args, { env });
    assertIncludes(stdout + stderr, says);
    assertExcludes(stdout + stderr, not);
  });
}

Deno.test("a failed and an incomplete response are reported as such, without advice to repeat the command unchanged", async () => {
  await using b = await bench({
    scenario: { text: "part", ending: { kind: "incomplete", reason: "max_output_tokens" } },
  });
  const incomplete = await b.respond(["hi"]);
  assertIncludes(incomplete.stderr, "culvert: The response is incomplete: max_output_tokens\n");
  assertIncludes(incomplete.stderr, "Raise that limit, or ask for a shorter answer.");
  assertExcludes(incomplete.stderr, "Run it again");
  b.api.enqueue({ text: "", ending: { kind: "failed", code: "invalid_prompt", message: "no" } });
  const failed = await b.respond(["hi"]);
  assertIncludes(failed.stderr, "culvert: The response failed: no\n");
  assertExcludes(failed.stderr, "ended failed");
});
