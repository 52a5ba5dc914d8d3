import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { furnished } from "../support/examples.ts";
import { runIn, workplace } from "../support/on_path.ts";
import { testWith } from "../support/programs.ts";

await testWith(["bash"], "bash completes commands, flags and values with the script", async () => {
  await using place = await workplace();
  const script = `
    source <(culvert completion bash)
    complete -p culvert
    try() {
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
      _culvert
      printf '%s\\n' "\${COMPREPLY[*]}"
    }
    try culvert respo
    try culvert respond --tran
    try culvert respond --transport ''
    try culvert respond --transport = s
    try culvert respond --transport =
    try culvert help prox`;
  const { stdout, stderr } = await runIn(place, "bash", ["--norc", "-c", script]);
  assertEquals(stderr, "");
  assertEquals(stdout.trimEnd().split("\n"), [
    "complete -o default -F _culvert culvert",
    "respond",
    "--transport",
    "auto sse ws",
    "sse",
    "auto sse ws",
    "proxies",
  ]);
});

await testWith(["fish"], "fish completes commands, flags, values and files with the script", async () => {
  await using place = await workplace();
  const lines = [
    "culvert respo",
    "culvert respond --transport ",
    "culvert help prox",
    "culvert respond --ca-cert /et",
  ];
  const script = ["culvert completion fish | source", ...lines.map((line) => `complete -C '${line}'`)].join(
    "; ",
  );
  const { stdout, stderr } = await runIn(place, "fish", ["--no-config", "-c", script]);
  assertEquals(stderr, "");
  const words = stdout.trimEnd().split("\n").map((line) => line.split("\t")[0]);
  assertEquals(words, ["respond", "auto", "sse", "ws", "proxies", "/etc/"]);
  assertIncludes(stdout, "respond\tStream one answer");
});

await testWith(["zsh"], "zsh completes a command on a terminal with the script", async () => {
  await using place = await workplace({ TERM: "dumb" });
  // A shell in a pseudo-terminal of zsh: the test sends a tab, runs the line and reads its output.
  const script = `
    zmodload zsh/zpty
    zpty z "zsh -f -i"
    until_seen() { local all= piece; until [[ $all == *$1* ]]; do zpty -r z piece || return; all+=$piece; done; print -r -- $all; }
    zpty -w z 'autoload -Uz compinit; compinit -u -D; source <(culvert completion zsh); echo REA""DY'
    until_seen READY >/dev/null
    zpty -w -n z $'culvert comple\\t; echo DO""NE\\n'
    until_seen DONE`;
  const { stdout } = await runIn(place, "zsh", ["-f", "-c", script]);
  // The completed command without a shell is a usage error that names its argument.
  assertIncludes(stdout, "SHELL is missing");
});

await testWith(["pwsh"], "PowerShell completes commands and values with the script", async () => {
  await using place = await workplace();
  const lines = ["culvert respo", "culvert respond --transport s", "culvert help prox"];
  const script = [
    "culvert completion pwsh | Out-String | Invoke-Expression",
    ...lines.map((line) =>
      `(TabExpansion2 -inputScript '${line}' -cursorColumn ${line.length}).CompletionMatches.CompletionText`
    ),
  ].join("; ");
  const { stdout } = await runIn(place, "pwsh", ["-NoProfile", "-Command", script]);
  assertEquals(stdout.trimEnd().split(/\r?\n/), ["respond", "sse", "proxies"]);
});

await testWith(["fish"], "the examples for fish run as written", async () => {
  const { everyManual } = await import("../support/every_manual.ts");
  const lines = (await everyManual()).flatMap(({ examples }) => examples).filter((line) =>
    /\| source$/.test(line)
  );
  for (const line of lines) {
    await using place = await furnished();
    const run = await runIn(place, "fish", ["--no-config", "-c", line]);
    assertEquals([run.code, run.stderr], [0, ""], line);
  }
});

await testWith(["groff", "man"], "groff has no warning about any manual page", async () => {
  const { everyManual } = await import("../support/every_manual.ts");
  await using place = await workplace();
  for (const { path } of await everyManual()) {
    const words = path.slice(1).join(" ");
    const checked = await runIn(place, "sh", ["-c", `culvert man ${words} | groff -ww -man -Tutf8 -z`]);
    assertEquals([checked.code, checked.stderr], [0, ""], words);
    const shown = await runIn(place, "sh", ["-c", `culvert man ${words} | man -l - | col -b`]);
    assert(shown.stdout.includes("SEE ALSO"), `${words}: ${shown.stderr}`);
  }
});
