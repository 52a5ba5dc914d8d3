/** Removal of old inference traces. */
import { createBundle } from "../../../../lib/observe/trace/write/bundle/bundle_files.ts";
import { pruneBundles } from "../../../../lib/observe/trace/write/bundle/prune_bundles.ts";
import { assertEquals } from "../../../support/assert.ts";
import { join } from "../../../support/paths.ts";
import { bundlesIn, folder } from "./kit.ts";

const DAY_MS = 86_400_000;
const NOW = Date.now();
const world = { now: () => NOW };

/** Writes a bundle of some kilobytes whose last change is a number of days ago. */
async function bundle(
  root: string,
  daysAgo: number,
  kilobytes = 1,
  writer = "culvert 0.1.0",
): Promise<string> {
  const traceId = crypto.randomUUID();
  const files = await createBundle(root, { traceId, threadId: `thread-${daysAgo}`, startedAt: 0 }, writer);
  await files.writeShard(1, new Uint8Array(kilobytes * 1024));
  files.close();
  const path = join(root, `trace-${traceId}-thread-${daysAgo}`);
  const at = new Date(NOW - daysAgo * DAY_MS);
  await Deno.utime(join(path, "trace.jsonl"), at, at);
  return path;
}

Deno.test("traces older than keep_days are removed, newer ones are kept", async () => {
  await using root = await folder();
  const young = await bundle(root.path, 2);
  await bundle(root.path, 40);
  await bundle(root.path, 31);
  assertEquals((await pruneBundles({ root: root.path, keepDays: 30, keepBytes: 0 }, world)).removed, 2);
  assertEquals(await bundlesIn(root.path), [young]);
});

Deno.test("above keep_bytes the oldest traces are removed", async () => {
  await using root = await folder();
  const kept = [await bundle(root.path, 1, 40), await bundle(root.path, 2, 40)].sort();
  await bundle(root.path, 3, 40);
  await bundle(root.path, 4, 1);
  // The trace of day 3 does not fit; that of day 4 would, but is older.
  assertEquals(
    (await pruneBundles({ root: root.path, keepDays: 0, keepBytes: 100 * 1024 }, world)).removed,
    2,
  );
  assertEquals(await bundlesIn(root.path), kept);
});

Deno.test("zero for both limits removes nothing", async () => {
  await using root = await folder();
  const path = await bundle(root.path, 4_000, 100);
  assertEquals((await pruneBundles({ root: root.path, keepDays: 0, keepBytes: 0 }, world)).removed, 0);
  assertEquals(await bundlesIn(root.path), [path]);
});

Deno.test("a trace that is being written is kept, however old and large", async () => {
  await using root = await folder();
  const ids = { traceId: crypto.randomUUID(), threadId: "thread-1", startedAt: 0 };
  const files = await createBundle(root.path, ids, "culvert 0.1.0");
  await files.writeShard(1, new Uint8Array(10_000));
  const [path = ""] = await bundlesIn(root.path);
  const old = new Date(NOW - 50 * DAY_MS);
  await Deno.utime(join(path, "trace.jsonl"), old, old);
  assertEquals((await pruneBundles({ root: root.path, keepDays: 30, keepBytes: 1_000 }, world)).removed, 0);
  files.close();
  assertEquals((await pruneBundles({ root: root.path, keepDays: 30, keepBytes: 1_000 }, world)).removed, 1);
});

Deno.test("traces of the codex client, other folders, files and symbolic links are not touched", async () => {
  await using root = await folder();
  await using elsewhere = await folder();
  const foreign = await bundle(elsewhere.path, 90);
  const codex = await bundle(root.path, 90, 1, "someone else");
  await Deno.writeTextFile(
    join(codex, "manifest.json"),
    JSON.stringify({ schema_version: 3, trace_id: "t", rollout_id: "r", root_thread_id: "r" }),
  );
  const damaged = await bundle(root.path, 90);
  await Deno.writeTextFile(join(damaged, "manifest.json"), "{");
  await Deno.mkdir(join(root.path, "notes"));
  await Deno.writeTextFile(join(root.path, `trace-${crypto.randomUUID()}-file`), "");
  await Deno.symlink(foreign, join(root.path, `trace-${crypto.randomUUID()}-link`));
  const before = await Array.fromAsync(Deno.readDir(root.path));
  assertEquals((await pruneBundles({ root: root.path, keepDays: 1, keepBytes: 1 }, world)).removed, 0);
  assertEquals((await Array.fromAsync(Deno.readDir(root.path))).length, before.length);
  assertEquals(await bundlesIn(elsewhere.path), [foreign]);
});

Deno.test("damaged bundles do not prevent the removal of the others, and named pipes are not opened", async () => {
  await using root = await folder();
  const replaced = async (file: string, make: (path: string) => Promise<unknown>) => {
    const path = await bundle(root.path, 90);
    await Deno.remove(join(path, file));
    await make(join(path, file));
    return path;
  };
  const pipe = (path: string) => new Deno.Command("mkfifo", { args: [path] }).output();
  const kept = [await replaced("manifest.json", (path) => Deno.mkdir(path))];
  if (Deno.build.os !== "windows") {
    kept.push(await replaced("manifest.json", pipe), await replaced("trace.jsonl", pipe));
  }
  const circle = await bundle(root.path, 90);
  await Deno.symlink("circle", join(circle, "payloads", "circle"));
  await bundle(root.path, 80);
  const { failures, removed } = await pruneBundles({ root: root.path, keepDays: 30, keepBytes: 0 }, world);
  assertEquals([removed, failures], [2, []]);
  assertEquals(await bundlesIn(root.path), kept.sort());
});

Deno.test("a bundle that cannot be read is reported, and the others are removed", async () => {
  await using root = await folder();
  const odd = await bundle(root.path, 90);
  await Deno.remove(join(odd, "payloads"), { recursive: true });
  await Deno.writeTextFile(join(odd, "payloads"), "");
  await bundle(root.path, 80);
  const { failures, removed } = await pruneBundles({ root: root.path, keepDays: 30, keepBytes: 0 }, world);
  assertEquals([removed, failures.map(({ path }) => path)], [1, [odd]]);
  assertEquals(await bundlesIn(root.path), [odd]);
});
