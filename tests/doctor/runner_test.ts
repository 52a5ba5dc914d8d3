import { type Check, fail, type Finding, ok, skipped, warn } from "../../lib/doctor/check.ts";
import { CHECKS } from "../../lib/doctor/checks/all.ts";
import { runChecks } from "../../lib/doctor/runner.ts";
import { CulvertError } from "../../lib/errors.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { processWorld } from "../../lib/cli/app/process.ts";

const world = processWorld();

function check(id: string, more: Partial<Check<null>> & { readonly finding?: Finding }): Check<null> {
  return {
    id,
    category: "network",
    question: `How is ${id}?`,
    network: false,
    run: () => Promise.resolve(more.finding ?? ok("Fine")),
    ...more,
  };
}

function briefly(results: Awaited<ReturnType<typeof runChecks>>): readonly string[] {
  return results.map(({ id, finding }) => `${id} ${finding.status}: ${finding.summary}`);
}

Deno.test("a check whose precondition failed is skipped and names it", async () => {
  const results = await runChecks(
    [
      check("first", { finding: fail("dns", "No such host", { remediation: "Correct it." }) }),
      check("second", { needs: ["first"] }),
      check("third", { needs: ["second"] }),
      check("fourth", { needs: ["nobody"] }),
    ],
    null,
    { world, budgetMs: 5_000 },
  );
  assertEquals(briefly(results), [
    "first fail: No such host",
    'second skipped: Skipped, because "first" failed',
    'third skipped: Skipped, because "first" failed',
    "fourth ok: Fine",
  ]);
});

Deno.test("a check whose precondition was skipped is skipped", async () => {
  const results = await runChecks(
    [check("first", { finding: skipped("Nothing to ask") }), check("second", { needs: ["first"] })],
    null,
    { world, budgetMs: 5_000 },
  );
  assertEquals(briefly(results)[1], 'second skipped: Skipped, because "first" was skipped');
});

Deno.test("a warning does not keep the next check from running", async () => {
  const results = await runChecks(
    [check("first", { finding: warn("Odd") }), check("second", { needs: ["first"] })],
    null,
    { world, budgetMs: 5_000 },
  );
  assertEquals(briefly(results), ["first warn: Odd", "second ok: Fine"]);
});

Deno.test("a check that only waits for another one runs after that one failed", async () => {
  const order: string[] = [];
  const noting = (id: string, finding: Finding) => () => {
    order.push(id);
    return Promise.resolve(finding);
  };
  const results = await runChecks(
    [
      check("first", { run: noting("first", fail("dns", "Gone", { remediation: "Mend it." })) }),
      check("second", { after: ["first"], run: noting("second", ok("Fine")) }),
    ],
    null,
    { world, budgetMs: 5_000 },
  );
  assertEquals(order, ["first", "second"]);
  assertEquals(results[1]?.finding.status, "ok");
});

Deno.test("independent checks run at the same time and end at the time limit", async () => {
  const never = () => new Promise<Finding>(() => {});
  const overdue = { code: "header_timeout", remediation: "Wait." } as const;
  const begin = performance.now();
  const results = await runChecks(
    [
      check("one", { run: never }),
      check("two", { run: never, overdue }),
      check("three", { run: never }),
      check("last", { needs: ["two"] }),
    ],
    null,
    { world, budgetMs: 200 },
  );
  assert(performance.now() - begin < 2_000, "one deadline, not one after the other");
  assertEquals(results.map(({ finding }) => finding.status), ["fail", "fail", "fail", "skipped"]);
  assertEquals(results.map(({ finding }) => finding.code), [
    "connect_timeout",
    "header_timeout",
    "connect_timeout",
    undefined,
  ]);
  assertEquals(results[1]?.finding.remediation, "Wait.");
});

Deno.test("the time limit aborts the signal of a check", async () => {
  let aborted = false;
  const run: Check<null>["run"] = (_context, signal) =>
    new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        aborted = true;
        resolve(ok("Late"));
      });
    });
  await runChecks([check("one", { run })], null, { world, budgetMs: 20 });
  assert(aborted);
});

Deno.test("a CulvertError becomes a failure with its code, details and hint", async () => {
  const run = () => {
    const error = new CulvertError("tls_expired", "The certificate has expired", {
      hint: "Renew it.",
      details: { host: "api.example" },
    });
    return Promise.reject(error);
  };
  const [result] = await runChecks([check("tls", { run })], null, { world, budgetMs: 5_000 });
  assertEquals(result?.finding, {
    status: "fail",
    code: "tls_expired",
    summary: "The certificate has expired",
    remediation: "Renew it.",
    details: { host: "api.example" },
  });
});

Deno.test("a defect of the program is reported as internal and does not stop the other checks", async () => {
  const run = () => Promise.reject(new TypeError("x is not a function"));
  const results = await runChecks([check("one", { run }), check("two", {})], null, {
    world,
    budgetMs: 5_000,
  });
  assertEquals(results.map(({ finding }) => finding.code), ["internal", undefined]);
});

Deno.test("a reason to skip the network skips only the checks that open connections", async () => {
  const results = await runChecks(
    [check("local", {}), check("far", { network: true, run: () => Promise.reject(new Error("dialled")) })],
    null,
    { world, budgetMs: 5_000, skipNetwork: "No connection is opened (--offline)" },
  );
  assertEquals(briefly(results), ["local ok: Fine", "far skipped: No connection is opened (--offline)"]);
});

Deno.test("durations are measured by the injected clock", async () => {
  let clock = 0;
  const stepping = { monotonic: () => (clock += 10), sleep: world.sleep };
  const [result] = await runChecks([check("one", { finding: skipped("Nothing to ask") })], null, {
    world: stepping,
    budgetMs: 5_000,
  });
  assertEquals(result?.durationMs, 10);
});

Deno.test("the signal of the caller ends the run with its reason", async () => {
  const stop = new AbortController();
  const never = () => new Promise<Finding>(() => {});
  const running = runChecks([check("one", { run: never })], null, {
    world,
    budgetMs: 60_000,
    signal: stop.signal,
  });
  stop.abort(new CulvertError("interrupted", "Stopped"));
  await assertRejects(running, { name: "CulvertError", code: "interrupted" });
});

Deno.test("the ids of the checks are unique, and no checks wait for each other", () => {
  const ids = CHECKS.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  const settled = new Set<string>();
  for (let before = -1; before < settled.size;) {
    before = settled.size;
    for (const { id, needs = [], after = [] } of CHECKS) {
      if ([...needs, ...after].every((other) => settled.has(other))) settled.add(id);
    }
  }
  assertEquals([...settled].toSorted(), ids.toSorted());
});
