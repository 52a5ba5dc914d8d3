/** `culvert capture` of a program that a test drives. */
import type { Network } from "../../lib/mock/network.ts";
import { startCulvert } from "../support/culvert.ts";

const TURN =
  `curl -sS --max-time 60 -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"model":"gpt-5.2","input":"hello","stream":true}' "$BASE/responses" >/dev/null`;

/** A capture whose program is driven line by line. */
export interface DrivenCapture extends AsyncDisposable {
  /** Waits until stderr matches, at most 30 s, and returns the first group. */
  readonly says: (pattern: RegExp) => Promise<string>;
  /** Makes the program of the capture send its next request. */
  readonly next: () => Promise<void>;
  /** Ends the program and returns what capture wrote on stderr. */
  readonly end: () => Promise<string>;
}

/**
 * Starts `culvert capture` of a shell that makes one request for each line of its input, in a simulated network.
 *
 * @param flags of `capture`, before the program
 */
export function drivenCapture(network: Network, flags: readonly string[]): DrivenCapture {
  const child = startCulvert(
    ["capture", ...flags, "--", "sh", "-c", `while read -r line; do ${TURN}; done`],
    { env: { ...network.env, BASE: network.baseUrl, KEY: network.apiKey } },
  );
  const writer = child.stdin.getWriter();
  let log = "";
  let ended = false;
  const reading = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) log += text;
    ended = true;
  })();
  const output = child.stdout.cancel();
  return {
    says: async (pattern) => {
      for (let attempt = 0; attempt < 600; attempt++) {
        const match = pattern.exec(log);
        if (match !== null) return match[1] ?? "";
        if (ended) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`culvert capture did not write ${pattern}:\n${log}`);
    },
    next: () => writer.write(new TextEncoder().encode("\n")),
    end: async () => {
      await writer.close();
      await Promise.all([child.status, reading, output]);
      return log;
    },
    [Symbol.asyncDispose]: async () => {
      try {
        child.kill("SIGTERM");
      } catch (error) {
        // It has ended.
        if (!(error instanceof TypeError)) throw error;
      }
      await child.status;
    },
  };
}
