import * as fc from "fast-check";
import { removeControls } from "../../lib/text/control_characters.ts";
import { LINE_WIDTH, wrapText } from "../../lib/text/wrap.ts";
import { assert, assertEquals } from "../support/assert.ts";

const DANGEROUS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const CONTROLS = [
  "\x1b",
  "\x9b",
  "\x07",
  "\r",
  "\n",
  "\t",
  "\x7f",
  "\u202e",
  "\u2066",
  "\u200b",
  "\u200d",
  "\ufeff",
];
const hostile = fc.array(fc.oneof(fc.constantFrom(...CONTROLS), fc.string({ unit: "binary" })))
  .map((parts) => parts.join(""));

Deno.test("no control, bidirectional or zero-width character passes the filter, in any text", () => {
  fc.assert(fc.property(hostile, (text) => assert(!DANGEROUS.test(removeControls(text)))));
});

Deno.test("with newline and tab allowed, only these two characters are kept", () => {
  fc.assert(fc.property(hostile, (text) => {
    const clean = removeControls(text, { newline: true, tab: true });
    assert(!DANGEROUS.test(clean.replaceAll("\n", "").replaceAll("\t", "")));
    const count = (of: string, what: string) => of.split(what).length;
    assertEquals(count(clean, "\n"), count(text, "\n"));
    assertEquals(count(clean, "\t"), count(text, "\t"));
  }));
});

Deno.test("filtering twice gives the same as filtering once", () => {
  fc.assert(
    fc.property(hostile, (text) => assertEquals(removeControls(removeControls(text)), removeControls(text))),
  );
});

Deno.test("a text without such characters is returned unchanged", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    fc.pre(!DANGEROUS.test(text));
    assertEquals(removeControls(text), text);
  }));
});

Deno.test("an escape sequence, a carriage return and a bidirectional override are shown as U+FFFD", () => {
  assertEquals(removeControls("a\x1b[2Jb\rc\u202ed"), "a\ufffd[2Jb\ufffdc\ufffdd");
});

Deno.test("CRLF becomes LF if newlines are kept, and a joiner of an emoji is kept on request", () => {
  assertEquals(removeControls("a\r\nb", { newline: true, replacement: "" }), "a\nb");
  assertEquals(removeControls("👩\u200d💻\u200b", { joiners: true, replacement: "" }), "👩\u200d💻");
});

Deno.test("wrapped lines do not exceed the width and contain every word of the text", () => {
  fc.assert(fc.property(fc.array(fc.stringMatching(/^[a-z]{1,120}$/)), (words) => {
    const lines = wrapText(words.join(" "), "- ", "  ");
    assert(lines.every((line) => line.length <= LINE_WIDTH));
    assertEquals(lines.map((line) => line.slice(2)).join("").replaceAll(" ", ""), words.join(""));
  }));
});
