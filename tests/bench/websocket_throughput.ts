/** Measures events per second over a websocket, beside a bare `ws` loop with `JSON.parse`. */
// @ts-types="@types/ws"
import { WebSocket } from "ws";
import { processWorld } from "../../lib/cli/app/process.ts";
import { dialerFor } from "../net/kit.ts";
import { benchSession, countEvents } from "./bench_session.ts";
import { startServer } from "./child.ts";
import { type Finding, rivals } from "./measure.ts";

const EVENTS = 200_000;

/** The minimal program with `ws`: parses each message and reads its type. */
function bare(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    let events = 0;
    socket.on("open", () => socket.send(JSON.stringify({ type: "response.create", model: String(EVENTS) })));
    socket.on("error", reject);
    socket.on("message", (data) => {
      events++;
      if (JSON.parse(String(data)).type !== "response.completed") return;
      socket.terminate();
      resolve(events);
    });
  });
}

export async function websocketThroughput(): Promise<readonly Finding[]> {
  await using server = await startServer("socket_server.ts");
  using dialer = await dialerFor();
  const baseUrl = `http://127.0.0.1:${server.line}/v1`;
  const session = benchSession({ dialer, world: processWorld(), baseUrl, transport: "ws" });
  const expect = (count: number) => {
    if (count !== EVENTS + 2) throw new Error(`${count} events instead of ${EVENTS + 2}`);
  };
  const [ours, rival] = await rivals(
    5,
    async () => expect(await countEvents(session, String(EVENTS))),
    async () => expect(await bare(`ws://127.0.0.1:${server.line}/v1/responses`)),
  );
  session.close();
  const ratio = rival / ours;
  return [{
    name: `events per second over a websocket, ${EVENTS} events`,
    measured: `${ratio.toFixed(2)} of a bare ws loop with JSON.parse (${ours.toFixed(0)} ms to ${
      rival.toFixed(0)
    } ms)`,
    bar: "at least 0.8",
    passed: ratio >= 0.8,
  }];
}
