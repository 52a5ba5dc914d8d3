/** A real Chromium, driven by playwright-core. */
import { type Browser, chromium, type Page } from "playwright-core";

/** Path of Debian's Chromium. */
export const CHROMIUM = "/usr/bin/chromium";
/** Flags of a Chromium without a display that asks nothing of the network by itself. */
export const CHROMIUM_FLAGS: readonly string[] = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];
/** A browser page that collects errors and every address that is asked for. */
export interface OpenedPage extends AsyncDisposable {
  readonly page: Page;
  readonly errors: string[];
  readonly requests: string[];
}

/** Opens an empty page. */
export async function openChromium(): Promise<OpenedPage> {
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM, args: [...CHROMIUM_FLAGS] });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(15_000);
  const errors: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("request", (request) => requests.push(request.url()));
  return { page, errors, requests, [Symbol.asyncDispose]: () => browser.close() };
}

/** Waits until the viewer has drawn its data. */
export const ready = (page: Page) => page.waitForSelector("html[data-ready]", { state: "attached" });
