/** The records of `serve -o` for exchanges that are cut at each stage: one end, and the relayed part. */
import { ConnectionCut, listen } from "../../../lib/net/server/listener.ts";
import { assertEquals } from "../../support/assert.ts";
import { jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { startedCulvert } from "../../support/started_culvert.ts";
import { answerOf } from "../../capture/record/sample_capture.ts";

const ANSWER = answerOf(0);
const HEADERS = { "content-type": "text/event-stream" };

/** The behavior of the server: the text that it sends, and whether it then waits or cuts the connection. */
interface Stage {
  readonly name: string;
  /** `undefined`: no head is sent. */
  readonly text: string | undefined;
  readonly breaksOff?: boolean;
  readonly outcome: "aborted" | "error" | "ok";
  readonly events: number;
  readonly incomplete: boolean;
}

const two = ANSWER.slice(0, 2).join("");
const STAGES: readonly Stage[] = [
  {
    name: "a client that leaves before the head",
    text: undefined,
    outcome: "aborted",
    events: 0,
    incomplete: false,
  },
  {
    name: "a client that leaves between two events",
    text: two,
    outcome: "aborted",
    events: 2,
    incomplete: false,
  },
  {
    name: "a client that leaves in the middle of an event",
    text: `${two}event: response.output_text.delta\ndata: {"type":"resp`,
    outcome: "aborted",
    events: 3,
    incomplete: true,
  },
  {
    name: "a client that leaves after the last event",
    text: ANSWER.join(""),
    outcome: "aborted",
    events: ANSWER.length,
    incomplete: false,
  },
  {
    name: "a server that disconnects between two events",
    text: two,
    breaksOff: true,
    outcome: "error",
    events: 2,
    incomplete: false,
  },
  {
    name: "a server that disconnects in the middle of an event",
    text: `${two}event: response.output_text.delta\ndata: {"type":"resp`,
    breaksOff: true,
    outcome: "error",
    events: 3,
    incomplete: true,
  },
];

for (const { name, text, breaksOff = false, outcome, events, incomplete } of STAGES) {
  Deno.test(`${name}: one end with outcome ${outcome}, and the relayed part is kept`, async () => {
    const asked = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const server = await listen({
      handle: async (request) => {
        await request.text();
        request.signal.addEventListener("abort", () => left.resolve());
        asked.resolve();
        if (text === undefined) {
          await left.promise;
          return new Response(null, { status: 500 });
        }
        const body = async function* () {
          yield new TextEncoder().encode(text);
          // A reset discards what the peer has not read.
          await new Promise((resolve) => setTimeout(resolve, 200));
          if (breaksOff) throw new ConnectionCut("The test breaks off");
          await left.promise;
        };
        return new Response(ReadableStream.from(body()), { headers: HEADERS });
      },
    });
    const work = await Deno.makeTempDir({ prefix: "culvert-abort-" });
    try {
      await using program = await startedCulvert(
        ["serve", "--no-local-auth", "-o", join(work, "capture"), "--base-url"].concat(
          `http://127.0.0.1:${server.port}/v1`,
        ),
        { env: { SHELL: "/bin/sh", CULVERT_API_KEY: "sk-planted-0123456789abcdef" } },
      );
      const [, base = ""] = await program.seen("stdout", /OPENAI_BASE_URL='([^']+)'/);
      const leave = new AbortController();
      const reply = fetch(`${base}/responses`, { method: "POST", body: "{}", signal: leave.signal });
      await asked.promise;
      if (text === undefined) leave.abort();
      const received = await read(reply, breaksOff ? Infinity : text?.length ?? 0, leave);
      assertEquals(text?.startsWith(received) ?? received === "", true, received);
      if (!breaksOff) await left.promise;
      program.kill("SIGTERM");
      assertEquals(await program.end(), 0);
      const records = jsonLines(await Deno.readTextFile(join(work, "capture", "capture.jsonl")));
      assertEquals(records.filter(({ kind }) => kind === "http.end").map((end) => end["outcome"]), [outcome]);
      assertEquals(records.filter(({ kind }) => kind === "http.request").length, 1);
      const recorded = records.filter(({ kind }) => kind === "sse.event");
      assertEquals(recorded.length, events);
      assertEquals(recorded.at(-1)?.["incomplete"] === true, incomplete);
    } finally {
      await server.close();
      await Deno.remove(work, { recursive: true });
    }
  });
}

/**
 * Reads a number of characters, then leaves. Returns what arrived until then or until the connection broke.
 */
async function read(reply: Promise<Response>, length: number, leave: AbortController): Promise<string> {
  let text = "";
  try {
    const { body } = await reply;
    for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += piece;
      if (text.length >= length) leave.abort();
    }
  } catch {
    // It was aborted here, or broken off there.
  }
  return text;
}
