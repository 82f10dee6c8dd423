// The selects of Block Kit on top of the picker: where options come from, and the state each one leaves.

import { face } from "./dom.js";
import { house } from "./house.js";
import { picker } from "./picker.js";
import { keyOf } from "./values.js";
import { unescape } from "./mrkdwn.js";

const label = (text) => (text?.type === "mrkdwn" ? unescape(text.text) : (text?.text ?? ""));

/** A Block Kit option as a picker row. */
function fromOption(option) {
  return { key: option.value, label: label(option.text), detail: label(option.description), raw: option };
}

function fromUser(id) {
  const person = house.person(id);
  return { key: id, label: person.name, detail: person.title ?? person.role ?? "", face: face(person, "small"), raw: id };
}

function fromChannel(id) {
  const channel = house.channels.get(id);
  if (channel?.is_im) return { ...fromUser(channel.user ?? house.bot()), key: id, raw: id };
  return { key: id, label: `#${channel?.name ?? id}`, raw: id };
}

function groupsOf(element) {
  if (element.option_groups) {
    return element.option_groups.map((group) => ({ label: label(group.label), options: group.options.map(fromOption) }));
  }
  return [{ label: "", options: (element.options ?? []).map(fromOption) }];
}

function people() {
  return [{ label: "", options: house.state.people.map((person) => fromUser(person.id)) }];
}

function conversations(element, viewer) {
  const include = element.filter?.include ?? ["public", "private"];
  const kinds = new Set(element.type.includes("channels_select") ? ["public"] : include);
  const options = house
    .channelsOf(viewer.id)
    .filter((channel) => !channel.archived && kinds.has(channel.private ? "private" : "public"))
    .map((channel) => fromChannel(channel.id));
  const direct = kinds.has("im") ? house.directMessage(viewer.id) : null;
  if (direct) options.push(fromChannel(direct.id));
  return [{ label: "", options }];
}

const KINDS = {
  static_select: { row: fromOption, load: (element) => () => groupsOf(element) },
  external_select: {
    row: fromOption,
    load: (element, blockId, ctx) => async (query) => groupsOf(await ctx.suggest(blockId, element.action_id, query)),
  },
  users_select: { row: fromUser, load: () => () => people() },
  conversations_select: { row: fromChannel, load: (element, blockId, ctx) => () => conversations(element, ctx.viewer) },
  channels_select: { row: fromChannel, load: (element, blockId, ctx) => () => conversations(element, ctx.viewer) },
};

/** Whether an element is one of the selects. */
export function isSelect(element) {
  return element.type.replace(/^multi_/, "") in KINDS;
}

/** Draw a select. `onState(part, final)` hears the new state; `final` when Slack would send it. */
export function select(element, state, { blockId, ctx, props, onState }) {
  const several = element.type.startsWith("multi_");
  const kind = KINDS[element.type.replace(/^multi_/, "")];
  const key = keyOf(element);
  const held = several ? state[key] : [state[key]].filter((one) => one !== null);
  const external = element.type.endsWith("external_select");
  let part = { [key]: state[key] };
  return picker({
    load: kind.load(element, blockId, ctx),
    chosen: held.map(kind.row),
    several,
    max: element.max_selected_items,
    remote: external,
    minimum: external ? (element.min_query_length ?? 3) : 0,
    placeholder: element.placeholder?.text,
    viewer: ctx.viewer,
    props,
    onChange: (chosen) => {
      part = { [key]: several ? chosen.map((one) => one.raw) : (chosen[0]?.raw ?? null) };
      onState(part, false);
    },
    onDone: () => onState(part, true),
  });
}
