// Slack's mrkdwn as DOM nodes. The text is only ever put into text nodes, whatever it holds.

import { emoji } from "./emoji.js";
import { full, slackDate } from "./dates.js";
import { h } from "./dom.js";
import { house } from "./house.js";
import { words } from "./words.js";

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
const STYLES = { "*": "strong", _: "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;
const INLINE = /`([^`\n]+)`|<([^<>\n]+)>|:([a-z0-9_+'-]+(?:::skin-tone-\d)?):|([*_~])(?=[^\s*_~])/gu;

/** Turn Slack's three entities back into characters. */
export function unescape(text) {
  return text.replace(/&(lt|gt|amp);/g, (entity) => ENTITIES[entity]);
}

/** Only addresses that a click may open. */
export function safeUrl(url) {
  return /^(https?:|mailto:|tel:)/i.test(url) ? url : null;
}

/** A link that opens beside the page; unsafe addresses become plain text. */
export function anchor(url, ...label) {
  const safe = safeUrl(url);
  if (!safe) return h("span", {}, ...label);
  return h("a", { href: safe, target: "_blank", rel: "noopener noreferrer" }, ...label);
}

/** `@Name`, marked when it is the reader. */
export function mention(id, viewer, label) {
  const known = house.people.get(id);
  const self = id === viewer.id ? " self" : "";
  return h("span", { class: `mention${self}`, data: { user: id } }, `@${known?.name ?? label ?? id}`);
}

/** `#channel`; a channel the page does not know shows its label. */
export function channelMention(id, label) {
  return h("span", { class: "mention", data: { channel: id } }, `#${house.channels.get(id)?.name ?? label ?? id}`);
}

/** A moment in the reader's zone, its whole form on hover. */
export function dateNode(at, pattern, fallback, viewer, { url, opens } = {}) {
  const text = slackDate(at, pattern, fallback, viewer, opens);
  const title = text === (fallback ?? pattern) ? null : full(at, viewer);
  const node = h("time", { class: "moment", title }, text);
  return url ? anchor(url, node) : node;
}

function angle(body, viewer, opens) {
  const [target, ...rest] = body.split("|");
  const label = rest.length > 0 ? unescape(rest.join("|")) : null;
  if (target.startsWith("@")) return mention(target.slice(1), viewer, label);
  if (target.startsWith("#")) return channelMention(target.slice(1), label);
  if (target.startsWith("!date^")) {
    const [, at, pattern, url] = target.split("^");
    return dateNode(Number.parseInt(at, 10), unescape(pattern ?? "{date}"), label, viewer, { url, opens });
  }
  if (target.startsWith("!subteam^")) return h("span", { class: "mention" }, label ?? "@group");
  if (target.startsWith("!")) return h("span", { class: "mention self" }, `@${label ?? target.slice(1)}`);
  const shown = label ?? unescape(target).replace(/^(mailto|tel):/, "");
  return anchor(unescape(target), shown);
}

function closing(text, from, mark) {
  for (let at = text.indexOf(mark, from); at !== -1; at = text.indexOf(mark, at + 1)) {
    if (at === from || /\s/.test(text[at - 1])) continue;
    if (at + 1 < text.length && WORD.test(text[at + 1])) continue;
    if (text.slice(from, at).includes("\n")) return -1;
    return at;
  }
  return -1;
}

/** Inline mrkdwn as a list of nodes and strings; `first` when nothing stands before it on its line. */
export function inline(text, viewer, first = true) {
  const out = [];
  let plain = "";
  const flush = () => {
    if (plain) out.push(unescape(plain));
    plain = "";
  };
  let at = 0;
  while (at < text.length) {
    INLINE.lastIndex = at;
    const found = INLINE.exec(text);
    if (!found) break;
    plain += text.slice(at, found.index);
    at = INLINE.lastIndex;
    const [whole, code, target, name, mark] = found;
    const line = text.slice(0, found.index).split("\n").at(-1);
    const opens = !/\S/.test(line) && (first || found.index > line.length);
    if (code) {
      flush();
      out.push(h("code", {}, unescape(code)));
    } else if (target) {
      flush();
      out.push(angle(target, viewer, opens));
    } else if (name) {
      const character = emoji(name);
      if (character) {
        flush();
        out.push(h("span", { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " ") }, character));
      } else plain += whole;
    } else {
      const before = found.index > 0 ? text[found.index - 1] : " ";
      const end = WORD.test(before) ? -1 : closing(text, at, mark);
      if (end === -1) plain += whole;
      else {
        flush();
        out.push(h(STYLES[mark], {}, ...inline(text.slice(at, end), viewer, opens)));
        at = end + 1;
      }
    }
  }
  plain += text.slice(at);
  flush();
  return out;
}

function lines(text, viewer) {
  const out = [];
  let quote = null;
  let open = [];
  const flush = () => {
    if (open.length > 0) out.push(h("div", { class: "para" }, ...inline(open.join("\n"), viewer)));
    open = [];
  };
  for (const line of text.split("\n")) {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quoted) {
      flush();
      quote = quote ?? [];
      quote.push(quoted[1]);
      continue;
    }
    if (quote) out.push(h("blockquote", {}, ...inline(quote.join("\n"), viewer)));
    quote = null;
    open.push(line);
  }
  if (quote) out.push(h("blockquote", {}, ...inline(quote.join("\n"), viewer)));
  flush();
  return out;
}

/** A whole mrkdwn text for a reader. */
export function mrkdwn(text, viewer) {
  const parts = (text ?? "").split(/```([\s\S]*?)```/);
  return parts.flatMap((part, index) => {
    if (index % 2 === 1) return [h("pre", {}, unescape(part.replace(/^\n/, "").replace(/\n$/, "")))];
    const trimmed = index > 0 ? part.replace(/^\n/, "") : part;
    return trimmed ? lines(trimmed, viewer) : [];
  });
}

/** What remains of a mrkdwn text when it is only read: for phones and screen readers. */
export function spoken(text, viewer) {
  return mrkdwn(text, viewer).map((node) => node.textContent).join("\n");
}

/** A text object of Block Kit, plain or mrkdwn, as nodes. */
export function textObject(object, viewer) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text, viewer);
  return plainNodes(object.text);
}

/** Plain text with its emoji, line breaks kept by the style sheet. */
export function plainNodes(text) {
  return (text ?? "").split(/(:[a-z0-9_+'-]+:)/).map((part) => {
    const character = /^:.+:$/.test(part) ? emoji(part.slice(1, -1)) : null;
    return character ? h("span", { class: "emoji" }, character) : part;
  });
}

/** What the reader is told a broadcast means. */
export function broadcast(range, viewer) {
  return h("span", { class: "mention self", title: words(viewer.locale).everyone }, `@${range}`);
}
