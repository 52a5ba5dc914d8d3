/** The page of a trace, and the same picture in the viewer of a capture, in a real Chromium. */
import { pageOf } from "../../lib/capture/view/static_page.ts";
import { CHROMIUM, LOW_CONTRAST, NAMELESS, openChromium, ready } from "./chromium_kit.ts";
import { assert, assertEquals, assertIncludes, assertMatch } from "../support/assert.ts";
import { culvert } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { recordSession } from "../capture/record/sample_capture.ts";
import { temporaryFolder, writeSample } from "../observe/trace/bundle_kit.ts";

/** Returns the texts that are outside of their picture or overlap another text. Runs in the page. */
const COLLISIONS = `[...document.querySelectorAll("svg.turn")].flatMap((picture) => {
  const frame = picture.getBoundingClientRect();
  const texts = [...picture.querySelectorAll("text")].filter((text) => text.textContent !== "");
  const boxes = texts.map((text) => text.getBoundingClientRect());
  const outside = texts.filter((_, index) => boxes[index].left < frame.left - 1 || boxes[index].right > frame.right + 1);
  const covered = texts.filter((_, one) =>
    boxes.some((box, other) =>
      other !== one && Math.min(box.right, boxes[one].right) - Math.max(box.left, boxes[one].left) > 2 &&
      Math.min(box.bottom, boxes[one].bottom) - Math.max(box.top, boxes[one].top) > 4
    )
  );
  return [...outside, ...covered].map((text) => text.textContent);
})`;

await testWith(
  [CHROMIUM],
  "the page of a trace draws a turn without scripts, for the keyboard and for screen readers, light and dark",
  async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "trace.html");
    const run = await culvert(["trace", "show", await writeSample(folder.path, 3), "--html", "-o", file]);
    assertEquals(run.code, 0, run.stderr);
    await using opened = await openChromium();
    const { page, errors, requests } = opened;
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(`file://${file}`);
      assertEquals(await page.evaluate(LOW_CONTRAST), []);
      assertEquals(await page.evaluate(COLLISIONS), []);
    }
    assertEquals(await page.evaluate(NAMELESS), []);
    assertEquals(errors, []);
    assert(requests.every((url) => url.startsWith("file:") || url.startsWith("data:")), requests.join(" "));
    const picture = page.getByRole("img", { name: /^Turn 1: 3 attempts in 3.40 s/ });
    assertEquals(await picture.count(), 1);
    // The keyboard can focus the picture, which may need scrolling, and can open the table.
    await page.keyboard.press("Tab");
    assertEquals(
      await page.evaluate("document.activeElement.getAttribute('aria-label')"),
      "Time line of turn 1",
    );
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const table = page.getByRole("table", { name: "Steps of turn 1" });
    await table.waitFor();
    assertEquals(await table.getByRole("row").count(), 5);
    const accepted = (await table.getByRole("row", { name: /^attempt 2/ }).allInnerTexts()).join(" ");
    assertMatch(accepted.replace(/\s+/g, " "), /completed reused 80 ms 110 ms – attempt 1: after 401/);
    await page.setViewportSize({ width: 420, height: 800 });
    assertEquals(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true);
  },
);

await testWith(
  [CHROMIUM],
  "the viewer of a capture shows the same picture for a model call that recovered from 401",
  async () => {
    await using recording = await recordSession({ turns: 2, gapMs: 300 });
    using capture = await recording.load();
    const file = join(recording.directory, "page.html");
    await Deno.writeTextFile(file, await pageOf(capture));
    await using opened = await openChromium();
    const { page, errors } = opened;
    await page.goto(`file://${file}`);
    await ready(page);
    const picture = page.getByRole("img", { name: /^Model call: 2 attempts in .*, 1 repeated/ });
    await picture.waitFor();
    assertIncludes(await picture.innerHTML(), "after 401");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      assertEquals(await page.evaluate(LOW_CONTRAST), []);
      assertEquals(await page.evaluate(COLLISIONS), []);
    }
    await page.getByText("The same as a table").click();
    assertEquals(await page.locator(".turn-table tbody tr").count(), 2);
    assertEquals(errors, []);
  },
);
