// Everything that floats: menus, pickers and the two dialogs that ask yes or no.

import { fill, h, icon, uid } from "./dom.js";
import { plainNodes, textObject } from "./mrkdwn.js";

let current = null;

/** Close the floating box that is open, if any. */
export function closePopup() {
  current?.close();
}

function place(box, anchor, { align = "start", width }) {
  const rect = anchor.getBoundingClientRect();
  const gap = 6;
  if (width === "anchor") {
    box.style.minWidth = `${rect.width}px`;
    box.style.maxWidth = `${Math.max(rect.width, 420)}px`;
  }
  const size = box.getBoundingClientRect();
  const below = window.innerHeight - rect.bottom - gap - 8;
  const above = rect.top - gap - 8;
  const up = below < Math.min(size.height, 260) && above > below;
  box.style.maxHeight = `${Math.max(120, Math.min(440, up ? above : below))}px`;
  const height = Math.min(size.height, up ? above : below);
  box.style.top = `${up ? Math.max(8, rect.top - gap - height) : rect.bottom + gap}px`;
  const left = align === "end" ? rect.right - size.width : rect.left;
  box.style.left = `${Math.max(8, Math.min(left, window.innerWidth - size.width - 8))}px`;
}

/**
 * Float `box` beside `anchor`, above everything. It closes on Escape, on a press outside and when the page
 * scrolls away under it. Answers `{close, place}`.
 */
export function openPopup(anchor, box, { align, width, onClose, modal = true } = {}) {
  closePopup();
  box.classList.add("popup");
  box.setAttribute("popover", "manual");
  document.body.append(box);
  box.showPopover();
  place(box, anchor, { align, width });
  const outside = (event) => {
    if (!box.contains(event.target) && !anchor.contains(event.target)) handle.close();
  };
  const key = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    event.preventDefault();
    handle.close();
    if (modal) anchor.focus();
  };
  const moved = (event) => {
    if (!box.contains(event.target) && event.target.contains?.(anchor)) handle.place();
  };
  const handle = {
    place: () => place(box, anchor, { align, width }),
    close: () => {
      if (current !== handle) return;
      current = null;
      document.removeEventListener("pointerdown", outside, true);
      document.removeEventListener("keydown", key, true);
      document.removeEventListener("scroll", moved, true);
      box.remove();
      anchor.setAttribute("aria-expanded", "false");
      onClose?.();
    },
  };
  current = handle;
  anchor.setAttribute("aria-expanded", "true");
  document.addEventListener("pointerdown", outside, true);
  document.addEventListener("keydown", key, true);
  document.addEventListener("scroll", moved, true);
  return handle;
}

/** A menu under a button: items are `{label, detail, icon, danger, run, data}`; arrow keys move. */
export function openMenu(anchor, items, options = {}) {
  const box = h("div", { class: "menu", role: "menu" });
  const handle = { close: () => undefined };
  const rows = items.map((item) =>
    h(
      "button",
      {
        type: "button",
        role: "menuitem",
        class: `menu-item ${item.danger ? "danger" : ""}`,
        data: item.data,
        on: {
          click: () => {
            handle.close();
            item.run();
          },
        },
      },
      item.face ?? (item.icon ? icon(item.icon) : null),
      h(
        "span",
        {},
        h("span", { class: "menu-label" }, ...plainNodes(item.label)),
        item.detail ? h("span", { class: "menu-detail" }, ...plainNodes(item.detail)) : null,
      ),
      item.checked ? icon("check") : null,
    ),
  );
  if (options.title) box.append(h("p", { class: "menu-title" }, options.title));
  box.append(...(rows.length > 0 ? rows : [h("p", { class: "menu-empty" }, options.empty ?? "")]));
  box.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || rows.length === 0) return;
    event.preventDefault();
    rows[(rows.indexOf(document.activeElement) + step + rows.length) % rows.length].focus();
  });
  Object.assign(handle, openPopup(anchor, box, options));
  rows[0]?.focus();
  return handle;
}

/** Ask; answers true when the person agreed. `body` is a list of nodes or strings. */
export function ask({ title, body, yes, no, danger }) {
  closePopup();
  return new Promise((resolve) => {
    const label = uid("ask");
    const dialog = h("dialog", { class: "ask", "aria-labelledby": label, data: { testid: "confirm" } });
    const done = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    fill(
      dialog,
      h("h2", { id: label }, title),
      h("div", { class: "ask-body" }, body),
      h(
        "div",
        { class: "ask-buttons" },
        h("button", { type: "button", class: "button", data: { testid: "confirm-no" }, on: { click: () => done(false) } }, no),
        h(
          "button",
          {
            type: "button",
            class: `button ${danger ? "danger" : "primary"}`,
            data: { testid: "confirm-yes" },
            on: { click: () => done(true) },
          },
          yes,
        ),
      ),
    );
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      done(false);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Block Kit's confirm object; true at once when an element has none. */
export function agreed(confirm, viewer) {
  if (!confirm) return Promise.resolve(true);
  return ask({
    title: confirm.title?.text ?? "",
    body: textObject(confirm.text, viewer),
    yes: confirm.confirm?.text ?? "OK",
    no: confirm.deny?.text ?? "Cancel",
    danger: confirm.style === "danger",
  });
}
