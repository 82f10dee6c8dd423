// What a person has filled in: one state per block_id and action_id, shaped as Slack's `state.values`.

const EMPTY = {
  plain_text_input: () => ({ value: null }),
  email_text_input: () => ({ value: null }),
  url_text_input: () => ({ value: null }),
  number_input: () => ({ value: null }),
  rich_text_input: () => ({ rich_text_value: null }),
  static_select: () => ({ selected_option: null }),
  external_select: () => ({ selected_option: null }),
  radio_buttons: () => ({ selected_option: null }),
  checkboxes: () => ({ selected_options: [] }),
  multi_static_select: () => ({ selected_options: [] }),
  multi_external_select: () => ({ selected_options: [] }),
  users_select: () => ({ selected_user: null }),
  multi_users_select: () => ({ selected_users: [] }),
  conversations_select: () => ({ selected_conversation: null }),
  multi_conversations_select: () => ({ selected_conversations: [] }),
  channels_select: () => ({ selected_channel: null }),
  multi_channels_select: () => ({ selected_channels: [] }),
  datepicker: () => ({ selected_date: null }),
  timepicker: () => ({ selected_time: null }),
  datetimepicker: () => ({ selected_date_time: null }),
  file_input: () => ({ files: [] }),
};

const INITIAL = {
  value: "initial_value",
  rich_text_value: "initial_value",
  selected_option: "initial_option",
  selected_options: "initial_options",
  selected_user: "initial_user",
  selected_users: "initial_users",
  selected_conversation: "initial_conversation",
  selected_conversations: "initial_conversations",
  selected_channel: "initial_channel",
  selected_channels: "initial_channels",
  selected_date: "initial_date",
  selected_time: "initial_time",
  selected_date_time: "initial_date_time",
};

/** The name of the one key that holds an element's choice, such as `selected_option`. */
export function keyOf(element) {
  return Object.keys(EMPTY[element.type]())[0];
}

/** The state an element starts with. */
function initialState(element, here) {
  const state = { type: element.type, ...EMPTY[element.type]() };
  const key = keyOf(element);
  const initial = element[INITIAL[key]];
  if (initial !== undefined && initial !== null) state[key] = initial;
  else if (element.default_to_current_conversation && here) {
    state[key] = key.endsWith("s") ? [here] : here;
  }
  return state;
}

export class Values {
  #states = new Map();

  /** The state of an element; the first call sets what it starts with. A value typed before stays. */
  ensure(blockId, element, here) {
    const key = JSON.stringify([blockId, element.action_id]);
    const kept = this.#states.get(key);
    if (kept?.type === element.type) return kept;
    const state = initialState(element, here);
    this.#states.set(key, state);
    return state;
  }

  put(blockId, element, part) {
    const state = { type: element.type, ...part };
    this.#states.set(JSON.stringify([blockId, element.action_id]), state);
    return state;
  }

  get(blockId, element) {
    return this.#states.get(JSON.stringify([blockId, element.action_id]));
  }

  /** Forget what the shown blocks no longer hold: a field that comes back starts anew. */
  retain(blocks) {
    const shown = new Set();
    for (const block of blocks) {
      for (const element of elementsOf(block)) shown.add(JSON.stringify([block.block_id, element.action_id]));
    }
    for (const key of this.#states.keys()) if (!shown.has(key)) this.#states.delete(key);
  }

  /** `{block_id: {action_id: {type, …}}}`. */
  all() {
    const out = {};
    for (const [key, state] of this.#states) {
      const [blockId, actionId] = JSON.parse(key);
      out[blockId] = { ...out[blockId], [actionId]: state };
    }
    return out;
  }
}

/** Every interactive element of a block. */
export function elementsOf(block) {
  if (block.type === "input") return [block.element];
  if (block.type === "section") return block.accessory ? [block.accessory] : [];
  if (block.type === "actions") return block.elements;
  return [];
}
