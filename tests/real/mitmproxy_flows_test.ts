/** Flow files: mitmproxy reads what `culvert export --format mitmproxy` writes. */
import { assertEquals, assertExcludes } from "../support/assert.ts";
import { culvert } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { answerOf, recordSession, requestOf } from "../capture/record/sample_capture.ts";

/** Prints each flow that mitmproxy loads, as one line of JSON. */
const PRINT_FLOWS = `
import json
from mitmproxy import http

class PrintFlows:
    def done(self):
        from mitmproxy import ctx
        print(json.dumps({"loaded": True}))

    def error(self, flow: http.HTTPFlow):
        print(json.dumps({"url": flow.request.url, "error": flow.error.msg}))

    def response(self, flow: http.HTTPFlow):
        socket = flow.websocket
        print(json.dumps({
            "method": flow.request.method,
            "url": flow.request.url,
            "request": flow.request.get_text(strict=False),
            "status": flow.response.status_code,
            "response": flow.response.get_text(strict=False),
            "comment": flow.comment,
            "messages": None if socket is None else [
                [int(each.type), each.from_client, each.content.hex()] for each in socket.messages
            ],
        }))

addons = [PrintFlows()]
`;

/** The data of one flow in mitmproxy; a failed flow has an error instead of a response. */
interface LoadedFlow {
  readonly url: string;
  readonly error?: string;
  readonly method: string;
  readonly request: string;
  readonly status: number;
  readonly response?: string;
  readonly comment: string;
  readonly messages?: readonly (readonly [number, boolean, string])[] | null;
}

async function readByMitmproxy(file: string, folder: string): Promise<readonly LoadedFlow[]> {
  const script = join(folder, "print_flows.py");
  await Deno.writeTextFile(script, PRINT_FLOWS);
  const { stdout, stderr, code } = await new Deno.Command("mitmdump", {
    args: ["-n", "-q", "-r", file, "-s", script, "--set", `confdir=${folder}`],
    signal: AbortSignal.timeout(60_000),
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
  assertEquals([code, lines.pop()], [0, { loaded: true }], new TextDecoder().decode(stderr));
  return lines;
}

await testWith(
  ["mitmdump"],
  "mitmproxy loads an exported flow file: requests, streams and websocket messages are byte-equal",
  async () => {
    await using recording = await recordSession({ turns: 2, gapMs: 20 });
    await recording.recorder.close();
    const file = join(recording.directory, "capture.flows");
    const run = await culvert([
      "export",
      recording.directory,
      "--format",
      "mitmproxy",
      "--verify",
      "-o",
      file,
    ]);
    assertEquals(run.code, 0, run.stderr);
    const flows = await readByMitmproxy(file, recording.directory);
    const har = JSON.parse((await culvert(["export", recording.directory])).stdout).log.entries;
    const answered = har.filter(({ response }: { response: { status: number } }) => response.status > 0);
    const failed = har.filter(({ response }: { response: { status: number } }) => response.status === 0);
    assertEquals(
      flows.filter(({ error }) => error !== undefined).map(({ url, error }) => [url, error]),
      failed.map(({ request, response }: { request: { url: string }; response: { _error: string } }) => [
        request.url,
        response._error,
      ]),
    );
    const loaded = flows.filter(({ error }) => error === undefined);
    assertEquals(
      loaded.map(({ method, status }) => [method, status]),
      answered.map(({ request, response }: { request: { method: string }; response: { status: number } }) => [
        request.method,
        response.status,
      ]),
    );
    const stream = loaded.find(({ response }) => response?.startsWith("event: response.created"));
    assertEquals([stream?.request, stream?.response], [requestOf(0), answerOf(0).join("")]);
    assertEquals(stream?.comment.endsWith("channel model"), true);
    const socket = loaded.find(({ messages }) => messages !== null);
    const expected =
      har.find(({ _webSocketMessages }: { _webSocketMessages?: unknown }) => _webSocketMessages)
        ._webSocketMessages;
    assertEquals(
      socket?.messages?.map(([opcode, isSent, hex]) => [opcode, isSent ? "send" : "receive", hex]),
      expected.map(({ opcode, type, data }: { opcode: number; type: string; data: string }) => [
        opcode,
        type,
        (opcode === 1 ? new TextEncoder().encode(data) : Uint8Array.fromBase64(data)).toHex(),
      ]),
    );
    assertExcludes(new TextDecoder("latin1").decode(await Deno.readFile(file)), "abcdefghijklmnop");
  },
);
