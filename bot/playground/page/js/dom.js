// Building DOM by hand. Data only ever becomes text nodes and attributes: nothing here parses markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("p", {class: "x", on: {click}}, "text", child, …)`. Null children are left out. */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") for (const [name, run] of Object.entries(value)) node.addEventListener(name, run);
    else if (key === "data") for (const [name, text] of Object.entries(value)) setData(node, name, text);
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...solid(children));
  return node;
}

function setData(node, name, text) {
  if (text !== null && text !== undefined) node.dataset[name] = text;
}

function solid(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** Replace what a node holds. */
export function fill(node, ...children) {
  node.replaceChildren(...solid(children));
  return node;
}

/** Replace what a node holds and keep the keyboard's place: the control that had the focus has it again. */
export function redraw(node, ...children) {
  const held = node.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
  fill(node, ...children);
  if (held) node.querySelector(`[data-testid="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  return node;
}

// Drawn straight into the page: a reference to another file is looked up and styled anew each time it is drawn.
const drawings = new DOMParser().parseFromString(await (await fetch("/page/icons.svg")).text(), "image/svg+xml");

/** One of the drawings in icons.svg; decoration unless it gets a label. */
export function icon(name, label) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 20 20");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else svg.setAttribute("aria-hidden", "true");
  svg.append(...[...drawings.getElementById(name).children].map((part) => document.importNode(part, true)));
  return svg;
}

/** A button that shows an icon and says its label. */
export function iconButton(name, label, click, props = {}) {
  return h(
    "button",
    { type: "button", title: label, "aria-label": label, ...props, class: `icon-button ${props.class ?? ""}`, on: { click } },
    icon(name),
  );
}

/** Make `parent` hold exactly `nodes`, touching only what moved, so that focus and scroll survive. */
export function reconcile(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  let at = parent.firstChild;
  for (const node of nodes) {
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
}

let serial = 0;

/** An id for labels and descriptions, unique in the page. */
export function uid(prefix) {
  serial += 1;
  return `${prefix}-${serial}`;
}

/** Run `work` with a button marked busy, so that a double click is visible and harmless. */
export async function busy(button, work) {
  if (button.getAttribute("aria-busy") === "true") return undefined;
  button.setAttribute("aria-busy", "true");
  try {
    return await work();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** A person's or the bot's square: initials on their colour, or the drawn mark. */
export function face(person, size = "") {
  if (person.bot) return h("img", { class: `face ${size}`, src: "/page/mark.svg", alt: "" });
  const initials = person.name.split(/\s+/).map((part) => part[0]).slice(0, 2).join("");
  const square = h("span", { class: `face ${size}`, "aria-hidden": "true" }, initials.toUpperCase());
  square.style.setProperty("--face", `#${(person.color ?? "5b6b7a").replace("#", "")}`);
  return square;
}
