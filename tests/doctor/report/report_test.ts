import fc from "fast-check";
import { type CheckResult, fail, ok, skipped, warn } from "../../../lib/doctor/check.ts";
import { secretsAround } from "../../../lib/redaction/environment_secrets.ts";
import { createRedactor } from "../../../lib/redaction/redactor.ts";
import { renderReport } from "../../../lib/doctor/report/render.ts";
import { createReport, type Report } from "../../../lib/doctor/report/report.ts";
import { outcomeOf } from "../../../lib/doctor/report/outcome.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertThrows } from "../../support/assert.ts";
import { plainText } from "../../../lib/text/wrap.ts";
import { assertFitsSchema, assertReadable } from "./report_kit.ts";

import { Commands } from "../../../lib/doctor/commands.ts";

function result(id: string, finding: CheckResult["finding"]): CheckResult {
  return { id, category: "network", finding, durationMs: 1.5 };
}

function report(results: readonly CheckResult[], redact = createRedactor()): Report {
  return createReport({
    mode: "full",
    target: "https://api.test/v1",
    startedAt: 1_700_000_000_000,
    durationMs: 12.3,
    outcome: outcomeOf(results, new Commands({})),
    results,
    redact,
  });
}

const REPAIR = { remediation: "Repair it." };

Deno.test("the exit code is that of the first failed check, and the next step is a bug report", () => {
  const made = report([
    result("one", warn("Odd", REPAIR)),
    result("two", fail("tls_expired", "Old", REPAIR)),
    result("three", fail("auth_rejected", "No", { ...REPAIR, next: "culvert auth status" })),
  ]);
  assertEquals([made.status, made.exit_code, made.next], ["fail", 3, "culvert report"]);
  assertEquals(made.summary, 'A turn would fail at "two"; 1 check after it fails too');
});

Deno.test("warnings do not fail, and the first suggested command is the next one", () => {
  const made = report([
    result("one", warn("Odd", REPAIR)),
    result("two", warn("Odder", { ...REPAIR, next: "culvert ca inspect" })),
    result("three", skipped("Skipped")),
  ]);
  assertEquals([made.status, made.exit_code, made.next], ["warn", 0, "culvert ca inspect"]);
  assertEquals(made.summary, "Nothing fails; 2 checks of 2 warn, 1 skipped");
});

Deno.test("without a problem the next command asks the model", () => {
  const made = report([result("one", ok("Fine"))]);
  assertEquals([made.status, made.exit_code, made.next], ["ok", 0, 'culvert respond "Why is the sky blue?"']);
});

Deno.test("every kind of finding fits the schema, and a failure without a remedy does not", () => {
  const made = report([
    result("one", ok("Fine", { nested: { list: [1, "two", null, { three: true }] } })),
    result("two", warn("Odd", REPAIR)),
    result("three", fail("dns", "Gone", REPAIR)),
    result("four", skipped("Skipped")),
  ]);
  assertFitsSchema(made);
  const bad = { ...made, checks: made.checks.map((check) => ({ ...check, remediation: null })) };
  assertThrows(() => assertFitsSchema(bad));
});

Deno.test("the report fits terminals of 60, 80 and 120 columns, breaks no word and moves no cursor", () => {
  const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.lorem({ maxCount: 60 }), fc.webUrl());
  fc.assert(fc.property(anyText, anyText, anyText, (summary, fact, remediation) => {
    const made = report([
      result("one", warn(summary, { details: { fact, list: [fact, { deep: fact }] }, remediation })),
    ]);
    for (const columns of [60, 80, 120]) {
      const text = renderReport(made, { color: false, verbose: true, columns });
      assertReadable(text, columns);
      const printed = new Set(text.split(/\s+/));
      for (const word of plainText(summary).split(" ")) assert(word === "" || printed.has(word), word);
    }
  }));
});

Deno.test("the status is a word, so that it is readable without color", () => {
  const made = report([result("one", fail("dns", "Gone", REPAIR)), result("two", ok("Fine"))]);
  const bare = renderReport(made, { color: false, verbose: false });
  const colored = renderReport(made, { color: true, verbose: false });
  assertIncludes(bare, "FAIL  one");
  assertIncludes(bare, "ok    two");
  assertIncludes(bare, "> Repair it.");
  assertExcludes(bare, "\x1b");
  assertEquals(colored.replace(/[\ufdd0-\ufdef]/g, ""), bare);
});

Deno.test("facts of checks without a problem are shown only with -v", () => {
  const made = report([result("one", ok("Fine", { address: "127.0.0.1" }))]);
  assertExcludes(renderReport(made, { color: false, verbose: false }), "127.0.0.1");
  assertIncludes(renderReport(made, { color: false, verbose: true }), "address: 127.0.0.1");
});

Deno.test("a long command to copy is not wrapped", () => {
  const next = `culvert doctor https://${"long.".repeat(20)}test/v1`;
  const made = report([result("one", fail("dns", "Gone", { ...REPAIR, next }))]);
  assertIncludes(renderReport(made, { color: false, verbose: false }), `Next:\n  ${next}\n`);
});

Deno.test("secrets are removed from every part of a report", () => {
  const secrets = [
    "sk-proj-abcdefgh12345678",
    "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImEifQ.c2ln",
    "anna@corp.example",
    "s3cr3t/pass",
  ];
  const redact = createRedactor(["s3cr3t/pass"]);
  for (const secret of secrets) {
    const made = report([
      result(
        "one",
        fail("dns", `Gone: ${secret}`, {
          details: { fact: secret, [secret]: [secret, { deep: secret }] },
          remediation: `Not ${secret}`,
          next: `culvert ${secret}`,
        }),
      ),
    ], redact);
    assertExcludes(JSON.stringify(made), secret);
  }
  assertEquals(redact("s3cr3t%2Fpass"), "***");
});

Deno.test("user information of any address and values of secret parameters are masked", () => {
  const redact = createRedactor();
  assertEquals(redact("by http://user:p@ss@proxy:1/ and on"), "by http://***@proxy:1/ and on");
  assertEquals(redact("Authorization: Bearer abcdefgh12345"), "Authorization: Bearer ***");
  assertEquals(redact("https://h/p?api-key=abc&x=1"), "https://h/p?api-key=***&x=1");
  assertEquals(
    redact("Put http://user:password@host:port there"),
    "Put http://user:password@host:port there",
  );
  assertEquals(redact("culvert doctor https://api.test/v1"), "culvert doctor https://api.test/v1");
});

Deno.test("user and password of proxies are known secrets, in decoded and encoded form", () => {
  const env = (name: string) => name === "https_proxy" ? "http://anna:pl%40nted@proxy:1" : undefined;
  const redact = createRedactor(secretsAround(env, ["other:hunter22@proxy"]));
  const clean = redact("anna pl%40nted pl@nted hunter22");
  for (const secret of ["pl%40nted", "pl@nted", "hunter22"]) assertExcludes(clean, secret);
  assert(!clean.includes("anna"));
});
