// The `markdown` block: headings, lists, tasks, quotes, code, tables and inline styles of ordinary Markdown.

import { h } from "./dom.js";
import { anchor, plainNodes } from "./mrkdwn.js";

const INLINE = /`([^`]+)`|!?\[([^\]]*)\]\(([^)\s]+)\)|\*\*(?=\S)(.+?)\*\*|__(?=\S)(.+?)__|~~(.+?)~~|(?<![\w*])\*(?=\S)(.+?)\*|(?<!\w)_(?=\S)(.+?)_(?!\w)/g;

function inline(text) {
  const out = [];
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    out.push(...plainNodes(text.slice(at, found.index)));
    at = found.index + found[0].length;
    const [, code, label, url, strong, strong2, strike, em, em2] = found;
    if (code) out.push(h("code", {}, code));
    else if (url) out.push(anchor(url, label || url));
    else if (strong ?? strong2) out.push(h("strong", {}, ...inline(strong ?? strong2)));
    else if (strike) out.push(h("s", {}, ...inline(strike)));
    else out.push(h("em", {}, ...inline(em ?? em2)));
  }
  out.push(...plainNodes(text.slice(at)));
  return out;
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

function table(rows) {
  const [head, , ...body] = rows;
  return h(
    "div",
    { class: "table-wrap", tabindex: "0" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, cells(head).map((cell) => h("th", { scope: "col" }, ...inline(cell))))),
      h("tbody", {}, body.map((row) => h("tr", {}, cells(row).map((cell) => h("td", {}, ...inline(cell)))))),
    ),
  );
}

function item(text) {
  const task = /^\[([ xX])\] (.*)$/.exec(text);
  if (!task) return h("li", {}, ...inline(text));
  const box = h("input", { type: "checkbox", disabled: true, checked: task[1] !== " " });
  return h("li", { class: "task" }, box, " ", ...inline(task[2]));
}

// Each rule takes the lines from `at` that belong to it and answers [node, next line].
const RULES = [
  [/^```/, (all, at) => {
    let end = at + 1;
    while (end < all.length && !all[end].startsWith("```")) end += 1;
    return [h("pre", {}, all.slice(at + 1, end).join("\n")), end + 1];
  }],
  [/^#{1,6} /, (all, at) => {
    const [, marks, text] = /^(#+) (.*)$/.exec(all[at]);
    return [
      h(
        "p",
        { class: `md-h md-h${marks.length}`, role: "heading", "aria-level": Math.min(marks.length + 2, 6) },
        ...inline(text),
      ),
      at + 1,
    ];
  }],
  [/^(-{3,}|\*{3,})$/, (all, at) => [h("hr"), at + 1]],
  [/^\|/, (all, at) => {
    const end = run(all, at, /^\|/);
    return [end - at > 1 ? table(all.slice(at, end)) : h("p", {}, all[at]), end];
  }],
  [/^\s*[-*+] /, (all, at) => {
    const end = run(all, at, /^\s*[-*+] /);
    return [h("ul", {}, all.slice(at, end).map((line) => item(line.replace(/^\s*[-*+] /, "")))), end];
  }],
  [/^\s*\d+\. /, (all, at) => {
    const end = run(all, at, /^\s*\d+\. /);
    return [h("ol", {}, all.slice(at, end).map((line) => item(line.replace(/^\s*\d+\. /, "")))), end];
  }],
  [/^> ?/, (all, at) => {
    const end = run(all, at, /^> ?/);
    return [h("blockquote", {}, ...inline(all.slice(at, end).map((line) => line.replace(/^> ?/, "")).join("\n"))), end];
  }],
];

function run(all, at, rule) {
  let end = at;
  while (end < all.length && rule.test(all[end])) end += 1;
  return end;
}

/** A Markdown text as a block of nodes. */
export function markdown(text) {
  const all = text.split("\n");
  const out = [];
  let at = 0;
  while (at < all.length) {
    if (!all[at].trim()) {
      at += 1;
      continue;
    }
    const rule = RULES.find(([start]) => start.test(all[at]));
    if (rule) {
      const [node, next] = rule[1](all, at);
      out.push(node);
      at = next;
      continue;
    }
    const start = at;
    while (at < all.length && all[at].trim() && !RULES.some(([begin]) => begin.test(all[at]))) at += 1;
    out.push(h("p", {}, ...inline(all.slice(start, at).join("\n"))));
  }
  return h("div", { class: "rich markdown" }, ...out);
}
