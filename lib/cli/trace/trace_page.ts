/**
 * Shows a trace as a page in one file, without scripts.
 *
 * @module
 */
import { DOCUMENT_STYLE, htmlPage } from "../../capture/view/html_page.ts";
import type { ReducedTrace, ToolCall } from "../../observe/trace/reduce/model.ts";
import { drawPicture, escaped } from "../../observe/trace/show/draw_picture.ts";
import pictureStyle from "../../observe/trace/show/picture.css" with { type: "text" };
import { causeText, duration, LEGEND, pictureTable, TABLE_HEAD } from "../../observe/trace/show/picture.ts";
import { tracePicture } from "../../observe/trace/show/trace_picture.ts";
import { agentOf, sentText, timesOf, tokens, utc } from "../../observe/trace/show/trace_text.ts";
import type { AttemptView, TurnView } from "../../observe/trace/show/turn_views.ts";

/** What {@link tracePage} needs beside the trace. */
export interface PageOptions {
  readonly name: string;
  /** Whether contents were left out. */
  readonly isShared: boolean;
  /** Returns the exchange of a capture that carried an attempt, where one was found. */
  readonly exchangeOf: (inferenceCallId: string) => string | undefined;
}

const OWN_STYLE = `
section.card { padding: 14px 16px; margin: 0 0 16px; }
section.card h2 { font-size: 15px; margin: 0 0 6px; }
h1, h2, p { overflow-wrap: anywhere; }
details { margin: 6px 0 0; }
summary { cursor: pointer; padding: 3px 0; }
.step { padding: 6px 0 6px 14px; border-left: 2px solid var(--line); margin: 4px 0; }
.step p { margin: 2px 0; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 4px 0; }
`;

/** Returns the page. */
export async function tracePage(
  trace: ReducedTrace,
  turns: readonly TurnView[],
  options: PageOptions,
): Promise<string> {
  const title = `Trace ${options.name}`;
  const body = `<header class="top"><div class="brand"><div><h1>${escaped(title)}</h1><p>${
    escaped(headline(trace))
  }</p></div></div></header>
<main>
${
    options.isShared
      ? '<div class="alert">Contents and directories are left out. Their lengths stay.</div>'
      : ""
  }
${trace.problems.map((problem) => `<div class="alert bad">${escaped(problem)}</div>`).join("\n")}
${turns.map((turn) => turnSection(turn, options)).join("\n")}
${turns.length === 0 ? '<p class="empty">The trace contains no turn.</p>' : ""}
</main>`;
  return (await htmlPage({ title, style: pictureStyle + DOCUMENT_STYLE + OWN_STYLE, body })).html;
}

function headline(trace: ReducedTrace): string {
  return [
    utc(trace.started_at_unix_ms),
    trace.status,
    ...timesOf(trace),
    `schema ${trace.schema_version}`,
    trace.recording_status === "complete" ? "" : `recording ${trace.recording_status.replaceAll("_", " ")}`,
  ].filter((part) => part !== "").join(" · ");
}

function turnSection(view: TurnView, options: PageOptions): string {
  const { turn, thread, attempts, tools, usage } = view;
  const picture = tracePicture(view);
  const agent = agentOf(thread);
  const heading = `Turn ${view.number}${agent}: ${turn.execution.status}, ${duration(picture.duration_ms)}`;
  return `<section class="card" aria-label="${escaped(heading)}">
<h2>${escaped(heading)}</h2>
<p class="note">${escaped(usage === null ? "no token counts" : `tokens: ${tokens(usage)}`)}</p>
${turn.errors.map((error) => `<div class="alert bad">${escaped(error)}</div>`).join("\n")}
<div class="turn-picture" tabindex="0" role="region" aria-label="Time line of turn ${view.number}">${
    drawPicture(picture)
  }</div>
<p class="note">${escaped(LEGEND)}</p>
<details><summary>The same as a table</summary>${
    table(`Steps of turn ${view.number}`, TABLE_HEAD, pictureTable(picture))
  }</details>
<details open><summary>Attempts and tools</summary>
${attempts.map((attempt) => attemptBlock(attempt, options)).join("\n")}
${tools.map(toolBlock).join("\n")}
</details>
</section>`;
}

function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const cells = (row: readonly string[]) =>
    row.map((cell, index) =>
      index === 0 ? `<th scope="row">${escaped(cell)}</th>` : `<td>${escaped(cell)}</td>`
    )
      .join("");
  return `<div class="turn-picture" tabindex="0" role="region" aria-label="${
    escaped(caption)
  }"><table class="turn-table"><caption class="note">${escaped(caption)}</caption><thead><tr>${
    head.map((name) => `<th scope="col">${escaped(name)}</th>`).join("")
  }</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join("")}</tbody></table></div>`;
}

function attemptBlock(attempt: AttemptView, { exchangeOf }: PageOptions): string {
  const { call, number, cause, added, received } = attempt;
  const why = cause === null ? "" : ` (${causeText(cause)})`;
  const facts = [
    sentText(attempt),
    ...(call.usage === null ? [] : [`tokens: ${tokens(call.usage)}`]),
    ...ids([
      ["response", call.response_id],
      ["request", call.upstream_request_id],
      ["call", call.inference_call_id],
      ["exchange", exchangeOf(call.inference_call_id)],
    ]),
  ];
  return `<div class="step"><p><strong>attempt ${number}${escaped(why)}</strong> ${
    escaped(`${call.model} (${call.provider_name}), ${call.execution.status}`)
  }</p><p class="note">${escaped(facts.join(" · "))}</p>${
    call.error === null ? "" : `<p class="note">${escaped(call.error)}</p>`
  }${
    added.length === 0
      ? ""
      : `<details><summary>${added.length} new ${added.length === 1 ? "item" : "items"} sent</summary>${
        added.map((item) => itemBlock(item.role ?? "", item.kind, item.text, item.chars)).join("")
      }</details>`
  }${received.map((item) => itemBlock(item.role ?? "", item.kind, item.text, item.chars)).join("")}</div>`;
}

function ids(pairs: readonly (readonly [string, string | null | undefined])[]): readonly string[] {
  return pairs.flatMap(([label, id]) => id === null || id === undefined ? [] : [`${label} ${id}`]);
}

function itemBlock(role: string, kind: string, text: string, chars: number): string {
  const left = chars > text.length ? ` · ${chars} characters` : "";
  return `<p class="note">${escaped([role, kind].filter((part) => part !== "").join(" "))}${left}</p>${
    text === "" ? "" : `<pre>${escaped(text)}</pre>`
  }`;
}

function toolBlock(tool: ToolCall): string {
  const exit = tool.exit_code === null ? "" : `, exit ${tool.exit_code}`;
  return `<div class="step"><p><strong>tool ${escaped(tool.name)}</strong> ${
    escaped(`${tool.execution.status}${exit}`)
  }</p>${
    [tool.input, tool.output].filter((text) => text !== "").map((text) => `<pre>${escaped(text)}</pre>`).join(
      "",
    )
  }</div>`;
}
