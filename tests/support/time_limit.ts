/**
 * Gives every test case a time limit, so that a case that waits endlessly fails with its name and the run
 * continues. Loaded before the tests by `deno test --preload`. A case that needs longer states its own
 * `timeout`.
 */

const LIMIT_MS = 180_000;

type TestFunction = Deno.TestDefinition["fn"];

/** The forms of a call of `Deno.test` in these tests: a name or options, with the function beside or inside them. */
type TestCall = [name: string, fn: TestFunction] | [
  options: Omit<Deno.TestDefinition, "fn"> & { readonly fn?: TestFunction },
  fn?: TestFunction,
];

Object.defineProperty(Deno, "test", {
  value: new Proxy(Deno.test, {
    apply(register, _self, [first, second]: TestCall) {
      const options = typeof first === "string" ? { name: first } : first;
      const fn = second ?? (typeof first === "string" ? undefined : first.fn);
      if (fn === undefined) throw new TypeError(`The test case "${options.name}" has no function`);
      register({ timeout: LIMIT_MS, ...options, fn });
    },
  }),
});
