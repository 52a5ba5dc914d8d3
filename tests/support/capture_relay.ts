/** The reverse relay of a real `culvert capture` process, for clients in the test. */
import { startCulvert } from "./culvert.ts";

/** A running relay. */
export interface CaptureRelay extends AsyncDisposable {
  readonly port: number;
  /** The base URL as the captured program sees it. */
  readonly url: string;
  readonly process: Deno.ChildProcess;
  /** Ends the captured program, and with it the capture. Returns what was written to stderr. */
  readonly stop: () => Promise<string>;
}

/**
 * Starts `culvert capture --mode reverse` of a program that waits.
 *
 * @param base URL of the API that it relays to
 * @param directory of the capture
 */
export async function startCaptureRelay(
  base: string,
  directory: string,
  options: { readonly flags?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CaptureRelay> {
  const { flags = [], env = {} } = options;
  const script = 'echo "$OPENAI_BASE_URL"; exec cat >&2';
  const process = startCulvert(
    ["capture", "--mode", "reverse", "-o", directory, "--base-url", base, ...flags, "--", "sh", "-c", script],
    { env },
  );
  const stderr = new Response(process.stderr).text();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let line = "";
  while (!line.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`culvert capture ended: ${await stderr}`);
    line += value;
  }
  const url = line.trim();
  let stopped: Promise<string> | undefined;
  const stop = () =>
    stopped ??= (async () => {
      // The waiting program ends with its input.
      await process.stdin.close().catch(() => {});
      await Promise.all([process.status, reader.cancel()]);
      return await stderr;
    })();
  return {
    port: Number(new URL(url).port),
    url,
    process,
    stop,
    [Symbol.asyncDispose]: async () => void await stop(),
  };
}
