/**
 * The folder for the examples of the help texts, with a company's bundle, a key, a conversation, a recording
 * and a trace.
 */
import { createAuthority } from "../../lib/pki/pki.ts";
import { type Workplace, workplace } from "./on_path.ts";
import { join } from "./paths.ts";

/** Examples for shells other than bash. */
export const FOREIGN_SHELL = /\| (source|iex)$/;

/** A folder with the files, and an environment with the variables, that the examples name. */
export async function furnished(): Promise<Workplace> {
  const place = await workplace({ CULVERT_API_KEY: "sk-example-0123456789" });
  const { certificate } = await createAuthority("Example Corp Root CA");
  for (const name of ["corp.pem", "corp.p7b"]) {
    await Deno.writeTextFile(join(place.directory, name), certificate);
  }
  await furnishCapture(place.directory);
  const { writeSample } = await import("../observe/trace/bundle_kit.ts");
  await writeSample(join(place.directory, "traces"), 3);
  const { speech } = await import("../cli/transcribe/kit.ts");
  await Deno.writeFile(join(place.directory, "speech.wav"), speech([2, 1, 1.2]));
  await Deno.writeTextFile(join(place.directory, "key.txt"), "sk-example-0123456789\n");
  const state = join(place.directory, "state");
  await Deno.mkdir(join(state, "culvert", "conversations"), { recursive: true });
  const turn = {
    type: "turn",
    at: "2026-01-01T00:00:00Z",
    model: "m",
    provider: "p",
    response_id: null,
    items: [],
  };
  const plan = join(state, "culvert", "conversations", "plan.jsonl");
  await Deno.writeTextFile(plan, `${JSON.stringify(turn)}\n`);
  const env = { ...place.env, XDG_STATE_HOME: state };
  return { ...place, env: { ...env, CODEX_CA_CERTIFICATE: join(place.directory, "corp.pem") } };
}

/** Writes `capture/` and `capture.har`. */
async function furnishCapture(directory: string): Promise<void> {
  const { recordSession } = await import("../capture/record/sample_capture.ts");
  const { harOf } = await import("../../lib/capture/export/har_export.ts");
  await using recording = await recordSession();
  using capture = await recording.load();
  const har = [...harOf(capture, { toolVersion: "0" })].join("");
  await Deno.writeTextFile(join(directory, "capture.har"), har);
  await Deno.rename(recording.directory, join(directory, "capture"));
}
