/** The page of two compared prompts in a real Chromium. */
import { assertEquals } from "../support/assert.ts";
import { culvert } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { recordSession } from "../capture/record/sample_capture.ts";
import { CHROMIUM, LOW_CONTRAST, NAMELESS, openChromium } from "./chromium_kit.ts";

await testWith(
  [CHROMIUM],
  "the page of diff is shown with its style under its policy, the repeated part as a bar, light and dark",
  async () => {
    await using recording = await recordSession({ turns: 2, socket: false });
    await recording.recorder.close();
    const file = join(recording.directory, "diff.html");
    const run = await culvert([
      "diff",
      `${recording.directory}#x2`,
      `${recording.directory}#x4`,
      "--html",
      "-o",
      file,
    ]);
    assertEquals(run.code, 0, run.stderr);
    await using opened = await openChromium();
    const { page, errors } = opened;
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(`file://${file}`);
      assertEquals(await page.evaluate(LOW_CONTRAST), []);
    }
    assertEquals(await page.evaluate(NAMELESS), []);
    const bars = await page.evaluate<readonly (readonly [string, string])[]>(
      `[...document.querySelectorAll(".meter")].map((bar) => {
      const part = bar.querySelector("rect").getBoundingClientRect().width / bar.getBoundingClientRect().width;
      return [bar.getAttribute("aria-label"), Math.floor(100 * part + 0.5) + " % repeated"];
    })`,
    );
    assertEquals(bars.length, 1);
    assertEquals(bars.map(([label]) => label), bars.map(([, drawn]) => drawn));
    assertEquals(errors, []);
  },
);
