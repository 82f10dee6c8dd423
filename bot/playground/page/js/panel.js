// The right-hand panel: cards to swipe, the raw traffic, and what a phone shows and a screen reader says.

import { fill, h, icon, iconButton } from "./dom.js";
import { drawPhone } from "./phone.js";
import { Till } from "./till.js";
import { Traffic } from "./traffic.js";

export class Panel {
  tab = null;

  constructor(shell) {
    this.shell = shell;
    this.traffic = new Traffic();
    this.till = new Till();
    this.content = h("div", { class: "panel-content" });
    this.head = h("header", { class: "chat-head panel-head" });
    this.node = h("aside", { class: "panel", hidden: true, "aria-label": "Panel" }, this.head, this.content);
  }

  toggle(tab) {
    if (this.tab === tab) this.close();
    else this.open(tab);
  }

  open(tab) {
    this.tab = tab;
    this.node.hidden = false;
    this.shell.node.classList.add("with-panel");
    this.shell.showScreen("panel");
    this.render();
  }

  close() {
    this.tab = null;
    this.node.hidden = true;
    this.traffic.pause();
    this.till.pause();
    this.shell.node.classList.remove("with-panel");
    this.shell.showScreen("talk");
  }

  /** The message that the phone shows; null means the newest one in the pane. */
  choose(message, channel) {
    this.chosen = message ? { message, channel } : null;
    this.open("phone");
  }

  render() {
    if (!this.tab) return;
    const { say } = this.shell.pane;
    const tab = (name, drawing, label, title = null) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          class: "tab",
          title,
          "aria-selected": String(this.tab === name),
          on: { click: () => this.open(name) },
        },
        icon(drawing),
        label,
      );
    fill(
      this.head,
      h(
        "div",
        { role: "tablist", class: "tabs" },
        tab("till", "card", say.cards),
        tab("traffic", "wave", say.traffic),
        tab("phone", "phone", say.short.reader, say.phoneReader),
      ),
      iconButton("close", say.close, () => this.close(), { "data-testid": "panel-close" }),
    );
    if (this.tab !== "traffic") this.traffic.pause();
    if (this.tab !== "till") this.till.pause();
    if (this.tab === "traffic") {
      fill(this.content, this.traffic.node);
      this.traffic.start(this.shell.pane.viewer);
    } else if (this.tab === "till") {
      fill(this.content, this.till.node);
      this.till.start(this.shell.pane.viewer);
    } else this.drawPhone();
  }

  drawPhone() {
    if (this.tab !== "phone") return;
    const { pane } = this.shell;
    const newest = pane.talk.messages.at(-1);
    const shown = this.chosen ?? (newest ? { message: newest, channel: pane.talk.channel } : null);
    fill(this.content, drawPhone(shown, pane));
  }
}
