/**
 * One small question to a server on this machine, which may be anybody's: plain HTTP, past every proxy (none could
 * reach it), bounded in time and size.
 *
 * @module
 */
import type { World } from "../../world/world.ts";
import { dialTcp, systemTcp } from "../tunnel/dial_tcp.ts";
import { writeAll } from "../tunnel/byte_conn.ts";
import { readHead } from "../tunnel/http_head.ts";

const MAX_BYTES = 16 * 1024;

/** How to ask. */
export interface LoopbackQuestion {
  readonly port: number;
  readonly path: string;
  /** Posted as JSON. */
  readonly body: Readonly<Record<string, string>>;
  /** For the whole exchange, ms. */
  readonly limitMs: number;
}

/** What was answered. */
export interface LoopbackAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Asks.
 *
 * @returns nothing where no answer of HTTP came in time
 * @throws the signal's reason
 */
export async function askLoopback(
  question: LoopbackQuestion,
  world: World,
  signal: AbortSignal = new AbortController().signal,
): Promise<LoopbackAnswer | undefined> {
  const over = new AbortController();
  world.sleep(question.limitMs, over.signal).then(
    () => over.abort(),
    // The pause was called off.
    () => {},
  );
  let conn: Deno.TcpConn | undefined;
  const either = AbortSignal.any([signal, over.signal]);
  // What waits for bytes then fails.
  const close = () => {
    conn?.close();
    conn = undefined;
  };
  try {
    conn = await dialTcp("127.0.0.1", question.port, systemTcp(world.sleep), either);
    either.throwIfAborted();
    either.addEventListener("abort", close, { once: true });
    return await exchange(conn, question);
  } catch (error) {
    signal.throwIfAborted();
    // Refused, cut or too late: whoever is there does not answer.
    if (error instanceof Error) return undefined;
    throw error;
  } finally {
    either.removeEventListener("abort", close);
    close();
    over.abort();
  }
}

async function exchange(conn: Deno.TcpConn, question: LoopbackQuestion): Promise<LoopbackAnswer | undefined> {
  const body = new TextEncoder().encode(JSON.stringify(question.body));
  const head = [
    `POST ${question.path} HTTP/1.1`,
    `Host: 127.0.0.1:${question.port}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    "Connection: close",
  ].join("\r\n");
  await writeAll(conn, new TextEncoder().encode(`${head}\r\n\r\n`));
  await writeAll(conn, body);
  const answer = await readHead(conn, MAX_BYTES);
  if (typeof answer === "string") return undefined;
  const decoder = new TextDecoder();
  let text = decoder.decode(answer.rest, { stream: true });
  const wanted = Number(answer.headers.get("content-length") ?? MAX_BYTES);
  const chunk = new Uint8Array(4096);
  for (let count = answer.rest.length; count < Math.min(wanted, MAX_BYTES);) {
    const read = await conn.read(chunk);
    if (read === null) break;
    count += read;
    text += decoder.decode(chunk.subarray(0, read), { stream: true });
  }
  return { status: answer.status, text };
}
