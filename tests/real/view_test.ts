/** The viewer in a real Chromium. */
import { pageOf } from "../../lib/capture/view/static_page.ts";
import { CHROMIUM, LOW_CONTRAST, NAMELESS, openChromium, ready } from "./chromium_kit.ts";
import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { recordTenThousand } from "./ten_thousand_events.ts";
import { startView } from "./view_kit.ts";
import { testWith } from "../support/programs.ts";
import { join } from "../support/paths.ts";
import { pass, record } from "../capture/record/recording_kit.ts";
import { answerOf, event, recordSession, requestOf } from "../capture/record/sample_capture.ts";

const URL_OF_MODEL = "https://chatgpt.com/backend-api/codex/responses";

await testWith(
  [CHROMIUM],
  "the page shows exchanges, streams, conversations and redactions, with the mouse and with only the keyboard",
  async () => {
    await using recording = await recordSession({ turns: 3, gapMs: 60 });
    pass(recording, {
      url: URL_OF_MODEL,
      requestBody: requestOf(3, { instructions: "Other instructions" }),
      responseHeaders: ["content-type", "text/event-stream"],
      response: answerOf(3),
    });
    await recording.recorder.close();
    await using server = await startView(recording);
    await using opened = await openChromium();
    const { page } = opened;
    await page.goto(server.url);
    await ready(page);
    assertIncludes(await page.textContent("#totals") ?? "", "1 of 1");
    assertEquals(await page.locator("#list").getAttribute("role"), "listbox");
    // The first successful model call is selected.
    assertIncludes(await page.textContent("#detail") ?? "", "Accepted after x2 was refused with 401");
    assertIncludes(await page.textContent(".stream") ?? "", "first token");
    // With the keyboard: the next exchange and its conversation.
    await page.locator("#list").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("2");
    await page.waitForSelector(".repeated");
    assertIncludes(await page.textContent("#panel") ?? "", "parts repeated from x4");
    assertIncludes(await page.textContent(".item.new") ?? "", "new");
    const active = await page.locator("#list").getAttribute("aria-activedescendant");
    assertEquals(await page.locator(`[id="${active}"]`).getAttribute("aria-selected"), "true");
    // Search.
    await page.keyboard.press("/");
    await page.keyboard.type("401 unauthorized");
    await page.locator("#count", { hasText: "1 of" }).waitFor();
    await page.keyboard.press("Escape");
    // The call whose instructions changed.
    await page.locator("#list .option").last().scrollIntoViewIfNeeded();
    await page.locator("#list").focus();
    await page.keyboard.press("End");
    await page.keyboard.press("2");
    await page.waitForSelector(".alert");
    assertIncludes(await page.textContent(".alert") ?? "", "instructions changed");
    // Frames of the websocket by direction.
    await page.locator("#list .option", { hasText: "WS" }).click();
    await page.keyboard.press("3");
    await page.waitForSelector(".event .send");
    await page.locator(".events .option").first().click();
    assertIncludes(await page.textContent(".events pre") ?? "", "response.create");
    // Headers with masks.
    await page.keyboard.press("4");
    await page.waitForSelector(".mask");
    assertEquals(opened.errors, []);
    const origin = new URL(server.url).origin;
    assertEquals(
      opened.requests.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith("data:")),
      [],
    );
  },
);

await testWith(
  [CHROMIUM],
  "a capture of 10,000 events opens with only its visible rows in the page",
  async () => {
    await using recording = await recordTenThousand();
    await using server = await startView(recording);
    await using opened = await openChromium();
    const { page } = opened;
    await page.goto(server.url);
    await ready(page);
    assert(await page.locator("#list .option").count() < 60);
    await page.keyboard.press("3");
    await page.waitForSelector(".events .option");
    assert(await page.locator(".events .option").count() < 80);
    assertIncludes(await page.textContent(".events .filter") ?? "", "5,010 events");
    await page.locator(".events .virtual").focus();
    await page.keyboard.press("End");
    await page.locator(".events pre", { hasText: "5009" }).waitFor();
    assertEquals(opened.errors, []);
  },
);

await testWith([CHROMIUM], "the page follows a capture while it is recorded", async () => {
  await using recording = await recordSession({ turns: 1, gapMs: 1, socket: false });
  await recording.recorder.flush();
  await using server = await startView(recording);
  await using opened = await openChromium();
  const { page } = opened;
  await page.goto(server.url);
  await ready(page);
  assertEquals(await page.textContent("#count"), "5 exchanges");
  pass(recording, { url: URL_OF_MODEL, requestBody: requestOf(1), status: 429, response: ["{}"] });
  await recording.recorder.flush();
  await page.locator("#count", { hasText: "6 exchanges" }).waitFor();
  assertIncludes(await page.textContent("#list") ?? "", "limited");
  await recording.recorder.close();
});

await testWith(
  [CHROMIUM],
  "the exported page works from a file, without a network, and a text of the capture is never markup",
  async () => {
    await using recording = await record();
    const hostile =
      `<img src=x onerror="document.title='owned'"></script><script>document.title='owned'</script>`;
    pass(recording, {
      url: `https://x.test/v1/responses?q=${encodeURIComponent(hostile)}`,
      requestHeaders: ["x-note", hostile],
      requestBody: JSON.stringify({
        model: hostile,
        input: [{ type: "message", role: "user", content: hostile }],
      }),
      responseHeaders: ["content-type", "text/event-stream"],
      response: [
        event("response.created", { response: { id: hostile, model: hostile } }),
        `data: ${hostile}\n\n`,
      ],
    });
    using capture = await recording.load();
    const file = join(recording.directory, "page.html");
    await Deno.writeTextFile(file, await pageOf(capture));
    await using opened = await openChromium();
    const { page } = opened;
    await page.goto(`file://${file}`);
    await ready(page);
    for (const tab of ["1", "2", "3", "4", "5"]) {
      await page.keyboard.press(tab);
      await page.waitForSelector(`#tab-${Number(tab) - 1}[aria-selected="true"]`);
    }
    assertIncludes(await page.textContent("#panel") ?? "", "<img src=x");
    assertEquals(await page.title(), "capture – capture");
    assertEquals(await page.locator("img").count(), 0);
    assertEquals(opened.errors, []);
    assertEquals(opened.requests.filter((url) => !url.startsWith("file:") && !url.startsWith("data:")), []);
  },
);

await testWith([CHROMIUM], "every control has a name, and light and dark have enough contrast", async () => {
  await using recording = await recordSession({ turns: 2, gapMs: 10 });
  await recording.recorder.close();
  await using server = await startView(recording);
  await using opened = await openChromium();
  const { page } = opened;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.goto(server.url);
    await ready(page);
    const nameless = await page.evaluate(NAMELESS);
    assertEquals(nameless, []);
    const low = await page.evaluate(LOW_CONTRAST);
    assertEquals(low, [], colorScheme);
  }
});
