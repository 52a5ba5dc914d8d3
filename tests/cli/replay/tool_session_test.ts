/** A session of two turns with a tool, captured from the real program and replayed without a server. */
import { startNetwork } from "../../../lib/mock/network.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { jsonLines } from "../../support/culvert.ts";
import { runIn, workplace } from "../../support/on_path.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";

const TOOLS = JSON.stringify([{
  type: "function",
  name: "look",
  description: "Looks",
  parameters: { type: "object", properties: {}, additionalProperties: false },
}]);
const CALL = {
  type: "function_call",
  name: "look",
  arguments: "{}",
  call_id: "call_1",
  id: "fc_1",
  status: "completed",
};

/** Asks, answers the call of the tool, and prints the items and the texts of both turns. */
const sessionScript = (transport: string, state: string) =>
  `set -e; export XDG_STATE_HOME="$PWD/${state}"; ` +
  `culvert respond --json --transport ${transport} --conversation c --tools tools.json "Look around"; ` +
  `printf '{"call_id":"call_1","output":"a river"}' > output.json; ` +
  `culvert respond --json --transport ${transport} --conversation c --tools tools.json --tool-output output.json`;

/** The sequence of items that a session showed. */
function itemsOf(stdout: string): readonly unknown[] {
  return jsonLines(stdout)
    .filter(({ type }) => type === "response.output_item.done" || type === "response.output_text.done")
    .map(({ type, item, text }) => ({ type, item, text }));
}

for (const transport of ["sse", "ws"] as const) {
  Deno.test({
    ...skippedIf(
      ON_WINDOWS,
      `a captured tool session over ${transport} is replayed offline with the same sequence of items`,
    ),
    fn: async () => {
      await using network = await startNetwork();
      network.api.enqueue({ items: [CALL], text: [] }, { text: "There is a river." });
      await using place = await workplace(network.env);
      await Deno.writeTextFile(join(place.directory, "tools.json"), TOOLS);
      const captured = await runIn(
        place,
        "culvert",
        ["capture", "-o", "session", "--", "sh", "-c"].concat(
          sessionScript(transport, "first"),
        ),
      );
      assertEquals(captured.code, 0, captured.stderr);
      const items = itemsOf(captured.stdout);
      assertIncludes(JSON.stringify(items), "call_1");
      assertIncludes(JSON.stringify(items), "There is a river.");
      const asked = network.api.log.turns.length;
      // Without the network: no proxy, and a home that does not name the server.
      const { HTTPS_PROXY: _proxy, CODEX_HOME: _home, ...env } = place.env;
      const replayed = await runIn(
        { ...place, env: { ...env, CODEX_HOME: join(place.directory, "home") } },
        "culvert",
        [
          "replay",
          "session",
          "--strict",
          "--speed",
          "none",
          "--",
          "sh",
          "-c",
          sessionScript(transport, "second"),
        ],
      );
      assertEquals(replayed.code, 0, replayed.stderr);
      assertEquals(itemsOf(replayed.stdout), items);
      assertEquals(network.api.log.turns.length, asked);
    },
  });
}
