/** Measures received messages: the dialer's websocket beside a bare loop over `ws`, and its memory with a slow reader. */
import { WebSocket } from "ws";
import { dialerFor, trusting } from "../net/kit.ts";
import { startServer } from "./child.ts";
import { type Finding, rivals } from "./measure.ts";

const COUNT = 500_000;
const SLOW_COUNT = 1_000_000;
const MB = 1_048_576;

export async function websocketWire(): Promise<readonly Finding[]> {
  await using server = await startServer("websocket_source.ts");
  const { port, root } = JSON.parse(server.line);
  const url = (count: number) => `wss://localhost:${port}/${count}`;
  let parsed = 0;
  const [ours, bare] = await rivals(
    5,
    () => throughDialer(url(COUNT), root, (text) => parsed += JSON.parse(text).delta.length),
    () => bareLoop(url(COUNT), root, (text) => parsed += JSON.parse(text).delta.length),
  );
  if (parsed !== 12 * COUNT * " hello world".length) {
    throw new Error(`${parsed} characters: messages were lost`);
  }
  const [early, late] = await slowReader(url(SLOW_COUNT), root);
  return [{
    name: "messages off a websocket, parsed, to a bare loop over ws",
    measured: `${(bare / ours).toFixed(2)} times its throughput (${Math.round(COUNT / ours)} messages a ms)`,
    bar: "at least 0.8 times",
    passed: bare / ours >= 0.8,
  }, {
    name: "resident memory over 1,000,000 messages with a slow reader",
    measured: `at most ${late} MB after the first tenth, ${early} MB within it`,
    bar: "flat: at most 32 MB more",
    passed: late <= early + 32,
  }];
}

async function throughDialer(url: string, root: string, onText: (text: string) => void): Promise<void> {
  await eachBatch(url, root, (batch) => {
    batch.forEach(onText);
    return Promise.resolve();
  });
}

async function slowReader(url: string, root: string): Promise<readonly [number, number]> {
  let received = 0;
  let batches = 0;
  let early = 0;
  let late = 0;
  await eachBatch(url, root, async (batch) => {
    received += batch.length;
    const resident = Math.round(Deno.memoryUsage().rss / MB);
    if (received < SLOW_COUNT / 10) early = Math.max(early, resident);
    else late = Math.max(late, resident);
    if (++batches % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
  if (received !== SLOW_COUNT) throw new Error(`${received} messages of ${SLOW_COUNT}`);
  return [early, late];
}

async function eachBatch(
  url: string,
  root: string,
  onBatch: (batch: readonly string[]) => Promise<void>,
): Promise<void> {
  using dialer = await dialerFor({ trust: trusting(root) });
  const outcome = await dialer.openWebSocket({ url: new URL(url), headers: {}, connectTimeoutMs: 10_000 });
  if (outcome.kind !== "open") throw new Error(`Refused: ${outcome.status}`);
  for (;;) {
    const batch = await outcome.channel.receive();
    if (batch.length === 0) break;
    await onBatch(batch);
  }
  outcome.channel.drop();
}

function bareLoop(url: string, root: string, onText: (text: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { ca: root });
    socket.on("message", (data) => onText(data.toString()));
    socket.on("close", () => resolve());
    socket.on("error", reject);
  });
}
