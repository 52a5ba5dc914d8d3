/**
 * The pages that the browser shows at the end of a login. They load nothing and hold no token.
 *
 * @module
 */

/** Headers of every answer of the login server. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  // A kept-alive connection could hold the port against the next login.
  connection: "close",
};

/** What an error page says. */
export interface LoginError {
  readonly title: string;
  /** Stable word. */
  readonly code: string;
  readonly message: string;
  readonly help: string;
}

/**
 * The page behind a successful login.
 *
 * @param setupUrl where the user's organisation is still to be set up
 */
export function successPage(setupUrl?: string): string {
  const setup = setupUrl === undefined ? "" : `<p>Your organisation is not set up yet. You can do so at
<a rel="noreferrer" href="${escape(setupUrl)}">${escape(setupUrl)}</a></p>`;
  return page(
    "Signed in",
    `<h1>Signed in to Culvert</h1>${setup}<p>You can close this window and go back to the terminal.</p>`,
  );
}

/** The page behind a failed one. Everything in it is escaped. */
export function errorPage(error: LoginError): string {
  return page(
    error.title,
    `<h1>${escape(error.title)}</h1><p>${escape(error.message)}</p>` +
      `<p class="code">Code: ${escape(error.code)}</p><p>${escape(error.help)}</p>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title>
<meta name="viewport" content="width=device-width"><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem;color:#1d2430;background:#fff}
h1{font-size:1.4rem}.code{font-family:ui-monospace,monospace;color:#5a6577}
@media(prefers-color-scheme:dark){body{color:#e6e9ef;background:#14181f}.code{color:#9aa5b5}}
</style></head><body>${body}</body></html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
