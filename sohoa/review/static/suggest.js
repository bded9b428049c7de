// Suggestions from the lexicons: typing "nghe an" offers "Nghệ An". Only a key takes one, nothing is rewritten by itself.
const LEAST = 2, MOST = 6;
const MARKS = /[\u0300-\u036f]/g;
const plain = (text) => text.normalize("NFD").replace(MARKS, "").replace(/[đĐ]/g, "d").toLowerCase();
const fits = (name, typed) => { // a letter that was typed with its mark means that mark
  const small = name.normalize("NFC").toLowerCase(), said = typed.normalize("NFC").toLowerCase();
  return plain(name).startsWith(plain(typed)) && [...said].every((letter, at) => plain(letter) === letter || small[at] === letter);
};

// What the part of a value that is being typed may become: the longest part behind a comma or a space of which a name
// is known. `exact`: the name of which all letters are there, and nothing but marks is missing.
export function suggestions(names, value, onlyFirst) {
  const typed = value.normalize("NFC");
  const starts = [...typed.matchAll(/(?<=^|[\s,])[^\s,]/g)].map((match) => match.index);
  for (const at of onlyFirst ? starts.slice(0, 1) : starts) {
    const part = typed.slice(at);
    const found = part.length < LEAST || part.includes(",") ? [] : names.filter((name) => fits(name, part));
    if (!found.length) continue;
    const shouts = part.length > 1 && part === part.toUpperCase();
    const said = found.map((name) => (shouts ? name.toUpperCase() : name)).filter((name) => name !== part);
    said.sort((one, other) => one.length - other.length);
    const unmarked = plain(part) === part.toLowerCase();
    return { at, names: said.slice(0, MOST), exact: said.findIndex((name) => unmarked && plain(name) === plain(part)) };
  }
  return { at: 0, names: [], exact: -1 };
}

// A combobox after the ARIA Authoring Practices: the focus stays in the field, `aria-activedescendant` moves.
export class Suggestions {
  constructor(input, names, said) {
    Object.assign(this, { input, names, said, found: suggestions([], ""), active: -1 });
    this.list = document.createElement("ul");
    this.list.id = `names-${input.dataset.field}`;
    this.list.role = "listbox";
    this.list.hidden = true;
    this.list.ariaLabel = "Gợi ý";
    input.after(this.list);
    input.role = "combobox";
    input.ariaAutoComplete = "list";
    input.ariaExpanded = "false";
    input.setAttribute("aria-controls", this.list.id);
    input.addEventListener("blur", () => this.close());
    this.list.addEventListener("pointerdown", (event) => { // before the field loses the focus
      const at = [...this.list.children].indexOf(event.target);
      if (at >= 0) { event.preventDefault(); this.take(at); }
    });
  }

  get open() { return !this.list.hidden; }

  // Where nothing but marks is missing, Enter takes the name; what is only a beginning has to be chosen.
  show() {
    this.found = suggestions(this.names, this.input.value, this.input.dataset.kind === "person_name");
    const { names, exact } = this.found;
    this.list.replaceChildren(...names.map((name, at) => {
      const option = document.createElement("li");
      Object.assign(option, { id: `${this.list.id}-${at}`, role: "option", textContent: name, ariaSelected: "false" });
      return option;
    }));
    this.list.hidden = !names.length;
    this.input.ariaExpanded = String(this.open);
    this.mark(exact);
    if (this.open) this.said.textContent = `${names.length} gợi ý: ${names[Math.max(this.active, 0)]}`;
  }

  mark(at) {
    this.active = at;
    [...this.list.children].forEach((each, place) => { each.ariaSelected = String(place === at); });
    if (at >= 0) this.input.setAttribute("aria-activedescendant", this.list.children[at].id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  take(at) {
    const name = this.found.names[at];
    this.input.value = this.input.value.normalize("NFC").slice(0, this.found.at) + name;
    this.said.textContent = `Đã lấy “${name}”. Enter: đúng như ô`;
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.input.ariaExpanded = "false";
    this.mark(-1);
  }

  // Whether a key was meant for the list.
  pressed(key) {
    if (!this.open) return false;
    const count = this.found.names.length;
    if (key === "ArrowDown") this.mark((this.active + 1) % count);
    else if (key === "ArrowUp") this.mark((this.active <= 0 ? count : this.active) - 1);
    else if (key === "Enter" && this.active >= 0) this.take(this.active);
    else if (key === "Escape") this.close();
    else return false;
    return true;
  }
}
