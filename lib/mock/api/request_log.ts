/**
 * The requests that the simulated API has received, for tests. They are kept in memory, credentials included,
 * and are never printed or stored.
 *
 * @module
 */
import type { Json } from "./scenario.ts";

/** One request, or one `response.create` frame. */
export interface RecordedRequest {
  /** `websocket`: one frame. */
  readonly transport: "http" | "websocket";
  /** Method of the request, or of the upgrade that opened the socket. */
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  /** Query with its `?`, or empty. */
  readonly search: string;
  /** Headers of the request, or of the handshake of the frame's socket. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body or frame, if it is a JSON object. */
  readonly json?: Json;
  /** The decompressed body, or the frame as UTF-8. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Time of arrival by `performance.now()`, ms. */
  readonly at: number;
  /** Number of the websocket, starting at 1; 0 for HTTP. */
  readonly connection: number;
  /** Aborted when the client leaves before the answer is complete. */
  readonly clientGone: AbortSignal;
}

/** Collects requests and lets tests wait for them. */
export class RequestLog {
  readonly #seen: RecordedRequest[] = [];
  readonly #waiting = new Set<() => void>();

  /** All requests so far, oldest first. */
  get all(): readonly RecordedRequest[] {
    return this.#seen;
  }

  /** The requests for the model: `POST …/responses` and `response.create` frames. */
  get turns(): readonly RecordedRequest[] {
    return this.#seen.filter((request) =>
      request.path.endsWith("/responses") && (request.method === "POST" || request.transport === "websocket")
    );
  }

  /** Adds a request. */
  add(request: RecordedRequest): void {
    this.#seen.push(request);
    for (const wake of [...this.#waiting]) wake();
  }

  /** Removes all requests. */
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
