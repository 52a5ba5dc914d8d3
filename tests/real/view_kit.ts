/** `culvert view` as a process. */
import type { Recording } from "../capture/record/recording_kit.ts";
import { startCulvert } from "../support/culvert.ts";

/** Runs `culvert view` and returns the address that it prints. */
export async function startView(recording: Recording): Promise<{ readonly url: string } & AsyncDisposable> {
  const child = startCulvert(["view", recording.directory, "--no-open"]);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("culvert view ended without an address");
    text += value;
  }
  return {
    url: text.trim(),
    [Symbol.asyncDispose]: async () => {
      await reader.cancel();
      child.kill("SIGTERM");
      await child.stderr.cancel();
      await child.stdin.close();
      await child.status;
    },
  };
}
