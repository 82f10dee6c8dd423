// One message: who, when, what, its files, its thread, and what can be done with it.

import { renderBlocks } from "./blocks.js";
import { ago, full, time } from "./dates.js";
import { face, h, icon, iconButton } from "./dom.js";
import { emoji } from "./emoji.js";
import { fileCard } from "./fileinput.js";
import { house } from "./house.js";
import { mrkdwn } from "./mrkdwn.js";
import { openMenu } from "./popup.js";

function body(message, talk) {
  const { viewer, say } = talk.pane;
  if (message.deleted) return h("p", { class: "gone-text" }, say.deleted);
  const blocks = message.blocks?.length > 0;
  return h(
    "div",
    { class: "msg-body" },
    blocks ? renderBlocks(message.blocks, talk.blockContext(message)) : mrkdwn(message.text, viewer),
    message.edited && !blocks ? h("span", { class: "edited" }, say.edited) : null,
  );
}

function threadFooter(message, talk) {
  if (!(message.reply_count > 0) || talk.thread) return null;
  const { say, viewer } = talk.pane;
  const last = message.latest_reply_at;
  return h(
    "button",
    {
      type: "button",
      class: "thread-foot",
      data: { testid: "thread-footer" },
      on: { click: () => talk.pane.openThread(message.ts) },
    },
    h("span", { class: "faces" }, (message.reply_users ?? []).slice(0, 4).map((id) => face(house.person(id), "tiny"))),
    h("b", {}, say.replies(message.reply_count)),
    last ? h("span", { class: "quiet" }, say.lastReply(ago(last, viewer))) : null,
  );
}

function reactions(message) {
  if (!message.reactions?.length) return null;
  const names = (users) => users.map((id) => house.person(id).name).join(", ");
  return h(
    "div",
    { class: "reactions" },
    message.reactions.map(({ name, users }) =>
      h("span", { class: "reaction", title: names(users) }, emoji(name) ?? `:${name}:`, " ", String(users.length)),
    ),
  );
}

function tools(message, talk) {
  const { pane } = talk;
  const { say } = pane;
  if (message.deleted) return null;
  if (message.ephemeral) {
    return h("div", { class: "msg-tools" }, phoneButton(message, talk));
  }
  const more = iconButton(
    "more",
    say.moreActions,
    () => {
      const shortcuts = house.state.shortcuts.filter((one) => one.type === "message");
      openMenu(
        more,
        [
          ...shortcuts.map((one) => ({
            label: one.name,
            detail: one.description,
            icon: "bolt",
            data: { callbackId: one.callback_id },
            run: () => pane.shortcut(one.callback_id, talk, message.ts),
          })),
          {
            label: say.phoneReader,
            icon: "phone",
            data: { testid: "phone-reader" },
            run: () => pane.showPhone(message, talk.channel),
          },
          { label: say.copyText, icon: "copy", run: () => navigator.clipboard?.writeText(message.text) },
        ],
        { align: "end" },
      );
    },
    { "aria-haspopup": "menu", "data-testid": "message-menu" },
  );
  const reply = talk.thread ? null : iconButton(
    "thread",
    say.viewThread,
    () => pane.openThread(message.thread_ts ?? message.ts),
    { "data-testid": "reply-in-thread" },
  );
  return h("div", { class: "msg-tools" }, reply, phoneButton(message, talk), more);
}

function phoneButton(message, talk) {
  return iconButton("phone", talk.pane.say.phoneReader, () => talk.pane.showPhone(message, talk.channel), { class: "wide-only" });
}

function ephemeralNote(message, talk) {
  if (!message.ephemeral) return null;
  const { say } = talk.pane;
  return h(
    "p",
    { class: "only-you" },
    icon("eye"),
    say.onlyYou,
    h("button", { type: "button", class: "link", on: { click: () => talk.dismiss(message.ts) } }, say.dismiss),
  );
}

/** Draw a message in a talk; `grouped` leaves out the author, who has just spoken. */
export function messageNode(message, talk, grouped) {
  const { viewer, say } = talk.pane;
  const author = house.person(message.user);
  const when = time(message.at, viewer);
  const broadcast = message.subtype === "thread_broadcast" && !talk.thread;
  const classes = ["msg", grouped ? "grouped" : "", message.ephemeral ? "ephemeral" : "", message.deleted ? "deleted" : ""];
  return h(
    "article",
    {
      class: classes.filter(Boolean).join(" "),
      "aria-label": `${author.name}, ${when}`,
      tabindex: "-1",
      data: { testid: "message", ts: message.ts, user: message.user, ephemeral: message.ephemeral ? "true" : null },
    },
    h("div", { class: "msg-gutter" }, grouped ? h("time", { class: "msg-hour" }, when) : face(author)),
    h(
      "div",
      { class: "msg-main" },
      ephemeralNote(message, talk),
      grouped
        ? null
        : h(
            "header",
            { class: "msg-head" },
            h("b", {}, author.name),
            author.bot ? h("span", { class: "app-badge" }, say.app) : null,
            h("time", { title: full(message.at, viewer) }, when),
          ),
      broadcast ? h(
        "button",
        { type: "button", class: "link quiet", on: { click: () => talk.pane.openThread(message.thread_ts) } },
        say.repliedTo,
      ) : null,
      body(message, talk),
      message.deleted || !message.files?.length ? null : h(
        "div",
        { class: "files" },
        message.files.map((file) => fileCard(file, viewer.locale)),
      ),
      reactions(message),
      threadFooter(message, talk),
    ),
    tools(message, talk),
  );
}
