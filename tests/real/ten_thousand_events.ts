/** A capture of 10,000 events in 500 streams, one of which has half of them. */
import { pass, record, type Recording } from "../capture/record/recording_kit.ts";
import { event } from "../capture/record/sample_capture.ts";

const STREAMS = 500;

/** Records the capture. */
export async function recordTenThousand(): Promise<Recording> {
  const recording = await record();
  for (let stream = 0; stream < STREAMS; stream++) {
    pass(recording, {
      url: "https://chatgpt.com/backend-api/codex/responses",
      requestBody: JSON.stringify({
        model: "gpt-5",
        input: [{ type: "message", role: "user", content: `${stream}` }],
      }),
      responseHeaders: ["content-type", "text/event-stream"],
      response: Array.from(
        { length: stream === 0 ? 5_010 : 10 },
        (_, n) => event("response.output_text.delta", { delta: `${n}` }),
      ),
    });
    if (stream % 50 === 0) await recording.recorder.flush();
  }
  await recording.recorder.close();
  return recording;
}
