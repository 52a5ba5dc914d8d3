/**
 * Faults of the unary endpoints of the simulated API, for tests of recovery and retries.
 *
 * @module
 */
import { ConnectionCut } from "../../net/server/listener.ts";
import { sleep } from "../../world/sleep.ts";
import type { Refusal } from "../api/scenario.ts";
import { refusalReply } from "./endpoint.ts";

/** A fault that replaces the answer to the next request of an endpoint. */
export interface EndpointFault {
  /** A part of the path, such as `/models` or `/images/edits`. */
  readonly endpoint: string;
  /** Sent instead of the answer. */
  readonly refusal?: Refusal;
  /**
   * The point of a connection reset: before the head of the answer, or in the middle of its body. Default: no
   * reset.
   */
  readonly cut?: "head" | "body";
  /** Number of bytes of the request that are read before the connection is reset. Default: 0. */
  readonly afterBytes?: number;
}

/** The queue of faults. */
export class EndpointFaults {
  readonly #waiting: EndpointFault[] = [];

  /** Adds faults, each for one request. */
  add(...faults: readonly EndpointFault[]): void {
    this.#waiting.push(...faults);
  }

  /**
   * Answers a request, with the first fault of its endpoint if there is one.
   *
   * @throws ConnectionCut if the connection is to be reset
   */
  async answer(request: Request, serve: () => Response | Promise<Response>): Promise<Response> {
    const { pathname } = new URL(request.url);
    const at = this.#waiting.findIndex(({ endpoint }) => pathname.includes(endpoint));
    const [fault] = at === -1 ? [] : this.#waiting.splice(at, 1);
    if (fault === undefined) return await serve();
    if (fault.refusal !== undefined) return refusalReply(fault.refusal);
    if (fault.cut === "body") return await cutReply(await serve());
    if (fault.afterBytes !== undefined) await readUpTo(request, fault.afterBytes);
    throw new ConnectionCut("A fault cuts the connection here");
  }
}

async function readUpTo({ body }: Request, bytes: number): Promise<void> {
  let received = 0;
  for await (const piece of body ?? []) {
    received += piece.length;
    if (received >= bytes) return;
  }
}

async function cutReply(reply: Response): Promise<Response> {
  const bytes = new Uint8Array(await reply.arrayBuffer());
  async function* half(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    yield bytes.subarray(0, bytes.length / 2);
    // The pause lets the bytes reach the client before the reset discards unread ones.
    await sleep(30);
    throw new ConnectionCut("A fault cuts the connection here");
  }
  return new Response(ReadableStream.from(half()), { status: reply.status, headers: reply.headers });
}
