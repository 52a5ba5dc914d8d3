/** `culvert export --to clickhouse` against Debian's clickhouse-server (18.16). */
import { QUERIES } from "../../lib/capture/export/clickhouse/schema.ts";
import { loadDirectory } from "../../lib/capture/record/read/exchanges.ts";
import { rowsOf } from "../../lib/capture/export/clickhouse/rows.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../support/assert.ts";
import { culvert, startCulvert } from "../support/culvert.ts";
import { testWith } from "../support/programs.ts";
import { startClickHouse } from "./peers/clickhouse.ts";
import { pass, record } from "../capture/record/recording_kit.ts";
import { event, recordSession } from "../capture/record/sample_capture.ts";

/** Records `streams` streams of a thousand events each. */
async function recordEvents(streams: number) {
  const recording = await record();
  for (let stream = 0; stream < streams; stream++) {
    pass(recording, {
      requestBody: JSON.stringify({
        model: "gpt-5",
        input: [{ type: "message", role: "user", content: `${stream}` }],
      }),
      responseHeaders: ["content-type", "text/event-stream"],
      response: Array.from(
        { length: 1_000 },
        (_, index) => event("response.output_text.delta", { delta: `${stream} ${index}` }),
      ),
    });
    // Otherwise all records of the capture would wait for the disk at the same time.
    if (stream % 10 === 0) await recording.recorder.flush();
  }
  await recording.recorder.close();
  return recording;
}

async function rowCount(directory: string): Promise<number> {
  using capture = await loadDirectory(directory);
  return [...rowsOf(capture)].length;
}

const STATE = "SELECT count(), uniqExact(capture_id, seq) FROM culvert_events";

await testWith(
  ["clickhouse-server"],
  "100,000 events are inserted into ClickHouse, and a second time without duplicates",
  async () => {
    await using clickhouse = await startClickHouse();
    await using recording = await recordEvents(100);
    const rows = await rowCount(recording.directory);
    assert(rows > 100_000);
    const first = await culvert(["export", recording.directory, "--to", "clickhouse", clickhouse.url], {
      limitMs: 120_000,
    });
    assertEquals(first.code, 0, first.stderr);
    assertIncludes(first.stderr, `${rows} records inserted`);
    assertEquals(await clickhouse.query(STATE), `${rows}\t${rows}`);
    const second = await culvert(["export", recording.directory, "--to", "clickhouse", clickhouse.url], {
      limitMs: 120_000,
    });
    assertEquals(second.code, 0, second.stderr);
    assertIncludes(second.stderr, `0 records inserted into culvert_events`);
    assertEquals(await clickhouse.query(STATE), `${rows}\t${rows}`);
  },
);

await testWith(
  ["clickhouse-server"],
  "an insert continues after the server was killed, and no record is missing or duplicated",
  async () => {
    await using clickhouse = await startClickHouse();
    await using recording = await recordEvents(100);
    const rows = await rowCount(recording.directory);
    const child = startCulvert(["export", recording.directory, "--to", "clickhouse", clickhouse.url]);
    const output = child.output();
    for (let attempt = 0; attempt < 600; attempt++) {
      const count = Number(await clickhouse.query("SELECT count() FROM culvert_events").catch(() => "0"));
      if (count > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await clickhouse.kill();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await clickhouse.start();
    const { code, stderr } = await output;
    const told = new TextDecoder().decode(stderr);
    assertEquals(code, 0, told);
    assertIncludes(told, "trying again");
    assertEquals(await clickhouse.query(STATE), `${rows}\t${rows}`);
    await child.stdin.close();
  },
);

await testWith(["clickhouse-server"], "an export that gave up is resumed by the next run", async () => {
  await using clickhouse = await startClickHouse();
  await using recording = await recordEvents(30);
  const rows = await rowCount(recording.directory);
  const child = startCulvert(["export", recording.directory, "--to", "clickhouse", clickhouse.url]);
  const output = child.output();
  for (let attempt = 0; attempt < 600; attempt++) {
    if (Number(await clickhouse.query("SELECT count() FROM culvert_events").catch(() => "0")) > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill("SIGTERM");
  assertEquals((await output).code, 143);
  const count = async () => Number(await clickhouse.query("SELECT count() FROM culvert_events"));
  // The server may still be inserting the batch that it had received.
  let present = await count();
  for (let before = -1; before !== present;) {
    before = present;
    await new Promise((resolve) => setTimeout(resolve, 500));
    present = await count();
  }
  assert(present > 0 && present < rows, `${present} of ${rows}`);
  const next = await culvert(["export", recording.directory, "--to", "clickhouse", clickhouse.url]);
  assertIncludes(next.stderr, `${rows - present} records inserted`);
  assertEquals(await clickhouse.query(STATE), `${rows}\t${rows}`);
  await child.stdin.close();
});

await testWith(["clickhouse-server"], "each of the ready queries answers its question", async () => {
  await using clickhouse = await startClickHouse();
  await using recording = await recordSession({ turns: 4 });
  await recording.recorder.close();
  const run = await culvert(["export", recording.directory, "--to", "clickhouse", clickhouse.url]);
  assertEquals(run.code, 0, run.stderr);
  const answers = new Map<string, string>();
  for (const { name, sql } of QUERIES) {
    answers.set(name, await clickhouse.query(`${sql} FORMAT TabSeparated`));
  }
  assertEquals(answers.get("slowest first token")?.split("\n").length, 6);
  const [, model, share] = (answers.get("share of cached tokens by model and hour") ?? "").split("\t");
  assertEquals(model, "gpt-5-2026");
  assert(Number(share) > 0 && Number(share) < 1);
  assertEquals(answers.get("401s and recoveries")?.split("\n").map((line) => line.split("\t").slice(3, 5)), [[
    "401",
    "unauthorized",
  ], ["200", "recovered"]]);
  assertEquals(answers.get("retries by host"), "chatgpt.com\t1\t1");
  assertEquals(answers.get("largest prompts")?.split("\t")[0], "4500");
});

await testWith(
  ["clickhouse-server"],
  "a refusal of ClickHouse or of its address is reported with the remedy",
  async () => {
    await using clickhouse = await startClickHouse();
    await using recording = await recordSession({ turns: 0, socket: false });
    await recording.recorder.close();
    const database = await culvert([
      "export",
      recording.directory,
      "--to",
      "clickhouse",
      `${clickhouse.url}?database=missing`,
    ]);
    assertEquals(database.code, 7);
    assertIncludes(database.stderr, "missing");
    assertExcludes(database.stderr, "trying again");
    const user = await culvert([
      "export",
      recording.directory,
      "--to",
      "clickhouse",
      clickhouse.url.replace("//", "//nobody:hunter2@"),
    ]);
    assertEquals(user.code, 7);
    assertIncludes(user.stderr, "Give user and password in the URL");
    assertExcludes(user.stderr, "hunter2");
    await clickhouse.query("CREATE TABLE culvert_events (capture_id String, seq UInt32) ENGINE = Memory");
    const columns = await culvert(["export", recording.directory, "--to", "clickhouse", clickhouse.url]);
    assertEquals(columns.code, 7);
    assertIncludes(columns.stderr, "Unknown field found while parsing JSONEachRow format");
    assertExcludes(columns.stderr, "trying again");
    const address = await culvert(["export", recording.directory, "--to", "clickhouse", "localhost"]);
    assertEquals(address.code, 2);
    assertEquals((await culvert(["export", recording.directory, "--to", "clickhouse"])).code, 2);
  },
);
