/**
 * The server behind the relays of the benchmarks, run as a child process. Prints its port. Below `/v1`:
 *
 * - `first` answers with one event;
 * - `bulk/BYTES` streams deltas of about 200 bytes as fast as they are taken;
 * - `stream/EVENTS/GAP` sends an event each GAP ms, with the time at which it was written;
 * - `clock` tells the time.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { deltaFrame } from "../stream_server.ts";
import { clock } from "./clock.ts";

/** Bytes in one write of `bulk`. */
const BLOCK = 64 * 1024;

const block = new TextEncoder().encode(
  Array.from(
    { length: Math.ceil(BLOCK / deltaFrame(100_000).length) },
    (_, index) => deltaFrame(100_000 + index),
  )
    .join(""),
);

const server = createServer((request, response) => {
  const [, , what = "", first = "0", second = "0"] = (request.url ?? "").split("/");
  request.resume();
  request.once("end", () => {
    response.setHeader("content-type", what === "clock" ? "text/plain" : "text/event-stream");
    if (what === "clock") response.end(String(clock()));
    else if (what === "bulk") bulk(response, Number(first));
    else if (what === "stream") stream(response, Number(first), Number(second));
    else {
      response.write(deltaFrame(0));
      response.end();
    }
  });
});
server.keepAliveTimeout = 0;

function bulk(response: ServerResponse, bytes: number): void {
  let left = bytes;
  const more = () => {
    while (left > 0) {
      left -= block.length;
      if (!response.write(block)) return void response.once("drain", more);
    }
    response.end();
  };
  more();
}

function stream(response: ServerResponse, events: number, gapMs: number): void {
  let sent = 0;
  // The streams are spread over the gap, so that they do not all send at once.
  setTimeout(() => {
    const timer = setInterval(() => {
      if (sent === events) {
        clearInterval(timer);
        return void response.end();
      }
      sent++;
      const pad = "x".repeat(100);
      response.write(`data: {"type":"response.output_text.delta","delta":"${pad}","sent":${clock()}}\n\n`);
    }, gapMs);
  }, Math.random() * gapMs);
}

server.listen(0, "127.0.0.1", () => {
  const address: AddressInfo | string | null = server.address();
  console.log(typeof address === "object" && address !== null ? address.port : 0);
});
