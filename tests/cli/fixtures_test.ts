import { assertEquals } from "../support/assert.ts";
import { culvert, jsonLines } from "../support/culvert.ts";
import { fromFileUrl } from "../support/paths.ts";
import { accept, socketServer } from "../responses/transport/websocket/websocket_kit.ts";

const fixture = (name: string) => fromFileUrl(new URL(`../../fixtures/${name}`, import.meta.url));
const STREAM = await Deno.readFile(fixture("sse/answer.sse"));
const FRAMES = (await Deno.readTextFile(fixture("ws/answer.jsonl"))).trimEnd().split("\n");
const ANSWER = "Ein Düker führt Wasser – unter der Straße hindurch. 🌊";

/** Serves the kept answer over both wires. */
function keptAnswer() {
  return socketServer({
    plain: true,
    upgrades: [accept()],
    replies: [async (socket) => {
      for (const frame of FRAMES) await socket.send(frame);
    }],
    posts: [() => new Response(STREAM, { headers: { "content-type": "text/event-stream" } })],
  });
}

for (const wire of ["sse", "ws"] as const) {
  Deno.test(`the stored answer is printed over ${wire} as text, and with --json as the stored lines`, async () => {
    await using server = await keptAnswer();
    const words = ["respond", "--base-url", server.baseUrl, "--transport", wire];
    const env = { CULVERT_API_KEY: "sk-fixture" };
    const text = await culvert([...words, "What is a culvert?"], { env });
    assertEquals([text.code, text.stdout, text.stderr], [0, `${ANSWER}\n`, ""]);
    const json = await culvert([...words, "--json", "What is a culvert?"], { env });
    const lines = json.stdout.trimEnd().split("\n");
    assertEquals(lines.filter((line) => !line.startsWith('{"type":"culvert.')), FRAMES);
    assertEquals(jsonLines(json.stdout).at(-1)?.["response_id"], "resp_0123456789abcdef");
  });
}

Deno.test("the stored company bundle has two roots, and its revocation list is skipped with its line", async () => {
  const run = await culvert(["ca", "inspect", fixture("pem/company.pem"), "--json"]);
  assertEquals(run.code, 0, run.stderr);
  const { certificates, skipped } = JSON.parse(run.stdout);
  assertEquals(certificates.map(({ line, label }: { line: number; label: string }) => [line, label]), [
    [30, "CERTIFICATE"],
    [53, "TRUSTED CERTIFICATE"],
  ]);
  assertEquals(skipped.map(({ kind, line }: { kind: string; line: number }) => [kind, line]), [[
    "X509 CRL",
    44,
  ]]);
});
