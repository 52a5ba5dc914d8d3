/**
 * HAR files and other tools: the DevTools of Chromium read the files of culvert; files of Chromium and of mitmproxy
 * are replayed. Debian's mitmproxy (8.1.1) cannot read HAR, only its own flow files.
 */
import { chromium } from "playwright-core";
import { startMockApi } from "../../lib/mock/api/api.ts";
import { listen } from "../../lib/net/server/listener.ts";
import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { culvert } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { answerOf, recordSession } from "../capture/record/sample_capture.ts";
import { CHROMIUM, CHROMIUM_FLAGS } from "./chromium_kit.ts";
import { freePort, startPeer } from "./peers/process.ts";

/** The data of one entry in DevTools. */
interface ImportedRequest {
  readonly url: string;
  readonly status: number;
  readonly type: string;
  readonly frames: readonly { readonly type: string; readonly text: string; readonly opCode: number }[];
  readonly content: string;
  readonly headers: number;
}

/** Reads a HAR with the importer of DevTools. Runs in the page of DevTools. */
const IMPORT = `async (har) => {
  const { HARFormat, Importer } = await import("/devtools/models/har/har.js");
  const requests = Importer.Importer.requestsFromHARLog(new HARFormat.HARRoot(har).log);
  return await Promise.all(requests.map(async (request) => ({
    url: request.url(),
    status: request.statusCode,
    type: request.resourceType().name(),
    frames: request.frames().map(({ type, text, opCode }) => ({ type, text, opCode })),
    content: (await request.requestContentData()).text ?? "",
    headers: request.requestHeaders().length,
  })));
}`;

async function importedByDevTools(har: unknown): Promise<readonly ImportedRequest[]> {
  const port = freePort();
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [...CHROMIUM_FLAGS, `--remote-debugging-port=${port}`, "--remote-allow-origins=*"],
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(`http://127.0.0.1:${port}/devtools/inspector.html`);
    return await page.evaluate(`(${IMPORT})(${JSON.stringify(har)})`);
  } finally {
    await browser.close();
  }
}

await testWith(
  [CHROMIUM],
  "the DevTools of Chromium import an exported HAR: streams whole, frames of websockets by direction",
  async () => {
    await using recording = await recordSession({ turns: 2, gapMs: 20 });
    await recording.recorder.close();
    const file = join(recording.directory, "capture.har");
    const run = await culvert(["export", recording.directory, "-o", file]);
    assertEquals(run.code, 0, run.stderr);
    const har = JSON.parse(await Deno.readTextFile(file));
    const requests = await importedByDevTools(har);
    assertEquals(requests.length, har.log.entries.length);
    const stream = requests.find(({ content }) => content.startsWith("event: response.created"));
    assertEquals(stream?.content, answerOf(0).join(""));
    const socket = requests.find(({ frames }) => frames.length > 0);
    assertEquals([socket?.type, socket?.status], ["websocket", 101]);
    assert(socket?.url.startsWith("wss://"));
    const expected =
      har.log.entries.find((entry: { _webSocketMessages?: unknown }) =>
        entry._webSocketMessages !== undefined
      )._webSocketMessages;
    assertEquals(
      socket?.frames,
      expected.map(({ type, data, opcode }: { type: string; data: string; opcode: number }) => ({
        type,
        text: data,
        opCode: opcode,
      })),
    );
    assert(requests.every(({ headers }) => headers > 0));
  },
);

const PROMPT = JSON.stringify({ model: "gpt-5.2", input: "hello", stream: true });

/** Replays a HAR to curl and returns what curl received. */
async function replayed(file: string): Promise<string> {
  const script =
    `curl -sS --max-time 20 -H 'Content-Type: application/json' -d '${PROMPT}' "$OPENAI_BASE_URL/responses"`;
  const run = await culvert(["replay", file, "--strict", "--speed", "none", "--", "sh", "-c", script]);
  assertEquals(run.code, 0, run.stderr);
  return run.stdout;
}

await testWith(
  [CHROMIUM, "curl"],
  "a HAR that Chromium recorded of a page is replayed, and its stream is byte-equal",
  async () => {
    const answer = answerOf(0).join("");
    await using directory = await temporaryDirectory();
    const server = await listen({
      handle: (request) =>
        request.method === "POST"
          ? new Response(answer, { headers: { "content-type": "text/event-stream" } })
          : new Response("<!DOCTYPE html><title>Page</title>", { headers: { "content-type": "text/html" } }),
    });
    const file = join(directory.path, "chromium.har");
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...CHROMIUM_FLAGS] });
    try {
      const context = await browser.newContext({ recordHar: { path: file, content: "embed" } });
      const page = await context.newPage();
      const origin = `http://127.0.0.1:${server.port}`;
      await page.goto(`${origin}/`);
      const body = JSON.stringify(PROMPT);
      const read = await page.evaluate(
        `fetch("/v1/responses", { method: "POST", body: ${body}, headers: { "content-type": "application/json" } }).then((reply) => reply.text())`,
      );
      assertEquals(read, answer);
      await context.close();
    } finally {
      await browser.close();
      await server.close();
    }
    assertEquals(await replayed(file), answer);
    const view = await culvert(["view", file, "--json"]);
    assertEquals(JSON.parse(view.stdout).turns[0].outcome, "completed");
  },
);

const HAR_SCRIPT = "/usr/share/doc/mitmproxy/examples/contrib/har_dump.py";

await testWith(
  ["mitmdump", HAR_SCRIPT, "curl"],
  "a HAR that mitmproxy wrote is replayed, and its stream is byte-equal",
  async () => {
    await using api = await startMockApi({ plain: true, open: true, scenario: { text: "By mitmproxy." } });
    await using directory = await temporaryDirectory();
    const file = join(directory.path, "mitmproxy.har");
    const port = freePort();
    let received = "";
    {
      await using _mitmproxy = await startPeer({
        program: "mitmdump",
        args: [
          ...[
            "--listen-host",
            "127.0.0.1",
            "--listen-port",
            String(port),
            "--set",
            `confdir=${directory.path}`,
          ],
          ...["-s", HAR_SCRIPT, "--set", `hardump=${file}`],
        ],
        port,
        directory: await Deno.makeTempDir({ prefix: "culvert-mitmproxy-" }),
      });
      const { stdout, success } = await new Deno.Command("curl", {
        args: [
          ...[
            "-sS",
            "--noproxy",
            "",
            "-x",
            `http://127.0.0.1:${port}`,
            "-H",
            "Content-Type: application/json",
          ],
          ...["-d", PROMPT, `${api.baseUrl}/responses`],
        ],
      }).output();
      assert(success);
      received = new TextDecoder().decode(stdout);
    }
    assertIncludes(received, "response.completed");
    assertEquals(await replayed(file), received);
  },
);

async function temporaryDirectory(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "culvert-har-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
