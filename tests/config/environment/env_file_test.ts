import * as fc from "fast-check";
import { parseEnvFile } from "../../../lib/config/environment/env_file.ts";
import { templateIn, unquoted } from "../../../lib/config/environment/variable_value.ts";
import { assert, assertEquals } from "../../support/assert.ts";

/** Text of a file, the value of `A` in it, and the tested rule. Observed with the codex client 0.171.0. */
const ROWS: readonly (readonly [what: string, text: string, value: string | undefined])[] = [
  ["a plain assignment", "A=x", "x"],
  ["export and blanks", "  export  A = x  ", "x"],
  ["a pair of double quotes is removed", 'A="x y"', "x y"],
  ["a pair of single quotes is removed", "A='x y'", "x y"],
  ["a comment after a blank is removed", "A=x # c", "x"],
  ["a comment after a quoted value is removed", 'A="x#y" # c', "x#y"],
  ["a # within a value stays", "A=http://u:p#w@h", "http://u:p#w@h"],
  ["a line that is a comment is ignored", "# A=x", undefined],
  ["an earlier name is expanded", "B=1\nA=${B}2", "12"],
  ["a name of the environment is expanded", "A=${SHELL_VARIABLE}!", "shell!"],
  ["an unknown name is expanded to nothing", "A=[${NONE}]", "[]"],
  ["a name in double quotes is expanded", 'A="${SHELL_VARIABLE}"', "shell"],
  ["a name in single quotes is not expanded", "A='${SHELL_VARIABLE}'", "${SHELL_VARIABLE}"],
  ["CRLF ends a line", "A=x\r\nB=y\r\n", "x"],
  ["a line that is not an assignment does not affect the next line", "nonsense\nA=x", "x"],
  ["the last of two assignments counts", "A=x\nA=y", "y"],
  ["an empty value counts", "A=", ""],
  ["names are case-sensitive", "a=x", undefined],
];

for (const [what, text, value] of ROWS) {
  Deno.test(`.env: ${what}`, () => {
    const { values } = parseEnvFile(text, (name) => name === "SHELL_VARIABLE" ? "shell" : undefined);
    assertEquals(values.get("A"), value);
  });
}

Deno.test(".env: lines without an assignment are counted, comments and blank lines are not", () => {
  assertEquals(parseEnvFile("# c\n\nnonsense\nA=x\n=y", () => undefined).skipped, [3, 5]);
});

Deno.test(".env: any text is read, and a value in single quotes is restored", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const { values } = parseEnvFile(text, () => undefined);
    assert(values.size <= text.length);
  }));
  const plain = fc.string().filter((text) => !/['\r\n]/.test(text));
  fc.assert(fc.property(plain, (value) => {
    assertEquals(parseEnvFile(`A='${value}'`, () => "x").values.get("A"), value);
  }));
});

Deno.test("a matching pair of quotes is removed from a value, and nothing else", () => {
  assertEquals(unquoted('"http://proxy:1"'), "http://proxy:1");
  assertEquals(unquoted(" 'x' "), "x");
  assertEquals(unquoted('""'), "");
  for (const text of ["x", '"x', "x'", `"x'`, '"a" "b"', '"', ""]) {
    assertEquals(unquoted(text), undefined, text);
  }
});

Deno.test("an unfilled template in a value is detected", () => {
  const templates = ["${PROXY}", "$(cat key)", "{{ key }}", "%PROXY%", "<your-key>"];
  for (const text of templates) assertEquals(templateIn(text), text);
  for (const text of ["http://u:p%20w@h:1", "$ecret", "a<b", "100%"]) {
    assertEquals(templateIn(text), undefined, text);
  }
});
