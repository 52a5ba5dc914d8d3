/**
 * Measures the decoding of a response into typed events: beside `eventsource-parser` with `JSON.parse`, and beside the
 * openai package on Node.
 */
import { createParser } from "eventsource-parser";
import { processWorld } from "../../lib/cli/app/process.ts";
import { dialerFor } from "../net/kit.ts";
import { benchSession, countEvents } from "./bench_session.ts";
import { output, startServer } from "./child.ts";
import { best, type Finding, rivals } from "./measure.ts";

const EVENTS = 200_000;

/** `eventsource-parser` and `JSON.parse` over a bare `fetch`. */
async function byHand(baseUrl: string): Promise<number> {
  const response = await fetch(`${baseUrl}/responses`, { method: "POST", body: "{}" });
  let events = 0;
  const decoder = new TextDecoder();
  const parser = createParser({
    onEvent: ({ data }) => {
      if (typeof JSON.parse(data).type === "string") events++;
    },
  });
  for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  return events;
}

export async function sseThroughput(): Promise<readonly Finding[]> {
  await using server = await startServer("stream_server.ts");
  using dialer = await dialerFor();
  const baseUrl = `http://127.0.0.1:${server.line}/${EVENTS}/v1`;
  const session = benchSession({ dialer, world: processWorld(), baseUrl });
  const expect = (count: number) => {
    if (count !== EVENTS + 2) throw new Error(`${count} events instead of ${EVENTS + 2}`);
  };
  const [ours, hand] = await rivals(
    5,
    async () => expect(await countEvents(session)),
    async () => expect(await byHand(baseUrl)),
  );
  const ratio = ours / hand;
  return [
    {
      name: `SSE bytes to typed events, ${EVENTS} events`,
      measured: `${ratio.toFixed(2)} times the time of eventsource-parser + JSON.parse by hand ` +
        `(${ours.toFixed(0)} ms to ${hand.toFixed(0)} ms)`,
      bar: "at most 1.3",
      passed: ratio <= 1.3,
    },
    await againstOpenAi(baseUrl, async () => expect(await countEvents(session))),
  ];
}

/** The openai package, installed by npm for this run, on Node. */
async function againstOpenAi(baseUrl: string, run: () => Promise<void>): Promise<Finding> {
  const finding = { name: "throughput to the openai package on Node", bar: "at least 7 times" };
  const folder = await Deno.makeTempDir({ prefix: "culvert-bench-" });
  try {
    await Deno.writeTextFile(`${folder}/package.json`, '{"private":true,"type":"module"}');
    await Deno.writeTextFile(`${folder}/rival.js`, RIVAL);
    let version: string;
    try {
      await output("npm", ["install", "--silent", "--no-audit", "--no-fund", "openai@7.55.0"], folder);
      version = await output("node", ["--version"]);
    } catch (error) {
      return {
        ...finding,
        measured: `node or npm is missing, or npm cannot install: ${error}`,
        passed: undefined,
      };
    }
    let [ours, rival] = [Infinity, Infinity];
    // Alternating, so that the load of the machine affects both.
    for (let round = 0; round < 3; round++) {
      ours = Math.min(ours, await best(3, run));
      rival = Math.min(rival, Number(await output("node", ["rival.js", baseUrl], folder)));
    }
    const ratio = rival / ours;
    return {
      ...finding,
      measured: `${ratio.toFixed(1)} times that of openai 7.55.0 on Node ${version} ` +
        `(${ours.toFixed(0)} ms to ${rival.toFixed(0)} ms)`,
      passed: ratio >= 7,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Reads one stream with the package, and prints the ms of the best of three runs. */
const RIVAL = `
import OpenAI from "openai";

const client = new OpenAI({ apiKey: "k", baseURL: process.argv[2], maxRetries: 0 });
let best = Infinity;
for (let run = 0; run < 3; run++) {
  const begin = performance.now();
  let events = 0;
  for await (const event of await client.responses.create({ model: "bench", input: "hi", stream: true })) {
    if (event.type) events++;
  }
  if (events < 1000) throw new Error(events + " events");
  best = Math.min(best, performance.now() - begin);
}
console.log(best);
`;
