// What is left of a message where blocks are not shown: a notification, and the voice of a screen reader.

import { full, time } from "./dates.js";
import { h, icon } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { house } from "./house.js";
import { spoken } from "./mrkdwn.js";

const NOTIFICATION = 110; // characters a phone shows before it cuts

const WORDS = {
  en: {
    phone: "What a phone shows",
    voice: "What a screen reader says",
    none: "This message has no text: a phone shows nothing, a screen reader guesses.",
    cut: (n) => `${n} characters, cut after ${NOTIFICATION}`,
    fits: (n) => `${n} characters, all of it`,
    pick: "Choose a message: its menu has this panel.",
    now: "now",
    only: "Only the text of the message is used, never its blocks.",
  },
  fr: {
    phone: "Ce que montre un téléphone",
    voice: "Ce que dit un lecteur d’écran",
    none: "Ce message n’a pas de texte : un téléphone ne montre rien, un lecteur d’écran devine.",
    cut: (n) => `${n} caractères, coupé après ${NOTIFICATION}`,
    fits: (n) => `${n} caractères, en entier`,
    pick: "Choisissez un message : son menu ouvre ce panneau.",
    now: "maintenant",
    only: "Seul le texte du message compte, jamais ses blocs.",
  },
};

/** Draw both for a message as this pane's person would get it. */
export function drawPhone(shown, pane) {
  const say = WORDS[pane.viewer.locale.startsWith("fr") ? "fr" : "en"];
  if (!shown) return h("p", { class: "quiet pad" }, say.pick);
  const { message, channel } = shown;
  const author = house.person(message.user);
  const place = house.channels.get(channel);
  const text = withEmoji(spoken(message.text, pane.viewer)).trim();
  const line = text.replace(/\s*\n\s*/g, " ");
  const cut = [...line].length > NOTIFICATION;
  const shortened = cut ? `${[...line].slice(0, NOTIFICATION).join("").trimEnd()}…` : line;
  const where = place?.is_im ? house.state.workspace.name : `${house.state.workspace.name} · #${place?.name ?? ""}`;
  return h(
    "div",
    { class: "phone-panel", data: { testid: "phone-panel" } },
    h("h3", {}, say.phone),
    h(
      "div",
      { class: "phone" },
      h("p", { class: "phone-time", "aria-hidden": "true" }, time(message.at, pane.viewer)),
      text
        ? h(
          "div",
          { class: "notification", data: { testid: "phone-line" } },
          h("img", { src: "/page/mark.svg", alt: "", class: "face small" }),
          h(
            "div",
            {},
            h("p", { class: "notification-head" }, h("span", {}, where), h("span", {}, say.now)),
            h("p", {}, h("b", {}, `${author.name}: `), shortened),
          ),
        )
        : h("p", { class: "b-alert error" }, say.none),
    ),
    text ? h("p", { class: "quiet" }, (cut ? say.cut : say.fits)([...line].length)) : null,
    h("h3", {}, say.voice),
    h(
      "blockquote",
      { class: "voice", data: { testid: "voice-line" } },
      icon("speak"),
      h("p", {}, text ? `${author.name}. ${text}${/[.!?…]$/.test(text) ? "" : "."} ${full(message.at, pane.viewer)}.` : say.none),
    ),
    h("p", { class: "quiet" }, say.only),
  );
}
