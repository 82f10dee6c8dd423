// One combobox for every select of Block Kit: single or several, from a list, from the house, or asked for.

import { fill, h, icon, iconButton, uid } from "./dom.js";
import { openPopup } from "./popup.js";
import { withEmoji } from "./emoji.js";
import { words } from "./words.js";

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/**
 * A combobox. `load(query)` answers (or promises) groups `[{label, options: [{key, label, detail, face, raw}]}]`;
 * `remote` says that each query asks the bot. `chosen` is the list of chosen options; `onChange(list)` hears
 * each choice, `onDone()` the list closing.
 */
export function picker(
  { load, chosen, several = false, max = Infinity, placeholder, remote = false, minimum = 0, viewer, props, onChange, onDone }
) {
  const say = words(viewer.locale);
  const listId = uid("list");
  const input = h("input", {
    ...props,
    type: "text",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    "aria-expanded": "false",
    "aria-autocomplete": "list",
    "aria-controls": listId,
    class: "picker-input",
  });
  const chips = h("span", { class: "chips" });
  const box = h("div", { class: "picker" }, chips, input, icon("down"));
  const list = h("div", { id: listId, role: "listbox", class: "options", "aria-multiselectable": several ? "true" : null });
  let popup = null;
  let shown = [];
  let active = -1;
  let asked = 0;
  let timer = 0;
  let again = false;

  const isChosen = (option) => chosen.some((one) => one.key === option.key);

  function settle() {
    fill(
      chips,
      several
        ? chosen.map((option) =>
            h(
              "span",
              { class: "chip" },
              withEmoji(option.label),
              iconButton("close", say.remove(option.label), () => change(chosen.filter((one) => one !== option), true)),
            ),
          )
        : null,
    );
    input.value = several ? "" : withEmoji(chosen[0]?.label ?? "");
    input.placeholder = several && chosen.length > 0 ? "" : withEmoji(placeholder ?? say.choose);
    box.classList.toggle("has-value", chosen.length > 0);
  }

  function change(next, done = false) {
    chosen = next;
    settle();
    onChange(chosen);
    if (done && !popup) onDone?.();
  }

  function choose(option) {
    if (!several) {
      again = true; // the same choice again is an act too: a list of things to open
      change([option]);
      popup?.close();
      input.focus();
      return;
    }
    if (isChosen(option)) change(chosen.filter((one) => one.key !== option.key));
    else if (chosen.length < max) change([...chosen, option]);
    search("");
  }

  function mark(index) {
    shown[active]?.node.classList.remove("active");
    active = index;
    const row = shown[active];
    row?.node.classList.add("active");
    row?.node.scrollIntoView({ block: "nearest" });
    if (row) input.setAttribute("aria-activedescendant", row.node.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function row(option) {
    const selected = isChosen(option);
    const node = h(
      "div",
      {
        id: uid("option"),
        role: "option",
        class: "option",
        "aria-selected": String(selected),
        data: { value: option.key },
        on: { pointerdown: (event) => event.preventDefault(), click: () => choose(option) },
      },
      option.face,
      h(
        "span",
        {},
        h("span", { class: "option-label" }, withEmoji(option.label)),
        option.detail ? h("span", { class: "option-detail" }, withEmoji(option.detail)) : null,
      ),
      selected ? icon("check") : null,
    );
    shown.push({ option, node });
    return node;
  }

  function draw(groups, note) {
    shown = [];
    const parts = groups
      .filter((group) => group.options.length > 0)
      .map((group) =>
        h(
          "div",
          { role: "group", "aria-label": group.label || null },
          group.label ? h("p", { class: "group-label" }, group.label) : null,
          group.options.map(row),
        ),
      );
    fill(list, parts.length > 0 ? parts : h("p", { class: "option-note" }, note ?? say.noOptions));
    const first = shown.findIndex(({ option }) => isChosen(option));
    mark(several ? (shown.length > 0 ? 0 : -1) : Math.max(first, shown.length > 0 ? 0 : -1));
    popup?.place();
  }

  async function search(query) {
    asked += 1;
    const mine = asked;
    if (query.length < minimum) {
      draw([], say.typeMore(minimum));
      return;
    }
    const answer = load(query);
    if (!(answer instanceof Promise)) {
      draw(
        answer.map((group) =>
          ({ ...group, options: group.options.filter((option) => plain(option.label).includes(plain(query))) }),
        )
      );
      return;
    }
    draw([], say.searching);
    try {
      const groups = await answer;
      if (mine === asked && popup) draw(groups);
    } catch (error) {
      if (mine === asked && popup) draw([], error.message);
    }
  }

  function open() {
    if (popup) return;
    const before = JSON.stringify(chosen.map((option) => option.key));
    popup = openPopup(input, list, {
      width: "anchor",
      onClose: () => {
        popup = null;
        asked += 1;
        settle();
        input.removeAttribute("aria-activedescendant");
        const changed = again || before !== JSON.stringify(chosen.map((option) => option.key));
        again = false;
        if (changed) onDone?.();
      },
    });
    input.select();
    search("");
  }

  input.addEventListener("click", open);
  input.addEventListener("input", () => {
    const query = input.value;
    open();
    input.value = query;
    clearTimeout(timer);
    shown = []; // what was offered for other words cannot be chosen any more
    if (remote) timer = setTimeout(() => search(query.trim()), 200);
    else search(query.trim());
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!popup) open();
      else if (shown.length > 0) mark((active + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (popup && shown[active]) choose(shown[active].option);
      else open();
    } else if (event.key === "Tab") popup?.close();
    else if (event.key === "Backspace" && several && input.value === "" && chosen.length > 0) change(chosen.slice(0, -1), true);
  });
  input.addEventListener("blur", () => setTimeout(() => document.activeElement !== input && popup?.close(), 0));
  box.addEventListener("pointerdown", (event) => {
    if (event.target === input || event.target.closest("button")) return;
    event.preventDefault();
    input.focus();
    if (popup) popup.close();
    else open();
  });
  settle();
  return box;
}
