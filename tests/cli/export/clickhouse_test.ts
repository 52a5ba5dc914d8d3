/** `export --to clickhouse` at servers and addresses that cannot be used. A real server is in tests/real. */
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

/** A HAR file with one exchange. */
async function harFile(text: string, mimeType = "text/plain"): Promise<AsyncDisposable & { path: string }> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-clickhouse-" });
  const path = join(directory, "in.har");
  const entry = {
    startedDateTime: "2026-11-27T08:00:00.000Z",
    time: 3,
    request: { method: "GET", url: "https://api.test/v1/x", httpVersion: "HTTP/1.1", headers: [] },
    response: { status: 200, statusText: "OK", headers: [], content: { size: 1, mimeType, text } },
    timings: { send: 1, wait: 1, receive: 1 },
  };
  await Deno.writeTextFile(path, JSON.stringify({ log: { version: "1.2", entries: [entry] } }));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }) };
}

/** The HTTP interface of an empty table; it keeps what it is sent, and answers the first requests with `refusals`. */
function emptyTable(stateReply = "0\t0\n", refusals: readonly Response[] = []) {
  const refused = [...refusals];
  const inserted: string[] = [];
  const queries: string[] = [];
  const credentials = new Set<string | null>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    credentials.add(request.headers.get("authorization"));
    const query = new URL(request.url).searchParams.get("query") ?? "";
    const body = await request.text();
    queries.push(query.split(" ")[0] ?? "");
    const refusal = refused.shift();
    if (refusal !== undefined) return refusal;
    if (query.startsWith("INSERT")) inserted.push(body);
    return new Response(query.startsWith("SELECT") ? stateReply : "");
  });
  return {
    inserted,
    queries,
    credentials,
    port: server.addr.port,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

for (const to of ["clickhouse", "otlp"]) {
  for (
    const [what, address] of [
      ["is no URL", "http//user:hunter2/x@127.0.0.1:9/"],
      ["has another scheme", "ftp://user:hunter2@127.0.0.1:9/"],
      ["has a % without two digits", "http://%zz:hunter2@127.0.0.1:9/"],
    ] as const
  ) {
    Deno.test(`export --to ${to} refuses an address that ${what} as wrong usage, without its password`, async () => {
      await using har = await harFile("x");
      const run = await culvert(["export", har.path, "--to", to, address]);
      assertEquals([run.code, run.stdout], [2, ""]);
      assertIncludes(run.stderr, "127.0.0.1:9");
      assertExcludes(run.stderr, "hunter2");
    });
  }

  Deno.test(`export --to ${to} sends a password that is not Latin-1 as UTF-8`, async () => {
    await using har = await harFile("x");
    await using table = emptyTable();
    const address = `http://user:${encodeURIComponent("密码")}@127.0.0.1:${table.port}/`;
    const run = await culvert(["export", har.path, "--to", to, address]);
    assertEquals(run.code, 0);
    assertEquals([...table.credentials], [`Basic ${new TextEncoder().encode("user:密码").toBase64()}`]);
  });
}

for (
  const [what, text, mimeType] of [
    ["at the end of a shortened text", `x${"😀".repeat(200_000)}`, "text/plain"],
    ["in the type of an event", 'data: {"a":1,"type":"x\\ud83d"}\n\n', "text/event-stream"],
  ] as const
) {
  Deno.test(`export --to clickhouse sends no half of a surrogate pair ${what}, since ClickHouse refuses it`, async () => {
    await using har = await harFile(text, mimeType);
    await using table = emptyTable();
    const run = await culvert(["export", har.path, "--to", "clickhouse", `http://127.0.0.1:${table.port}/`]);
    assertEquals(run.code, 0);
    const rows = table.inserted.join("\n").split("\n").map((line) => JSON.parse(line));
    assertEquals(rows.some((row) => String(row.text) !== ""), true);
    for (const value of rows.flatMap((row) => Object.values(row))) {
      if (typeof value === "string") assertEquals(value.isWellFormed(), true);
    }
  });
}

Deno.test("export --to clickhouse fails at a server that accepts everything and is no ClickHouse", async () => {
  await using har = await harFile("x");
  await using table = emptyTable('{"ok":true}');
  const run = await culvert(["export", har.path, "--to", "clickhouse", `http://127.0.0.1:${table.port}/`]);
  assertEquals(run.code, 7);
  assertIncludes(run.stderr, "does not answer as ClickHouse does");
  assertEquals(table.inserted, []);
});

/** An answer with an exception, as releases since 19 send it. */
function exception(code: number, text: string): Response {
  return new Response(`Code: ${code}. DB::Exception: ${text}\n`, {
    status: 500,
    headers: { "x-clickhouse-exception-code": `${code}` },
  });
}

for (
  const [what, refusal] of [
    [
      "an unknown column",
      () => exception(16, "No such column x in table culvert_events. (NO_SUCH_COLUMN_IN_TABLE)"),
    ],
    ["a user without rights", () => exception(497, "writer: Not enough privileges. (ACCESS_DENIED)")],
    [
      "a syntax error, whose code is only in the text",
      () => new Response("Code: 62, e.displayText() = DB::Exception: Syntax error", { status: 400 }),
    ],
    ["a proxy with status 500", () => new Response("no such backend", { status: 500 })],
  ] as const
) {
  Deno.test(`export --to clickhouse ends at once after ${what}, and quotes it`, async () => {
    await using har = await harFile("x");
    await using table = emptyTable("0\t0\n", [refusal()]);
    const run = await culvert(["export", har.path, "--to", "clickhouse", `http://127.0.0.1:${table.port}/`]);
    assertEquals(run.code, 7);
    assertIncludes(run.stderr.replace(/\s+/g, " "), (await refusal().text()).trim());
    assertExcludes(run.stderr, "trying again");
    assertEquals(table.queries.length, 1);
  });
}

for (
  const [what, refusal] of [
    ["too many queries", () => exception(202, "Too many simultaneous queries")],
    [
      "a memory limit, whose code is only in the text",
      () =>
        new Response("Code: 241, e.displayText() = DB::Exception: Memory limit exceeded", { status: 500 }),
    ],
    ["429 of a proxy", () => new Response("slow down", { status: 429 })],
    ["503 of a proxy", () => new Response("starting", { status: 503 })],
  ] as const
) {
  Deno.test(`export --to clickhouse tries again after ${what}`, async () => {
    await using har = await harFile("x");
    await using table = emptyTable("0\t0\n", [refusal()]);
    const run = await culvert(["export", har.path, "--to", "clickhouse", `http://127.0.0.1:${table.port}/`]);
    assertEquals(run.code, 0, run.stderr);
    assertIncludes(run.stderr, "trying again");
    assertEquals(table.inserted.length, 1);
  });
}

Deno.test("a secret that ClickHouse quotes from a row is masked in the message", async () => {
  await using har = await harFile("x");
  const secret = `sk-proj-${"a1B2".repeat(10)}`;
  await using table = emptyTable("0\t0\n", [
    exception(27, `Cannot parse input: expected ',' before: '${secret}'`),
  ]);
  const run = await culvert(["export", har.path, "--to", "clickhouse", `http://127.0.0.1:${table.port}/`]);
  assertEquals(run.code, 7);
  assertIncludes(run.stderr, "Cannot parse input");
  assertExcludes(run.stderr, secret);
});
