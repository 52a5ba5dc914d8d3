/** The files and variables that the examples in help texts name: a CA bundle, a key. */
import { createAuthority } from "../../lib/pki/pki.ts";
import { type Workplace, workplace } from "./on_path.ts";
import { join } from "./paths.ts";

/** Examples for other shells than bash. */
export const FOREIGN_SHELL = /\| (source|iex)$/;

/** A folder with the files, and an environment with the variables, that the examples name. */
export async function furnished(): Promise<Workplace> {
  const place = await workplace({ CULVERT_API_KEY: "sk-example-0123456789" });
  const { certificate } = await createAuthority("Example Corp Root CA");
  for (const name of ["corp.pem", "corp.p7b"]) {
    await Deno.writeTextFile(join(place.directory, name), certificate);
  }
  await furnishCapture(place.directory);
  await Deno.writeTextFile(join(place.directory, "key.txt"), "sk-example-0123456789\n");
  return { ...place, env: { ...place.env, CODEX_CA_CERTIFICATE: join(place.directory, "corp.pem") } };
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
