// Break it: one blow and its count, and the faults as switches.

import { post } from "./api.js";
import { h, icon, redraw } from "./dom.js";
import { house } from "./house.js";

const BLOWS = [["kill", "kill"], ["drop_reply", "drop"], ["send_twice", "twice"]];

export class Breaks {
  #playing = null;
  #answer = null;

  constructor(deck) {
    this.deck = deck;
    this.node = h("section", { class: "deck-part" });
  }

  async #play(what, button) {
    if (this.#playing) return;
    this.#playing = what;
    this.render();
    const { person } = this.deck.pane();
    this.#answer = await this.deck.run(button, () => post("break", { what, person }));
    this.#playing = null;
    this.render();
  }

  /** The server started over: its totals are nought. */
  forget() {
    this.#answer = null;
  }

  /** What was counted: the last answer, or after a reload the server's totals when they are not nought. */
  #line() {
    const { breaks } = house.state;
    if (this.#playing) return h("p", { class: "break-line", role: "status", data: { testid: "break-line" } }, this.deck.say.breaking);
    const told = this.#answer ?? (breaks?.lost || breaks?.doubled ? breaks : null);
    const mood = told ? (told.lost || told.doubled ? "bad" : "good") : "";
    return h("p", { class: `break-line ${mood}`, role: "status", data: { testid: "break-line" } }, told?.line);
  }

  render() {
    const { say } = this.deck;
    const { faults } = house.state;
    const on = faults.filter((one) => one.on).length;
    redraw(
      this.node,
      h("h2", { class: "nav-title" }, say.breakIt),
      h("div", { class: "breaks" }, BLOWS.map(([what, drawing]) => this.#blow(what, drawing))),
      this.#line(),
      h(
        "details",
        { class: "faults", open: this.node.querySelector("details")?.open },
        h(
          "summary",
          { data: { testid: "faults" } },
          icon("fault"),
          say.faults,
          h("span", { class: "badge", hidden: on === 0 }, String(on)),
        ),
        faults.map((one) => this.#switch(one)),
      ),
    );
  }

  #blow(what, drawing) {
    const props = {
      type: "button",
      class: "break",
      disabled: this.#playing !== null && this.#playing !== what,
      "aria-disabled": this.#playing === what ? "true" : null,
      data: { testid: `break-${what}` },
      on: { click: (event) => this.#play(what, event.currentTarget) },
    };
    return h("button", props, icon(drawing), this.deck.say[what]);
  }

  #switch(fault) {
    const box = h("input", {
      type: "checkbox",
      role: "switch",
      checked: fault.on,
      data: { testid: `fault-${fault.name}` },
    });
    box.addEventListener("change", async () => {
      const { person } = this.deck.pane();
      const done = await this.deck.run(box, () => post("fault", { name: fault.name, on: box.checked, person }));
      if (done) fault.on = box.checked;
      this.render();
    });
    const words = h("span", {}, h("b", {}, fault.title), h("span", {}, fault.help));
    return h("label", { class: "switch" }, words, box);
  }
}
