/** Records exchanges without end into the directory of its argument. */
import { startRecorder } from "../../../lib/capture/record/recorder.ts";
import { pass } from "./recording_kit.ts";

const [directory = ""] = Deno.args;
const recorder = await startRecorder({
  directory,
  world: { now: () => Date.now(), monotonic: () => performance.now() },
  toolVersion: "0.0.0-test",
});
const recording = {
  directory,
  recorder,
  clock: performance.now(),
  load: () => Promise.reject(new Error("never read here")),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};
const input: unknown[] = [];
for (let turn = 0;; turn++) {
  input.push({ type: "message", text: `${turn} ${"text ".repeat(turn % 7 === 0 ? 20_000 : 50)}` });
  pass(recording, {
    requestBody: JSON.stringify({ model: "gpt-5", input: input.slice(-40) }),
    responseHeaders: ["content-type", "text/event-stream"],
    response: Array.from({ length: 5 }, (_, n) => `data: {"type":"response.output_text.delta","n":${n}}\n\n`),
  });
  if (turn === 0) {
    await recorder.flush();
    await Deno.stdout.write(new TextEncoder().encode("."));
  }
  await new Promise((resolve) => setTimeout(resolve, 0));
}
