/** The modules that `respond` loads before its request is sent. Each of them delays the request of every start. */
import { START_PATH } from "../../.ci/start_path.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { loadedWith } from "./loaded_with.ts";

/** Modules that are needed only once there is a response, a refusal or a failed credential. */
const AFTER_THE_REQUEST = [
  "/lib/responses/failures/http_failures.ts",
  "/lib/responses/turn/reading/read_response.ts",
  "/lib/responses/turn/reading/response_reader.ts",
  "/lib/responses/transport/sse/sse_stream.ts",
  "/lib/auth/recovery/recovery.ts",
];

for (const file of ["main.ts", ...START_PATH]) {
  Deno.test(`${file} loads no module of Node, no zod, and nothing that only a response needs`, async () => {
    const loaded = await loadedWith(file);
    assert(loaded.length > 5, `${loaded.length} modules`);
    const slow = loaded.filter((each) =>
      each.startsWith("node:") || each.includes("/zod") || AFTER_THE_REQUEST.some((end) => each.endsWith(end))
    );
    assertEquals(slow, []);
  });
}
