// Completion above the composer: slash commands with their usage, people, channels.

import { face, fill, h, uid } from "./dom.js";
import { house } from "./house.js";
import { openPopup } from "./popup.js";

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export class Completion {
  #rows = [];
  #active = 0;
  #popup = null;

  constructor(composer) {
    this.composer = composer;
    this.id = uid("complete");
    this.list = h("div", { id: this.id, class: "options complete", role: "listbox", data: { testid: "completion" } });
    composer.box.setAttribute("aria-controls", this.id);
    composer.box.setAttribute("aria-autocomplete", "list");
  }

  /** Offer what fits the word before the caret, or nothing. */
  look() {
    const { box } = this.composer;
    const before = box.value.slice(0, box.selectionStart);
    const found = this.#commands(before) ?? this.#names(before, "@", this.#people()) ?? this.#names(before, "#", this.#channels());
    if (!found || found.length === 0) {
      this.close();
      return;
    }
    this.#show(found);
  }

  #commands(before) {
    if (!/^\/\S*$/.test(before)) return null;
    return house.state.commands
      .filter((one) => one.command.startsWith(before.toLowerCase()))
      .map((one) => ({ label: one.command, hint: one.usage_hint, detail: one.description, insert: `${one.command} `, from: 0 }));
  }

  #people() {
    const { viewer, say } = this.composer.talk.pane;
    const channel = house.channels.get(this.composer.talk.channel);
    return [...house.people.values()]
      .filter((one) => one.id !== viewer.id)
      .sort((a, b) => Number(Boolean(b.bot)) - Number(Boolean(a.bot)))
      .map((one) => ({
        name: one.name,
        detail: channel?.members.includes(one.id) ? (one.title ?? say.app) : say.notMember,
        face: face(one, "small"),
      }));
  }

  #channels() {
    return house.channelsOf(this.composer.talk.pane.person).map((one) => ({ name: one.name }));
  }

  #names(before, sign, all) {
    const found = new RegExp(`(?:^|\\s)${sign}([\\p{L}\\d._-]*(?: [\\p{L}]*)?)$`, "u").exec(before);
    if (!found) return null;
    const query = plain(found[1]);
    const from = before.length - found[1].length - 1;
    const fits = ({ name }) => plain(name).startsWith(query) || name.split(" ").some((part) => plain(part).startsWith(query));
    return all
      .filter((one) => fits(one) && plain(one.name) !== query)
      .slice(0, 8)
      .map((one) => ({ label: `${sign}${one.name}`, detail: one.detail, face: one.face, insert: `${sign}${one.name} `, from }));
  }

  #show(found) {
    this.#rows = found.map((item, index) => ({
      item,
      node: h(
        "div",
        {
          id: `${this.id}-${index}`,
          role: "option",
          class: "option",
          data: { value: item.insert.trim() },
          on: { pointerdown: (event) => event.preventDefault(), click: () => this.#take(item) },
        },
        item.face,
        h(
          "span",
          {},
          h(
            "span",
            { class: "option-label" },
            item.label,
            item.hint ? h("span", { class: "option-hint" }, ` ${item.hint}`) : null,
          ),
          item.detail ? h("span", { class: "option-detail" }, item.detail) : null,
        ),
      ),
    }));
    fill(this.list, this.#rows.map(({ node }) => node));
    const { box } = this.composer;
    this.#popup = this.#popup ?? openPopup(box, this.list, { width: "anchor", modal: false, onClose: () => this.#forget() });
    this.#popup.place();
    this.#mark(0);
  }

  #mark(index) {
    this.#rows[this.#active]?.node.classList.remove("active");
    this.#active = index;
    const { node } = this.#rows[index];
    node.classList.add("active");
    node.scrollIntoView({ block: "nearest" });
    this.composer.box.setAttribute("aria-activedescendant", node.id);
  }

  #take(item) {
    const { box } = this.composer;
    const after = box.value.slice(box.selectionStart);
    this.close();
    this.composer.write(box.value.slice(0, item.from) + item.insert + after.trimStart());
    box.focus();
  }

  /** Keys while something is offered; true when the key is used up. */
  key(event) {
    if (!this.#popup || this.#rows.length === 0) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.#mark((this.#active + step + this.#rows.length) % this.#rows.length);
      return true;
    }
    const { item } = this.#rows[this.#active];
    const complete = event.key === "Enter" && this.composer.text.trim() === item.label;
    if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && !complete)) {
      event.preventDefault();
      this.#take(item);
      return true;
    }
    return false;
  }

  #forget() {
    this.#popup = null;
    this.#rows = [];
    this.composer.box.removeAttribute("aria-activedescendant");
  }

  close() {
    this.#popup?.close();
  }
}
