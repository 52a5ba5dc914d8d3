import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { OFF_LINUX, skippedIf } from "../../support/skipped.ts";
import { onSmallDisk, withoutSmallDisk } from "../../support/small_disk.ts";

Deno.test(
  skippedIf(
    OFF_LINUX ?? await withoutSmallDisk(),
    "a capture whose disk is full lets the program continue, and its last line says that the recording is incomplete",
  ),
  async () => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        await request.text();
        return Response.json({ ok: true });
      },
    );
    // Three bodies of 90 kB, each stored as a file.
    const child = 'for i in 1 2 3; do head -c 67500 /dev/urandom | base64 -w0 >"$DISK.body"; ' +
      'curl -sS -o /dev/null -w "%{http_code} " --data-binary "@$DISK.body" "$OPENAI_BASE_URL/responses"; ' +
      'sleep 0.5; done; rm "$DISK.body"; exit 5';
    const run = await onSmallDisk(
      "224k",
      `"$@" capture --mode reverse --base-url "$BASE" -o "$DISK/capture" -- sh -c '${child}'; code=$?\n` +
        // What is left are whole files, named after the hash of their content.
        'cd "$DISK/capture/bodies" && for file in *; do echo "$file  $file"; done | sha256sum -c --quiet >&2\n' +
        "ls | wc -l; exit $code",
      { BASE: `http://127.0.0.1:${server.addr.port}/v1` },
    );
    assertEquals(run.code, 5);
    assertEquals(run.stdout, "200 200 200 2\n");
    const text = run.stderr.replace(/\s+/g, " ");
    assertIncludes(text, "stopped, the program continues: No space left on device");
    assertIncludes(text, "/capture is incomplete; there were 3 exchanges");
    assertExcludes(text, "recorded in");
    assertExcludes(text, "FAILED");
  },
);
