/** A real Chromium, driven by playwright-core. */
import { type Browser, chromium, type Page } from "playwright-core";

/** Path of Debian's Chromium. */
export const CHROMIUM = "/usr/bin/chromium";
/** Flags of a Chromium without a display that sends no requests of its own. */
export const CHROMIUM_FLAGS: readonly string[] = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];
/** A browser page that collects errors and the addresses of all requests. */
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

/** Returns the controls and pictures without a name for screen readers. Runs in the page. */
export const NAMELESS = `
  [...document.querySelectorAll("button, input, [role=listbox], [role=img], section")]
    .filter((element) => (element.getAttribute("aria-label") ?? element.textContent).trim() === "")
    .map((element) => element.outerHTML.slice(0, 80))`;

/** Returns the texts whose contrast is below 4.5 (WCAG 2.2, 1.4.3). Runs in the page. */
export const LOW_CONTRAST = `(() => {
  const channel = (value) => value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = (color) => {
    const [red, green, blue] = color.match(/[\\d.]+/g).map(Number);
    return 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  };
  const background = (element) => {
    if (element === null) return "rgb(255, 255, 255)";
    const color = getComputedStyle(element).backgroundColor;
    return /, 0\\)$|transparent/.test(color) ? background(element.parentElement) : color;
  };
  return [...document.querySelectorAll("h1, h2, h3, p, dt, dd, span, button, td, th, kbd, label")]
    .filter((element) => element.children.length === 0 && element.textContent.trim() !== "")
    .map((element) => {
      const tones = [luminance(getComputedStyle(element).color), luminance(background(element))].toSorted((a, b) => b - a);
      return { text: element.textContent, ratio: (tones[0] + 0.05) / (tones[1] + 0.05) };
    })
    .filter(({ ratio }) => ratio < 4.5);
})()`;
