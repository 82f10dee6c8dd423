// The file input: uploads at once, keeps `{files: [{id, …}]}`, shows what arrived and lets it be removed.

import { Gone, Refused, upload } from "./api.js";
import { fill, h, icon, iconButton } from "./dom.js";
import { words } from "./words.js";

/** `12 kB`, `3.4 MB`. */
export function size(bytes, locale) {
  if (!Number.isFinite(bytes)) return "";
  const [value, unit] = bytes < 1000 ? [bytes, "byte"] : bytes < 1e6 ? [bytes / 1000, "kilobyte"] : [bytes / 1e6, "megabyte"];
  return new Intl.NumberFormat(
    locale,
    { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 },
  ).format(value);
}

/** A file as a small card: preview when it is a picture, name and size. */
export function fileCard(file, locale, onRemove) {
  const picture = /^image\/(png|jpe?g|gif|webp)$/.test(file.mimetype ?? "");
  return h(
    "div",
    { class: `file ${picture ? "picture" : ""}` },
    picture ? h(
      "img",
      { src: `/play/file/${encodeURIComponent(file.id)}`, alt: file.alt ?? "", loading: "lazy" },
    ) : h("span", { class: "file-icon" }, icon("file")),
    h(
      "span",
      { class: "file-text" },
      h(
        "a",
        { href: `/play/file/${encodeURIComponent(file.id)}`, target: "_blank", rel: "noopener" },
        file.name ?? file.title ?? file.id,
      ),
      h("span", { class: "file-size" }, size(file.size, locale)),
    ),
    onRemove ? iconButton("close", words(locale).remove(file.name), () => onRemove(file)) : null,
  );
}

/** Draw a file input for `field`. */
export function fileInput(element, state, { props, onState, ctx }) {
  const say = words(ctx.viewer.locale);
  const accept = (element.filetypes ?? []).map((type) => `.${type}`).join(",") || null;
  const max = element.max_files ?? 10;
  const native = h("input", { ...props, type: "file", multiple: max > 1, accept, class: "visually-hidden file-native" });
  const shown = h("div", { class: "files" });
  const note = h("p", { class: "field-error", role: "alert" });
  let files = [...state.files];

  const keep = (next) => {
    files = next;
    onState({ files }, false);
    draw();
  };
  const draw = () => fill(
    shown,
    files.map((file) => fileCard(file, ctx.viewer.locale, (gone) => keep(files.filter((one) => one !== gone)))),
  );

  const take = async (list) => {
    fill(note);
    const room = [...list].slice(0, Math.max(0, max - files.length));
    if (room.length === 0) return;
    box.setAttribute("aria-busy", "true");
    try {
      keep([...files, ...(await upload(ctx.viewer.id, room))]);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Gone)) throw error;
      fill(note, error.message);
    } finally {
      box.removeAttribute("aria-busy");
      native.value = "";
    }
  };

  native.addEventListener("change", () => take(native.files));
  const hint = [element.filetypes?.map((type) => type.toUpperCase()).join(", "), size(10e6, ctx.viewer.locale)].filter(Boolean).join(" · ");
  const box = h(
    "label",
    {
      class: "drop",
      on: {
        dragover: (event) => event.preventDefault(),
        drop: (event) => {
          event.preventDefault();
          take(event.dataTransfer.files);
        },
      },
    },
    native,
    icon("clip"),
    h("span", {}, say.addFiles, h("span", { class: "drop-hint" }, hint)),
  );
  draw();
  return h("div", { class: "file-field" }, box, shown, note);
}
