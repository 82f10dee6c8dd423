// The line above a conversation: where one is, who is there, and on narrow panes who one is.

import { face, fill, h, icon, iconButton } from "./dom.js";
import { house } from "./house.js";
import { pickPerson } from "./nav.js";

/** Draw the head of a pane's first column. */
export function drawHead(pane) {
  const { say, viewer } = pane;
  const channel = house.channels.get(pane.place);
  const isHome = pane.place === "home" || channel?.is_im;
  const bot = house.person(house.bot());
  const absent = channel && !channel.is_im && !channel.members.includes(bot.id);
  const me = h(
    "button",
    {
      type: "button",
      class: "me",
      "aria-label": `${say.youAre} ${viewer.name}`,
      data: { testid: "pane-person" },
      on: { click: () => pickPerson(me, pane) },
    },
    face(viewer, "small"),
    h("span", {}, viewer.name.split(" ")[0]),
    icon("down"),
  );
  fill(
    pane.head,
    iconButton("menu", say.menu, () => pane.shell.openNav(pane), { class: "nav-button", "data-testid": "nav-button" }),
    isHome ? face(bot, "small") : icon(channel?.private ? "lock" : "hash"),
    h("h1", {}, isHome ? bot.name : (channel?.name ?? "")),
    pane.place === "home" ? h("span", { class: "quiet head-note" }, say.home) : null,
    absent ? h("span", { class: "quiet head-note" }, say.joinHint) : null,
    h(
      "span",
      { class: "faces head-faces", "aria-hidden": "true" },
      channel && !channel.is_im ? channel.members.slice(0, 6).map((id) => face(house.person(id), "tiny")) : null,
    ),
    me,
  );
}
