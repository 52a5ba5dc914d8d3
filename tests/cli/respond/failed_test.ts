import { FAILED_ROWS } from "../../responses/failures/failed_rows.ts";
import { COMPLETED, CREATED, failed, failsWith, readingOfLines } from "../../responses/turn/reading.ts";
import { socketServer } from "../../responses/transport/websocket/websocket_kit.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { startCulvert } from "../../support/culvert.ts";
import {
  converse,
  homeFor,
  PLANTED_KEY,
  type Said,
  scriptOf,
  TRANSPORT_NAMES,
  type TransportChoice,
  TRANSPORTS,
} from "./transport_kit.ts";

/** Longer pauses are interrupted instead of waited for. */
const PATIENCE_MS = 500;

for (const row of FAILED_ROWS) {
  for (const transport of TRANSPORTS) {
    Deno.test(`the program over ${TRANSPORT_NAMES[transport]}: response.failed: ${row.name}`, async () => {
      const said = { events: [CREATED, failed(row.error)] };
      const delayMs = row.retriedAfter;
      if (delayMs !== undefined && delayMs > PATIENCE_MS) {
        return await interruptedInPause(transport, said, delayMs);
      }
      const conversed = await converse({
        transport,
        script: scriptOf(said),
        provider: { stream_max_retries: 1 },
      });
      failsWith(row.code, row.exit, row.says)(conversed);
      assertEquals(conversed.run.code, row.exit);
      const retries = conversed.of("culvert.retry");
      assertEquals(
        retries.map(({ attempt, max, level }) => [attempt, max, level]),
        delayMs === undefined ? [] : [[1, 1, "stream"]],
      );
      if (delayMs !== undefined) {
        // Pauses that the server did not name are spread by a tenth either way.
        const spread = Math.abs((retries[0]?.delay_ms ?? 0) - delayMs);
        assert(spread <= (delayMs === 200 ? 20 : 0), `${spread} ms off`);
      }
      assertEquals(conversed.requests, delayMs === undefined ? 1 : 2);
    });
  }
}

/** Reads up to the retry, interrupts the pause, and looks at what was said of it and how it ended. */
async function interruptedInPause(
  transport: TransportChoice,
  said: Said,
  delayMs: number,
): Promise<void> {
  await using server = await socketServer({ plain: true, ...scriptOf(said, { events: [COMPLETED] }) });
  const home = await homeFor(server.baseUrl, { provider: { stream_max_retries: 1 } });
  const child = startCulvert(["respond", "--json", "--transport", transport, "hello"], {
    env: { CODEX_HOME: home, CULVERT_API_KEY: PLANTED_KEY },
  });
  let text = "";
  let isStopped = false;
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (isStopped || !text.includes('"culvert.retry"')) continue;
    isStopped = true;
    child.kill("SIGINT");
  }
  const { code } = await child.status;
  await Promise.all([child.stdin.close().catch(() => {/* gone with the program */}), child.stderr.cancel()]);
  await Deno.remove(home, { recursive: true });
  const { of, result } = readingOfLines(text);
  assertEquals(of("culvert.retry").map(({ delay_ms, code: why }) => [delay_ms, why]), [
    [delayMs, "rate_limited"],
  ]);
  assertEquals([code, result.exit_code, result.status], [130, 130, "interrupted"]);
  assertEquals(server.frames.length + server.posts.length, 1);
}
