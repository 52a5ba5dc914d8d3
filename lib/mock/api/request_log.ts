/**
 * The requests that the simulated API has seen, for tests to look at. Kept in memory, credentials included;
 * nothing prints or stores them.
 *
 * @module
 */
import type { Json } from "./scenario.ts";

/** One request, or one `response.create` frame. */
export interface RecordedRequest {
  /** `websocket`: one frame. */
  readonly transport: "http" | "websocket";
  /** Of the request, or of the upgrade that opened the socket. */
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  /** Query with its `?`, or empty. */
  readonly search: string;
  /** Of the request, or of the handshake of the socket that the frame came over. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body or frame where it is a JSON object. */
  readonly json?: Json;
  /** The body without its zstd, or the frame as UTF-8. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** ms, of `performance.now()`. */
  readonly at: number;
  /** Counts the websockets of the server from 1; 0 for HTTP. */
  readonly connection: number;
  /** Aborted when the client goes away before the answer is complete. */
  readonly clientGone: AbortSignal;
}

/** Collects requests and lets tests wait for them. */
export class RequestLog {
  readonly #seen: RecordedRequest[] = [];
  readonly #waiting = new Set<() => void>();

  /** Everything seen so far, oldest first. */
  get all(): readonly RecordedRequest[] {
    return this.#seen;
  }

  /** Those for the model: `POST …/responses` and `response.create` frames. */
  get turns(): readonly RecordedRequest[] {
    return this.#seen.filter((request) =>
      request.path.endsWith("/responses") && (request.method === "POST" || request.transport === "websocket")
    );
  }

  /** Adds one. */
  add(request: RecordedRequest): void {
    this.#seen.push(request);
    for (const wake of [...this.#waiting]) wake();
  }

  /** Forgets everything. */
  clear(): void {
    this.#seen.length = 0;
  }

  /** Resolves with the requests that satisfy `matches` once there are `count` of them. */
  waitFor(
    count: number,
    matches: (request: RecordedRequest) => boolean,
  ): Promise<readonly RecordedRequest[]> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.#seen.filter(matches);
        if (found.length < count) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
