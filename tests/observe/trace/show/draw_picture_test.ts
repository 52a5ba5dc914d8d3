import { describe, drawPicture, escaped } from "../../../../lib/observe/trace/show/draw_picture.ts";
import {
  type PictureRow,
  pictureTable,
  type TurnPicture,
} from "../../../../lib/observe/trace/show/picture.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../../support/assert.ts";

const ROW: PictureRow = {
  kind: "attempt",
  label: "attempt 1",
  start_ms: 0,
  end_ms: 1_000,
  outcome: "good",
  status: "completed",
  is_reused: true,
  first_event_ms: 100,
  first_output_ms: 950,
  gaps: [{ from_ms: 200, to_ms: 900 }],
  items: [{ at_ms: 940, label: "message" }],
  repeats: null,
};

const picture = (...rows: readonly Partial<PictureRow>[]): TurnPicture => ({
  title: "Turn 1",
  duration_ms: 1_000,
  rows: rows.map((row) => ({ ...ROW, ...row })),
});

/** The numbers of an attribute in a drawing. */
function numbers(svg: string, attribute: string): readonly number[] {
  return [...svg.matchAll(new RegExp(` ${attribute}="(-?[\\d.]+)"`, "g"))].map(([, value]) => Number(value));
}

Deno.test("every shape of a picture is within its view box, also at extreme times", () => {
  const extremes = [0, 1, 59_999, 86_400_000];
  for (const duration_ms of [1, 3, 999, 86_400_000]) {
    const rows = extremes.map((end_ms) => ({
      start_ms: -5,
      end_ms,
      first_output_ms: end_ms,
      gaps: [{ from_ms: 0, to_ms: end_ms }],
    }));
    const svg = drawPicture({ ...picture(...rows), duration_ms }, 690);
    for (const x of [...numbers(svg, "x"), ...numbers(svg, "x1"), ...numbers(svg, "cx")]) {
      assert(x >= 0 && x <= 690, `${x} of ${duration_ms}`);
    }
    assertExcludes(svg, "NaN");
    assert(svg.length < 20_000);
  }
});

Deno.test("texts in a picture are escaped, control characters included", () => {
  const svg = drawPicture(picture({ label: `<img onerror="x">\u001b[2J`, status: "a&b'\u202e" }));
  assertExcludes(svg, "<img");
  assertEquals(svg.replaceAll("\n", "").match(/[\p{Cc}\p{Cf}]/u), null);
  assertIncludes(svg, "a&#38;b&#39;");
  assertEquals(escaped("<>&\"'"), "&#60;&#62;&#38;&#34;&#39;");
});

Deno.test("a picture has a description, and the table has the same facts", () => {
  const twice = picture({ status: "401", outcome: "bad", gaps: [] }, {
    label: "attempt 2",
    start_ms: 1_000,
    end_ms: 3_500,
    first_event_ms: null,
    first_output_ms: null,
    is_reused: false,
    repeats: { row: 0, why: "after 401" },
  }, { kind: "tool", label: "shell", gaps: [], is_reused: null });
  assertEquals(describe(twice), "Turn 1: 2 attempts in 1.00 s, 1 repeated, 1 long gap, 1 tool call");
  assertEquals(pictureTable(twice), [
    ["attempt 1", "+0 ms", "1.00 s", "401", "reused", "100 ms", "950 ms", "–", "–"],
    ["attempt 2", "+1.00 s", "2.50 s", "completed", "new", "–", "–", "700 ms", "attempt 1: after 401"],
    ["shell", "+0 ms", "1.00 s", "completed", "–", "100 ms", "950 ms", "–", "–"],
  ]);
});
