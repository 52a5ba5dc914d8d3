/**
 * Shows comparisons of prompts as a page in one file, without scripts.
 *
 * @module
 */
import { escaped } from "../../observe/trace/show/draw_picture.ts";
import { DOCUMENT_STYLE, htmlPage } from "../view/html_page.ts";
import type { TurnComparison } from "./compare_captures.ts";
import type { PartChange } from "./compare_prompts.ts";

const OWN_STYLE = `
.part { display: grid; grid-template-columns: 84px minmax(0, 1fr) auto; gap: 4px 12px; padding: 6px 0; border-top: 1px solid var(--line); }
.part .pair { display: grid; grid-template-columns: 60px minmax(0, 1fr); gap: 2px 8px; grid-column: 2 / 4; }
.meter { display: block; width: 100%; margin: 0 0 12px; fill: var(--good); }
`;

/**
 * Returns the page.
 *
 * @param notices shown before the comparisons
 */
export async function diffPage(
  names: readonly [string, string],
  comparisons: readonly TurnComparison[],
  notices: readonly string[],
): Promise<string> {
  const title = `${names[0]} and ${names[1]}`;
  const body = `<header class="top"><div class="brand"><div><h1>Prompts compared</h1><p>${
    escaped(title)
  }</p></div></div></header>
<main>
${notices.map((notice) => `<div class="alert">${escaped(notice)}.</div>`).join("\n")}
${comparisons.map(comparisonSection).join("\n")}
</main>`;
  return (await htmlPage({ title: `${title}: prompts compared`, style: DOCUMENT_STYLE + OWN_STYLE, body }))
    .html;
}

function comparisonSection(comparison: TurnComparison): string {
  const { before, after, break: broken, sameSize, size, parts, parameters } = comparison;
  const percent = size === 0 ? 0 : Math.floor((100 * sameSize) / size);
  const cached = after.input_tokens === undefined
    ? ""
    : `; the server took ${after.cached_tokens ?? 0} of ${after.input_tokens} tokens from its cache`;
  const verdict = broken === undefined
    ? `<div class="alert good">The prompt continues the earlier one; a cache can reuse all of it${
      escaped(cached)
    }.</div>`
    : `<div class="alert"><strong>${escaped(broken.why)}.</strong> <code>${escaped(broken.pointer)}</code>${
      escaped(cached)
    }${pair(broken.before, broken.after)}</div>`;
  const changes = parameters.map(({ name, before: old, after: next }) =>
    `<p class="note">Parameter <code>${escaped(name)}</code>: ${escaped(old)} → ${escaped(next)}</p>`
  );
  return `<section class="card" aria-label="${escaped(`${before.name} and ${after.name}`)}">
<h3>${escaped(before.name)} → ${escaped(after.name)} · ${percent} % repeated</h3>
<svg class="meter" role="img" aria-label="${percent} % repeated"><rect width="${percent}%" height="100%"/></svg>
${verdict}
${parts.map(partSection).join("\n")}
${changes.join("\n")}
</section>`;
}

const TONES: Readonly<Record<PartChange["change"], string>> = {
  same: "",
  changed: "warn",
  added: "good",
  removed: "bad",
};

function partSection({ change, label, size, before, after }: PartChange): string {
  return `<div class="part"><span><span class="pill ${TONES[change]}">${change}</span></span><span>${
    escaped(label)
  }</span><span class="note">${size} characters</span>${change === "same" ? "" : pair(before, after)}</div>`;
}

function pair(before: string | undefined, after: string | undefined): string {
  const line = (name: string, text: string | undefined) =>
    text === undefined ? "" : `<span>${name}</span><code class="mono">${escaped(text)}</code>`;
  return `<div class="pair">${line("before", before)}${line("now", after)}</div>`;
}
