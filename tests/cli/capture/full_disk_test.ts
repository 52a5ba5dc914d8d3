import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { OFF_LINUX, skippedIf } from "../../support/skipped.ts";
import { captureScene } from "./kit.ts";
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
    assertIncludes(text, "stopped, the program continues: bodies: no space is left on the device");
    assertIncludes(text, "/capture is incomplete; there were 3 exchanges");
    assertExcludes(text, "recorded in");
    assertExcludes(text, "FAILED");
  },
);

Deno.test(
  skippedIf(
    OFF_LINUX ?? await withoutSmallDisk(),
    "keylog mode on a full disk ends with the code of the program, and leaves the packets that fit as a file",
  ),
  async () => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        await request.text();
        return new Response("ok");
      },
    );
    // -p: through a tunnel, as with TLS.
    const child =
      'echo "CLIENT_RANDOM 00 11" >>"$SSLKEYLOGFILE"; for i in 1 2 3 4; do head -c 90000 /dev/urandom | ' +
      'curl -sS -p -x "$HTTPS_PROXY" --noproxy "" -o /dev/null -w "%{http_code} " --data-binary @- "$BASE"; done; exit 6';
    const run = await onSmallDisk(
      "256k",
      `"$@" capture --mode keylog -o "$DISK/capture" -- sh -c '${child}'; code=$?\n` +
        'cd "$DISK/capture" && ls && head -c 4 traffic.pcapng | od -An -tx1; exit $code',
      { BASE: `http://127.0.0.1:${server.addr.port}/` },
    );
    assertEquals(run.code, 6);
    const files = ["bodies", "capture.jsonl", "keys.log", "meta.json", "traffic.pcapng"];
    assertEquals(run.stdout, `200 200 200 200 ${files.join("\n")}\n 0a 0d 0d 0a\n`);
    const text = run.stderr.replace(/\s+/g, " ");
    assertIncludes(
      text,
      "The recording of packets stopped, the program continues: no space is left on the device",
    );
    assertIncludes(text, "could not be put into it");
  },
);

Deno.test("keylog mode records no packets above --max-size, and warns once", async () => {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    await request.text();
    return new Response("ok");
  });
  await using scene = await captureScene();
  const script =
    'head -c 90000 /dev/urandom | curl -sS -p -x "$HTTPS_PROXY" --noproxy "" -o answer --data-binary @- ' +
    `http://127.0.0.1:${server.addr.port}/; cat answer`;
  const run = await scene.capture(["--mode", "keylog", "--max-size", "50k"], script);
  assertEquals([run.code, run.stdout], [0, "ok"]);
  assertIncludes(run.stderr.replace(/\s+/g, " "), "(--max-size); later ones are not recorded");
  const { size } = await Deno.stat(join(scene.directory, "traffic.pcapng"));
  assert(size > 30_000 && size < 55_000, `${size} bytes`);
});
