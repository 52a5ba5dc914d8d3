import { renderReport } from "../../../lib/cli/report/render_report.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("a report as text has names and values, no empty field, and no control sequence", () => {
  const report = {
    type: "culvert.report",
    auth: { usable: true, plan: null, shadowed: [] },
    attempts: [{ ok: false, status: 401 }],
    tags: { auth_error: "", auth_mode: "ApiKey" },
    note: "one\ntwo \u001b[31mred",
  };
  assertEquals(
    renderReport(report),
    [
      "type: culvert.report",
      "auth:",
      "  usable: true",
      "attempts:",
      "  1:",
      "    ok: false",
      "    status: 401",
      "tags:",
      "  auth_mode: ApiKey",
      "note: one two ?[31mred",
      "",
    ].join("\n"),
  );
});
