import { cliContext } from "../../../lib/cli/command/context.ts";
import { propose } from "../../../lib/cli/completion/propose.ts";
import { processHost } from "../../../lib/cli/app/process.ts";
import { PROGRAM } from "../../../lib/cli/app/app.ts";
import { everyManual } from "../../support/every_manual.ts";
import { columns, wrap } from "../../../lib/cli/reference/layout.ts";
import { manualPage } from "../../../lib/cli/reference/roff.ts";
import { TOPICS } from "../../../lib/cli/reference/topic.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";

const manuals = await everyManual();

Deno.test("the manuals have the commands and the flags that the parser proposes", async () => {
  const { context } = cliContext(processHost(), PROGRAM);
  for (const { path, flags, commands } of manuals) {
    const words = path.slice(1);
    const parsed = await propose([...words, "--"], context);
    assertEquals(
      flags.map(({ names }) => names.at(-1)).toSorted(),
      parsed.map(({ word }) => word).toSorted(),
      path.join(" "),
    );
    if (commands.length === 0) continue;
    const below = await propose([...words, ""], context);
    assertEquals(commands.map(({ name }) => name).toSorted(), below.map(({ word }) => word).toSorted());
  }
});

Deno.test("every command has a brief without a full stop, its own example and a reference", () => {
  for (const { path, brief, examples, seeAlso } of manuals) {
    const name = path.join(" ");
    assert(/^[A-Z].*[^.]$/.test(brief), `${name}: ${brief}`);
    assert(examples.length > 0 && seeAlso.length > 0, name);
    assert(
      path.length === 1 || examples.some((line) => line.includes(name)),
      `${name}: no example is its own`,
    );
  }
});

Deno.test("each entry of See also exists", () => {
  const known = new Set([
    ...manuals.map(({ path }) => path.join(" ")),
    ...manuals.map(({ path }) => `${path.join(" ")} --help`),
    ...Object.keys(TOPICS).map((name) => `culvert help ${name}`),
    ...["culvert COMMAND --help", "culvert help TOPIC"],
  ]);
  for (const { path, seeAlso } of manuals) {
    assertEquals(seeAlso.filter((reference) => !known.has(reference)), [], path.join(" "));
  }
});

Deno.test("the manual page of a command contains all that its help contains", () => {
  for (const manual of manuals) {
    const page = manualPage(manual, { version: "1.2.3", shared: [] });
    const plain = page.replaceAll("\\-", "-");
    for (const { names } of manual.flags) for (const name of names) assertIncludes(plain, name);
    for (const { name } of manual.commands) assertIncludes(plain, `\\fB${name}\\fR`);
    for (const heading of ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "SEE ALSO"]) {
      assertIncludes(page, `.SH ${heading}\n`);
    }
  }
});

Deno.test("text of a manual page cannot be read as a request of roff", () => {
  const [manual] = manuals;
  assert(manual !== undefined);
  const page = manualPage({ ...manual, description: ".so /etc/passwd\n'br\nC:\\new" }, {
    version: "1",
    shared: [],
  });
  assertIncludes(page, "\n\\&.so /etc/passwd\n");
  assertIncludes(page, "\n\\(aqbr\n");
  assertIncludes(page, "C:\\enew");
  assertExcludes(page, "\n.so");
});

Deno.test("paragraphs are filled, and indented ones are not changed", () => {
  assertEquals(wrap("one two\nthree four\n\n  as  it is\n", 9), [
    "one two",
    "three",
    "four",
    "",
    "  as  it is",
    "",
  ]);
  assertEquals(wrap("a-word-longer-than-the-line", 5), ["a-word-longer-than-the-line"]);
});

Deno.test("a term that is too wide for its column has its own line", () => {
  assertEquals(columns([["-a", "first"], ["--a-long-one", "second"]], 4), [
    "  -a  first",
    "  --a-long-one",
    "      second",
  ]);
});
