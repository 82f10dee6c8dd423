// Block Kit's layout blocks. A block the page does not know becomes a labelled box, never silence.

import { h } from "./dom.js";
import { field } from "./fields.js";
import { markdown } from "./markdown.js";
import { anchor, plainNodes, textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { uid } from "./dom.js";
import { words } from "./words.js";

function unknown(block, viewer) {
  return h(
    "details",
    { class: "unknown", data: { testid: "unknown-block" } },
    h("summary", {}, words(viewer.locale).unknownBlock(block.type)),
    h("pre", {}, JSON.stringify(block, null, 2)),
  );
}

/** A picture of this playground, or a box with its description: the page loads nothing from elsewhere. */
function picture(element, viewer, className) {
  const id = element.slack_file?.id;
  const url = id ? `/play/file/${encodeURIComponent(id)}` : element.image_url;
  const local = url && new URL(url, location.href).origin === location.origin;
  const alt = element.alt_text ?? "";
  const box = () => h(
    "span",
    { class: `image-box ${className}` },
    alt || words(viewer.locale).image,
    h("small", {}, words(viewer.locale).externalImage),
  );
  if (!local) return box();
  const img = h("img", { class: className, src: url, alt });
  img.addEventListener("error", () => img.replaceWith(box()));
  return img;
}

function drawn(element, block, ctx) {
  return field(element, block.block_id, ctx) ?? unknown(element, ctx.viewer);
}

function section(block, ctx) {
  const side = block.accessory;
  const isImage = side?.type === "image";
  return h(
    "div",
    { class: `b-section ${side ? `with-side side-${side.type}` : ""}` },
    h(
      "div",
      { class: "b-text" },
      textObject(block.text, ctx.viewer),
      block.fields ? h(
        "div",
        { class: "b-fields" },
        block.fields.map((one) => h("div", {}, ...textObject(one, ctx.viewer))),
      ) : null,
    ),
    side ? h("div", { class: "b-side" }, isImage ? picture(side, ctx.viewer, "thumb") : drawn(side, block, ctx)) : null,
  );
}

function input(block, ctx) {
  const say = words(ctx.viewer.locale);
  const [fieldId, labelId, hintId, errorId] = ["field", "label", "hint", "error"].map(uid);
  const error = ctx.errors?.[block.block_id];
  const node = field(block.element, block.block_id, ctx, {
    dispatch: Boolean(block.dispatch_action),
    props: {
      id: fieldId,
      "aria-labelledby": labelId,
      "aria-describedby": `${errorId} ${hintId}`,
      "aria-required": block.optional ? null : "true",
      "aria-invalid": error ? "true" : null,
    },
  });
  const grouped = ["radio_buttons", "checkboxes"].includes(block.element.type);
  return h(
    "div",
    { class: `b-input ${error ? "wrong" : ""}`, data: { inputBlock: block.block_id } },
    h(
      grouped ? "span" : "label",
      { id: labelId, for: grouped ? null : fieldId, class: "label" },
      ...plainNodes(block.label.text),
      block.optional ? h("span", { class: "optional" }, say.optional) : null,
    ),
    node ?? unknown(block.element, ctx.viewer),
    h("p", { id: errorId, class: "field-error", role: error ? "alert" : null }, error ?? ""),
    block.hint ? h("p", { id: hintId, class: "hint" }, ...plainNodes(block.hint.text)) : h("span", { id: hintId, hidden: true }),
  );
}

function table(block, ctx) {
  const align = (index) => {
    const setting = block.column_settings?.[index];
    return setting?.align && setting.align !== "left" ? `align-${setting.align}` : null;
  };
  const cell = (tag, one, index) =>
    h(
      tag,
      { scope: tag === "th" ? "col" : null, class: align(index) },
      one?.type === "rich_text" ? richText(one, ctx.viewer) : plainNodes(String(one?.text ?? one?.number ?? "")),
    );
  const [head = [], ...body] = block.rows ?? [];
  return h(
    "div",
    { class: "table-wrap", tabindex: "0", role: "region", "aria-label": block.caption ?? "table" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, head.map((one, i) => cell("th", one, i)))),
      h("tbody", {}, body.map((row) => h("tr", {}, row.map((one, i) => cell("td", one, i))))),
    ),
  );
}

function context(block, ctx) {
  return h(
    "div",
    { class: "b-context" },
    block.elements.map((one) =>
      (one.type === "image" ? picture(one, ctx.viewer, "dot") : h("div", {}, ...textObject(one, ctx.viewer))),
    ),
  );
}

function video(block) {
  return h(
    "figure",
    { class: "b-video" },
    anchor(block.title_url ?? block.video_url, block.title?.text ?? block.video_url),
    h("figcaption", {}, block.description?.text ?? block.alt_text ?? ""),
  );
}

function header(block) {
  const level = Math.min(block.level ?? 3, 4) + 2;
  return h(
    "p",
    { class: `b-header level-${block.level ?? 0}`, role: "heading", "aria-level": Math.min(level, 6) },
    ...plainNodes(block.text.text),
  );
}

const DRAW = {
  section,
  input,
  context,
  table,
  header,
  video,
  divider: () => h("hr", { class: "b-divider" }),
  actions: (block, ctx) => h("div", { class: "b-actions" }, block.elements.map((element) => drawn(element, block, ctx))),
  image: (block, ctx) =>
    h(
      "figure",
      { class: "b-image" },
      block.title ? h("figcaption", {}, ...plainNodes(block.title.text)) : null,
      picture(block, ctx.viewer, "wide-image"),
    ),
  rich_text: (block, ctx) => richText(block, ctx.viewer),
  markdown: (block) => markdown(block.text),
  alert: (block, ctx) =>
    h(
      "div",
      { class: `b-alert ${block.level ?? "default"}`, role: ["error", "warning"].includes(block.level) ? "alert" : "status" },
      ...textObject(block.text, ctx.viewer),
    ),
};

/**
 * Draw blocks. `ctx` is `{viewer, values, channel, errors, act(action), suggest(block, action, query), onEdit}`:
 * the same blocks behave alike in a message, a form and Home, and differ only in what `act` sends.
 */
export function renderBlocks(blocks, ctx) {
  return blocks.map((block, index) => {
    const named = block.block_id ? block : { ...block, block_id: `block-${index}` };
    const draw = DRAW[named.type];
    const node = draw ? draw(named, ctx) : unknown(named, ctx.viewer);
    node.dataset.block = named.block_id;
    return node;
  });
}
