/**
 * The page: its markup with style and scripts inside, so that it needs no other file. The scripts are modules in the
 * repository and one script in the page, each a function of its own.
 *
 * @module
 */
import pictureStyle from "../../observe/trace/show/picture.css" with { type: "text" };
import conversation from "./page/conversation.js" with { type: "text" };
import data from "./page/data.js" with { type: "text" };
import detail from "./page/detail.js" with { type: "text" };
import dom from "./page/dom.js" with { type: "text" };
import events from "./page/events.js" with { type: "text" };
import format from "./page/format.js" with { type: "text" };
import main from "./page/main.js" with { type: "text" };
import overview from "./page/overview.js" with { type: "text" };
import page from "./page/page.html" with { type: "text" };
import stream from "./page/stream.js" with { type: "text" };
import pageStyle from "./page/style.css" with { type: "text" };
import virtualList from "./page/virtual_list.js" with { type: "text" };

/** In the order of their dependencies. */
const MODULES: readonly (readonly [name: string, text: string])[] = [
  ["dom", dom],
  ["format", format],
  ["data", data],
  ["virtual_list", virtualList],
  ["overview", overview],
  ["stream", stream],
  ["conversation", conversation],
  ["events", events],
  ["detail", detail],
  ["main", main],
];

const style = `${pageStyle}\n${pictureStyle}`;

const SCRIPT = MODULES.map(([name, text]) => inlined(name, text)).join("\n");

/** Returns a module as a statement: a function that is called at once and returns what the module exports. */
function inlined(name: string, module: string): string {
  const names: string[] = [];
  const body = module
    .replace(/^import (\{[^}]*\}) from "\.\/(\w+)\.js";\n/gm, "const $1 = $2Module;\n")
    .replace(
      /^export ((?:async )?(?:function|class|const) )(\w+)/gm,
      (_all, keyword: string, exported: string) => {
        names.push(exported);
        return keyword + exported;
      },
    );
  return `const ${name}Module = (() => {\n${body}\nreturn { ${names.join(", ")} };\n})();`;
}

/** A page and the policy under which it is shown. */
export interface Page {
  readonly html: string;
  /** Content-Security-Policy: nothing but what is inside the page, and for a served page its own server. */
  readonly policy: string;
}

/**
 * Returns the page.
 *
 * @param embedded the data; absent: the page asks its server for them
 */
export async function buildPage(embedded?: object): Promise<Page> {
  const script = `"use strict";\n(() => {\n${SCRIPT}})();\n`;
  const json = embedded === undefined ? undefined : JSON.stringify(embedded).replaceAll("<", "\\u003c");
  const policy = [
    "default-src 'none'",
    `script-src ${await source(script)}`,
    // Positions and sizes are set by scripts, which style-src does not concern.
    `style-src ${await source(style)}`,
    "img-src data:",
    ...(embedded === undefined ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const parts: Readonly<Record<string, string>> = {
    "<!--POLICY-->": embedded === undefined
      ? ""
      : `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    "<!--STYLE-->": `<style>${style}</style>`,
    "<!--DATA-->": json === undefined
      ? ""
      : `<script type="application/json" id="embedded-data">${json}</script>`,
    "<!--SCRIPT-->": `<script>${script}</script>`,
  };
  const html = page.replace(/<!--(?:POLICY|STYLE|DATA|SCRIPT)-->/g, (place) => parts[place] ?? "");
  return { html, policy };
}

/** Names a script or style in a policy by its hash. */
async function source(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${new Uint8Array(hash).toBase64()}'`;
}
