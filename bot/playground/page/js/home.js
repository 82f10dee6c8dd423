// Gantry's Home tab in a pane: its blocks behave as those of messages and forms do.

import { get } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { fill, h, icon } from "./dom.js";
import { Values } from "./values.js";

export class Home {
  #view = null;
  #values = new Values();

  constructor(pane) {
    this.pane = pane;
    this.node = h("div", { class: "home", hidden: true, tabindex: "0", role: "region", "aria-label": pane.say.home });
  }

  /** Fetch what was published last. */
  async load() {
    this.take((await get("home", { person: this.pane.person })).view);
  }

  /** Show a view, or say that there is none yet. */
  take(view) {
    this.#view = view;
    const { pane } = this;
    if (!view) {
      fill(
        this.node,
        h(
          "div",
          { class: "empty" },
          icon("home"),
          h("p", {}, pane.say.homeEmpty),
          h("p", { class: "quiet" }, pane.say.homeEmptyHint),
        ),
      );
      return;
    }
    const values = this.#values;
    values.retain(view.blocks);
    const context = {
      viewer: pane.viewer,
      values,
      channel: null,
      act: (action) => pane.act({ type: "home", view_id: this.#view.id }, action, values.all()),
      suggest: (block, action, value) => pane.suggest({ view_id: this.#view.id }, block, action, value),
    };
    const { scrollTop } = this.node;
    fill(this.node, h("div", { class: "home-blocks", data: { testid: "home-view" } }, renderBlocks(view.blocks, context)));
    this.node.scrollTop = scrollTop;
  }
}
