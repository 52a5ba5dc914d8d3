/**
 * The pages that the browser shows at the end of a login. They load nothing and contain no token; `html`
 * escapes the texts in them.
 *
 * @module
 */
import { html } from "hono/html";
import type { CulvertError } from "../../../errors.ts";

/** Headers of every reply. */
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  // An idle connection could keep the port from the next login.
  connection: "close",
};

/** Returns the page after a login. */
export function successPage(): Response {
  return page(
    "Signed in",
    html`
      <h1>Signed in to Culvert</h1>
      <p>You can close this window and go back to the terminal.</p>
    `,
  );
}

/** Returns the page after a failed login. */
export function errorPage({ code, details: { problem = code }, hint, message }: CulvertError): Response {
  return page(
    "Sign-in failed",
    html`
      <h1>Sign-in failed</h1>
      <p>${message}</p>
      <p class="code">Code: ${problem}</p>
      <p>${hint ?? "See the terminal."}</p>
    `,
  );
}

/** Returns a line of plain text. */
export function plainPage(status: number, text: string): Response {
  const headers = { ...HEADERS, "content-type": "text/plain; charset=utf-8" };
  return new Response(`${text}\n`, { status, headers });
}

/** Returns a redirect. */
export function redirectTo(location: string): Response {
  return new Response(null, { status: 302, headers: { ...HEADERS, location } });
}

function page(title: string, body: ReturnType<typeof html>): Response {
  const text = html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <title>${title}</title>
        <meta name="viewport" content="width=device-width">
        <style>
    body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem;color:#1d2430;background:#fff}
    h1{font-size:1.4rem}.code{font-family:ui-monospace,monospace;color:#5a6577}
    @media(prefers-color-scheme:dark){body{color:#e6e9ef;background:#14181f}.code{color:#9aa5b5}}
    </style>
      </head>
      <body>${body}</body>
    </html>
  `;
  return new Response(String(text), { headers: { ...HEADERS, "content-type": "text/html; charset=utf-8" } });
}
