/** The place that the examples of help speak of: a company's bundle, a key. */
import { createAuthority } from "../../lib/pki/pki.ts";
import { type Workplace, workplace } from "./on_path.ts";
import { join } from "./paths.ts";

/** Examples in the words of a shell that is not the usual one. */
export const FOREIGN_SHELL = /\| (source|iex)$/;

/** A workplace with the files and variables that examples name. */
export async function furnished(): Promise<Workplace> {
  const place = await workplace({ CULVERT_API_KEY: "sk-example-0123456789" });
  const { certificate } = await createAuthority("Example Corp Root CA");
  for (const name of ["corp.pem", "corp.p7b"]) {
    await Deno.writeTextFile(join(place.directory, name), certificate);
  }
  await Deno.writeTextFile(join(place.directory, "key.txt"), "sk-example-0123456789\n");
  return { ...place, env: { ...place.env, CODEX_CA_CERTIFICATE: join(place.directory, "corp.pem") } };
}
