/** `culvert capture --live` in a real Chromium: the page updates while the program runs. */
import { startNetwork } from "../../lib/mock/network.ts";
import type { Page } from "playwright-core";
import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { drivenCapture } from "./driven_capture.ts";
import { CHROMIUM, openChromium, ready } from "./chromium_kit.ts";

/** `culvert capture --live` of a program that is driven step by step, and the address of its page. */
async function liveCapture() {
  const network = await startNetwork();
  const work = await Deno.makeTempDir({ prefix: "culvert-live-" });
  const live = drivenCapture(network, ["--live", "-o", join(work, "capture")]);
  return {
    network,
    live,
    address: await live.says(/live view: (\S+)\n/),
    [Symbol.asyncDispose]: async () => {
      await live[Symbol.asyncDispose]();
      await network[Symbol.asyncDispose]();
      await Deno.remove(work, { recursive: true });
    },
  };
}

await testWith(
  [CHROMIUM, "curl"],
  "the live page shows each exchange and each event as it arrives, keeps filter and focus, and shows the end",
  async () => {
    await using scene = await liveCapture();
    const { network, live, address } = scene;
    await using opened = await openChromium();
    const { page } = opened;
    await page.goto(address);
    await ready(page);
    assertIncludes(await page.textContent("#detail") ?? "", "Nothing was recorded yet");
    await page.locator("#live.on", { hasText: "live" }).waitFor();

    // A stream of events half a second apart: its events are shown before its end.
    const words = Array.from({ length: 8 }, (_, number) => `word${number} `);
    network.api.enqueue({ text: words, gapMs: 500 });
    await live.next();
    await page.locator("#count", { hasText: "1 exchange" }).waitFor();
    await page.keyboard.press("3");
    await page.locator(".events .option", { hasText: "response.created" }).waitFor();
    assertIncludes(await page.textContent("#list") ?? "", "gpt-5.2");
    await page.locator("#events-filter").fill("delta");
    // The focus and the filter do not change while the exchange grows.
    // A busy machine may show two events at once, so that a number is left out.
    await page.locator(".events .filter span", { hasText: /^[1-4] of / }).waitFor();
    await page.locator(".events .filter span", { hasText: /^[5-7] of / }).waitFor();
    assertEquals(await page.inputValue("#events-filter"), "delta");
    assertEquals(await page.evaluate("document.activeElement.id"), "events-filter");
    await page.locator(".events .filter span", { hasText: /^8 of / }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("1");
    await page.locator("#panel", { hasText: "completed" }).waitFor();

    // Later exchanges appear, and the search still applies.
    await page.locator("#search").fill("429");
    network.api.enqueue({ refusal: { status: 429, body: { error: { message: "Slow down" } } } });
    await live.next();
    await page.locator("#count", { hasText: "1 of 2 exchanges" }).waitFor();
    await live.next();
    await page.locator("#count", { hasText: "1 of 3 exchanges" }).waitFor();

    const log = await live.end();
    assertIncludes(log, "3 exchanges recorded in");
    await page.locator("#live", { hasText: "ended" }).waitFor();
    assertEquals(opened.errors.filter((error) => !error.includes("429")), []);
  },
);

await testWith(
  [CHROMIUM, "curl"],
  "the page shows records between its first load and its connection",
  async () => {
    await using scene = await liveCapture();
    const { live, address } = scene;
    await using opened = await openChromium();
    const { page } = opened;
    // The connection that reports changes is delayed until the exchange has been recorded.
    const recorded = Promise.withResolvers<void>();
    await page.route("**/data/changes?*", async (route) => {
      await recorded.promise;
      await route.continue();
    });
    await page.goto(address);
    await ready(page);
    await live.next();
    const index = `${address}data/index.json`;
    for (let outcome = ""; outcome !== "ok";) {
      outcome = (await (await fetch(index)).json()).rows[0]?.outcome ?? "";
    }
    assertEquals(await page.textContent("#count"), "0 exchanges");
    recorded.resolve();
    await page.locator("#count", { hasText: "1 exchange" }).waitFor();
    await live.end();
  },
);

await testWith(
  [CHROMIUM, "curl"],
  "eight tabs of one live page share a stream, so that all load, follow the capture and show its end",
  async () => {
    await using scene = await liveCapture();
    const { live, address } = scene;
    await using opened = await openChromium();
    const context = await opened.page.context().browser()?.newContext();
    assert(context !== undefined);
    const tabs: Page[] = [];
    while (tabs.length < 8) {
      const tab = await context.newPage();
      tab.setDefaultTimeout(15_000);
      await tab.goto(address);
      await ready(tab);
      tabs.push(tab);
    }
    const say = (text: string) =>
      Promise.all(tabs.map((tab) => tab.locator("#count", { hasText: text }).waitFor()));
    await live.next();
    await say("1 exchange");
    await Promise.all(tabs.map((tab) => tab.locator("#live.on", { hasText: "live" }).waitFor()));
    // The tab that reads the stream: another one goes on in its place.
    await tabs.shift()?.close();
    await live.next();
    await say("2 exchanges");
    await live.end();
    await Promise.all(tabs.map((tab) => tab.locator("#live", { hasText: "ended" }).waitFor()));
  },
);
