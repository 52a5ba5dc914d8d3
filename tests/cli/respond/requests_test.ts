import { REQUEST_ROWS, type Words } from "../../responses/request/request_rows.ts";
import { assert, assertEquals, assertExcludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { converse, homeFor, PLANTED_KEY, TRANSPORT_NAMES, TRANSPORTS } from "./transport_kit.ts";

const FILES = await Deno.makeTempDir({ prefix: "culvert-files-" });
globalThis.addEventListener("unload", () => Deno.removeSync(FILES, { recursive: true }));

/** The words as arguments; a file among them is written first. */
async function said({ args = [], config = "", file }: Words) {
  if (file === undefined) return { args, config };
  const [flag, content] = file;
  const path = join(FILES, `${crypto.randomUUID()}.json`);
  await Deno.writeTextFile(path, JSON.stringify(content));
  return { args: [...args, flag, path], config };
}

for (const { name, words, field, value } of REQUEST_ROWS) {
  if (words === undefined) continue;
  for (const transport of TRANSPORTS) {
    Deno.test(`the program's request over ${TRANSPORT_NAMES[transport]}: ${name}`, async () => {
      const { server, requests } = await converse({ transport, script: {}, ...await said(words) });
      const sent = server.frames[0]?.json ?? server.posts[0];
      assertEquals([requests, sent?.[field]], [1, value]);
    });
  }
  Deno.test(`the program's request with --dry-run: ${name}`, async () => {
    const { args, config } = await said(words);
    const home = await homeFor("http://127.0.0.1:9/v1", { config });
    const run = await culvert(["respond", "--dry-run", "--json", ...args, "hello"], {
      env: { CODEX_HOME: home, CULVERT_API_KEY: PLANTED_KEY },
    });
    await Deno.remove(home, { recursive: true });
    assertEquals([run.code, run.stderr], [0, ""]);
    assertExcludes(run.stdout, PLANTED_KEY);
    const { type, method, url, body } = JSON.parse(run.stdout);
    assertEquals([type, method, url], ["culvert.request", "POST", "http://127.0.0.1:9/v1/responses"]);
    assertEquals(body[field], value);
  });
}

Deno.test("the program's websocket frame is the body of its POST with a type and its own metadata", async () => {
  const [post, frame] = await Promise.all(
    TRANSPORTS.map(async (transport) => {
      const { server } = await converse({ transport, script: {} });
      return server.frames[0]?.json ?? server.posts[0] ?? {};
    }),
  );
  const { client_metadata: metadata, prompt_cache_key: key, ...body } = post ?? {};
  const { type, client_metadata: extra, prompt_cache_key: frameKey, ...rest } = frame ?? {};
  assertEquals([type, rest], ["response.create", body]);
  assert(key !== undefined && frameKey !== undefined);
  const names = (value: unknown) => Object.keys(value ?? {});
  assertEquals(names(extra), [...names(metadata), "x-codex-ws-stream-request-start-ms"]);
});
