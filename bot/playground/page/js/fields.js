// The interactive elements of Block Kit. Each keeps its state in `ctx.values` and, where Slack would, sends it.

import { busy, fill, h, icon, iconButton } from "./dom.js";
import { fromLocalInput, toLocalInput } from "./dates.js";
import { plainNodes, safeUrl, textObject } from "./mrkdwn.js";
import { agreed, openMenu } from "./popup.js";
import { isSelect, select } from "./selects.js";
import { keyOf } from "./values.js";
import { words } from "./words.js";
import { fileInput } from "./fileinput.js";

/** Send an element's action after its confirm dialog. */
async function send(element, blockId, ctx, part, node) {
  if (!(await agreed(element.confirm, ctx.viewer))) return;
  const action = { type: element.type, block_id: blockId, action_id: element.action_id, ...part };
  await busy(node, () => ctx.act(action));
}

function button(element, blockId, ctx) {
  const url = element.url ? safeUrl(element.url) : null;
  const node = h(
    "button",
    {
      type: "button",
      class: `button ${element.style ?? ""}`,
      "aria-label": element.accessibility_label,
      data: { actionId: element.action_id, blockId, value: element.value },
      on: {
        click: () => {
          if (url && !element.confirm) window.open(url, "_blank", "noopener,noreferrer");
          const part = { text: element.text };
          if (element.value !== undefined) part.value = element.value;
          if (element.style) part.style = element.style;
          return send(element, blockId, ctx, part, node);
        },
      },
    },
    h("span", {}, ...plainNodes(element.text.text)),
    url ? icon("out") : null,
  );
  return node;
}

function overflow(element, blockId, ctx) {
  const items = element.options.map((option) => ({
    label: option.text.text,
    detail: option.description?.text,
    data: { value: option.value },
    run: () => {
      if (option.url && safeUrl(option.url)) window.open(option.url, "_blank", "noopener,noreferrer");
      send(element, blockId, ctx, { selected_option: option }, node);
    },
  }));
  const node = iconButton("more", words(ctx.viewer.locale).moreActions, () => openMenu(node, items, { align: "end" }), {
    class: "button square",
    "aria-haspopup": "menu",
    "data-action-id": element.action_id,
    "data-block-id": blockId,
  });
  return node;
}

function choices(element, state, { blockId, props, onState, ctx }) {
  const single = element.type === "radio_buttons";
  const key = keyOf(element);
  const picked = new Set((single ? [state[key]] : state[key]).filter(Boolean).map((option) => option.value));
  const { id, "aria-labelledby": labelled, "aria-describedby": described } = props;
  const read = () => {
    const chosen = element.options.filter((option, index) => boxes[index].checked);
    onState({ [key]: single ? (chosen[0] ?? null) : chosen }, true);
  };
  const boxes = element.options.map((option) =>
    h(
      "input",
      {
        type: single ? "radio" : "checkbox",
        name: `${id}-choice`,
        checked: picked.has(option.value),
        value: option.value,
        on: { change: read },
      },
    ),
  );
  return h(
    "div",
    {
      id,
      class: "choices",
      role: single ? "radiogroup" : "group",
      tabindex: "-1",
      "aria-labelledby": labelled,
      "aria-describedby": described,
      data: { actionId: element.action_id, blockId },
    },
    element.options.map((option, index) =>
      h(
        "label",
        { class: "choice" },
        boxes[index],
        h(
          "span",
          {},
          h("span", { class: "choice-label" }, ...textObject(option.text, ctx.viewer)),
          option.description ? h("span", { class: "choice-detail" }, ...textObject(option.description, ctx.viewer)) : null,
        ),
      ),
    ),
  );
}

/** Enter or typing sends a text input that asks for it, as its dispatch_action_config says. */
function dispatching(node, element, dispatch, final) {
  if (!dispatch) return;
  const on = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  let timer = 0;
  if (on.includes("on_enter_pressed")) {
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      final();
    });
  }
  if (on.includes("on_character_entered")) {
    node.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(final, 300);
    });
  }
}

const TYPES = { email_text_input: "email", url_text_input: "url", number_input: "text", plain_text_input: "text" };

function textInput(element, state, { props, onState, ctx, dispatch }) {
  const key = "value";
  const shared = {
    ...props,
    class: "input",
    placeholder: element.placeholder?.text ?? null,
    autocomplete: "off",
    value: state[key] ?? "",
  };
  const node = element.multiline
    ? h("textarea", { ...shared, rows: 4 })
    : h("input", { ...shared, type: TYPES[element.type], inputmode: element.type === "number_input" ? "decimal" : null });
  const count = h("span", { class: "count", "aria-live": "polite" });
  const tell = () => {
    const left = (element.max_length ?? Infinity) - node.value.length;
    fill(count, left <= Math.max(40, element.max_length * 0.1) ? words(ctx.viewer.locale).left(left) : "");
    count.classList.toggle("over", left < 0);
  };
  node.addEventListener("input", () => {
    tell();
    onState({ [key]: node.value === "" ? null : node.value }, false);
  });
  dispatching(node, element, dispatch, () => onState({ [key]: node.value || null }, true));
  tell();
  return h("div", { class: "text-field" }, node, element.max_length ? count : null);
}

function richInput(element, state, options) {
  const typed = state.rich_text_value?.elements?.flatMap((group) =>
    group.elements ?? [],
  ).map((part) => part.text ?? "").join("") ?? "";
  const asRich = (text) => (
    text ? { type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text }] }] } : null
  );
  return textInput(
    { ...element, multiline: true },
    { value: typed },
    { ...options, onState: (part, final) => options.onState({ rich_text_value: asRich(part.value) }, final) },
  );
}

function moment(element, state, { props, onState, ctx }) {
  const key = keyOf(element);
  const kind = { datepicker: "date", timepicker: "time", datetimepicker: "datetime-local" }[element.type];
  const held = state[key];
  const shown = kind === "datetime-local" && held ? toLocalInput(held, ctx.viewer) : (held ?? "");
  const node = h("input", { ...props, class: "input moment-input", type: kind, value: shown, title: element.placeholder?.text });
  node.addEventListener("change", () => {
    const value = kind === "datetime-local" && node.value ? fromLocalInput(node.value, ctx.viewer) : node.value;
    onState({ [key]: value || null }, true);
  });
  return node;
}

const DRAW = {
  radio_buttons: choices,
  checkboxes: choices,
  plain_text_input: textInput,
  email_text_input: textInput,
  url_text_input: textInput,
  number_input: textInput,
  rich_text_input: richInput,
  datepicker: moment,
  timepicker: moment,
  datetimepicker: moment,
  file_input: fileInput,
};

/**
 * Draw an element, or answer null for a type that is not known. In an input block `dispatch` says whether a
 * change is sent at once; everywhere else it always is. `props` are the field's id and its aria references.
 */
export function field(element, blockId, ctx, { props = {}, dispatch = true } = {}) {
  if (element.type === "button" || element.type === "workflow_button") return button(element, blockId, ctx);
  if (element.type === "overflow") return overflow(element, blockId, ctx);
  const draw = isSelect(element) ? select : DRAW[element.type];
  if (!draw) return null;
  const state = ctx.values.ensure(blockId, element, ctx.channel);
  const node = draw(element, state, {
    blockId,
    ctx,
    dispatch,
    props: {
      "aria-label": props["aria-labelledby"] ? null : (element.placeholder?.text ?? element.action_id),
      ...props,
      "data-action-id": element.action_id,
      "data-block-id": blockId,
    },
    onState: (part, final) => {
      ctx.values.put(blockId, element, part);
      ctx.onEdit?.(blockId);
      if (final && dispatch) send(element, blockId, ctx, part, node);
    },
  });
  return node;
}
