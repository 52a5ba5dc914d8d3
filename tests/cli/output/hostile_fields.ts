/** Fields that the program prints, and servers that fill them with hostile text. */
import { TestHome } from "../../auth/kit.ts";
import { httpServer, rawServer, type TestServer } from "../../net/kit.ts";
import { frames } from "../../responses/kit.ts";

/** A field: makes the situation that prints it. */
export interface Field {
  readonly name: string;
  readonly isText?: boolean;
  readonly runs?: number;
  /** Returns the arguments and the variables of the command. */
  readonly set: (
    text: string,
    stack: AsyncDisposableStack,
    home: TestHome,
  ) => Promise<Situation> | Situation;
}

export interface Situation {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export function respondAt(server: TestServer, scheme = "http", ...more: readonly string[]): Situation {
  return respondTo(`${scheme}://localhost:${server.port}/v1`, ...more);
}

/** Each request is made once: retries would print the same text again, after a pause. */
export function respondTo(baseUrl: string, ...more: readonly string[]): Situation {
  const table =
    `{ name = "f", base_url = "${baseUrl}", env_key = "CULVERT_API_KEY", request_max_retries = 0, ` +
    "stream_max_retries = 0, supports_websockets = true }";
  return {
    args: ["respond", "-vv", "-C", `model_providers.fuzz=${table}`, "--provider", "fuzz", ...more, "hi"],
  };
}

export function answering(stack: AsyncDisposableStack, answer: () => Response): TestServer {
  return stack.use(httpServer(answer));
}

export function eventStream(events: readonly object[]): Response {
  return new Response(frames(events), { headers: { "content-type": "text/event-stream" } });
}

/** Bytes of a text as a header or a status line can carry them: no line ends but as they are given. */
export function latin(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}

export async function rawAnswer(
  stack: AsyncDisposableStack,
  ...parts: readonly string[]
): Promise<TestServer> {
  return stack.use(
    await rawServer((socket) => socket.once("data", () => socket.end(latin(parts.join(""))))),
  );
}

export const COMPLETED = { type: "response.completed", response: { id: "resp_1", output: [] } };
