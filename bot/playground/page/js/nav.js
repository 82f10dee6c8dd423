// A person's side bar: who they are, Gantry, their channels with what is unread.

import { face, h, icon, redraw } from "./dom.js";
import { house } from "./house.js";
import { openMenu } from "./popup.js";

/** "French", in the reader's own language. */
function language(person) {
  return new Intl.DisplayNames([person.locale], { type: "language" }).of(person.locale.split("-")[0]);
}

function roleLine(person) {
  return [person.title ?? person.role, language(person)].filter(Boolean).join(" · ");
}

/** Offer everybody in the workspace; `run(id)` hears the choice. */
export function pickPerson(button, pane) {
  const items = house.state.people.map((person) => ({
    label: person.name,
    detail: roleLine(person),
    face: face(person),
    checked: person.id === pane.person,
    data: { person: person.id },
    run: () => pane.become(person.id),
  }));
  openMenu(button, items, { title: pane.say.pickPerson, width: "anchor" });
}

export class Nav {
  constructor(pane) {
    this.pane = pane;
    this.node = h("nav", { class: "nav" });
  }

  render() {
    const { pane } = this;
    const { say, viewer } = pane;
    const picker = h(
      "button",
      {
        type: "button",
        class: "who",
        "aria-haspopup": "menu",
        data: { testid: "person-picker" },
        on: { click: () => pickPerson(picker, pane) },
      },
      face(viewer),
      h(
        "span",
        { class: "who-text" },
        h("span", { class: "who-label" }, say.youAre),
        h("b", {}, viewer.name),
        h("span", { class: "who-role" }, roleLine(viewer)),
      ),
      icon("down"),
    );
    const direct = house.directMessage(pane.person);
    redraw(
      this.node,
      picker,
      h("h2", { class: "nav-title" }, say.apps),
      h(
        "ul",
        {},
        this.#row({ icon: "home", label: say.home, here: pane.place === "home", testid: "home", run: () => pane.openHome() }),
        this.#row(
          {
            icon: "chat",
            label: say.messages,
            here: direct && pane.place === direct.id,
            testid: "dm-gantry",
            counts: direct ? pane.unread[direct.id] : null,
            run: () => pane.openDirect(),
          }
        ),
      ),
      h("h2", { class: "nav-title" }, say.channels),
      h(
        "ul",
        {},
        house.channelsOf(pane.person).map((channel) =>
          this.#row({
            icon: channel.private ? "lock" : "hash",
            label: channel.name,
            here: pane.place === channel.id,
            testid: `channel-${channel.name}`,
            counts: pane.unread[channel.id],
            faded: channel.archived,
            run: () => pane.openChannel(channel.id),
          }),
        ),
      ),
    );
    this.node.setAttribute("aria-label", say.channels);
  }

  #row({ icon: drawing, label, here, testid, counts, faded, run }) {
    const { say } = this.pane;
    const unread = !here && counts?.unread > 0;
    const mentions = here ? 0 : (counts?.mentions ?? 0);
    const classes = ["nav-row", here ? "here" : "", unread ? "unread" : "", faded ? "faded" : ""].filter(Boolean).join(" ");
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: classes, "aria-current": here ? "page" : null, data: { testid }, on: { click: run } },
        icon(drawing),
        h("span", { class: "nav-label" }, label),
        mentions > 0 ? h("span", { class: "badge", "aria-label": say.mentions(mentions) }, String(mentions)) : null,
        unread && mentions === 0 ? h(
          "span",
          { class: "unread-dot", role: "img", "aria-label": say.unread(counts.unread) },
        ) : null,
      ),
    );
  }
}
