/**
 * Builds the HTML pages of captures and traces: one file that needs no other, with the common style, light and dark.
 *
 * @module
 */
import { escaped } from "../../observe/trace/show/draw_picture.ts";
import commonStyle from "./page/style.css" with { type: "text" };

/** Style of a page that is read from top to bottom, for {@link PageContent.style}; the viewer fills its window. */
export const DOCUMENT_STYLE = `
body { display: block; overflow: auto; }
main { display: block; max-width: 1080px; margin: 0 auto; padding: 20px; }
`;

/** What differs between the pages. */
export interface PageContent {
  /** Plain text. */
  readonly title: string;
  /** CSS that follows the common style. */
  readonly style: string;
  /** Markup inside `body`. It must not contain `style` attributes, which the policy forbids. */
  readonly body: string;
  /** A script that runs after the markup has been read. Default: the page has none. */
  readonly script?: string;
  /** Whether a server sends the page, with its policy as a header, and answers its requests. Default: it is a file. */
  readonly isServed?: boolean;
}

/** A page and the policy under which it is shown. */
export interface Page {
  readonly html: string;
  /** Content-Security-Policy: nothing but what is inside the page, and for a served page its own server. */
  readonly policy: string;
}

/** Returns the page. The policy allows its style and its script by their hashes. */
export async function htmlPage(content: PageContent): Promise<Page> {
  const { title, body, script, isServed = false } = content;
  const style = `${commonStyle}\n${content.style}`;
  const policy = [
    "default-src 'none'",
    ...(script === undefined ? [] : [`script-src ${await hashSource(script)}`]),
    `style-src ${await hashSource(style)}`,
    "img-src data:",
    ...(isServed ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
${isServed ? "" : `<meta http-equiv="Content-Security-Policy" content="${policy}">`}
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
${script === undefined ? "" : `<script>${script}</script>`}
</body>
</html>
`;
  return { html, policy };
}

/** Names a script or style in a policy by its hash. */
async function hashSource(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${new Uint8Array(hash).toBase64()}'`;
}
