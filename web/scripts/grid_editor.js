// The field in which one cell of a grid is typed: a line, or a list where only the options of a choice are possible.

export class Editor {
  /** `grid` saves what was typed and moves on. */
  constructor(grid) {
    this.grid = grid;
  }

  /** `first`: the character that began the editing; without it the old text is there, marked. */
  open(cell, first) {
    if (!cell || !this.grid.kind(cell) || cell.querySelector('.grid-editor')) return;
    const head = this.grid.heads.get(cell.dataset.column);
    this.before = this.grid.typed(cell);
    const field = this.grid.kind(cell) === 'choice' ? this.list(head, first) : Object.assign(document.createElement('input'), { type: 'text', value: first ?? this.before });
    field.className = 'grid-editor';
    field.setAttribute('aria-label', head.textContent.trim());
    this.kept = [...cell.childNodes];
    cell.replaceChildren(field);
    field.focus();
    if (field instanceof HTMLInputElement && first === undefined) field.select();
    field.addEventListener('blur', () => this.close(true));
  }

  list(head, first) {
    const field = document.createElement('select');
    const options = ['', ...JSON.parse(head.dataset.options ?? '[]')];
    for (const option of options) field.add(new Option(option, option));
    field.value = (first && options.find((option) => option.startsWith(first))) || this.before;
    return field;
  }

  close(keep) {
    const field = this.grid.table.querySelector('.grid-editor');
    const kept = this.kept;
    if (!field || !kept) return;   // taking the field out blurs it, which closes it again
    this.kept = null;
    const cell = field.closest('[data-column]');
    const value = field.value;
    cell.replaceChildren(...kept);
    if (keep && value !== this.before) this.grid.saver.save(cell.closest('tr'), new Map([[cell, value]]));
  }

  key(event, cell) {
    if (event.isComposing) return;   // Enter that ends a conversion is not the end of the cell
    if (event.key === 'Escape') {
      event.preventDefault();
      this.close(false);
      this.grid.go(cell);
    } else if (event.key === 'Enter' || event.key === 'Tab') {
      event.preventDefault();
      this.close(true);
      if (event.key === 'Enter') this.grid.move(cell, event.shiftKey ? -1 : 1, 0);
      else this.grid.move(cell, 0, event.shiftKey ? -1 : 1);
    }
  }
}
