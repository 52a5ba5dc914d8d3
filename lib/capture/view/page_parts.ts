/**
 * Builds the page of the viewer. Its scripts are modules in the repository and one script in the page, each a function
 * of its own.
 *
 * @module
 */
import pictureStyle from "../../observe/trace/show/picture.css" with { type: "text" };
import { htmlPage, type Page } from "./html_page.ts";
import body from "./page/body.html" with { type: "text" };
import changes from "./page/changes.js" with { type: "text" };
import conversation from "./page/conversation.js" with { type: "text" };
import data from "./page/data.js" with { type: "text" };
import detail from "./page/detail.js" with { type: "text" };
import dom from "./page/dom.js" with { type: "text" };
import events from "./page/events.js" with { type: "text" };
import format from "./page/format.js" with { type: "text" };
import main from "./page/main.js" with { type: "text" };
import overview from "./page/overview.js" with { type: "text" };
import stream from "./page/stream.js" with { type: "text" };
import virtualList from "./page/virtual_list.js" with { type: "text" };

/** In the order of their dependencies. */
const MODULES: readonly (readonly [name: string, text: string])[] = [
  ["dom", dom],
  ["format", format],
  ["changes", changes],
  ["data", data],
  ["virtual_list", virtualList],
  ["overview", overview],
  ["stream", stream],
  ["conversation", conversation],
  ["events", events],
  ["detail", detail],
  ["main", main],
];

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

/**
 * Returns the page.
 *
 * @param embedded the data; absent: the page asks its server for them
 */
export function buildPage(embedded?: object): Promise<Page> {
  const data = embedded === undefined
    ? ""
    : `<script type="application/json" id="embedded-data">${
      JSON.stringify(embedded).replaceAll("<", "\\u003c")
    }</script>`;
  return htmlPage({
    title: "Capture",
    style: pictureStyle,
    body: body + data,
    script: `"use strict";\n(() => {\n${SCRIPT}})();\n`,
    isServed: embedded === undefined,
  });
}
