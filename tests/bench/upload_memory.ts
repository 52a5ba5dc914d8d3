/** Measures resident memory over the upload of a file of 500 MB. */
import { outputOfScript, startServer } from "./child.ts";
import type { Finding } from "./measure.ts";

const BYTES = 500_000_000;

export async function uploadMemory(): Promise<readonly Finding[]> {
  await using server = await startServer("upload_server.ts");
  const path = await Deno.makeTempFile({ prefix: "culvert-bench-" });
  try {
    await Deno.truncate(path, BYTES);
    const [early = 0, late = 0, ms = 0] = (await outputOfScript("upload_client.ts", server.line, path))
      .split(" ").map(Number);
    return [{
      name: "resident memory over the upload of a file of 500 MB",
      measured: `at most ${late} MB after the first tenth, ${early} MB within it (${ms} ms)`,
      bar: "flat: at most 64 MB more",
      passed: late <= early + 64,
    }];
  } finally {
    await Deno.remove(path);
  }
}
