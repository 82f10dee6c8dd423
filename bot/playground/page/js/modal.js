// Forms over a pane: pages, fields, errors under their field, and what was typed kept across updates.

import { Gone, Refused, post } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { fill, h, iconButton, uid } from "./dom.js";
import { closePopup } from "./popup.js";
import { plainNodes } from "./mrkdwn.js";
import { problem } from "./validate.js";
import { Values, elementsOf } from "./values.js";

export class Modal {
  view = null;
  #values = new Map(); // one set of entries per view id: going back finds them again
  #errors = {};
  #failure = null;
  #returnTo = null;

  constructor(pane) {
    this.pane = pane;
    this.node = h("div", { class: "modal-layer", hidden: true });
    this.node.addEventListener("keydown", (event) => this.#key(event));
    this.node.addEventListener("pointerdown", (event) => {
      if (event.target === this.node) event.preventDefault();
    });
  }

  /** Show a view, or nothing when it is null. `played`: a scene types, so the server knows the entries. */
  show(view, stack = 1, played = false) {
    if (!view) {
      this.#close();
      return;
    }
    const same = this.view?.id === view.id;
    const updated = same && this.view.hash !== view.hash;
    if (played || !this.#values.has(view.id)) this.#load(view);
    if (same && !updated && !played) {
      this.view = view;
      this.#busy(view.busy);
      return;
    }
    if (!this.view) this.#returnTo = document.activeElement;
    if (!same || updated) {
      this.#errors = {};
      this.#failure = null;
    }
    this.view = view;
    this.stack = stack;
    this.#draw(same);
  }

  #close() {
    if (!this.view) return;
    closePopup();
    this.view = null;
    this.#values.clear();
    this.#errors = {};
    this.#failure = null;
    this.node.hidden = true;
    fill(this.node);
    this.pane.body.inert = false;
    const back = this.#returnTo?.isConnected ? this.#returnTo : this.pane.talk.composer.box;
    back.focus?.({ preventScroll: true });
  }

  #load(view) {
    const values = new Values();
    for (const block of view.blocks) {
      for (const element of elementsOf(block)) {
        const held = view.state?.values?.[block.block_id]?.[element.action_id];
        if (held) values.put(block.block_id, element, held);
      }
    }
    this.#values.set(view.id, values);
  }

  #entries() {
    const { view } = this;
    if (!this.#values.has(view.id)) this.#values.set(view.id, new Values());
    const values = this.#values.get(view.id);
    values.retain(view.blocks);
    return values;
  }

  #draw(keep) {
    const { view, pane } = this;
    const { say } = pane;
    const focused = keep ? { ...document.activeElement?.dataset } : null;
    const scrolled = keep ? this.body?.scrollTop : 0;
    closePopup();
    const values = this.#entries();
    const title = uid("title");
    const pushed = Boolean(view.previous_view_id);
    this.body = h(
      "div",
      { class: "modal-body" },
      this.#failure ? h("div", { class: "b-alert error", role: "alert" }, this.#failure) : null,
      renderBlocks(view.blocks, {
        viewer: pane.viewer,
        values,
        channel: pane.channel,
        errors: this.#errors,
        act: (action) => pane.act({ type: "view", view_id: view.id }, action, values.all()),
        suggest: (block, action, value) => pane.suggest({ view_id: view.id }, block, action, value),
        onEdit: (block) => this.#edited(block),
      }),
    );
    const needsSubmit = view.submit || view.blocks.some((block) => block.type === "input");
    this.submitButton = needsSubmit
      ? h(
        "button",
        { type: "button", class: "button primary", data: { testid: "modal-submit" }, on: { click: () => this.#submit() } },
        h("span", {}, ...plainNodes(view.submit?.text ?? say.submit)),
      )
      : null;
    fill(
      this.node,
      h(
        "div",
        {
          class: "modal",
          role: "dialog",
          "aria-modal": "true",
          "aria-labelledby": title,
          tabindex: "-1",
          data: { testid: "modal", viewId: view.id, callbackId: view.callback_id },
        },
        h(
          "header",
          { class: "modal-head" },
          pushed ? iconButton(
            "back",
            say.back,
            () => this.#dismiss(false),
            { "data-testid": "modal-back" },
          ) : h("img", { class: "face small", src: "/page/mark.svg", alt: "" }),
          h("h2", { id: title }, ...plainNodes(view.title?.text ?? "")),
          iconButton("close", say.close, () => this.#dismiss(true), { "data-testid": "modal-close" }),
        ),
        this.body,
        h(
          "footer",
          { class: "modal-foot" },
          h(
            "button",
            { type: "button", class: "button", data: { testid: "modal-cancel" }, on: { click: () => this.#dismiss(false) } },
            ...plainNodes(view.close?.text ?? (needsSubmit ? say.cancel : say.close)),
          ),
          this.submitButton,
        ),
      ),
    );
    this.node.hidden = false;
    pane.body.inert = true;
    this.#busy(view.busy);
    this.body.scrollTop = scrolled ?? 0;
    this.#focus(focused);
  }

  #focus(before) {
    const again = before?.actionId ? this.node.querySelector(
      `[data-action-id="${CSS.escape(before.actionId)}"][data-block-id="${CSS.escape(before.blockId ?? "")}"]`
    ) : null;
    const wrong = this.node.querySelector(".wrong :is(input, textarea, [tabindex])");
    const first = this.body.querySelector(".b-input :is(input:not([type=file]), textarea)");
    const target = wrong ?? again ?? first ?? this.node.querySelector(".modal");
    target.focus({ preventScroll: target === first });
    wrong?.closest(".b-input").scrollIntoView({ block: "center" });
  }

  #edited(block) {
    if (!this.#errors[block]) return;
    delete this.#errors[block];
    const box = this.node.querySelector(`[data-input-block="${CSS.escape(block)}"]`);
    box?.classList.remove("wrong");
    if (box) fill(box.querySelector(".field-error"));
    box?.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
  }

  #busy(on) {
    this.submitButton?.setAttribute("aria-busy", String(Boolean(on)));
    this.node.classList.toggle("waiting", Boolean(on));
  }

  #fail(errors, failure = null) {
    this.#errors = errors;
    const known = new Set(this.view.blocks.map((block) => block.block_id));
    const lost = Object.entries(errors).filter(([block]) => !known.has(block)).map(([, text]) => text);
    this.#failure = failure ?? (lost.length > 0 ? lost.join(" ") : null);
    this.#draw(false);
    if (this.#failure && Object.keys(errors).length === lost.length) this.body.scrollTop = 0;
  }

  /** A visible error that concerns this form. */
  trouble({ title, detail, hint }) {
    this.#fail(this.#errors, [title, detail, hint].filter(Boolean).join(" "));
    this.body.scrollTop = 0;
  }

  async #submit() {
    const { view, pane } = this;
    if (this.submitButton.getAttribute("aria-busy") === "true") return;
    const values = this.#entries();
    const wrong = {};
    for (const block of view.blocks) {
      if (block.type !== "input" || !block.element.action_id) continue;
      const sentence = problem(block, values.get(block.block_id, block.element), pane.viewer.locale);
      if (sentence) wrong[block.block_id] = sentence;
    }
    if (Object.keys(wrong).length > 0) {
      this.#fail(wrong);
      return;
    }
    this.#failure = null;
    this.#busy(true);
    try {
      const answer = await post("submit", { person: pane.person, view_id: view.id, values: values.all() });
      if (this.view?.id !== view.id) return;
      if (answer.errors) this.#fail(answer.errors);
      else if (answer.error && !this.#failure) this.#fail({}, answer.error);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Gone)) throw error;
      if (this.view?.id === view.id) this.#fail({}, error.message);
    } finally {
      if (this.view?.id === view.id) this.#busy(false);
    }
  }

  async #dismiss(all) {
    const { view, pane } = this;
    try {
      const values = this.#entries().all();
      await post("close", { person: pane.person, view_id: view.id, all, values });
      if (this.view?.id === view.id && (all || !view.previous_view_id)) this.#close();
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Gone)) throw error;
      this.#close();
    }
  }

  #key(event) {
    if (!this.view) return;
    if (event.key === "Escape") {
      event.preventDefault();
      this.#dismiss(false);
    } else if (event.key === "Enter" && !event.defaultPrevented && event.target.matches("input.input, input[type=radio], input[type=checkbox]")) {
      event.preventDefault();
      if (this.submitButton) this.#submit();
    } else if (event.key === "Tab") this.#trap(event);
  }

  #trap(event) {
    const stops = [
      ...this.node.querySelectorAll("button, input, textarea, a[href], summary, [tabindex='0']"),
    ].filter((one) => !one.disabled && one.offsetParent !== null);
    const [first, last] = [stops[0], stops.at(-1)];
    if (event.shiftKey && document.activeElement === first) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && document.activeElement === last) {
      event.preventDefault();
      first.focus();
    }
  }
}
