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
    says: "No misspelled or unsupported variables\n",
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
    args: ["respond", "--base-url", "http://a.example:99999/v1", "hi"],
    says: 'Cannot use the base URL of --base-url: "http://a.example:99999/v1" has no valid host and port\n',
    not: "is not an http or https URL",
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

/** Commands that write a file into a folder which is not there, before they send a request. */
const UNWRITABLE: readonly (readonly string[])[] = [
  ["respond", "-o", "/nowhere/x", "hi"],
  ["image", "-o", "/nowhere/x", "hi"],
  ["realtime", "-o", "/nowhere/x", "hi"],
  ["report", "-o", "/nowhere/x"],
  ["ca", "env", "-o", "/nowhere/x"],
  ["ca", "fetch", "-o", "/nowhere/x", "host.example"],
];

for (const args of UNWRITABLE) {
  Deno.test(`culvert ${args.join(" ")} says before any request that there is no such file or directory`, async () => {
    await using server = await refusingServer();
    const env = { CULVERT_API_KEY: "sk-test", HTTPS_PROXY: server.address };
    const run = await culvert(args, { env });
    assertEquals([run.code, run.stdout], [2, ""]);
    assertIncludes(run.stderr, "culvert: Cannot write --output /nowhere/x: no such file or directory\n");
    assertEquals(server.connections(), 0);
  });
}

/** Listens on loopback and closes every connection. */
async function refusingServer() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let count = 0;
  const serving = (async () => {
    for await (const connection of listener) {
      count++;
      connection.close();
    }
  })();
  return await Promise.resolve({
    address: `http://127.0.0.1:${listener.addr.port}`,
    connections: () => count,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      await serving;
    },
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
