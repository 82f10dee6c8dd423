// rich_text blocks: text that people typed, element by element, never parsed as mrkdwn.

import { emoji } from "./emoji.js";
import { h } from "./dom.js";
import { anchor, broadcast, channelMention, dateNode, mention } from "./mrkdwn.js";

function styled(node, style = {}) {
  let wrapped = node;
  if (style.code) wrapped = h("code", {}, wrapped);
  if (style.bold) wrapped = h("strong", {}, wrapped);
  if (style.italic) wrapped = h("em", {}, wrapped);
  if (style.strike) wrapped = h("s", {}, wrapped);
  if (style.underline) wrapped = h("u", {}, wrapped);
  return wrapped;
}

const PARTS = {
  text: (part) => document.createTextNode(part.text),
  link: (part) => anchor(part.url, part.text || part.url),
  user: (part, viewer) => mention(part.user_id, viewer),
  usergroup: (part) => h("span", { class: "mention" }, `@${part.usergroup_id}`),
  channel: (part) => channelMention(part.channel_id),
  broadcast: (part, viewer) => broadcast(part.range, viewer),
  emoji: (part) => h("span", { class: "emoji" }, emoji(part.name) ?? `:${part.name}:`),
  date: (part, viewer) => dateNode(part.timestamp, part.format ?? "{date}", part.fallback, viewer, { url: part.url }),
  color: (part) => h("code", {}, part.value),
};

function parts(elements, viewer) {
  return (elements ?? []).map((part) => {
    const draw = PARTS[part.type];
    return draw ? styled(draw(part, viewer), part.style) : h("code", { class: "unknown-part" }, part.type);
  });
}

const GROUPS = {
  rich_text_section: (group, viewer) => h("div", { class: "para" }, ...parts(group.elements, viewer)),
  rich_text_quote: (group, viewer) => h("blockquote", {}, ...parts(group.elements, viewer)),
  rich_text_preformatted: (group, viewer) => h("pre", {}, ...parts(group.elements, viewer)),
  rich_text_list: (group, viewer) => {
    const items = group.elements.map((item) => h("li", {}, ...parts(item.elements, viewer)));
    const props = { class: `indent-${Math.min(group.indent ?? 0, 4)}` };
    if (group.style === "ordered") return h("ol", { ...props, start: (group.offset ?? 0) + 1 }, ...items);
    return h("ul", props, ...items);
  },
};

/** A rich_text block for a reader. */
export function richText(block, viewer) {
  return h(
    "div",
    { class: "rich" },
    ...block.elements.map((group) => GROUPS[group.type]?.(group, viewer) ?? h("code", { class: "unknown-part" }, group.type)),
  );
}
