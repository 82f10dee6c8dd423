// What a Slack client checks before it sends a form. The bot checks everything else.

import { keyOf } from "./values.js";
import { words } from "./words.js";

function empty(value) {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

const CHECKS = {
  plain_text_input: (element, text, say) => {
    if (element.min_length && text.length < element.min_length) return say.atLeast(element.min_length);
    if (element.max_length && text.length > element.max_length) return say.atMost(element.max_length);
    return null;
  },
  email_text_input: (element, text, say) => (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) ? null : say.badEmail),
  url_text_input: (element, text, say) => (/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text) ? null : say.badUrl),
  number_input: (element, text, say) => {
    const number = Number(text);
    const shape = element.is_decimal_allowed ? /^-?\d+([.]\d+)?$/ : /^-?\d+$/;
    if (!shape.test(text)) return say.badNumber;
    const low = Number(element.min_value ?? -Infinity);
    const high = Number(element.max_value ?? Infinity);
    return number < low || number > high ? say.numberRange(element.min_value ?? "−∞", element.max_value ?? "∞") : null;
  },
};

/** The sentence under a field that cannot be sent, or null. */
export function problem(block, state, locale) {
  const say = words(locale);
  const value = state?.[keyOf(block.element)];
  if (empty(value)) return block.optional ? null : say.required;
  return CHECKS[block.element.type]?.(block.element, value, say) ?? null;
}
