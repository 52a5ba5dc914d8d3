import { acquireFileLock } from "../../lib/files/file_lock.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { join } from "../support/paths.ts";
import { TestHome, testWorld } from "../auth/kit.ts";

const WORLD = testWorld();

async function hold(path: string) {
  const result = await acquireFileLock(path, WORLD, 5_000);
  if (result.kind !== "held") throw new Error(`The lock is ${result.kind}`);
  return result.lock;
}

Deno.test("a lock has one holder at a time, and the next one gets it after its release", async () => {
  await using home = new TestHome();
  const path = join(home.path, "lock");
  const first = await hold(path);
  assertEquals((await acquireFileLock(path, WORLD, 60)).kind, "busy");
  const next = hold(path);
  first.release();
  (await next).release();
  assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
});

Deno.test("the next holder reads the note in the lock file, and a shorter note leaves no rest", async () => {
  await using home = new TestHome();
  const path = join(home.path, "lock");
  const first = await hold(path);
  await first.writeNote({ note: "a long note of the first holder" });
  await first.writeNote({ note: "short" });
  first.release();
  const second = await hold(path);
  assertEquals(await second.readNote(), { note: "short" });
  second.release();
});

Deno.test("an abort ends the wait for a lock", async () => {
  await using home = new TestHome();
  const path = join(home.path, "lock");
  const first = await hold(path);
  const giveUp = new AbortController();
  const waiting = acquireFileLock(path, WORLD, 30_000, giveUp.signal);
  giveUp.abort(new Error("enough"));
  await assertRejects(waiting, /enough/);
  first.release();
});

Deno.test("if no lock file can be created the lock is unavailable, without an error", async () => {
  await using home = new TestHome();
  const result = await acquireFileLock(join(home.path, "missing", "lock"), WORLD, 10);
  assert(result.kind === "unavailable");
});
