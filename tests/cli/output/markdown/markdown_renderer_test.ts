import { MarkdownRenderer } from "../../../../lib/cli/output/markdown/markdown_renderer.ts";
import { applyStyles } from "../../../../lib/text/style.ts";
import { assertEquals } from "../../../support/assert.ts";
import fc from "fast-check";

function render(...pieces: readonly string[]): string {
  const renderer = new MarkdownRenderer();
  return applyStyles(pieces.map((piece) => renderer.push(piece)).join("") + renderer.end());
}

const plain = (text: string) => text.replaceAll(/\p{Cc}\[\d+m/gu, "");

/** Markdown, and what is shown without its escape sequences. */
const CASES: readonly (readonly [source: string, shown: string])[] = [
  ["# Title", "Title"],
  ["**bold**, *italic*, `code` and ~~struck~~", "bold, italic, code and struck"],
  ["- one\n* two\n  - three", "• one\n• two\n  • three"],
  ["1. one\n12) two", "1. one\n12) two"],
  ["> quoted", "│ quoted"],
  ["[name](https://example.com/a_(b))", "name (https://example.com/a_(b))"],
  ["[bare] and [half](", "[bare] and [half]("],
  ["2 * 3 * 4, *args and **kwargs", "2 * 3 * 4, *args and **kwargs"],
  ["a snake_case_name and **no end", "a snake_case_name and **no end"],
  ["\\*literal\\*", "*literal*"],
  ["```js\nlet **a** = `b`;\n```", "```js\nlet **a** = `b`;\n```"],
  ["| a | *b* |\n|---|---|", "| a | *b* |\n|---|---|"],
  ["---", "─".repeat(40)],
];

for (const [source, shown] of CASES) {
  Deno.test(`Markdown on a terminal: ${JSON.stringify(source)} is shown as ${JSON.stringify(shown)}`, () => {
    assertEquals(plain(render(source)), shown);
    assertEquals(plain(render(...source)), shown, "one character at a time");
  });
}

Deno.test("bold text begins and ends with escape sequences", () => {
  assertEquals(render("a **b** c"), "a \x1b[1mb\x1b[22m c");
});

Deno.test("text without a marker is shown as soon as it arrives", () => {
  const renderer = new MarkdownRenderer();
  assertEquals(renderer.push("Because"), "Because");
  assertEquals(renderer.push(" the air"), " the air");
});

Deno.test("the chunks in which text arrives do not change the result", () => {
  const fragment = fc.constantFrom(
    "*",
    "**",
    "_",
    "`",
    "```",
    "\n",
    " ",
    "a",
    "word",
    "[",
    "](",
    ")",
    "# ",
    "- ",
    "> ",
    "1. ",
    "~~",
    "\\",
  );
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 30 }), (fragments) => {
      const source = fragments.join("");
      assertEquals(plain(render(...source)), plain(render(source)), source);
    }),
    { numRuns: 2_000, examples: [[["**", " ", "*"]]] },
  );
});

Deno.test("no character is lost", () => {
  const fragment = fc.constantFrom(
    "*",
    "**",
    "_",
    "`",
    "\n",
    " ",
    "a",
    "word",
    "[",
    "](",
    ")",
    "# ",
    "- ",
    "~~",
    "\\",
  );
  const letters = (text: string) => text.replaceAll(/[^a-z]/g, "");
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 30 }), (fragments) => {
      const source = fragments.join("");
      // A link whose label is its address is shown once.
      fc.pre(!/\[([^\][]+)\]\(\1\)/.test(fragments.join("")));
      assertEquals(letters(plain(render(source))), letters(source), source);
    }),
    { numRuns: 2_000 },
  );
});
