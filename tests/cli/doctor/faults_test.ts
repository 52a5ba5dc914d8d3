/**
 * Faults of bundle, route, TLS, intermediaries, credential and configuration: the doctor names each of them with a
 * remedy within 5 s, and a turn with the same flags fails for the same cause.
 */
import { assert, assertEquals, assertMatch } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { CONFIGURATION_FAULTS } from "./configuration_faults.ts";
import { NETWORK_FAULTS } from "./network_faults.ts";

for (const row of [...CONFIGURATION_FAULTS, ...NETWORK_FAULTS]) {
  Deno.test(`the doctor names ${row.fault} within 5 s, and a turn fails for the same cause`, async () => {
    await using stack = new AsyncDisposableStack();
    const { env, flags = [], isConfigured = false, url } = await row.set(stack);
    const run = await culvert(["doctor", ...(url === undefined ? [] : [url]), ...flags, "--json"], { env });
    const report = JSON.parse(run.stdout);
    const failed = report.checks.find(({ status }: { status: string }) => status === "fail");
    assertEquals([failed?.id, failed?.code, run.code], [row.check, row.code, row.exit], run.stdout);
    assertMatch(`${failed.summary}\n${failed.remediation}`, row.named);
    assertMatch(report.next, row.next);
    assert(report.duration_ms < 5_000, `${report.duration_ms} ms`);
    const base = url === undefined || isConfigured ? [] : ["--base-url", url];
    const turn = await culvert(["respond", ...base, ...flags, "--json", "hi"], { env });
    const { code } = Object(jsonLines(turn.stdout).at(-1)?.["error"]);
    const { codes = [row.code], exit = row.exit } = row.turn ?? {};
    assertEquals([turn.code, codes.includes(code)], [exit, true], `${code} ${turn.stderr}`);
  });
}
